// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.rewrite;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sluice.protocol.Cuts;
import io.netty.buffer.ByteBuf;
import java.util.SplittableRandom;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class BodyRewriterTest {
    private final BodyRewriter rewriter = new BodyRewriter();
    private final StringBuilder sent = new StringBuilder();

    private void send(ByteBuf buffer) {
        sent.append(buffer.toString(UTF_8));
        buffer.release();
    }

    private void append(String text) {
        rewriter.append(Cuts.buffer(text.getBytes(UTF_8)));
    }

    @Test
    void shouldReplaceInsertAndRemove() {
        append("{\"model\":\"a\",");
        append("\"x\":1}");
        rewriter.edit(new Edit(9, 12, "\"bb\"".getBytes(UTF_8)));
        rewriter.edit(new Edit(12, 18, new byte[0]));
        rewriter.edit(new Edit(18, 18, ",\"y\":2".getBytes(UTF_8)));

        rewriter.drain(rewriter.receivedBytes(), this::send);

        assertEquals("{\"model\":\"bb\",\"y\":2}", sent.toString());
        assertEquals(1, rewriter.delta());
        assertEquals(0, rewriter.heldBytes());
    }

    @Test
    void shouldHoldBackAnEditThatReachesOverTheLimit() {
        append("abcdef");
        rewriter.edit(new Edit(2, 5, "X".getBytes(UTF_8)));

        rewriter.drain(4, this::send);
        assertEquals("ab", sent.toString());
        rewriter.drain(6, this::send);
        assertEquals("abXf", sent.toString());
    }

    @Test
    void shouldSendAnEditThatIsLongerThanAStepWhole() {
        append("abcdefghij");
        rewriter.edit(new Edit(3, 8, "X".getBytes(UTF_8)));

        rewriter.drainSome(10, 2, this::send);
        assertEquals("ab", sent.toString());
        rewriter.drainSome(7, 2, this::send);
        assertEquals("abc", sent.toString(), "the edit is not settled");
        rewriter.drainSome(10, 2, this::send);
        assertEquals("abcX", sent.toString());
        rewriter.drainSome(10, 2, this::send);
        assertEquals("abcXij", sent.toString());
    }

    @Test
    void shouldRefuseAnEditOfWhatHasLeft() {
        append("abcdef");
        rewriter.drain(3, this::send);

        assertThrows(IllegalArgumentException.class, () -> rewriter.edit(new Edit(2, 4, new byte[0])));
        rewriter.release();
        rewriter.release();
    }

    /** A small read must not keep its large buffer in memory. */
    @Test
    void shouldNotKeepLargeBuffersForFewBytes() {
        for (int i = 0; i < 1000; i++) {
            ByteBuf read = io.netty.buffer.PooledByteBufAllocator.DEFAULT.directBuffer(4096).writeByte('a' + i % 26);
            rewriter.append(read);
            assertEquals(0, read.refCnt());
        }
        rewriter.drain(500, this::send);
        append("x");

        rewriter.drain(rewriter.receivedBytes(), this::send);
        assertEquals(1001, sent.length());
        assertEquals("abc", sent.substring(0, 3));
        assertEquals("jklx", sent.substring(997));
    }

    @RepeatedTest(300)
    void shouldEqualASpliceOfTheWholeHoweverItIsCut(RepetitionInfo repetition) {
        long seed = repetition.getCurrentRepetition();
        SplittableRandom random = new SplittableRandom(seed);
        StringBuilder body = new StringBuilder();
        for (int i = 0; i < 60; i++) {
            body.append((char) ('a' + i % 26));
        }
        StringBuilder expected = new StringBuilder(body);
        int shift = 0;
        int at = 0;
        while (at < 50) {
            int start = at + random.nextInt(8);
            int end = start + random.nextInt(5);
            String replacement = "#".repeat(random.nextInt(4));
            rewriter.edit(new Edit(start, end, replacement.getBytes(UTF_8)));
            expected.replace(start + shift, end + shift, replacement);
            shift += replacement.length() - (end - start);
            at = end + 1;
        }

        for (byte[] chunk : Cuts.random(body.toString().getBytes(UTF_8), 9, random)) {
            rewriter.append(Cuts.buffer(chunk));
            rewriter.drain(random.nextInt((int) rewriter.receivedBytes() + 1), this::send);
        }
        rewriter.drain(rewriter.receivedBytes(), this::send);

        assertEquals(expected.toString(), sent.toString(), "seed " + seed);
        assertEquals(shift, rewriter.delta(), "seed " + seed);
    }
}
