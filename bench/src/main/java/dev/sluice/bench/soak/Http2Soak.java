// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.bench.soak;

import dev.sluice.tools.mock.MockOptions;
import dev.sluice.tools.mock.MockUpstream;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A soak test that runs many streams over a few HTTP/2 connections through a relay in a separate process, which
 * forwards them to a mock over HTTP/2. It compares the hash of every answer with the hash of the mock's own answer and
 * prints the relay's memory.
 *
 * <p>Arguments, with their defaults: seconds to run (60), connections (10), streams per connection (100). The relay's
 * JVM flags are read from {@code RELAY_JAVA_OPTS}. The default flags commit the whole heap at start, so that the heap
 * does not appear as growth. The relay counts as warm after a quarter of the time, at most 15 s, and growth is measured
 * from then on. The exit status is 1 if an answer was wrong or if there was no answer.
 */
public final class Http2Soak {
    private static final int EVENTS = 40;
    private static final int PACE_MILLIS = 50;
    private static final int MAX_WARM_SECONDS = 15;
    private static final int WINDOW_BYTES = 1024 * 1024;

    private final AtomicLong answers = new AtomicLong();
    private final AtomicLong wrong = new AtomicLong();
    private final AtomicLong bytes = new AtomicLong();
    private volatile boolean isOver;

    private Http2Soak() {
    }

    /** Runs the soak test with the given arguments and exits. */
    public static void main(String[] arguments) throws Exception {
        int seconds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 60;
        int connections = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 10;
        int streams = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 100;
        System.exit(new Http2Soak().run(seconds, connections, streams) ? 0 : 1);
    }

    private boolean run(int seconds, int connections, int streams) throws Exception {
        MockOptions events = new MockOptions().set("events", Integer.toString(EVENTS));
        MockOptions paced = new MockOptions().set("events", Integer.toString(EVENTS)).set("pace_ms",
                Integer.toString(PACE_MILLIS));
        try (MockUpstream mock = new MockUpstream("127.0.0.1", 0, paced, report -> { });
                MockUpstream atOnce = new MockUpstream("127.0.0.1", 0, events, report -> { })) {
            int port = freePort();
            int admin = freePort();
            Process relay = startRelay(mock.port(), port, admin);
            EventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
            try {
                awaitReady(admin);
                for (int i = 0; i < connections; i++) {
                    String body = body(i);
                    byte[] expected = hashOf(atOnce.port(), body);
                    Channel connection = connect(loops, port);
                    for (int j = 0; j < streams; j++) {
                        open(connection, body, expected);
                    }
                }
                return watch(relay, admin, seconds);
            } finally {
                isOver = true;
                loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
                relay.destroy();
                relay.waitFor();
            }
        }
    }

    private boolean watch(Process relay, int admin, int seconds) throws Exception {
        int warm = Math.min(MAX_WARM_SECONDS, seconds / 4);
        TimeUnit.SECONDS.sleep(warm);
        long resident = residentKib(relay);
        long direct = direct(admin);
        System.out.printf("after %d s: %d answers, resident %,d KiB, direct %,d KiB%n", warm, answers.get(), resident,
                direct / 1024);
        for (int second = warm; second < seconds; second++) {
            TimeUnit.SECONDS.sleep(1);
            if ((second + 1) % 15 == 0 || second + 1 == seconds) {
                System.out.printf("after %d s: %d answers, %d wrong, %,d MB, resident %+,d KiB, direct %+,d KiB%n",
                        second + 1, answers.get(), wrong.get(), bytes.get() / 1_000_000, residentKib(relay) - resident,
                        (direct(admin) - direct) / 1024);
            }
        }
        return wrong.get() == 0 && answers.get() > 0;
    }

    private static String body(int i) {
        return "{\"model\":\"gpt-" + i + "\",\"input\":\"soak\",\"stream\":true}";
    }

