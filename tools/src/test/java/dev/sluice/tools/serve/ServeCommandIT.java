// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tools.Main;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollDomainDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.unix.DomainDatagramPacket;
import io.netty.channel.unix.DomainSocketAddress;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Tests of the command as a process: signals, changed files, and notifications of the service manager. */
@EnabledOnOs(OS.LINUX)
class ServeCommandIT {
    private final BlockingQueue<String> told = new LinkedBlockingQueue<>();
    private final EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private final HttpClient http = HttpClient.newHttpClient();

    @TempDir
    private Path folder;
    private Process serve;
    private int port;
    private ServerSocket silentUpstream;
    private String notifySocket;

    @BeforeEach
    void open() throws Exception {
        silentUpstream = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        notifySocket = folder.resolve("notify").toString();
        Channel manager = new Bootstrap().group(loop).channel(EpollDomainDatagramChannel.class)
                .handler(new SimpleChannelInboundHandler<DomainDatagramPacket>() {
                    @Override
                    protected void channelRead0(ChannelHandlerContext ctx, DomainDatagramPacket packet) {
                        told.add(packet.content().toString(StandardCharsets.UTF_8));
                    }
                }).bind(new DomainSocketAddress(notifySocket)).sync().channel();
        assertTrue(manager.isOpen());
    }

    @AfterEach
    void close() throws Exception {
        if (serve != null) {
            serve.destroyForcibly().waitFor();
        }
        silentUpstream.close();
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
    }

    private void write(String model) throws IOException {
        Path next = folder.resolve("next.yaml");
        Files.writeString(next, """
                listeners:
                  - address: 127.0.0.1:%d
                clusters:
                  up:
                    endpoints:
                      - url: http://127.0.0.1:%d/v1
                routes:
                  - model: %s
                    cluster: up
                """.formatted(port, silentUpstream.getLocalPort(), model));
        Files.move(next, config(), StandardCopyOption.REPLACE_EXISTING);
    }

    private Path config() {
        return folder.resolve("sluice.yaml");
    }

    private Path log() {
        return folder.resolve("log");
    }

    private void start() throws Exception {
        start(builder -> builder.redirectErrorStream(true).redirectOutput(log().toFile()));
    }

    private void start(UnaryOperator<ProcessBuilder> output) throws Exception {
        List<String> command = new ArrayList<>(List.of(ProcessHandle.current().info().command().orElseThrow(),
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(), "serve", "-c", config().toString()));
        ProcessBuilder builder = output.apply(new ProcessBuilder(command));
        builder.environment().put("NOTIFY_SOCKET", notifySocket);
        serve = builder.start();
        expectTold("READY=1");
    }

    private void expectTold(String state) throws Exception {
        List<String> others = new ArrayList<>();
        String found = told.poll(30, TimeUnit.SECONDS);
        while (found != null && !found.startsWith(state)) {
            others.add(found); // the relay also notices the changed file by itself
            found = told.poll(30, TimeUnit.SECONDS);
        }
        assertTrue(found != null, () -> "notified " + others + " (expected: " + state + "); " + text());
    }

    private String text() {
        try {
            return Files.readString(log());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String models() throws Exception {
        return http.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/models")).build(),
                HttpResponse.BodyHandlers.ofString()).body();
    }

    private void signal(String name) throws Exception {
        assertEquals(0, new ProcessBuilder("kill", "-" + name, Long.toString(serve.pid())).start().waitFor());
    }

    @Test
    void shouldFollowItsFileAndSighup() throws Exception {
        write("first");
        start();
        assertTrue(models().contains("\"first\""), models());

        write("second"); // noticed without a signal
        expectTold("RELOADING=1\nMONOTONIC_USEC=");
        expectTold("READY=1");
        assertTrue(models().contains("\"second\""), models());

        Files.writeString(config(), "listeners: []\n");
        signal("HUP");
        expectTold("RELOADING=1");
        expectTold("READY=1");
        assertTrue(models().contains("\"second\""), models());
        assertTrue(text().contains("), the previous one stays in use: sluice.yaml, line 1: clusters: missing"), text());

        signal("TERM");
        expectTold("STOPPING=1");
        assertTrue(serve.waitFor(60, TimeUnit.SECONDS));
        assertEquals(0, serve.exitValue(), text());
    }

    /** The first signal waits for exchanges in flight, the second does not. */
    @Test
    void shouldStopAtOnceAtTheSecondSignal() throws Exception {
        write("first");
        start();
        try (Socket client = new Socket(InetAddress.getLoopbackAddress(), port)) {
            String body = "{\"model\":\"first\"}";
            client.getOutputStream().write(("POST /v1/responses HTTP/1.1\r\nHost: a\r\nContent-Length: "
                    + body.length() + "\r\n\r\n" + body).getBytes(StandardCharsets.US_ASCII));
            try (Socket upstream = silentUpstream.accept()) {
                assertTrue(upstream.getInputStream().read() > 0);
                signal("TERM");
                expectTold("STOPPING=1");
                assertFalse(serve.waitFor(500, TimeUnit.MILLISECONDS));
                signal("TERM");
                assertTrue(serve.waitFor(20, TimeUnit.SECONDS)); // the drain alone would take 30 s
            }
        }
        assertEquals(0, serve.exitValue(), text());
    }

    /** A pipe that no process reads takes 64 KiB: about 200 lines of the access log. */
    @Test
    void shouldServeOnWhileNobodyReadsItsOutput() throws Exception {
        int requests = 600;
        write("first");
        start(builder -> builder.redirectError(log().toFile())); // standard output is a pipe

        for (int i = 0; i < requests; i++) {
            assertTrue(models().contains("\"first\""));
        }

        CompletableFuture<Long> lines = CompletableFuture.supplyAsync(() -> {
            try (BufferedReader output = serve.inputReader()) {
                return output.lines().filter(line -> line.contains("\"path\":\"/v1/models\"")).count();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        signal("TERM");
        assertTrue(serve.waitFor(60, TimeUnit.SECONDS));
        assertEquals(requests, lines.get(60, TimeUnit.SECONDS));
    }
}
