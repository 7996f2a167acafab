// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.load;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.function.LongConsumer;

/**
 * A check of one event stream from a mock that stamps its events. Each delta contains its send time, and the terminal
 * event contains the hash of the whole answer, computed with zeros in place of its own digits. Events end with a blank
 * line and may be cut anywhere.
 */
final class StreamCheck {
    private static final byte[] STAMP = "\"stamp\":\"".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] HASH = "\"mock_sha256\":\"".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] TERMINAL_NAME = "event: response.completed\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] TERMINAL_TYPE = "data: {\"type\":\"response.completed\"".getBytes(
            StandardCharsets.US_ASCII);
    private static final byte[] DONE = "data: [DONE]\n\n".getBytes(StandardCharsets.US_ASCII);
    private static final int HASH_CHARS = 64;

    private final LongConsumer onStamp;
    private final MessageDigest digest;
    private byte[] event = new byte[1024];
    private int length;
    private long events;
    private long bytes;
    private boolean isTerminalSeen;
    private boolean isHashTold;
    private boolean isHashRight;

    /**
     * @param onStamp receives the stamp of each event that has one, when the event is complete
     */
    StreamCheck(LongConsumer onStamp) {
        this.onStamp = onStamp;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("SHA-256: missing (expected: part of every Java platform)", e);
        }
    }

    /** Returns the SHA-256 of a document, in hexadecimal; borrows the buffer. */
    static String sha256(ByteBuf document) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            return HexFormat.of().formatHex(digest.digest(ByteBufUtil.getBytes(document)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("SHA-256: missing (expected: part of every Java platform)", e);
        }
    }

    /** Reads the next bytes of the stream; borrows the buffer. */
    void add(ByteBuf data) {
        int count = data.readableBytes();
        bytes += count;
        if (length + count > event.length) {
            event = Arrays.copyOf(event, Math.max(2 * event.length, length + count));
        }
        data.getBytes(data.readerIndex(), event, length, count);
        int from = 0;
        int end = length + count;
        for (int i = Math.max(1, length); i < end; i++) {
            if (event[i] == '\n' && event[i - 1] == '\n') {
                onEvent(from, i + 1);
                from = i + 1;
            }
        }
        length = end - from;
        System.arraycopy(event, from, event, 0, length);
    }

    private void onEvent(int from, int to) {
        events++;
        int stamp = indexOf(STAMP, from, Math.min(to, from + 256));
        if (stamp >= 0) {
            long value = 0;
            for (int i = stamp + STAMP.length; i < to && event[i] != '"'; i++) {
                value = value * 10 + event[i] - '0';
            }
            onStamp.accept(value);
        }
        if (!isTerminalSeen && isTerminal(from)) {
            isTerminalSeen = true;
            int hash = indexOf(HASH, from, Math.min(to, from + 512));
            if (hash >= 0 && hash + HASH.length + HASH_CHARS <= to) {
                isHashTold = true;
                int digits = hash + HASH.length;
                String told = new String(event, digits, HASH_CHARS, StandardCharsets.US_ASCII);
                Arrays.fill(event, digits, digits + HASH_CHARS, (byte) '0');
                digest.update(event, from, to - from);
                isHashRight = HexFormat.of().formatHex(digest.digest()).equals(told);
            }
        } else if (!isTerminalSeen) {
            digest.update(event, from, to - from);
        } else {
            isHashRight &= to - from == DONE.length && startsWith(DONE, from); // nothing else may follow
        }
    }

    /**
     * Returns whether an event is the terminal one. It is recognized by its name, as the mock writes it, or by its type
     * alone, because some gateways rewrite events without a name.
     */
    private boolean isTerminal(int from) {
        return startsWith(TERMINAL_NAME, from) || startsWith(TERMINAL_TYPE, from);
    }

    private boolean startsWith(byte[] text, int from) {
        return from + text.length <= event.length
                && Arrays.equals(event, from, from + text.length, text, 0, text.length);
    }

    private int indexOf(byte[] wanted, int from, int to) {
        int at = from;
        while (at + wanted.length <= to) {
            if (Arrays.equals(event, at, at + wanted.length, wanted, 0, wanted.length)) {
                return at;
            }
            at++;
        }
        return -1;
    }

    long events() {
        return events;
    }

    long bytes() {
        return bytes;
    }

    /** Returns whether the terminal event has arrived. */
    boolean isComplete() {
        return isTerminalSeen;
    }

    /** Returns whether the terminal event contained the mock's hash. */
    boolean isHashTold() {
        return isHashTold;
    }

    /** Returns whether all bytes of the answer were the mock's; valid once the answer is over. */
    boolean isRight() {
        return isHashRight && length == 0;
    }
}
