// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.luben.zstd.ZstdCompressCtx;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ZstdFramesTest {
    private static byte[] frame(int bytes, boolean isRandom, boolean hasSize, boolean hasChecksum, int level) {
        byte[] content = new byte[bytes];
        SplittableRandom random = new SplittableRandom(bytes);
        for (int i = 0; i < bytes; i++) {
            content[i] = (byte) (isRandom ? random.nextInt(256) : i / 1000);
        }
        try (ZstdCompressCtx context = new ZstdCompressCtx()) {
            return context.setContentSize(hasSize).setChecksum(hasChecksum).setLevel(level).compress(content);
        }
    }

    /** Every prefix of a body is incomplete, and the body is complete, in whatever steps it arrives. */
    @ParameterizedTest
    @CsvSource({
        "0, false, true, false", "0, false, false, true", "1, true, true, true", "255, true, true, false",
        "256, true, true, true", "700, false, false, false", "70000, false, true, true", "70000, true, false, true",
        "300000, true, true, false", "300000, false, false, true",
    })
    void shouldTellACompleteBodyFromACutOne(int bytes, boolean isRandom, boolean hasSize, boolean hasChecksum) {
        byte[] first = frame(bytes, isRandom, hasSize, hasChecksum, 3);
        byte[] skippable = {0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3};
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes(first);
        all.writeBytes(skippable);
        all.writeBytes(first);
        byte[] body = all.toByteArray();
        ZstdFrames frames = new ZstdFrames();
        for (int i = 0; i < body.length; i++) {
            boolean isEnd = i == first.length || i == first.length + skippable.length;
            assertEquals(isEnd, frames.isAtEnd(), "after " + i + " of " + body.length);
            frames.add(Unpooled.wrappedBuffer(body, i, 1));
        }
        assertTrue(frames.isAtEnd());

        ZstdFrames whole = new ZstdFrames();
        whole.add(Unpooled.wrappedBuffer(body));
        assertTrue(whole.isAtEnd());
        ZstdFrames cut = new ZstdFrames();
        cut.add(Unpooled.wrappedBuffer(body, 0, body.length - 1));
        assertFalse(cut.isAtEnd());
    }

    @Test
    void shouldLeaveToTheDecoderWhatIsNoFrame() {
        ZstdFrames frames = new ZstdFrames();
        frames.add(Unpooled.wrappedBuffer(new byte[] {1, 2, 3, 4, 5}));

        assertTrue(frames.isAtEnd());
    }
}
