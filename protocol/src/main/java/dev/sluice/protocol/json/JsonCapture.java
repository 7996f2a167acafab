// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The bytes of one captured value. A value that is longer than the cap of its watch is empty and truncated. */
public final class JsonCapture {
    private static final JsonFactory JSON = new JsonFactory();

    private static final int FIRST_BYTES = 64;
    private static final int MAX_DIGITS = 18;
    private static final int MAX_KEPT_BYTES = 16 * 1024;

    private byte[] bytes = new byte[FIRST_BYTES];
    private int length;
    private int cap;
    private boolean isTruncated;

    JsonCapture() {
    }

    /** Replaces an array of over 16 KiB by a small one, so that it is not kept for the next text. */
    void trim() {
        if (bytes.length > MAX_KEPT_BYTES) {
            bytes = new byte[FIRST_BYTES];
        }
    }

    /** Prepares the capture for a value of at most {@code capBytes}. */
    void start(int capBytes) {
        length = 0;
        cap = capBytes;
        isTruncated = false;
    }

    void append(byte[] from, int start, int end) {
        int added = end - start;
        if (isTruncated || added > cap - length) {
            isTruncated = true;
            length = 0;
            return;
        }
        if (added > bytes.length - length) {
            bytes = Arrays.copyOf(bytes, Math.min(cap, Math.max(2 * bytes.length, length + added)));
        }
        System.arraycopy(from, start, bytes, length, added);
        length += added;
    }

    /** {@return the backing array, whose first {@link #length()} bytes are the value; valid during the callback} */
    public byte[] bytes() {
        return bytes;
    }

    /** {@return the length of the value in bytes; 0 if nothing was captured or the value is truncated} */
    public int length() {
        return length;
    }

    /** {@return whether the value was longer than the cap} */
    public boolean isTruncated() {
        return isTruncated;
    }

    /**
     * Decodes the captured string value.
     *
     * @return the string; null if the value is not a string or was not captured in full
     */
    public String asString() {
        if (length < 2 || bytes[0] != '"') {
            return null;
        }
        if (!hasEscape()) {
            return new String(bytes, 1, length - 2, StandardCharsets.UTF_8);
        }
        try (JsonParser parser = JSON.createParser(bytes, 0, length)) {
            parser.nextToken();
            return parser.getText();
        } catch (IOException e) {
            throw new IllegalStateException("captured value: not JSON (expected: checked by the scanner)", e);
        }
    }

    /**
     * Returns whether the captured value is a string that is written exactly as {@code text}.
     *
     * @param text an ASCII string without characters that JSON escapes
     * @return false also for an equal string that is written with an escape
     */
    public boolean isString(String text) {
        if (length != text.length() + 2 || bytes[0] != '"') {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            if (bytes[i + 1] != text.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** {@return whether the captured value contains a backslash} */
    public boolean hasEscape() {
        for (int i = 1; i < length; i++) {
            if (bytes[i] == '\\') {
                return true;
            }
        }
        return false;
    }

    /**
     * Returns the captured value as an integer.
     *
     * @param otherwise the result if the value is not an integer of 1 to 18 digits, with or without a minus sign
     * @return the integer, or {@code otherwise}
     */
    public long asLong(long otherwise) {
        int first = length > 0 && bytes[0] == '-' ? 1 : 0;
        if (length == first || length - first > MAX_DIGITS) {
            return otherwise;
        }
        long value = 0;
        for (int i = first; i < length; i++) {
            int digit = bytes[i] - '0';
            if (digit < 0 || digit > 9) {
                return otherwise;
            }
            value = 10 * value + digit;
        }
        return first == 0 ? value : -value;
    }
}
