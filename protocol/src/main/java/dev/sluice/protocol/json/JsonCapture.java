// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The bytes of one captured value, up to the cap of its watch; past the cap it is empty and truncated. */
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

    /** Gives a large array back between two texts. */
    void trim() {
        if (bytes.length > MAX_KEPT_BYTES) {
            bytes = new byte[FIRST_BYTES];
        }
    }

    /** Makes ready for a value of at most {@code capBytes}. */
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

    /** Returns the backing array; the value is in its first {@link #length} bytes. */
    public byte[] bytes() {
        return bytes;
    }

    /** Returns the bytes of the value; 0 where nothing was captured. */
    public int length() {
        return length;
    }

    /** Returns whether the value was longer than the cap. */
    public boolean isTruncated() {
        return isTruncated;
    }

    /**
     * Returns the captured string value, decoded.
     *
     * @return null where the value is not a string or was not captured whole
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

    /** Returns whether the captured value is a string that is written as {@code text}, without an escape. */
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

    /** Returns whether the captured value has a backslash. */
    public boolean hasEscape() {
        for (int i = 1; i < length; i++) {
            if (bytes[i] == '\\') {
                return true;
            }
        }
        return false;
    }

    /** Returns the captured value as an integer, or {@code otherwise} where it is none of at most 18 digits. */
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
