// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.bench.exchange;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.sluice.engine.Relay;
import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.HttpVersions;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.config.TransportConfig;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.slf4j.LoggerFactory;

/**
 * One upstream write through the relay to the client in each pairing of HTTP/1.1 and HTTP/2, in plain text, per write,
 * over loopback: {@link RawRelayBenchmark} with HTTP/2 on one side or both.
 *
 * <p>One thread plays upstream and client. Each event is a chunk or a DATA frame of its own; the driver reads until all
 * of their bytes have arrived, whatever they are framed in, and allocates nothing: what {@code -prof gc} reports per
 * operation is the relay's, and stands for {@code eventsPerWrite} events.
 */
@Fork(value = 3, jvmArgsPrepend = {"-Dio.netty.leakDetection.level=disabled", "-XX:+UseSerialGC"})
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@State(Scope.Thread)
public class PairingBenchmark {
    private static final String EVENT = "event: response.output_text.delta\n"
            + "data: {\"type\":\"response.output_text.delta\",\"sequence_number\":7,"
            + "\"item_id\":\"msg_1\",\"output_index\":0,\"content_index\":0,\"delta\":\" world\","
            + "\"logprobs\":[],\"obfuscation\":\"abcdefgh\"}\n\n";
    private static final int HEAD_BYTES = 9;
    /** Netty keeps 1 for a connection that was upgraded. */
    private static final int UPSTREAM_STREAM = 3;
    private static final int DATA = 0;
    private static final int HEADERS = 1;
    private static final int SETTINGS = 4;
    private static final int WINDOW_UPDATE = 8;

    /** Which protocol is spoken by the upstream, and to the downstream. */
    @Param({"h1_to_h1", "h1_to_h2", "h2_to_h1", "h2_to_h2"})
    public String pairing;

    /** How many events of about 220 bytes come with one write. */
    @Param({"1", "16", "64"})
    public int eventsPerWrite;

    /** How the relay drives its sockets. */
    @Param({"EPOLL", "NIO"})
    public TransportConfig.Kind transport;

    private boolean isUpstream2;
    private boolean isDownstream2;
    private Relay relay;
    private ServerSocketChannel listener;
    private SocketChannel upstream;
    private SocketChannel client;
    private ByteBuffer batch;
    private ByteBuffer received;
    private ByteBuffer dropped;
    private long expectedBytes;
    private int headHave;
    private int frameLength;
    private int frameType;
    private int payloadLeft;

