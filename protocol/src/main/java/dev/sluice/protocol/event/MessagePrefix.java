// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.event;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;

/**
 * The decision by the first 24 bytes of a message whether it is an event of type {@link EventType#PART}. Nearly all
 * events are, and need no more than this. A message that begins otherwise is read, so that nothing depends on the
 * shortcut.
 */
public final class MessagePrefix {
    private static final byte[] BEGINNING = "{\"type\":\"response.".getBytes(StandardCharsets.US_ASCII);
    private static final int[] PARTS = Stream.of(EventType.parts()).mapToInt(MessagePrefix::intOf).toArray();
    private static final long FIRST = longOf(0);
    private static final long SECOND = longOf(8);

    private MessagePrefix() {
    }

    private static int intOf(String part) {
        int value = 0;
        for (int i = 0; i < Integer.BYTES; i++) {
            value = value << 8 | part.charAt(i);
        }
        return value;
    }

    private static long longOf(int from) {
        long value = 0;
        for (int i = from; i < from + Long.BYTES; i++) {
            value = value << 8 | BEGINNING[i];
        }
        return value;
    }

    /**
     * Returns whether a message is certainly not the end of a response.
     *
     * @param bytes borrowed
     * @param from  the index of the message's first byte
     * @param to    the index after its last known byte
     */
    public static boolean isPart(ByteBuf bytes, int from, int to) {
        int at = from + BEGINNING.length;
        if (to - at < Integer.BYTES || bytes.getLong(from) != FIRST || bytes.getLong(from + 8) != SECOND) {
            return false;
        }
        for (int i = 16; i < BEGINNING.length; i++) {
            if (bytes.getByte(from + i) != BEGINNING[i]) {
                return false;
            }
        }
        int next = bytes.getInt(at);
        for (int part : PARTS) {
            if (next == part) {
                return true;
            }
        }
        return false;
    }
}
