// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import static dev.sluice.engine.ScriptedUpstream.chunk;
import static dev.sluice.engine.ScriptedUpstream.eventStreamHead;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.KeyConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.spi.Extensions;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A relay without listeners, in the pipeline of an embedder's own server. */
class RelayHandlerIT extends RelayFixture {

    @Test
    void shouldRelayInSomebodyElsesPipeline() throws Exception {
        upstream.then(peer -> {
            for (int i = 0; i < 2; i++) {
                peer.readMessage();
                peer.write(eventStreamHead() + chunk(CREATED + COMPLETED) + "0\r\n\r\n");
            }
            peer.awaitClose();
        });
        relay = Relay.launch(RelayConfig.builder()
                .cluster(ClusterConfig.of("up", EndpointConfig.of(upstream.url(), null)))
                .route(RouteConfig.of("*", "up")).build());
        EventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        Channel server = new ServerBootstrap().group(loops).channel(NioServerSocketChannel.class)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(new RelayHandler(relay));
                    }
                }).bind("127.0.0.1", 0).syncUninterruptibly().channel();

        try (RawPeer client = RawPeer.connect(((InetSocketAddress) server.localAddress()).getPort())) {
            assertEquals(CREATED + COMPLETED, client.write(post(BODY)).readMessage().text());
            assertEquals(CREATED + COMPLETED, client.write(post(BODY)).readMessage().text());
        } finally {
            relay.close();
            server.close().syncUninterruptibly();
            loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
        }
    }

    /** Without keys everybody could use the relay's credentials, as on a listener beyond loopback. */
    @Test
    void shouldServeOtherMachinesOnlyWithKeysOrAnAuthenticator() {
        RelayConfig.Builder config = RelayConfig.builder()
                .cluster(ClusterConfig.of("up", EndpointConfig.of(upstream.url(), null)))
                .route(RouteConfig.of("*", "up"));
        relay = Relay.launch(config.build());

        Foreign refused = new Foreign("192.0.2.1");
        refused.pipeline().addLast(new RelayHandler(relay));
        assertFalse(refused.isOpen());
        assertTrue(relay.onForeignConnection(new Foreign("127.0.0.1")));
        assertTrue(relay.onForeignConnection(new Foreign("::1")));
        assertTrue(relay.onForeignConnection(new EmbeddedChannel()), "not from a network at all");
        relay.reload(config.key(KeyConfig.ofSecret("k", "secret")).build());
        assertTrue(relay.onForeignConnection(new Foreign("192.0.2.1")));
        try (Relay own = Relay.launch(RelayConfig.builder().cluster(ClusterConfig.of("up",
                EndpointConfig.of(upstream.url(), null))).route(RouteConfig.of("*", "up")).build(), Extensions.builder()
                .authenticator((head, decision) -> decision.refuse("no")).build())) {
            assertTrue(own.onForeignConnection(new Foreign("192.0.2.1")));
        }
    }

    /** A connection from an address. */
    private static final class Foreign extends EmbeddedChannel {
        private final String from;

        Foreign(String from) {
            this.from = from;
        }

        @Override
        protected SocketAddress remoteAddress0() {
            return from == null ? null : new InetSocketAddress(from, 1);
        }
    }
}
