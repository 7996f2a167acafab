// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A JSON value in memory, for the few transformations that need one whole: an object is a {@link Map} in the order of
 * the text, an array a {@link List}, a string a {@link String}, all else a {@link Literal} that keeps its text, so that
 * a number comes out as it went in.
 */
public final class JsonTree {
    /**
     * How many values one text may have: a value takes some eighty bytes of heap where its text takes as few as two.
     */
    public static final int MAX_VALUES = 500_000;
    /** What is read here was bounded by the scanner before, in bytes and in depth. */
    private static final JsonFactory JSON = JsonFactory.builder().streamReadConstraints(StreamReadConstraints.builder()
            .maxStringLength(Integer.MAX_VALUE).maxNumberLength(Integer.MAX_VALUE).maxNameLength(Integer.MAX_VALUE)
            .build()).build();

    private JsonTree() {
    }

    /**
     * A number, a boolean or null.
     *
     * @param text as it stands in the JSON text
     */
    public record Literal(String text) {
        /** {@code null}. */
        public static final Literal NULL = new Literal("null");
        /** {@code true}. */
        public static final Literal TRUE = new Literal("true");
        /** {@code false}. */
        public static final Literal FALSE = new Literal("false");
    }

    /**
     * Reads one value.
     *
     * @throws IllegalArgumentException where the text is not JSON, or has more than {@link #MAX_VALUES} values
     */
    public static Object read(byte[] json) {
        return read(json, false);
    }

    /**
     * Reads one value in which no object has a name twice.
     *
     * @throws IllegalArgumentException where the text is not that
     */
    public static Object readUnique(byte[] json) {
        return read(json, true);
    }

    private static Object read(byte[] json, boolean isUnique) {
        try (JsonParser parser = JSON.createParser(json)) {
            Object value = new Reader(parser, isUnique).read(parser.nextToken());
            if (parser.nextToken() != null) {
                throw new IOException("more than one value");
            }
            return value;
        } catch (IOException e) {
            throw new IllegalArgumentException("text: not JSON (expected: one value)", e);
        }
    }

    private static final class Reader {
        private final JsonParser parser;
        private final boolean isUnique;
        private int values;

        Reader(JsonParser parser, boolean isUnique) {
            this.parser = parser;
            this.isUnique = isUnique;
        }

        private Object read(JsonToken token) throws IOException {
            if (token == null) {
                throw new IOException("nothing to read");
            }
            if (++values > MAX_VALUES) {
                throw new IllegalArgumentException("text: over " + MAX_VALUES + " values (expected: at most that)");
            }
            switch (token) {
                case START_OBJECT -> {
                    Map<String, Object> members = new LinkedHashMap<>();
                    while (parser.nextToken() == JsonToken.FIELD_NAME) {
                        String name = parser.currentName();
                        if (members.put(name, read(parser.nextToken())) != null && isUnique) {
                            throw new IOException("a name twice");
                        }
                    }
                    return members;
                }
                case START_ARRAY -> {
                    List<Object> elements = new ArrayList<>();
                    for (JsonToken next = parser.nextToken(); next != JsonToken.END_ARRAY; next = parser.nextToken()) {
                        elements.add(read(next));
                    }
                    return elements;
                }
                case VALUE_STRING -> {
                    return parser.getText();
                }
                default -> {
                    return new Literal(parser.getText());
                }
            }
        }
    }

    /** Writes a value without white space, in UTF-8. */
    public static byte[] write(Object value) {
        return text(value).getBytes(StandardCharsets.UTF_8);
    }

    /** Writes a value without white space. */
    public static String text(Object value) {
        StringBuilder out = new StringBuilder();
        write(value, out);
        return out.toString();
    }

    private static void write(Object value, StringBuilder out) {
        if (value instanceof Map<?, ?> members) {
            char separator = '{';
            for (Map.Entry<?, ?> member : members.entrySet()) {
                out.append(separator);
                quote((String) member.getKey(), out);
                out.append(':');
                write(member.getValue(), out);
                separator = ',';
            }
            out.append(members.isEmpty() ? "{}" : "}");
        } else if (value instanceof List<?> elements) {
            char separator = '[';
            for (Object element : elements) {
                write(element, separator, out);
                separator = ',';
            }
            out.append(elements.isEmpty() ? "[]" : "]");
        } else if (value instanceof String string) {
            quote(string, out);
        } else {
            out.append(((Literal) value).text());
        }
    }

    private static void write(Object element, char separator, StringBuilder out) {
        out.append(separator);
        write(element, out);
    }

    private static void quote(String string, StringBuilder out) {
        out.append('"').append(escape(string)).append('"');
    }

    /**
     * Returns the inside of a JSON string. A lone surrogate, which UTF-8 cannot carry, stays an escape: jackson's
     * generators refuse it.
     */
    public static String escape(String string) {
        char[] quoted = JsonStringEncoder.getInstance().quoteAsString(string);
        StringBuilder out = null;
        for (int i = 0; i < quoted.length; i++) {
            char c = quoted[i];
            boolean isPair = Character.isHighSurrogate(c) && i + 1 < quoted.length
                    && Character.isLowSurrogate(quoted[i + 1]);
            if (isPair) {
                if (out != null) {
                    out.append(c).append(quoted[i + 1]);
                }
                i++;
            } else if (Character.isSurrogate(c)) {
                if (out == null) {
                    out = new StringBuilder(quoted.length + 16).append(quoted, 0, i);
                }
                out.append(String.format("\\u%04x", (int) c));
            } else if (out != null) {
                out.append(c);
            }
        }
        return out == null ? new String(quoted) : out.toString();
    }
}
