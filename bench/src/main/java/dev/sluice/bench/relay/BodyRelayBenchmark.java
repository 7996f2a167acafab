// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.bench.relay;

import dev.sluice.bench.Shapes;
import dev.sluice.engine.config.LimitConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.http.ResponseHead;
import dev.sluice.engine.http.ResponseSink;
import dev.sluice.engine.loop.CoalescingWriter;
import dev.sluice.engine.loop.MemoryBudget;
import dev.sluice.engine.observe.LoopRecorder;
import dev.sluice.engine.response.BodyObserver;
import dev.sluice.engine.response.ResponseListener;
import dev.sluice.engine.response.ResponsePath;
import dev.sluice.engine.response.ResponseSource;
import dev.sluice.engine.response.ResponseWay;
import dev.sluice.engine.spi.ExchangeEnd;
import dev.sluice.protocol.error.RelayException;
import dev.sluice.protocol.event.Failure;
import dev.sluice.protocol.event.ScannerPool;
import dev.sluice.protocol.framing.BodyPiece;
import dev.sluice.protocol.framing.TransferScanner;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.nio.charset.StandardCharsets;
import java.util.Map;
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
 * Cost of relaying one read of a chunked event stream, without sockets: the framing is scanned, the read is written
 * unchanged, flushed and then observed.
 *
 * <p>Compare {@link #relay} with {@link #baseline}, which writes and flushes the same read without inspecting it, as
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

    /** Events per read, each in its own chunk. */
    @Param({"1", "16", "64"})
    public int events;

    private final TransferScanner framing = new TransferScanner();
    private final BodyPiece piece = new BodyPiece();
    private final Upstream upstream = new Upstream();
    private ChannelHandlerContext context;
    private RawWriter sink;
    private BodyObserver observer;
    private ResponsePath path;
    private ByteBuf read;

    /** Opens the channel and fills one read. */
    @Setup
    public void open() {
        new SwallowingChannel(new ChannelInboundHandlerAdapter() {
            @Override
            public void handlerAdded(ChannelHandlerContext ctx) {
                context = ctx;
            }
        });
        ResponseHead head = new ResponseHead(HttpResponseStatus.OK, new DefaultHttpHeaders().set("content-type",
                "text/event-stream"), -1);
        sink = new RawWriter(new CoalescingWriter(context));
        BodyObserver.Tools tools = new BodyObserver.Tools(new LoopRecorder(), System::nanoTime, new byte[16 * 1024],
                new ScannerPool());
        observer = new BodyObserver(head, true, true, 0, tools);
        path = new ResponsePath(sink, new Silent(), tools, new MemoryBudget(0), LimitConfig.DEFAULT);
        path.begin(upstream, head, new ResponsePath.Handling(RouteConfig.of("gpt-*", "up"),
                "an-id", null, null, false, true, true, null, false, true, Map.of()));
        framing.resetToChunked();
        String chunk = Integer.toHexString(EVENT.length()) + "\r\n" + EVENT + "\r\n";
        read = PooledByteBufAllocator.DEFAULT.directBuffer(events * chunk.length());
        read.writeCharSequence(chunk.repeat(events), StandardCharsets.US_ASCII);
    }

    /** Releases the path and the read, and closes the channel. */
    @TearDown
    public void close() {
        path.release();
        observer.release();
        read.release();
        context.close();
    }

    /** Measures the floor: a relay that does not inspect what it relays. */
    @Benchmark
    public void baseline() {
        context.write(read.retain().setIndex(0, read.capacity()), context.voidPromise());
        context.flush();
    }

    /** Measures what Sluice does with one read. */
    @Benchmark
    public long relay() {
        ByteBuf bytes = read.retain().setIndex(0, read.capacity());
        framing.scan(bytes, 0, bytes.writerIndex(), piece);
        upstream.way.onBody(piece);
        upstream.way.onReadComplete();
        return path.body().eventCount();
    }

    /** Measures the part of {@link #relay} that writes and observes, without the way of the response around it. */
    @Benchmark
    public long writeAndObserve() {
        ByteBuf bytes = read.retain().setIndex(0, read.capacity());
        framing.scan(bytes, 0, bytes.writerIndex(), piece);
        observer.add(piece, System.nanoTime());
        sink.relay(piece);
        sink.flush();
        observer.observeFlushed();
        return observer.eventCount();
    }

    /** A stand-in for the attempt that ignores requests to read on. */
    private static final class Upstream implements ResponseSource {
        private ResponseWay way;

        @Override
        public void deliverTo(ResponseWay next) {
            way = next;
        }

        @Override
        public void read(long heldBytes) {
            // the benchmark delivers the next read
        }

        @Override
        public void cancel() {
            throw new UnsupportedOperationException("not on this path");
        }

        @Override
        public void finishAlone() {
            throw new UnsupportedOperationException("not on this path");
        }

        @Override
        public boolean isOver() {
            return false;
        }
    }

    /** A stand-in for the exchange, whose stream begins and never ends. */
    private static final class Silent implements ResponseListener {
        @Override
        public boolean onFailure(Failure failure, boolean isBeginning) {
            return false;
        }

        @Override
        public void onCommit(long nowNanos) {
            // called once, during setup
        }

        @Override
        public void onCollecting() {
            throw new UnsupportedOperationException("not on this path");
        }

        @Override
        public void onDraining() {
            throw new UnsupportedOperationException("not on this path");
        }

        @Override
        public void onResponseId(String id) {
            throw new UnsupportedOperationException("not on this path");
        }

        @Override
        public void onEnding() {
            throw new UnsupportedOperationException("not on this path");
        }

        @Override
        public void onEnded(ExchangeEnd end, String error) {
            throw new UnsupportedOperationException("not on this path");
        }

        @Override
        public void onRefused(RelayException refusal) {
            throw new UnsupportedOperationException("not on this path");
        }
    }

    /** A writer that passes on bytes that are already chunked, as the HTTP/1.1 writer does. */
    private record RawWriter(CoalescingWriter out) implements ResponseSink {
        @Override
        public void relay(BodyPiece piece) {
            out.write(piece.bytes().setIndex(piece.rawStart(), piece.rawEnd()));
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
            // called once, during setup
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
