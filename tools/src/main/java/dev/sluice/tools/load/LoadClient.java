// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.load;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import io.netty.handler.codec.http2.Http2StreamFrameToHttpObjectCodec;
import io.netty.handler.ssl.SslContext;
import java.net.URI;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;

/**
 * A client that sends requests and reads their answers, over keep-alive HTTP/1.1 connections or over the streams of a
 * few HTTP/2 connections.
 *
 * <p><b>Threading:</b> confined to its event loop, except {@link #close}.
 */
final class LoadClient {
    private static final int WINDOW_BYTES = 4 * 1024 * 1024;

    private final EventLoop loop;
    private final URI target;
    private final SslContext tls;
    private final boolean isHttp2;
    private final int streamsPerConnection;
    private final String key;
    private final byte[] body;
    private final int leaveAfter;
    private final int lanes;
    private final List<LoadSocket> sockets = new ArrayList<>();
    private final ArrayDeque<Channel> idle = new ArrayDeque<>();
    private final List<Multiplexed> multiplexed = new ArrayList<>();
    private final ChannelGroup connections;

    /**
     * @param loop                 the event loop of all connections
     * @param target               base URL, including {@code /v1}
     * @param tls                  client side; null for plain text
     * @param streamsPerConnection maximum number of concurrent streams on an HTTP/2 connection
     * @param key                  sent as a bearer token; null for none
     * @param body                 the body of every request
     * @param leaveAfter           number of events after which an answer is abandoned; 0 for never
     * @param lanes                maximum number of requests side by side on a WebSocket; 0 for HTTP
     */
    LoadClient(EventLoop loop, URI target, SslContext tls, boolean isHttp2, int streamsPerConnection, String key,
            byte[] body, int leaveAfter, int lanes) {
        this.lanes = lanes;
        this.loop = loop;
        this.target = target;
        this.tls = tls;
        this.isHttp2 = isHttp2;
        this.streamsPerConnection = streamsPerConnection;
        this.key = key;
        this.body = body.clone();
        this.leaveAfter = leaveAfter;
        connections = new DefaultChannelGroup(loop, true); // also closes those established after close()
    }

    /** Closes all connections, busy ones included, and waits until they are closed; not to be called on the loop. */
    void close() {
        connections.close().awaitUninterruptibly();
    }

    /** A listener for one answer. {@link #onEnd}, {@link #onLeft} or {@link #onFailure} is the last call. */
    interface Answer {
        /** Called when the first event has arrived. */
        void onFirstEvent();

        /**
         * Called when more of the body has arrived.
         *
         * @param bytes  number of bytes
         * @param events number of events that these bytes complete
         */
        void onBytes(long bytes, long events);

        /**
         * Called when the answer is complete.
         *
         * @param isVerified whether the mock's hash arrived with it; gateways that rewrite answers drop the hash
         * @param isRight    whether it equals the mock's answer, byte for byte
         */
        void onEnd(boolean isVerified, boolean isRight);

        /** Called when the client has abandoned the answer in mid-stream. */
        void onLeft();

        /**
         * Called when the request or its answer has failed.
         *
         * @param kind a few words by which failures are counted
         */
        void onFailure(String kind);
    }

    /**
     * Sends one request.
     *
     * @param answer  receives the progress of the answer
     * @param onStamp receives the stamp of each event that has one
     */
    void send(Answer answer, LongConsumer onStamp) {
        if (lanes > 0) {
            sendOverSocket(answer, onStamp);
            return;
        }
        Reader reader = new Reader(answer, onStamp);
        if (isHttp2) {
            sendOverStream(reader);
            return;
        }
        Channel kept = idle.poll();
        while (kept != null && !kept.isActive()) {
            kept = idle.poll();
        }
        if (kept != null) {
            kept.pipeline().addLast(reader);
            kept.writeAndFlush(request(), kept.voidPromise());
            return;
        }
        connect(new ChannelInitializer<Channel>() {
            @Override
            protected void initChannel(Channel channel) {
                addTls(channel);
                channel.pipeline().addLast(new HttpClientCodec(), reader);
            }
        }, () -> reader.fail("no connection"), channel -> channel.writeAndFlush(request(), channel.voidPromise()));
    }

