// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/** The embeddable relay. {@link dev.sluice.engine.Relay} starts it. */
module dev.sluice.engine {
    requires transitive dev.sluice.protocol;
    requires transitive io.netty.transport;
    requires transitive io.netty.buffer;
    requires transitive io.netty.common;
    requires transitive io.netty.codec.http;
    requires io.netty.codec;
    requires io.netty.codec.http2;
    requires io.netty.codec.compression;
    requires io.netty.handler;
    requires io.netty.resolver;
    requires io.netty.resolver.dns;
    requires io.netty.transport.classes.epoll;
    requires io.netty.transport.unix.common;
    requires io.netty.transport.classes.io_uring;
    requires HdrHistogram;
    requires org.slf4j;
    requires com.fasterxml.jackson.core;
    requires java.management;

    exports dev.sluice.engine;
    exports dev.sluice.engine.config;
    exports dev.sluice.engine.spi;
}
