// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.bench.exchange;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.sluice.engine.Relay;
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
 * Cost of one upstream write through the relay to a client on a WebSocket, per write, in plain text over loopback: from
 * a WebSocket ({@code ws_to_ws}) and from an event stream in chunks ({@code h1_to_ws}). The events are those of
 * {@link PairingBenchmark}, whose {@code h1_to_h1} is the row to compare with, from the same run.
 */
@Fork(value = 3, jvmArgsPrepend = {"-Dio.netty.leakDetection.level=disabled", "-XX:+UseSerialGC"})
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@State(Scope.Thread)
public class SocketBenchmark {
    /** Protocol of the upstream, then that of the downstream. */
    @Param({"ws_to_ws", "h1_to_ws"})
    public String pairing;

    /** Number of events in one upstream write, of about 300 bytes each. */
    @Param({"1", "16", "64"})
    public int eventsPerWrite;

    private Relay relay;
    private ServerSocketChannel listener;
    private SocketChannel upstream;
    private SocketChannel client;
    private ByteBuffer batch;
    private ByteBuffer received;
    private long expectedBytes;

    /** Opens a response through the relay. */
    @Setup
    public void open() throws IOException {
        ((Logger) LoggerFactory.getLogger("dev.sluice")).setLevel(Level.WARN);
        ((Logger) LoggerFactory.getLogger("dev.sluice.access")).setLevel(Level.OFF);
        boolean isNative = pairing.equals("ws_to_ws");
        received = ByteBuffer.allocateDirect(256 * 1024);
        listener = ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        relay = SocketWire.relay(((InetSocketAddress) listener.getLocalAddress()).getPort(), isNative,
                TransportConfig.Kind.EPOLL);
        client = Wire.connect(relay.port());
        Wire.write(client, SocketWire.UPGRADE);
        if (isNative) { // the relay's handshake upstream comes before its answer to the client
            upstream = listener.accept();
            Wire.write(upstream, SocketWire.accept(Wire.readUntil(upstream, "\r\n\r\n")));
        }
        Wire.readUntil(client, "\r\n\r\n");
        Wire.write(client, SocketWire.frame(SocketWire.CREATE, true));
        if (isNative) {
            ByteBuffer request = ByteBuffer.allocate(SocketWire.frame(SocketWire.CREATE, true).length());
            while (request.hasRemaining()) {
                upstream.read(request);
            }
        } else {
            upstream = listener.accept();
            Wire.readUntil(upstream, SocketWire.POSTED);
            Wire.write(upstream, Wire.head(false));
        }
        upstream.setOption(StandardSocketOptions.TCP_NODELAY, true);
        String frame = SocketWire.frame(SocketWire.EVENT, false);
        byte[] events = (isNative ? frame : Wire.chunk(Wire.EVENT)).repeat(eventsPerWrite)
                .getBytes(StandardCharsets.ISO_8859_1);
        batch = ByteBuffer.allocateDirect(events.length).put(events);
        expectedBytes = (long) eventsPerWrite * frame.length();
        for (SocketChannel channel : List.of(upstream, client)) {
            channel.configureBlocking(false); // busy polling, because a blocked thread would measure its own wake-up
        }
    }

    /** Closes all sockets and the relay. */
    @TearDown
    public void close() throws IOException {
        client.close();
        upstream.close();
        listener.close();
        relay.close();
    }

    /** Measures two hops with the relay between them. */
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
                throw new IOException("WebSocket: ended (expected: the rest of an event)");
            }
            count += read;
        }
        return count;
    }
}