    private void sendOverSocket(Answer answer, LongConsumer onStamp) {
        for (LoadSocket socket : sockets) {
            LoadSocket.Lane free = socket.free();
            if (free != null) {
                free.send(body, answer, onStamp);
                return;
            }
        }
        LoadSocket opened = new LoadSocket(lanes, leaveAfter);
        sockets.add(opened);
        opened.free().send(body, answer, onStamp);
        connect(new ChannelInitializer<Channel>() {
            @Override
            protected void initChannel(Channel channel) {
                addTls(channel);
                opened.addTo(channel.pipeline(), target, key);
            }
        }, () -> {
            sockets.remove(opened);
            opened.fail("no connection");
        }, channel -> channel.closeFuture().addListener(closed -> sockets.remove(opened)));
    }

    private interface Connected {
        void on(Channel channel);
    }

    private void connect(ChannelInitializer<Channel> handler, Runnable onFailed, Connected then) {
        int port = target.getPort() >= 0 ? target.getPort() : tls == null ? 80 : 443;
        Class<? extends SocketChannel> type = Epoll.isAvailable() ? EpollSocketChannel.class : NioSocketChannel.class;
        ChannelFuture connecting = new Bootstrap().group(loop).channel(type).handler(handler)
                .option(ChannelOption.TCP_NODELAY, true).connect(target.getHost(), port);
        connections.add(connecting.channel());
        connecting.addListener(connected -> {
            if (connected.isSuccess()) {
                then.on(connecting.channel());
            } else {
                onFailed.run();
            }
        });
    }

    private void addTls(Channel channel) {
        if (tls != null) {
            channel.pipeline().addLast(tls.newHandler(channel.alloc(), target.getHost(), target.getPort()));
        }
    }

