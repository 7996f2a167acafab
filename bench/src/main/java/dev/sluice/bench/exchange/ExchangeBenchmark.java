// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.bench.exchange;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.sluice.bench.Shapes;
import dev.sluice.engine.Relay;
import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.config.TransportConfig;
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
 * Cost of a whole exchange on kept connections: a request, a stream of some events, and its end. One thread plays both
 * the client and the upstream. {@link #baseline} is the same exchange over one hop without a relay.
 */
@Fork(value = 3, jvmArgsPrepend = {"-Dio.netty.leakDetection.level=disabled", "-XX:+UseSerialGC"})
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@State(Scope.Thread)
public class ExchangeBenchmark {
    private static final String LAST = "event: response.completed\ndata: {\"type\":\"response.completed\","
            + "\"sequence_number\":9,\"response\":{\"id\":\"resp_1\",\"status\":\"completed\",\"usage\":"
            + "{\"input_tokens\":3,\"output_tokens\":5,\"total_tokens\":8}}}\n\n";

    private static final long REQUEST_END = '}';
    /** The last chunk: a zero and two line ends. */
    private static final long ANSWER_END = 0x30_0d0a_0d0aL;

    /** Length of the request's input, in bytes. */
    @Param({"20", "50000"})
    public int inputBytes;

    /** Number of events before the last one. All are sent in one write with it. */
    @Param({"1", "50"})
    public int events;

    private Relay relay;
    private ServerSocketChannel listener;
    private SocketChannel upstream;
    private SocketChannel client;
    private SocketChannel directUpstream;
    private SocketChannel directClient;
    private ByteBuffer request;
    private ByteBuffer answer;
    private ByteBuffer received;

    /** Opens the direct path and the path through the relay, and runs one exchange through the relay. */
    @Setup
    public void open() throws IOException {
        ((Logger) LoggerFactory.getLogger("dev.sluice")).setLevel(Level.WARN);
        ((Logger) LoggerFactory.getLogger("dev.sluice.access")).setLevel(Level.OFF);
        String body = "{\"model\":\"m\",\"input\":\"" + Shapes.code(inputBytes, 1) + "\",\"stream\":true}";
        request = direct("POST /v1/responses HTTP/1.1\r\nhost: a\r\ncontent-length: "
                + body.getBytes(StandardCharsets.UTF_8).length + "\r\n\r\n" + body);
        answer = direct(Wire.head(false) + Wire.chunk(Wire.EVENT).repeat(events) + Wire.chunk(LAST) + "0\r\n\r\n");
        received = ByteBuffer.allocateDirect(256 * 1024);
        listener = ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        int port = ((InetSocketAddress) listener.getLocalAddress()).getPort();
        directClient = Wire.connect(port);
        directUpstream = listener.accept();
        relay = Relay.launch(RelayConfig.builder().listen("127.0.0.1", 0)
                .cluster(ClusterConfig.of("up", EndpointConfig.of("http://127.0.0.1:" + port + "/v1", null)))
                .route(RouteConfig.of("*", "up")).transport(new TransportConfig(TransportConfig.Kind.EPOLL, 1, false))
                .build());
        client = Wire.connect(relay.port());
        client.write(request.duplicate());
        upstream = listener.accept();
        for (SocketChannel channel : new SocketChannel[] {upstream, client, directUpstream, directClient}) {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.configureBlocking(false); // busy polling, because a blocked thread would measure its own wake-up
        }
        readUntil(upstream, REQUEST_END, 0xff);
        write(upstream, answer);
        readUntil(client, ANSWER_END, 0xff_ffff_ffffL);
    }

    private static ByteBuffer direct(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
    }

    /** Closes all sockets and the relay. */
    @TearDown
    public void close() throws IOException {
        for (SocketChannel channel : new SocketChannel[] {upstream, client, directUpstream, directClient}) {
            channel.close();
        }
        listener.close();
        relay.close();
    }

    /** Measures the floor: one hop without a relay. */
    @Benchmark
    public int baseline() throws IOException {
        return exchange(directClient, directUpstream);
    }

    /** Measures the exchange through the relay. */
    @Benchmark
    public int relay() throws IOException {
        return exchange(client, upstream);
    }

    private int exchange(SocketChannel from, SocketChannel to) throws IOException {
        write(from, request);
        int count = readUntil(to, REQUEST_END, 0xff);
        write(to, answer);
        return count + readUntil(from, ANSWER_END, 0xff_ffff_ffffL);
    }

    private static void write(SocketChannel channel, ByteBuffer bytes) throws IOException {
        bytes.rewind();
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /** Reads up to the last bytes of a message, regardless of how reads split them, and returns the number of bytes. */
    private int readUntil(SocketChannel channel, long end, long mask) throws IOException {
        int count = 0;
        long last = 0;
        while ((last & mask) != end) {
            received.clear();
            int read = channel.read(received);
            if (read < 0) {
                throw new IOException("connection: ended (expected: the rest of a message)");
            }
            count += read;
            for (int i = Math.max(0, read - Long.BYTES); i < read; i++) {
                last = last << Byte.SIZE | received.get(i) & 0xff;
            }
        }
        return count;
    }
}