    private static Process startRelay(int upstream, int port, int admin) throws IOException {
        Path file = Files.createTempFile("soak", ".yaml");
        file.toFile().deleteOnExit();
        Files.writeString(file, "listeners: [{address: '127.0.0.1:" + port + "'}]\nadmin: {address: '127.0.0.1:" + admin
                + "'}\nclusters: {mock: {endpoints: [{url: 'http://127.0.0.1:" + upstream + "/v1', http: '2'}]}}\n"
                + "routes: [{model: '*', cluster: mock}]\n");
        ProcessBuilder command = new ProcessBuilder("java");
        String flags = System.getenv().getOrDefault("RELAY_JAVA_OPTS",
                "-XX:+UseSerialGC -Xms128m -Xmx128m -XX:+AlwaysPreTouch");
        command.command().addAll(Arrays.stream(flags.split(" ")).filter(flag -> !flag.isEmpty()).toList());
        command.command().addAll(List.of("-cp", System.getProperty("java.class.path"),
                "dev.sluice.tools.Main", "serve", "--config", file.toString()));
        return command.redirectOutput(ProcessBuilder.Redirect.DISCARD).redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private static String get(int admin, String path) throws Exception {
        return HttpClient.newHttpClient().send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + admin + path))
                .build(), HttpResponse.BodyHandlers.ofString()).body();
    }

    private static void awaitReady(int admin) throws Exception {
        for (int i = 0; i < 100; i++) {
            try {
                get(admin, "/health/ready");
                return;
            } catch (IOException notYet) {
                TimeUnit.MILLISECONDS.sleep(100);
            }
        }
        throw new IOException("relay: no answer at /health/ready within 10 s (expected: a started relay)");
    }

    private static long direct(int admin) throws Exception {
        return (long) Double.parseDouble(get(admin, "/metrics").lines().filter(line ->
                line.startsWith("sluice_direct_bytes ")).findFirst().orElseThrow().split(" ")[1]);
    }

    private static long residentKib(Process process) throws IOException {
        return Files.readAllLines(Path.of("/proc/" + process.pid() + "/status")).stream()
                .filter(line -> line.startsWith("VmRSS:")).mapToLong(line ->
                        Long.parseLong(line.replaceAll("[^0-9]", ""))).findFirst().orElseThrow();
    }

    private static byte[] hashOf(int mock, String body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + mock + "/v1/responses"))
                .POST(HttpRequest.BodyPublishers.ofString(body)).build();
        byte[] answer = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofByteArray()).body();
        return sha256().digest(answer);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Channel connect(EventLoopGroup loops, int port) throws InterruptedException {
        return new Bootstrap().group(loops).channel(NioSocketChannel.class)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(Http2FrameCodecBuilder.forClient().initialSettings(
                                Http2Settings.defaultSettings().initialWindowSize(WINDOW_BYTES).pushEnabled(false))
                                .build(), new Http2MultiplexHandler(new ChannelInboundHandlerAdapter()));
                    }
                }).connect("127.0.0.1", port).sync().channel();
    }

    private void open(Channel connection, String body, byte[] expected) {
        new Http2StreamChannelBootstrap(connection).handler(new Answer(connection, body, expected)).open();
    }

    /** A handler of one request. When its answer ends, it opens the next one. */
    private final class Answer extends ChannelInboundHandlerAdapter {
        private final Channel connection;
        private final String body;
        private final byte[] expected;
        private final MessageDigest hash = sha256();
        private boolean isClean;

        Answer(Channel connection, String body, byte[] expected) {
            this.connection = connection;
            this.body = body;
            this.expected = expected;
        }

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            ctx.write(new DefaultHttp2HeadersFrame(new DefaultHttp2Headers().method("POST").scheme("http")
                    .authority("relay").path("/v1/responses").set("content-type", "application/json")));
            ctx.writeAndFlush(new DefaultHttp2DataFrame(Unpooled.copiedBuffer(body, StandardCharsets.UTF_8), true));
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            if (message instanceof Http2DataFrame data) {
                ByteBuf content = data.content();
                bytes.addAndGet(content.readableBytes());
                hash.update(content.nioBuffer());
                isClean |= data.isEndStream();
            } else if (message instanceof Http2HeadersFrame head && !"200".contentEquals(head.headers().status())
                    || message instanceof Http2ResetFrame) {
                System.err.println(message);
            }
            ReferenceCountUtil.release(message);
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            if (isOver) {
                return;
            }
            answers.incrementAndGet();
            if (!isClean || !Arrays.equals(expected, hash.digest())) {
                wrong.incrementAndGet();
            }
            open(connection, body, expected);
        }
    }
}
