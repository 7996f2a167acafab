// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.bench.request;

import dev.sluice.bench.Shapes;
import dev.sluice.protocol.json.JsonLimits;
import dev.sluice.protocol.request.Profile;
import dev.sluice.protocol.request.Profiles;
import dev.sluice.protocol.request.RequestScanner;
import dev.sluice.protocol.request.RuleCompiler;
import dev.sluice.protocol.rewrite.BodyRewriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
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
 * Cost of scanning a whole request body with every check enabled, and of rewriting its model, per body. A body arrives
 * in pooled direct buffers of 64 KiB, as it does from a socket.
 *
 * <p>Compare {@link #scan} with {@link #baseline}, a walk over the same bytes, eight at a time. The budget of the scan
 * is at least 0.4 of the baseline's speed for one large base64 string.
 */
@Fork(value = 3, jvmArgsPrepend = "-Dio.netty.leakDetection.level=disabled")
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@State(Scope.Thread)
public class RequestScannerBenchmark {
    private static final int READ_BYTES = 64 * 1024;
    private static final String MODEL = "openai/gpt-5-2-codex";
    /**
     * The content of the body. In a body named {@code _last} the model is the last member, so that no byte can be
     * forwarded before the end.
     */
    @Param({"codex_10KB", "codex_10KB_last", "codex_50KB", "codex_50KB_last", "codex_1MB", "codex_1MB_last",
            "codex_10MB", "codex_10MB_last", "base64_10MB", "escape_every_80_10MB", "escape_every_25_10MB",
            "cjk_10MB"})
    public String body;

    private final byte[] scratch = new byte[16 * 1024];
    private final List<ByteBuf> reads = new ArrayList<>();
    private RequestScanner scanner;
    private RequestScanner editor;

    /** The profile whose rules rewrite the body. {@link #scan} does not depend on it. */
    @Param({"openai", "codex-lb"})
    public String profile;

    /** Splits the body into reads of 64 KiB. */
    @Setup
    public void fill() {
        Profile rules = Profiles.builtIn().get(profile);
        scanner = new RequestScanner(RuleCompiler.compile(Profiles.standard(), Profiles.standard()), JsonLimits.DEFAULT,
                scratch);
        editor = new RequestScanner(RuleCompiler.compile(rules, rules), JsonLimits.DEFAULT, scratch);
        byte[] text = text().getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < text.length; i += READ_BYTES) {
            int length = Math.min(READ_BYTES, text.length - i);
            reads.add(PooledByteBufAllocator.DEFAULT.directBuffer(length).writeBytes(text, i, length));
        }
    }

    private String text() {
        int bytes = 10 * 1024 * 1024;
        boolean isModelLast = body.endsWith("_last");
        return switch (body.replace("_last", "")) {
            case "codex_10KB" -> Shapes.agentRequest(10_000, isModelLast);
            case "codex_50KB" -> Shapes.agentRequest(50_000, isModelLast);
            case "codex_1MB" -> Shapes.agentRequest(1_000_000, isModelLast);
            case "codex_10MB" -> Shapes.agentRequest(10_000_000, isModelLast);
            case "base64_10MB" -> wrap(Shapes.base64(bytes, new SplittableRandom(1)));
            case "escape_every_80_10MB" -> wrap(("x".repeat(78) + "\\n").repeat(bytes / 80));
            case "escape_every_25_10MB" -> wrap(("x".repeat(23) + "\\n").repeat(bytes / 25));
            case "cjk_10MB" -> wrap("\u4e2d\u6587\u5b57\u7b26".repeat(bytes / 12));
            default -> throw new IllegalArgumentException("body: " + body);
        };
    }

    private static String wrap(String value) {
        return "{\"model\":\"gpt-5.2-codex\",\"input\":\"" + value + "\"}";
    }

    /** Releases the reads. */
    @TearDown
    public void release() {
        reads.forEach(ReferenceCountUtil::release);
    }

    /** Measures the floor: copies every byte to the processor's cache and walks over the copy, eight at a time. */
    @Benchmark
    public long baseline() {
        long sum = 0;
        for (ByteBuf read : reads) {
            int length = read.writerIndex();
            for (int i = 0; i < length; i += scratch.length) {
                int step = Math.min(scratch.length, length - i);
                read.getBytes(i, scratch, 0, step);
                sum += Walk.sum(scratch, step);
            }
        }
        return sum;
    }

    /** Measures the scan alone. */
    @Benchmark
    public long scan() {
        scanner.reset(null);
        for (ByteBuf read : reads) {
            scanner.feed(read);
        }
        scanner.end();
        return scanner.scannedBytes();
    }

    /** Measures the scan and all edits of the profile, including the model's, as the relay does both. */
    @Benchmark
    public long scanAndRewrite() {
        BodyRewriter rewriter = new BodyRewriter();
        editor.reset(rewriter);
        long[] sent = new long[1];
        boolean isPlanned = false;
        for (ByteBuf read : reads) {
            rewriter.append(read.retainedDuplicate());
            editor.feed(read);
            if (!isPlanned && editor.facts().model() != null) {
                isPlanned = true;
                editor.plan(MODEL);
            }
            drain(rewriter, editor.settle(), sent);
        }
        editor.end();
        drain(rewriter, rewriter.receivedBytes(), sent);
        return sent[0];
    }

    private static void drain(BodyRewriter rewriter, long limit, long[] sent) {
        rewriter.drain(limit, out -> {
            sent[0] += out.readableBytes();
            out.release();
        });
    }
}
