// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.sluice.engine.config.TransportConfig;
import io.netty.channel.EventLoopGroup;
import io.netty.util.Version;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TransportTest {

    @ParameterizedTest
    @ValueSource(strings = {"NIO", "AUTO"})
    void shouldKnowItsOwnLoops(String kind) {
        Transport transport = Transport.choose(TransportConfig.Kind.valueOf(kind));
        EventLoopGroup group = transport.newGroup(1, "test", false);

        assertEquals(transport, Transport.of(group.next()));
        group.shutdownGracefully();
    }

    @Test
    void shouldNotUseNativesOfAnotherVersion() {
        Map<String, Version> versions = new HashMap<>(Version.identify());
        assertNull(Transport.versionMismatch("epoll", versions));
        Version other = versions.get("netty-transport");
        assertNotNull(other);
        assertNull(Transport.versionMismatch("missing", versions));
    }
}
