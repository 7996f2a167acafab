// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.bench.event;

import dev.sluice.protocol.event.ResponseObserver;
import dev.sluice.protocol.framing.BodyRuns;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Cost of observing relayed events, per event.
 *
 * <p>Compare {@link #observe} with {@link #baseline}, which copies the same bytes out of direct memory and does nothing
 * with them: the difference is the scan.
 */
@Fork(value = 3, jvmArgsPrepend = "-Dio.netty.leakDetection.level=disabled")
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@State(Scope.Thread)
public class ResponseObserverBenchmark {
    private static final int EVENTS = 64;

    /** Bytes of a whole event; a recorded {@code response.output_text.delta} has about 250. */
    @Param({"200", "400", "2000"})
    public int eventBytes;

    private final ResponseObserver observer = new ResponseObserver();
    private final BodyRuns runs = new BodyRuns();
    private final byte[] scratch = new byte[16 * 1024];
    private ByteBuf read;

    /** Lays out one read of {@link #EVENTS} events. */
    @Setup
    public void fill() {
        String start = "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\","
                + "\"sequence_number\":7,\"item_id\":\"msg_1\",\"output_index\":0,\"content_index\":0,\"delta\":\"";
        String end = "\"}\n\n";
        String event = start + "x".repeat(eventBytes - start.length() - end.length()) + end;
        read = PooledByteBufAllocator.DEFAULT.directBuffer(EVENTS * eventBytes);
        read.writeCharSequence(event.repeat(EVENTS), StandardCharsets.US_ASCII);
        runs.add(0, read.writerIndex());
    }

    /** Gives the read back. */
    @TearDown
    public void release() {
        read.release();
    }

    /** The floor: the copy alone. */
    @Benchmark
    @OperationsPerInvocation(EVENTS)
    public byte baseline() {
        int length = read.writerIndex();
        for (int i = 0; i < length; i += scratch.length) {
            read.getBytes(i, scratch, 0, Math.min(scratch.length, length - i));
        }
        return scratch[0];
    }

    /** What the relay does. */
    @Benchmark
    @OperationsPerInvocation(EVENTS)
    public long observe() {
        observer.observe(read, runs, scratch);
        return observer.events();
    }
}
