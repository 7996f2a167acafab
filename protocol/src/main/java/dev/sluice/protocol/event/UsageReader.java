// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.event;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.Stream;

/** A reader of one {@code usage} object. An object of an undocumented form is unknown, never an error or zero. */
final class UsageReader {
    private static final JsonFactory JSON = new JsonFactory();
    private static final long UNKNOWN = -1;
    /** More digits than these may be more than a long. */
    private static final int MAX_DIGITS = 18;
    private static final byte[] DETAILS = "_tokens_details".getBytes(StandardCharsets.US_ASCII);
    private static final String[] NAMES = {"input_tokens", "output_tokens", "total_tokens", "cached_tokens",
        "reasoning_tokens", "prompt_tokens", "completion_tokens"};
    private static final byte[][] BYTES = Stream.of(NAMES).map(name -> name.getBytes(StandardCharsets.US_ASCII))
            .toArray(byte[][]::new);

    private long input = UNKNOWN;
    private long cached;
    private long output = UNKNOWN;
    private long reasoning;
    private long total = UNKNOWN;

    private UsageReader() {
    }

    /** Returns the counts in {@code text[0, length)}, or null if it lacks the input or output tokens or is invalid. */
    static Usage read(byte[] text, int length) {
        UsageReader plain = new UsageReader();
        if (plain.readPlain(text, length)) {
            return plain.usage();
        }
        return readAny(text, length);
    }

    /** Reads an object of any form; a parser takes as much heap as a tenth of an exchange. */
    static Usage readAny(byte[] text, int length) {
        try (JsonParser parser = JSON.createParser(text, 0, length)) {
            UsageReader reader = new UsageReader();
            reader.readObject(parser);
            return reader.usage();
        } catch (IOException | IllegalArgumentException ignored) {
            return null; // an undocumented form of usage, which must not affect the stream
        }
    }

    /**
     * Reads an object of the documented form: names without escapes, whole numbers, and objects of details. Returns
     * false for any other form, which {@link #readAny} reads.
     */
    private boolean readPlain(byte[] text, int length) {
        int at = skipSpace(text, 0, length);
        if (at == length || text[at] != '{') {
            return false;
        }
        at++;
        int depth = 1;
        boolean isFirst = true;
        while (true) {
            at = skipSpace(text, at, length);
            if (at < length && text[at] == '}' && isFirst) {
                at++;
                depth--;
            } else {
                int name = at + 1;
                int end = endOfName(text, at, length);
                at = end < 0 ? length : skipSpace(text, end + 1, length);
                if (at >= length || text[at] != ':') {
                    return false;
                }
                at = skipSpace(text, at + 1, length);
                if (at < length && text[at] == '{' && depth == 1 && endsWith(text, name, end, DETAILS)) {
                    at++;
                    depth = 2;
                    isFirst = true;
                    continue;
                }
                int digits = at;
                long count = 0;
                while (at < length && text[at] >= '0' && text[at] <= '9' && at - digits <= MAX_DIGITS) {
                    count = count * 10 + text[at++] - '0';
                }
                boolean hasZero = at - digits > 1 && text[digits] == '0';
                if (at == digits || at - digits > MAX_DIGITS || hasZero) {
                    return false;
                }
                set(text, name, end, count);
            }
            at = skipSpace(text, at, length);
            while (depth > 0 && at < length && text[at] == '}') {
                depth--;
                at = skipSpace(text, at + 1, length);
            }
            if (depth == 0) {
                return at == length;
            }
            if (at == length || text[at] != ',') {
                return false;
            }
            at++;
            isFirst = false;
        }
    }

    private static int skipSpace(byte[] text, int from, int length) {
        int at = from;
        while (at < length && (text[at] == ' ' || text[at] == '\n' || text[at] == '\r' || text[at] == '\t')) {
            at++;
        }
        return at;
    }

    /** Returns the position of the quotation mark after a name, or -1 if there is none, or anything unusual before. */
    private static int endOfName(byte[] text, int from, int length) {
        if (from >= length || text[from] != '"') {
            return -1;
        }
        int at = from + 1;
        while (at < length && text[at] != '"') {
            if (text[at] < ' ' || text[at] == '\\') { // a byte of another alphabet is negative
                return -1;
            }
            at++;
        }
        return at < length ? at : -1;
    }

    private static boolean endsWith(byte[] text, int from, int to, byte[] end) {
        return to - from >= end.length && Arrays.equals(text, to - end.length, to, end, 0, end.length);
    }

    private void set(byte[] text, int from, int to, long count) {
        for (int i = 0; i < NAMES.length; i++) {
            if (to - from == NAMES[i].length() && endsWith(text, from, to, BYTES[i])) {
                set(NAMES[i], JsonNumber.asCount(count));
            }
        }
    }

    private void readObject(JsonParser parser) throws IOException {
        if (parser.nextToken() != JsonToken.START_OBJECT) {
            return;
        }
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            JsonToken value = parser.nextToken();
            if (value == JsonToken.START_OBJECT && name.endsWith("_tokens_details")) {
                readDetails(parser);
            } else if (value.isNumeric()) {
                set(name, count(parser));
            } else {
                parser.skipChildren();
            }
        }
    }

    private void readDetails(JsonParser parser) throws IOException {
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            if (parser.nextToken().isNumeric()) {
                set(name, count(parser));
            } else {
                parser.skipChildren();
            }
        }
    }

    private static long count(JsonParser parser) throws IOException {
        try {
            return switch (parser.getNumberType()) {
                case INT, LONG -> JsonNumber.asCount(parser.getLongValue()); // allocates nothing
                case BIG_INTEGER -> JsonNumber.UNKNOWN;
                default -> JsonNumber.asCount(parser.getDoubleValue());
            };
        } catch (StreamConstraintsException absurd) { // more digits than any count has
            return JsonNumber.UNKNOWN;
        }
    }

    private void set(String name, long count) {
        if (count == JsonNumber.UNKNOWN) {
            return;
        }
        switch (name) {
            case "input_tokens", "prompt_tokens" -> input = count;
            case "output_tokens", "completion_tokens" -> output = count;
            case "total_tokens" -> total = count;
            case "cached_tokens" -> cached = count;
            case "reasoning_tokens" -> reasoning = count;
            default -> { } // counts that are not used yet
        }
    }

    private Usage usage() {
        if (input == UNKNOWN || output == UNKNOWN) {
            return null;
        }
        return new Usage(input, cached, output, reasoning, total == UNKNOWN ? input + output : total, false);
    }
}
