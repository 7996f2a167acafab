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
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.List;
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
 * Cost of one upstream write through the relay to the client, per write, in each pairing of HTTP/1.1 and HTTP/2, in
 * plain text over loopback.
 *
 * <p>One thread plays both the upstream and the client. Each event is its own chunk or DATA frame. The driver reads
 * until all payload bytes of the events have arrived, regardless of their framing.
 *
 * <p>Compare {@link #relay} with {@link #baseline}, the same bytes over one hop without a relay: the difference is the
 * cost of the second hop. Run it with {@code -prof gc}: the driver allocates nothing, so the heap per operation is the
 * relay's for {@code eventsPerWrite} events, plus what the harness allocates over time, which {@link #baseline} shows.
 */
@Fork(value = 3, jvmArgsPrepend = {"-Dio.netty.leakDetection.level=disabled", "-XX:+UseSerialGC"})
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@State(Scope.Thread)
public class PairingBenchmark {

    private static final int HALF_WINDOW = 1 << 30;

    /** HTTP version of the upstream, then that of the downstream. */
    @Param({"h1_to_h1", "h1_to_h2", "h2_to_h1", "h2_to_h2"})
    public String pairing;

    /** Number of events in one upstream write, of about 300 bytes each. */
    @Param({"1", "16", "64"})
    public int eventsPerWrite;

    /** Transport of the relay's sockets. */
    @Param({"EPOLL", "NIO"})
    public TransportConfig.Kind transport;

    private boolean isUpstream2;
    private boolean isDownstream2;
    private Relay relay;
    private ServerSocketChannel listener;
    private SocketChannel upstream;
    private SocketChannel client;
    private SocketChannel directUpstream;
    private SocketChannel directClient;
    private ByteBuffer batch;
    private ByteBuffer received;
    private ByteBuffer dropped;
    private long expectedBytes;
    private PayloadCounter payload;
    private PayloadCounter directPayload;
    private ByteBuffer windows;
    private long usedWindow;

    /** Opens a stream through the relay and a direct connection for the baseline. */
    @Setup
    public void open() throws IOException {
        ((Logger) LoggerFactory.getLogger("dev.sluice")).setLevel(Level.WARN);
        ((Logger) LoggerFactory.getLogger("dev.sluice.access")).setLevel(Level.OFF);
        isUpstream2 = pairing.startsWith("h2");
        isDownstream2 = pairing.endsWith("h2");
        payload = new PayloadCounter(isDownstream2);
        directPayload = new PayloadCounter(isUpstream2);
        byte[] updates = Wire.windows(HALF_WINDOW).getBytes(StandardCharsets.ISO_8859_1);
        windows = ByteBuffer.allocateDirect(updates.length).put(updates);
        received = ByteBuffer.allocateDirect(256 * 1024);
        dropped = ByteBuffer.allocateDirect(64 * 1024);
        listener = ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        int port = ((InetSocketAddress) listener.getLocalAddress()).getPort();
        directClient = Wire.connect(port);
        directUpstream = accept();
        relay = Relay.launch(RelayConfig.builder().listen("127.0.0.1", 0)
                .cluster(ClusterConfig.of("up", EndpointConfig.of("http://127.0.0.1:" + port + "/v1", null)
                        .withVersions(isUpstream2 ? HttpVersions.HTTP_2 : HttpVersions.HTTP_1)))
                .route(RouteConfig.of("*", "up")).transport(new TransportConfig(transport, 1, false)).build());
        client = Wire.connect(relay.port());
        Wire.write(client, Wire.request(isDownstream2));
        upstream = accept();
        answer();
        byte[] events = framed(Wire.EVENT).repeat(eventsPerWrite).getBytes(StandardCharsets.ISO_8859_1);
        batch = ByteBuffer.allocateDirect(events.length).put(events);
        expectedBytes = (long) eventsPerWrite * Wire.EVENT.length();
        for (SocketChannel channel : List.of(upstream, client, directUpstream, directClient)) {
            channel.configureBlocking(false); // busy polling, because a blocked thread would measure its own wake-up
        }
    }

    private SocketChannel accept() throws IOException {
        SocketChannel accepted = listener.accept();
        accepted.setOption(StandardSocketOptions.TCP_NODELAY, true);
        return accepted;
    }

    /** Waits for the request, and sends the response head with a first event. */
    private void answer() throws IOException {
        Wire.write(upstream, Wire.serverPreface(isUpstream2));
        Wire.readUntil(upstream, "true}");
        Wire.write(upstream, Wire.head(isUpstream2) + framed(Wire.EVENT));
        Wire.readUntil(client, isDownstream2 ? "\n\n" : "\n\n\r\n");
    }

    private String framed(String event) {
        return isUpstream2 ? Wire.data(event) : Wire.chunk(event);
    }

    /** Closes all sockets and the relay. */
    @TearDown
    public void close() throws IOException {
        for (SocketChannel channel : List.of(upstream, client, directUpstream, directClient)) {
            channel.close();
        }
        listener.close();
        relay.close();
    }

    /** Measures the floor: one hop without a relay. */
    @Benchmark
    public long baseline() throws IOException {
        return pass(directUpstream, directClient, directPayload);
    }

    /** Measures two hops with the relay between them. */
    @Benchmark
    public long relay() throws IOException {
        long count = pass(upstream, client, payload);
        usedWindow += count;
        if (isDownstream2 && usedWindow > HALF_WINDOW) {
            usedWindow -= HALF_WINDOW;
            client.write(windows.rewind());
        }
        if (isUpstream2) {
            dropped.clear();
            upstream.read(dropped); // drops WINDOW_UPDATE frames
        }
        return count;
    }

    private long pass(SocketChannel from, SocketChannel to, PayloadCounter counter) throws IOException {
        batch.flip();
        long count = 0;
        while (count < expectedBytes) {
            if (batch.hasRemaining()) {
                from.write(batch);
            }
            received.clear();
            int read = to.read(received);
            if (read < 0) {
                throw new IOException("stream: ended (expected: the rest of an event)");
            }
            count += counter.count(received, read);
        }
        return count;
    }
}
