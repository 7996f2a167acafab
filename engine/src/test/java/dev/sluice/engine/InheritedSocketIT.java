// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import static dev.sluice.engine.ScriptedUpstream.chunk;
import static dev.sluice.engine.ScriptedUpstream.eventStreamHead;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.ListenerConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.config.TransportConfig;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.unix.Socket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** A listening socket that the relay inherits, with connections already in its backlog. */
@EnabledOnOs(OS.LINUX)
class InheritedSocketIT extends RelayFixture {
    private RelayConfig config(int fd, TransportConfig.Kind kind) {
        return RelayConfig.builder().listener(new ListenerConfig("127.0.0.1", 0, null).withFd(fd))
                .cluster(ClusterConfig.of("up", EndpointConfig.of(upstream.url(), null)))
                .route(RouteConfig.of("gpt-*", "up")).transport(new TransportConfig(kind, 1, false)).build();
    }

    @Test
    void shouldServeWhoWaitsInASocketThatWasHandedOver() throws Exception {
        upstream.always(peer -> {
            while (true) {
                peer.readMessage();
                peer.write(eventStreamHead() + chunk(CREATED + COMPLETED) + "0\r\n\r\n");
            }
        });
        Epoll.ensureAvailability(); // loads the native library that creates sockets
        Socket listening = Socket.newSocketStream();
        listening.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        listening.listen(16);
        int port = listening.localAddress().getPort();

        try (RawPeer early = RawPeer.connect(port)) {
            early.write(post(BODY));
            relay = Relay.launch(config(listening.intValue(), TransportConfig.Kind.EPOLL), extensions());
            assertEquals(port, relay.port());
            assertEquals(CREATED + COMPLETED, early.readMessage().text());
            try (RawPeer later = connect()) {
                assertEquals(CREATED + COMPLETED, later.write(post(BODY)).readMessage().text());
            }
        }
        relay.drain().get(20, TimeUnit.SECONDS);
    }

    @Test
    void shouldSayWhereItCannotTakeASocketOver() {
        assertThrows(RuntimeException.class, () -> Relay.launch(config(0, TransportConfig.Kind.NIO), extensions()));
    }
}
