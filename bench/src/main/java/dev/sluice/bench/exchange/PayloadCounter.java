// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.bench.exchange;

import java.nio.ByteBuffer;

/** A counter of the body bytes within their framing, DATA frames or chunks, as they are read. It allocates nothing. */
final class PayloadCounter {
    static final int HEAD_BYTES = 9;
    private static final int DATA = 0;

    private final boolean isHttp2;
    private int headHave;
    private int length;
    private int type;
    private int left;

    PayloadCounter(boolean isHttp2) {
        this.isHttp2 = isHttp2;
    }

    /** Returns the number of body bytes among the first {@code read} bytes. */
    int count(ByteBuffer bytes, int read) {
        int count = 0;
        int at = 0;
        while (at < read) {
            if (left > 0) {
                int taken = Math.min(left, read - at);
                count += type == DATA ? taken : 0;
                left -= taken;
                at += taken;
            } else if (isHttp2) {
                onFrameByte(bytes.get(at++) & 0xff);
            } else {
                onChunkByte(bytes.get(at++));
            }
        }
        return count;
    }

    private void onFrameByte(int b) {
        if (headHave < 3) {
            length = length << 8 | b;
        } else if (headHave == 3) {
            type = b;
        }
        if (++headHave == HEAD_BYTES) {
            left = length;
            headHave = 0;
            length = 0;
        }
    }

    private void onChunkByte(int b) {
        if (b == '\n') { // ends a size line, or the data of a chunk, where the length is 0
            left = length;
            length = 0;
        } else if (b != '\r') {
            length = length << 4 | Character.digit(b, 16);
        }
    }
}
