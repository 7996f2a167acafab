// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.bench.exchange;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
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
 * One upstream write through the relay to the client, plain HTTP/1.1 to HTTP/1.1, per write, over loopback.
 *
 * <p>One thread plays upstream and client: it writes a batch of events on one socket and reads until all of it has
 * arrived on the other. Compare {@link #relay} with {@link #baseline}, the same over two sockets without a relay
 * between them, for what a second hop costs; and run with {@code -prof gc}: the driver allocates nothing, so what is
 * reported per operation is the relay's, and stands for {@code eventsPerWrite} events.
 */
@Fork(value = 3, jvmArgsPrepend = {"-Dio.netty.leakDetection.level=disabled", "-XX:+UseSerialGC"})
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@State(Scope.Thread)
public class RawRelayBenchmark {
    /** How many events of about 220 bytes come with one write, each a chunk of its own. */
    @Param({"1", "16", "64"})
    public int eventsPerWrite;

    /** How the relay drives its sockets. */
    @Param({"EPOLL", "NIO"})
    public TransportConfig.Kind transport;

    private Relay relay;
    private ServerSocketChannel listener;
    private SocketChannel upstream;
    private SocketChannel client;
    private SocketChannel directUpstream;
    private SocketChannel directClient;
    private ByteBuffer batch;
    private ByteBuffer received;

    /** Opens both ways and starts a stream on the relayed one. */
    @Setup
    public void open() throws IOException {
        ((Logger) LoggerFactory.getLogger("dev.sluice")).setLevel(Level.WARN);
        ((Logger) LoggerFactory.getLogger("dev.sluice.access")).setLevel(Level.OFF);
        String chunk = Wire.chunk(Wire.EVENT);
        byte[] bytes = chunk.repeat(eventsPerWrite).getBytes(StandardCharsets.US_ASCII);
        batch = ByteBuffer.allocateDirect(bytes.length).put(bytes);
        received = ByteBuffer.allocateDirect(256 * 1024);
        listener = ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        int port = ((InetSocketAddress) listener.getLocalAddress()).getPort();
        directClient = Wire.connect(port);
        directUpstream = listener.accept();
        directUpstream.setOption(StandardSocketOptions.TCP_NODELAY, true);
        relay = Relay.launch(RelayConfig.builder().listen("127.0.0.1", 0)
                .cluster(ClusterConfig.of("up", EndpointConfig.of("http://127.0.0.1:" + port + "/v1", null)))
                .route(RouteConfig.of("*", "up")).transport(new TransportConfig(transport, 1, false)).build());
        client = Wire.connect(relay.port());
        Wire.write(client, Wire.request(false));
        upstream = listener.accept();
        upstream.setOption(StandardSocketOptions.TCP_NODELAY, true);
        Wire.readUntil(upstream, "}");
        Wire.write(upstream, "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
                + chunk);
        Wire.readUntil(client, "\n\n\r\n");
        listener.configureBlocking(true);
        for (SocketChannel channel : new SocketChannel[] {upstream, client, directUpstream, directClient}) {
            channel.configureBlocking(false); // spun: a thread that sleeps would measure its wake-up
        }
    }

    /** Closes everything. */
    @TearDown
    public void close() throws IOException {
        for (SocketChannel channel : new SocketChannel[] {upstream, client, directUpstream, directClient}) {
            channel.close();
        }
        listener.close();
        relay.close();
    }

    /** The floor: one hop, nothing between. */
    @Benchmark
    public int baseline() throws IOException {
        return pass(directUpstream, directClient);
    }

    /** Two hops, with the relay between them. */
    @Benchmark
    public int relay() throws IOException {
        return pass(upstream, client);
    }

    private int pass(SocketChannel from, SocketChannel to) throws IOException {
        batch.flip();
        int expected = batch.limit();
        int count = 0;
        while (count < expected) {
            if (batch.hasRemaining()) {
                from.write(batch);
            }
            received.clear();
            int read = to.read(received);
            if (read < 0) {
                throw new IOException("the stream ended");
            }
            count += read;
        }
        return count;
    }
}
