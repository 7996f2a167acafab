// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.examples.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.tools.mock.RelayProbe;
import org.junit.jupiter.api.Test;

class NettyServerTest {
    @Test
    void shouldServeItsPageAndRelayTheRest() throws Exception {
        try (RelayProbe probe = new RelayProbe(); RelayProbe browser = new RelayProbe(); // each has its own connections
                NettyServer server = new NettyServer(0, probe.url(), "sk-upstream", "sk-of-alice")) {
            for (int i = 0; i < 3; i++) {
                assertEquals("hello\n", browser.get(server.port(), "/hello").body());
                probe.requireEveryByte(server.port(), "sk-of-alice");
            }
            assertEquals(401, probe.ask(server.port(), "sk-of-mallory").statusCode());
        }
    }
}