    /** Opens a stream through the relay. */
    @Setup
    public void open() throws IOException {
        ((Logger) LoggerFactory.getLogger("dev.sluice")).setLevel(Level.WARN);
        ((Logger) LoggerFactory.getLogger("dev.sluice.access")).setLevel(Level.OFF);
        isUpstream2 = pairing.startsWith("h2");
        isDownstream2 = pairing.endsWith("h2");
        received = ByteBuffer.allocateDirect(256 * 1024);
        dropped = ByteBuffer.allocateDirect(64 * 1024);
        listener = ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        int port = ((InetSocketAddress) listener.getLocalAddress()).getPort();
        relay = Relay.launch(RelayConfig.builder().listen("127.0.0.1", 0)
                .cluster(ClusterConfig.of("up", EndpointConfig.of("http://127.0.0.1:" + port + "/v1", null)
                        .withVersions(isUpstream2 ? HttpVersions.HTTP_2 : HttpVersions.HTTP_1)))
                .route(RouteConfig.of("*", "up")).transport(new TransportConfig(transport, 1, false)).build());
        client = SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), relay.port()));
        client.setOption(StandardSocketOptions.TCP_NODELAY, true);
        sendRequest("{\"model\":\"m\",\"stream\":true}");
        upstream = listener.accept();
        upstream.setOption(StandardSocketOptions.TCP_NODELAY, true);
        answer();
        byte[] events = framed(EVENT).repeat(eventsPerWrite).getBytes(StandardCharsets.ISO_8859_1);
        batch = ByteBuffer.allocateDirect(events.length).put(events);
        expectedBytes = (long) eventsPerWrite * EVENT.length();
        client.configureBlocking(false); // spun: a thread that sleeps would measure its wake-up
        upstream.configureBlocking(false);
    }

    private void sendRequest(String body) throws IOException {
        if (!isDownstream2) {
            write(client, "POST /v1/responses HTTP/1.1\r\nhost: a\r\ncontent-length: " + body.length() + "\r\n\r\n"
                    + body);
            return;
        }
        write(client, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS, 0, 0, "\0\4\177\u00ff\u00ff\u00ff")
                + frame(WINDOW_UPDATE, 0, 0, "\177\u00ff\0\0") + frame(HEADERS, 4, 1, headers(":method", "POST",
                ":scheme", "http", ":authority", "a", ":path", "/v1/responses")) + frame(DATA, 1, 1, body));
    }

    /** Waits for the request, and sends the head of the answer with a first event. */
    private void answer() throws IOException {
        if (!isUpstream2) {
            readUntil(upstream, "true}");
            write(upstream, "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
                    + chunk(EVENT));
        } else {
            write(upstream, frame(SETTINGS, 0, 0, ""));
            readUntil(upstream, "true}");
            write(upstream, frame(SETTINGS, 1, 0, "") + frame(HEADERS, 4, UPSTREAM_STREAM, headers(":status", "200",
                    "content-type", "text/event-stream")) + frame(DATA, 0, UPSTREAM_STREAM, EVENT));
        }
        readUntil(client, isDownstream2 ? "\n\n" : "\n\n\r\n");
    }

    private String framed(String event) {
        return isUpstream2 ? frame(DATA, 0, UPSTREAM_STREAM, event) : chunk(event);
    }

    private static String chunk(String data) {
        return Integer.toHexString(data.length()) + "\r\n" + data + "\r\n";
    }

    private static String frame(int type, int flags, int stream, String payload) {
        ByteBuffer head = ByteBuffer.allocate(HEAD_BYTES).putShort((short) (payload.length() >> 8))
                .put((byte) payload.length()).put((byte) type).put((byte) flags).putInt(stream);
        return new String(head.array(), StandardCharsets.ISO_8859_1) + payload;
    }

    private static String headers(String... fields) throws IOException {
        Http2Headers list = new DefaultHttp2Headers();
        for (int i = 0; i < fields.length; i += 2) {
            list.add(fields[i], fields[i + 1]);
        }
        ByteBuf block = Unpooled.buffer();
        try {
            new DefaultHttp2HeadersEncoder().encodeHeaders(1, list, block);
        } catch (Http2Exception e) {
            throw new IOException(e);
        }
        return block.toString(StandardCharsets.ISO_8859_1);
    }

    private static void write(SocketChannel channel, String text) throws IOException {
        channel.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1)));
    }

    private static void readUntil(SocketChannel channel, String end) throws IOException {
        ByteBuffer one = ByteBuffer.allocate(1);
        StringBuilder text = new StringBuilder();
        while (text.indexOf(end) < 0) {
            one.clear();
            if (channel.read(one) < 0) {
                throw new IOException("end of input after " + text);
            }
            text.append((char) one.get(0));
        }
    }

    /** Closes everything. */
    @TearDown
    public void close() throws IOException {
        upstream.close();
        client.close();
        listener.close();
        relay.close();
    }

    /** One write through the relay. */
    @Benchmark
    public long relay() throws IOException {
        batch.flip();
        long count = 0;
        while (count < expectedBytes) {
            if (batch.hasRemaining()) {
                upstream.write(batch);
            }
            received.clear();
            int read = client.read(received);
            if (read < 0) {
                throw new IOException("the stream ended");
            }
            count += isDownstream2 ? dataBytes(read) : chunkBytes(read);
        }
        if (isUpstream2) {
            dropped.clear();
            upstream.read(dropped); // windows that are given back
        }
        return count;
    }

    /** Returns how many of the bytes that were read are payload of DATA frames. */
    private int dataBytes(int read) {
        int bytes = 0;
        int at = 0;
        while (at < read) {
            if (payloadLeft > 0) {
                int taken = Math.min(payloadLeft, read - at);
                bytes += frameType == DATA ? taken : 0;
                payloadLeft -= taken;
                at += taken;
                continue;
            }
            int b = received.get(at++) & 0xff;
            if (headHave < 3) {
                frameLength = frameLength << 8 | b;
            } else if (headHave == 3) {
                frameType = b;
            }
            if (++headHave == HEAD_BYTES) {
                payloadLeft = frameLength;
                headHave = 0;
                frameLength = 0;
            }
        }
        return bytes;
    }

    /** Returns how many of the bytes that were read are data of chunks. */
    private int chunkBytes(int read) {
        int bytes = 0;
        int at = 0;
        while (at < read) {
            if (payloadLeft > 0) {
                int taken = Math.min(payloadLeft, read - at);
                bytes += taken;
                payloadLeft -= taken;
                at += taken;
                continue;
            }
            int b = received.get(at++);
            if (b == '\n') { // of a size line, or of the one that ends a chunk and leaves a length of 0
                payloadLeft = frameLength;
                frameLength = 0;
            } else if (b != '\r') {
                frameLength = frameLength << 4 | Character.digit(b, 16);
            }
        }
        return bytes;
    }
}
