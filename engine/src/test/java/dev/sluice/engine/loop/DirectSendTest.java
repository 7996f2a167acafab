// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.loop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.sluice.engine.config.TransportConfig;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoopGroup;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Writes to real sockets: what arrives must not depend on which way the bytes have taken. */
class DirectSendTest {
    private final List<Integer> seen = Collections.synchronizedList(new ArrayList<>());
    private ServerSocket server;
    private Socket peer;
    private EventLoopGroup loops;
    private Channel channel;
    private ChannelHandlerContext context;
    private CoalescingWriter writer;

    @BeforeEach
    void listen() throws Exception {
        server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    }

    private void connect(Transport transport) throws Exception {
        try {
            Transport.choose(TransportConfig.Kind.valueOf(transport.name()));
        } catch (IllegalStateException unavailable) {
            abort(unavailable.getMessage());
        }
        loops = transport.newGroup(1, "test", false);
        channel = new Bootstrap().group(loops).channel(transport.socketType()).handler(
                new ChannelInboundHandlerAdapter() {
                    @Override
                    public void handlerAdded(ChannelHandlerContext ctx) {
                        context = ctx;
                        writer = new CoalescingWriter(ctx);
                    }
                }).option(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
                .connect(server.getLocalSocketAddress()).sync().channel();
        peer = server.accept();
    }

    @AfterEach
    void close() throws Exception {
        if (channel != null) {
            onLoop(() -> {
                writer.release();
                return null;
            });
            channel.close().sync();
            peer.close();
            loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
        }
        server.close();
    }

    private <T> T onLoop(Callable<T> task) throws Exception {
        return channel.eventLoop().submit(task).get(20, TimeUnit.SECONDS);
    }

    private static ByteBuf buffer(byte[] bytes, int from, int length) {
        return PooledByteBufAllocator.DEFAULT.directBuffer(length).writeBytes(bytes, from, length);
    }

    @ParameterizedTest
    @EnumSource(Transport.class)
    void shouldKeepTheOrderWhetherTheSocketTakesAllOrNothing(Transport transport) throws Exception {
        connect(transport);
        Random random = new Random(7);
        byte[] sent = new byte[12 * 1024 * 1024]; // more than the sockets hold, so that bytes wait in between
        random.nextBytes(sent);
        int at = 0;
        while (at < sent.length) {
            int from = at;
            int length = Math.min(sent.length - at, 1 + random.nextInt(random.nextInt(4) == 0 ? 300_000 : 3_000));
            boolean isCopied = random.nextBoolean() && length <= CoalescingWriter.COPY_BYTES;
            boolean isFlushed = random.nextInt(3) > 0;
            at += length;
            onLoop(() -> {
                if (isCopied) {
                    writer.room(length).writeBytes(sent, from, length);
                } else {
                    writer.write(buffer(sent, from, length));
                }
                if (isFlushed) {
                    writer.flush();
                }
                return null;
            });
        }
        onLoop(() -> {
            writer.flush();
            return null;
        });
        assertTrue(onLoop(writer::pendingBytes) > 0, "nothing waits (expected: full sockets)");

        assertArrayEquals(sent, peer.getInputStream().readNBytes(sent.length));
        while (onLoop(writer::pendingBytes) > 0) {
            Thread.sleep(1); // until Netty has noticed that the socket took the rest
        }
    }

    @Test
    void shouldSendDirectlyOnlyIfThatChangesNothingElse() throws Exception {
        connect(Transport.EPOLL);
        ByteBuf bytes = buffer(new byte[5], 0, 5);

        assertTrue(onLoop(() -> Transport.sendNow(context, bytes)), "nothing is in the way");
        assertEquals(0, bytes.readableBytes());
        bytes.clear().writeZero(5);
        onLoop(() -> context.write(buffer(new byte[1], 0, 1), context.voidPromise()));
        assertFalse(onLoop(() -> Transport.sendNow(context, bytes)), "a byte waits for a flush");
        onLoop(context::flush);
        onLoop(() -> channel.pipeline().addFirst(new ChannelOutboundHandlerAdapter()));
        assertFalse(onLoop(() -> Transport.sendNow(context, bytes)), "another handler is in between");
        onLoop(() -> channel.pipeline().removeFirst());
        assertTrue(onLoop(() -> Transport.sendNow(context, bytes)), "nothing is in the way again");
        channel.close().sync();
        bytes.clear().writeZero(5);
        assertFalse(onLoop(() -> Transport.sendNow(context, bytes)), "the channel is closed");
        assertEquals(5, bytes.readableBytes());
        bytes.release();
    }

    @Test
    void shouldCountAndDropWhatIsNotFlushed() throws Exception {
        connect(Transport.EPOLL);
        ByteBuf late = buffer(new byte[3], 0, 3);

        assertEquals(12, onLoop(() -> {
            writer.write(buffer(new byte[5], 0, 5));
            writer.room(7).writeZero(7);
            return (int) writer.pendingBytes();
        }));
        onLoop(() -> {
            writer.release();
            writer.write(late);
            return null;
        });

        assertEquals(0, onLoop(writer::pendingBytes));
        assertEquals(0, late.refCnt(), "kept after the release");
    }

    @Test
    void shouldPassAHandlerThatIsInBetween() throws Exception {
        connect(Transport.choose(TransportConfig.Kind.AUTO));
        onLoop(() -> channel.pipeline().addFirst(new ChannelOutboundHandlerAdapter() {
            @Override
            public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
                seen.add(((ByteBuf) message).readableBytes());
                ctx.write(message, promise);
            }
        }));
        onLoop(() -> {
            writer.write(buffer(new byte[7], 0, 7));
            writer.flush();
            return null;
        });

        assertEquals(7, peer.getInputStream().readNBytes(7).length);
        assertEquals(List.of(7), seen);
    }

    @Test
    void shouldStayBehindBytesThatWaitForAFlush() throws Exception {
        connect(Transport.choose(TransportConfig.Kind.AUTO));
        onLoop(() -> {
            context.write(buffer(new byte[] {1}, 0, 1), context.voidPromise());
            writer.write(buffer(new byte[] {2}, 0, 1));
            writer.flush();
            return null;
        });

        assertArrayEquals(new byte[] {1, 2}, peer.getInputStream().readNBytes(2));
    }

    @Test
    void shouldCloseAChannelWhosePeerHasReset() throws Exception {
        connect(Transport.choose(TransportConfig.Kind.AUTO));
        peer.setSoLinger(true, 0);
        peer.close();
        for (int i = 0; i < 10_000 && channel.isActive(); i++) {
            onLoop(() -> {
                writer.write(buffer(new byte[100], 0, 100));
                writer.flush();
                return null;
            });
            Thread.sleep(1);
        }

        assertTrue(channel.closeFuture().await(20, TimeUnit.SECONDS), "still open");
        assertEquals(0, onLoop(writer::pendingBytes));
    }
}
