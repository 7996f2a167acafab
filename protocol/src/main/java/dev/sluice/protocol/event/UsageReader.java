// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.event;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import java.io.IOException;

/** A reader of one {@code usage} object. An object of an undocumented form is unknown, never an error or zero. */
final class UsageReader {
    private static final JsonFactory JSON = new JsonFactory();
    private static final long UNKNOWN = -1;

    private long input = UNKNOWN;
    private long cached;
    private long output = UNKNOWN;
    private long reasoning;
    private long total = UNKNOWN;

    private UsageReader() {
    }

    /** Returns the counts in {@code text[0, length)}, or null if it lacks the input or output tokens or is invalid. */
    static Usage read(byte[] text, int length) {
        try (JsonParser parser = JSON.createParser(text, 0, length)) {
            UsageReader reader = new UsageReader();
            reader.readObject(parser);
            return reader.usage();
        } catch (IOException | IllegalArgumentException ignored) {
            return null; // an undocumented form of usage, which must not affect the stream
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
