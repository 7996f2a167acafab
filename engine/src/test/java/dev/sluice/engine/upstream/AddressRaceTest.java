// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.upstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AddressRaceTest {
    private final EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final List<AutoCloseable> open = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : open) {
            each.close();
        }
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
    }

    private ServerSocket listen(int backlog) throws IOException {
        ServerSocket server = new ServerSocket(0, backlog, InetAddress.getLoopbackAddress());
        open.add(server);
        return server;
    }

    private static InetSocketAddress of(ServerSocket server) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getLocalPort());
    }

    /** Returns an address that neither accepts nor refuses connections, because the backlog of its socket is full. */
    private InetSocketAddress silent() throws IOException {
        ServerSocket server = listen(1);
        for (int i = 0; i < 4; i++) {
            Socket socket = new Socket();
            open.add(socket);
            try {
                socket.connect(of(server), 200);
            } catch (IOException full) {
                break;
            }
        }
        return of(server);
    }

    private InetSocketAddress refusing() throws IOException {
        ServerSocket server = listen(1);
        server.close();
        return of(server);
    }

    private Channel connect(InetSocketAddress... addresses) throws Exception {
        CompletableFuture<Channel> outcome = new CompletableFuture<>();
        Bootstrap bootstrap = new Bootstrap().group(group).channel(NioSocketChannel.class)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        // the test sends nothing
                    }
                });
        group.next().execute(() -> AddressRace.run(group.next(), bootstrap, List.of(addresses),
                new AddressRace.Result() {
                    @Override
                    public void onConnected(Channel channel) {
                        outcome.complete(channel);
                    }

                    @Override
                    public void onFailed(Throwable cause) {
                        outcome.completeExceptionally(cause);
                    }
                }));
        return outcome.get(20, TimeUnit.SECONDS);
    }

    @Test
    void shouldGoOnToTheNextWhereOneFailsOrIsSilent() throws Exception {
        ServerSocket good = listen(10);
        for (InetSocketAddress bad : List.of(refusing(), silent())) {
            Channel channel = connect(bad, bad, of(good));
            assertEquals(of(good), channel.remoteAddress());
            channel.close().sync();
        }
    }

    @Test
    void shouldTellTheLastFailureWhereAllFail() throws Exception {
        InetSocketAddress bad = refusing();
        try {
            connect(bad, bad);
        } catch (ExecutionException failed) {
            assertInstanceOf(ConnectException.class, failed.getCause());
            return;
        }
        throw new AssertionError("connected to nobody");
    }

    @Test
    void shouldTakeTurnsBetweenFamilies() throws UnknownHostException {
        List<InetSocketAddress> mixed = new ArrayList<>();
        for (String address : new String[] {"2001:db8::1", "2001:db8::2", "2001:db8::3", "192.0.2.1", "192.0.2.2"}) {
            mixed.add(new InetSocketAddress(InetAddress.getByName(address), 443));
        }

        assertEquals(List.of(mixed.get(0), mixed.get(3), mixed.get(1), mixed.get(4), mixed.get(2)),
                AddressRace.byTurns(mixed));
    }
}
