// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

/**
 * How sockets are driven.
 *
 * @param kind  which system interface
 * @param loops event loops; 0 for one per processor
 * @param spin  whether loops never sleep: lowest latency for a whole processor each
 */
public record TransportConfig(Kind kind, int loops, boolean spin) {
    /** The best that loads here, one loop per processor, sleeping when there is nothing to do. */
    public static final TransportConfig DEFAULT = new TransportConfig(Kind.AUTO, 0, false);

    public TransportConfig {
        Checks.atLeast("loops", loops, 0);
    }

    /** System interfaces. */
    public enum Kind {
        /** epoll where its native library loads, otherwise NIO. */
        AUTO,
        /** Linux epoll; refused at start where it does not load. */
        EPOLL,
        /** Linux io_uring; refused at start where it does not load. */
        IO_URING,
        /** The JDK's selector, everywhere. */
        NIO
    }
}
