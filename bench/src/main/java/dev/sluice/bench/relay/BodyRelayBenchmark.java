// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.bench.relay;

import dev.sluice.bench.Shapes;
import dev.sluice.engine.downstream.ResponseHead;
import dev.sluice.engine.downstream.ResponseWriter;
import dev.sluice.engine.event.RelayTimings;
import dev.sluice.engine.event.ResponseRelay;
import dev.sluice.engine.loop.CoalescingWriter;
import dev.sluice.engine.observe.LoopRecorder;
import dev.sluice.protocol.event.ScannerPool;
import dev.sluice.protocol.framing.TransferScanner;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
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

/**
 * Cost of relaying one read of a chunked event stream, without sockets: the framing is walked, the read goes out as it
 * is, is flushed, and observed.
 *
 * <p>Compare {@link #relay} with {@link #baseline}, which writes and flushes the same read and knows nothing of it, as
 * the raw TCP relay does.
 */
@Fork(value = 3, jvmArgsPrepend = {"-Dio.netty.leakDetection.level=disabled", "-XX:+UseSerialGC",
    "-Djmh.executor=CUSTOM", "-Djmh.executor.class=dev.sluice.bench.relay.LoopThreads"})
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@State(Scope.Thread)
public class BodyRelayBenchmark {
    private static final String EVENT = Shapes.textDelta(7);

    /** Events to a read, each in a chunk of its own. */
    @Param({"1", "16", "64"})
    public int events;

    private final TransferScanner frame = new TransferScanner();
    private final byte[] scratch = new byte[16 * 1024];
    private final RelayTimings timings = new LoopRecorder();
    private ChannelHandlerContext context;
    private ResponseRelay relay;
    private RawWriter writer;
    private ByteBuf read;

    /** Opens the channel and lays out one read. */
    @Setup
    public void open() {
        new SwallowingChannel(new ChannelInboundHandlerAdapter() {
            @Override
            public void handlerAdded(ChannelHandlerContext ctx) {
                context = ctx;
            }
        });
        writer = new RawWriter(new CoalescingWriter(context));
        ResponseHead head = new ResponseHead(HttpResponseStatus.OK, new DefaultHttpHeaders().set("content-type",
                "text/event-stream"), -1);
        relay = new ResponseRelay(head, timings, System::nanoTime, scratch, new ScannerPool());
        frame.resetToChunked();
        String chunk = Integer.toHexString(EVENT.length()) + "\r\n" + EVENT + "\r\n";
        read = PooledByteBufAllocator.DEFAULT.directBuffer(events * chunk.length());
        read.writeCharSequence(chunk.repeat(events), StandardCharsets.US_ASCII);
    }

    /** Gives everything back. */
    @TearDown
    public void close() {
        relay.release();
        read.release();
        context.close();
    }

    /** The floor: what a relay does that knows nothing. */
    @Benchmark
    public void baseline() {
        context.write(read.retain().setIndex(0, read.capacity()), context.voidPromise());
        context.flush();
    }

    /** What this relay does. */
    @Benchmark
    public long relay() {
        ByteBuf bytes = read.retain().setIndex(0, read.capacity());
        frame.scan(bytes, 0, bytes.writerIndex());
        relay.relay(bytes, frame, writer, System.nanoTime());
        relay.flush(writer);
        return relay.events();
    }

    /** Writes what is chunked already, as the writer of HTTP/1.1 does. */
    private record RawWriter(CoalescingWriter out) implements ResponseWriter {
        @Override
        public void relay(ByteBuf read, TransferScanner frame) {
            out.write(read.setIndex(frame.rawStart(), frame.rawEnd()));
        }

        @Override
        public void flush() {
            out.flush();
        }

        @Override
        public void sendContinue() {
            throw new UnsupportedOperationException("not on this path");
        }

        @Override
        public void writeHead(ResponseHead head) {
            throw new UnsupportedOperationException("not on this path");
        }

        @Override
        public void append(ByteBuf bytes) {
            throw new UnsupportedOperationException("not on this path");
        }

        @Override
        public boolean canAppend() {
            return true;
        }

        @Override
        public void end() {
            throw new UnsupportedOperationException("not on this path");
        }

        @Override
        public void abort() {
            throw new UnsupportedOperationException("not on this path");
        }

        @Override
        public boolean isWritable() {
            return true;
        }

        @Override
        public long pendingBytes() {
            return 0;
        }
    }
}
