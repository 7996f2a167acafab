// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

import dev.sluice.protocol.Cuts;
import dev.sluice.protocol.json.JsonLimits;
import dev.sluice.protocol.rewrite.BodyRewriter;
import io.netty.buffer.ByteBuf;
import java.io.ByteArrayOutputStream;
import java.util.List;

/** A scan and rewrite of one body in the way the relay does it: settled bytes are drained at once. */
final class EditedBody {
    private static final byte[] SCRATCH = new byte[4 * 1024];

    private EditedBody() {
    }

    /** Returns the body that is sent upstream. */
    static byte[] of(Profile face, Profile dialect, List<byte[]> chunks) {
        BodyRewriter rewriter = new BodyRewriter();
        RequestScanner scanner = new RequestScanner(RuleCompiler.compile(face, dialect), JsonLimits.DEFAULT, SCRATCH);
        scanner.reset(rewriter);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        boolean isPlanned = false;
        try {
            for (byte[] chunk : chunks) {
                ByteBuf bytes = Cuts.buffer(chunk);
                try {
                    rewriter.append(bytes.retainedSlice());
                    scanner.feed(bytes);
                } finally {
                    bytes.release();
                }
                if (!isPlanned && scanner.facts().model() != null) {
                    isPlanned = true;
                    scanner.plan(dialect.upstreamModel(face.canonicalModel(scanner.facts().model())));
                }
                if (scanner.violation() == null) {
                    drain(rewriter, scanner.settle(), out);
                }
            }
            scanner.end();
            drain(rewriter, rewriter.receivedBytes(), out);
            return out.toByteArray();
        } finally {
            rewriter.release();
        }
    }

    private static void drain(BodyRewriter rewriter, long limit, ByteArrayOutputStream out) {
        rewriter.drain(limit, bytes -> {
            byte[] copy = new byte[bytes.readableBytes()];
            bytes.readBytes(copy);
            bytes.release();
            out.writeBytes(copy);
        });
    }
}
