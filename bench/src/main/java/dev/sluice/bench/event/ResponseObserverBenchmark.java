// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.bench.event;

import dev.sluice.bench.Shapes;
import dev.sluice.protocol.event.ResponseObserver;
import dev.sluice.protocol.event.ScannerPool;
import dev.sluice.protocol.framing.BodyRuns;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
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
 * else with them. The difference is the scan.
 */
@Fork(value = 3, jvmArgsPrepend = "-Dio.netty.leakDetection.level=disabled")
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@State(Scope.Thread)
public class ResponseObserverBenchmark {
    private static final int EVENTS = 64;

    /**
     * Kind of the events: deltas of a text, deltas of a call's arguments (JSON within JSON), deltas of a patch of about
     * 2,000 bytes each, or a whole stream with its beginning and its end, whose usage is read.
     */
    @Param({"text_delta", "arguments_delta", "patch_delta", "turn"})
    public String events;

    private final BodyRuns runs = new BodyRuns();
    private final ScannerPool pool = new ScannerPool();
    private final byte[] scratch = new byte[16 * 1024];
    private boolean isTurn;
    private ResponseObserver observer;
    private ByteBuf read;

    /** Fills one read with {@link #EVENTS} events. */
    @Setup
    public void fill() {
        isTurn = events.equals("turn");
        String text = isTurn ? String.join("", Shapes.turn(EVENTS)) : IntStream.range(0, EVENTS).mapToObj(i ->
                switch (events) {
                    case "text_delta" -> Shapes.textDelta(i);
                    case "arguments_delta" -> Shapes.argumentsDelta(i);
                    case "patch_delta" -> Shapes.patchDelta(i);
                    default -> throw new IllegalArgumentException("events: " + events);
                }).collect(Collectors.joining());
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        read = PooledByteBufAllocator.DEFAULT.directBuffer(bytes.length).writeBytes(bytes);
        runs.add(0, bytes.length);
        observer = new ResponseObserver(pool);
        if (isTurn && observe() != EVENTS) {
            throw new IllegalStateException("a turn: " + observer.events() + " events");
        }
    }

    /** Releases the read. */
    @TearDown
    public void release() {
        read.release();
    }

    /** Measures the floor: the copy alone. */
    @Benchmark
    @OperationsPerInvocation(EVENTS)
    public byte baseline() {
        int length = read.writerIndex();
        for (int i = 0; i < length; i += scratch.length) {
            read.getBytes(i, scratch, 0, Math.min(scratch.length, length - i));
        }
        return scratch[0];
    }

    /** Measures the relay's observation of one read. Each whole stream gets its own observer. */
    @Benchmark
    @OperationsPerInvocation(EVENTS)
    public long observe() {
        if (isTurn) {
            observer = new ResponseObserver(pool);
        }
        observer.observe(read, runs, scratch);
        if (isTurn) {
            observer.end();
            observer.release();
            if (observer.usage() == null) {
                throw new IllegalStateException("a turn: no usage was found");
            }
        }
        return observer.events();
    }
}
