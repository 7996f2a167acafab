// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.serve;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Many requests in flight over HTTP/2, so that they take few descriptors; their answers are ignored. */
final class ManyRequests implements AutoCloseable {
    private static final int STREAMS = 100;
    private static final byte[] BODY = "{\"model\":\"gpt-5.2\",\"input\":\"x\",\"stream\":true}".getBytes(
            StandardCharsets.US_ASCII);

    private final EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final List<Channel> connections = new ArrayList<>();
    private int count;

    private ManyRequests() {
    }

    /** Sends requests; returns once all are written. */
    static ManyRequests send(int port, String key, int count) throws InterruptedException {
        ManyRequests requests = new ManyRequests();
        for (int i = 0; i < count; i++) {
            if (i % STREAMS == 0) {
                requests.connect(port);
            }
            requests.open(key);
        }
        return requests;
    }

    private void connect(int port) throws InterruptedException {
        connections.add(new Bootstrap().group(loop).channel(NioSocketChannel.class)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(Http2FrameCodecBuilder.forClient().build(),
                                new Http2MultiplexHandler(new ChannelInboundHandlerAdapter()));
                    }
                }).connect("127.0.0.1", port).sync().channel());
    }

    private void open(String key) throws InterruptedException {
        Http2StreamChannel stream = new Http2StreamChannelBootstrap(connections.get(connections.size() - 1))
                .handler(new ChannelInboundHandlerAdapter()).open().sync().getNow();
        stream.write(new DefaultHttp2HeadersFrame(new DefaultHttp2Headers().method("POST").scheme("http")
                .authority("r").path("/v1/responses").set("authorization", "Bearer " + key)
                .set("content-type", "application/json")));
        stream.writeAndFlush(new DefaultHttp2DataFrame(Unpooled.wrappedBuffer(BODY), true)).sync();
        count++;
    }

    int count() {
        return count;
    }

    @Override
    public void close() {
        for (Channel connection : connections) {
            connection.close().syncUninterruptibly();
        }
        loop.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
    }
}
