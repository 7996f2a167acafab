// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.mock;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.MaxMessagesRecvByteBufAllocator;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2StreamFrameToHttpObjectCodec;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ApplicationProtocolNegotiationHandler;
import io.netty.handler.ssl.SslContext;
import java.util.List;
import java.util.function.Consumer;

/**
 * An initializer of the mock's pipelines. HTTP/1.1 or HTTP/2 is selected by ALPN over TLS, and by prior knowledge in
 * plain text.
 */
final class MockInitializer extends ChannelInitializer<Channel> {
    private static final int MAX_BODY_BYTES = 256 * 1024 * 1024;
    private static final int STREAM_WINDOW_BYTES = 1024 * 1024;
    /**
     * Messages per read of a stream's channel, effectively without a limit. By default, such a channel flushes after
     * each message from the sixteenth on.
     */
    private static final int MANY_MESSAGES = 1_000_000_000;

    private final SslContext tls;
    private final MockOptions options;
    private final Consumer<MockReport> reports;

    /**
     * @param tls     server side; null for plain text
     * @param options defaults of the answers
     * @param reports receives a report for each answer that has ended
     */
    MockInitializer(SslContext tls, MockOptions options, Consumer<MockReport> reports) {
        this.tls = tls;
        this.options = options;
        this.reports = reports;
    }

    @Override
    protected void initChannel(Channel channel) {
        if (tls == null) {
            channel.pipeline().addLast(new PrefaceChoice());
            return;
        }
        channel.pipeline().addLast(tls.newHandler(channel.alloc()),
                new ApplicationProtocolNegotiationHandler(ApplicationProtocolNames.HTTP_1_1) {
                    @Override
                    protected void configurePipeline(ChannelHandlerContext ctx, String protocol) {
                        addHandlers(ctx.pipeline(), ApplicationProtocolNames.HTTP_2.equals(protocol));
                    }
                });
    }

    private void addHandlers(ChannelPipeline pipeline, boolean isHttp2) {
        if (!isHttp2) {
            pipeline.addLast(new HttpRequestDecoder(), new HttpResponseEncoder(),
                    new HttpObjectAggregator(MAX_BODY_BYTES), new MockHandler(options, reports));
            return;
        }
        pipeline.addLast(Http2FrameCodecBuilder.forServer().initialSettings(new Http2Settings()
                .maxConcurrentStreams(options.maxStreams).initialWindowSize(STREAM_WINDOW_BYTES)).build(),
                new Http2MultiplexHandler(newStreamInitializer()), new ChannelInboundHandlerAdapter() {
                    @Override
                    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
                        ctx.close(); // a reset is a normal end here; each stream's report records it
                    }
                });
    }

    private ChannelHandler newStreamInitializer() {
        return new ChannelInitializer<Channel>() {
            @Override
            protected void initChannel(Channel stream) {
                ((MaxMessagesRecvByteBufAllocator) stream.config().getRecvByteBufAllocator())
                        .maxMessagesPerRead(MANY_MESSAGES);
                stream.pipeline().addLast(new Http2StreamFrameToHttpObjectCodec(true),
                        new HttpObjectAggregator(MAX_BODY_BYTES), new MockHandler(options, reports));
            }
        };
    }

    /**
     * A decoder that selects HTTP/2 if a plain-text connection begins with the HTTP/2 preface (RFC 9113 section 3.4),
     * and HTTP/1.1 otherwise.
     */
    private final class PrefaceChoice extends ByteToMessageDecoder {
        private static final int PRI = 'P' << 16 | 'R' << 8 | 'I';
        private static final int BYTES = 3;

        @Override
        protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
            if (in.readableBytes() >= BYTES) {
                addHandlers(ctx.pipeline(), in.getUnsignedMedium(in.readerIndex()) == PRI);
                ctx.pipeline().remove(this);
            }
        }
    }
}