    private FullHttpRequest request() {
        FullHttpRequest request = new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST,
                target.getRawPath() + "/responses", Unpooled.wrappedBuffer(body));
        request.headers().set("host", target.getAuthority()).set("content-type", "application/json")
                .set("accept", "text/event-stream").set("content-length", body.length);
        if (key != null) {
            request.headers().set("authorization", "Bearer " + key);
        }
        if (isHttp2) {
            request.headers().set("x-http2-scheme", tls == null ? "http" : "https");
        }
        return request;
    }

    private void sendOverStream(Reader reader) {
        Multiplexed free = null;
        for (Multiplexed each : List.copyOf(multiplexed)) {
            if (each.connection != null && !each.connection.isActive()) {
                multiplexed.remove(each);
            } else if (free == null && each.streams < streamsPerConnection) {
                free = each;
            }
        }
        if (free == null) {
            free = new Multiplexed();
            multiplexed.add(free);
            free.open();
        }
        free.send(reader);
    }

    /** One HTTP/2 connection, with the requests that wait until it is established. */
    private final class Multiplexed {
        private final ArrayDeque<Reader> waiting = new ArrayDeque<>();
        private Channel connection;
        private int streams;

        void open() {
            connect(new ChannelInitializer<Channel>() {
                @Override
                protected void initChannel(Channel channel) {
                    addTls(channel);
                    channel.pipeline().addLast(Http2FrameCodecBuilder.forClient().initialSettings(new Http2Settings()
                            .initialWindowSize(WINDOW_BYTES).pushEnabled(false)).build(),
                            new Http2MultiplexHandler(new SimpleChannelInboundHandler<Object>() {
                                @Override
                                protected void channelRead0(ChannelHandlerContext ctx, Object message) {
                                    // push is disabled
                                }
                            }));
                }
            }, () -> {
                multiplexed.remove(this);
                waiting.forEach(reader -> reader.fail("no connection"));
                waiting.clear();
            }, channel -> {
                connection = channel;
                channel.closeFuture().addListener(closed -> multiplexed.remove(this));
                waiting.forEach(this::start);
                waiting.clear();
            });
        }

        void send(Reader reader) {
            streams++;
            if (connection == null) {
                waiting.add(reader);
            } else {
                start(reader);
            }
        }

        private void start(Reader reader) {
            new Http2StreamChannelBootstrap(connection).handler(new ChannelInitializer<Channel>() {
                @Override
                protected void initChannel(Channel channel) {
                    channel.pipeline().addLast(new Http2StreamFrameToHttpObjectCodec(false), reader);
                    channel.closeFuture().addListener(closed -> streams--);
                }
            }).open().addListener(opened -> {
                if (opened.isSuccess()) {
                    Http2StreamChannel stream = (Http2StreamChannel) opened.getNow();
                    stream.writeAndFlush(request(), stream.voidPromise());
                } else {
                    streams--;
                    reader.fail("no stream");
                }
            });
        }
    }

    /** A handler that reads one answer. */
    private final class Reader extends SimpleChannelInboundHandler<HttpObject> {
        private final Answer answer;
        private final StreamCheck stream;
        private boolean isKeptAlive;
        private boolean isOver;
        private boolean isFirstSeen;
        private int status;
        private boolean isDocument;
        private String documentHash;
        private ByteBuf document;

        Reader(Answer answer, LongConsumer onStamp) {
            this.answer = answer;
            stream = new StreamCheck(onStamp);
        }

        void fail(String kind) {
            if (!isOver) {
                isOver = true;
                answer.onFailure(kind);
            }
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, HttpObject message) {
            if (message instanceof HttpResponse response) {
                status = response.status().code();
                documentHash = response.headers().get("x-mock-sha256");
                isDocument = response.headers().get("content-type", "").startsWith("application/json");
                isKeptAlive = HttpUtil.isKeepAlive(response);
            }
            if (message instanceof HttpContent content) {
                onContent(ctx, content.content());
            }
            if (message instanceof LastHttpContent) {
                onEnd(ctx);
            }
        }

        private void onContent(ChannelHandlerContext ctx, ByteBuf content) {
            long before = stream.events();
            int count = content.readableBytes();
            if (documentHash != null) {
                document = document == null ? Unpooled.buffer() : document;
                document.writeBytes(content, content.readerIndex(), count);
                answer.onBytes(count, 0);
                return;
            }
            stream.add(content);
            if (leaveAfter > 0 && stream.events() >= leaveAfter && !isOver) {
                isOver = true;
                answer.onLeft();
                ctx.close();
                return;
            }
            if (!isFirstSeen && stream.events() > 0 && status == 200) {
                isFirstSeen = true;
                answer.onFirstEvent();
            }
            answer.onBytes(count, stream.events() - before);
        }

        private void onEnd(ChannelHandlerContext ctx) {
            if (isOver) {
                return;
            }
            if (status != 200) {
                fail("status " + status);
            } else if (documentHash != null) {
                isOver = true;
                answer.onEnd(true, document != null && documentHash.equals(StreamCheck.sha256(document)));
            } else if (isDocument) {
                isOver = true;
                answer.onEnd(false, false);
            } else if (!stream.isComplete()) {
                fail("ended without its last event");
            } else {
                isOver = true;
                answer.onEnd(stream.isHashTold(), stream.isRight());
            }
            if (isHttp2) {
                return;
            }
            ctx.pipeline().remove(this);
            if (isKeptAlive) {
                idle.addFirst(ctx.channel());
            } else {
                ctx.close();
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            fail(stream.events() > 0 ? "cut in mid-stream" : "closed before an answer");
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            fail(stream.events() > 0 ? "cut in mid-stream" : cause.getClass().getSimpleName());
            ctx.close();
        }
    }
}
