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
 * Reader and writer of JSON values in memory, for the few transformations that need a whole value. An object is a
 * {@link Map} in text order, an array a {@link List} and a string a {@link String}. Any other value is a
 * {@link Literal}, which keeps its text, so that a number is written exactly as it was read.
 */
public final class JsonTree {
    /**
     * Largest number of values in one text. The number is limited because a value uses about 80 bytes of heap, while
     * its text may have only two.
     */
    public static final int MAX_VALUES = 500_000;
    /** A factory without length limits, because the scanner has already bounded the size and depth of request texts. */
    private static final JsonFactory JSON = JsonFactory.builder().streamReadConstraints(StreamReadConstraints.builder()
            .maxStringLength(Integer.MAX_VALUE).maxNumberLength(Integer.MAX_VALUE).maxNameLength(Integer.MAX_VALUE)
            .build()).build();

    private JsonTree() {
    }

    /**
     * A number, a boolean or null.
     *
     * @param text the value as written in the JSON text
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
     * Reads one value. Of members with the same name, the last one is kept.
     *
     * @param json the text in UTF-8
     * @return a {@link Map}, {@link List}, {@link String} or {@link Literal}
     * @throws IllegalArgumentException if the text is not one JSON value, or has more than {@link #MAX_VALUES} values
     */
    public static Object read(byte[] json) {
        return read(json, false);
    }

    /**
     * Reads one value in which no object has two members with the same name.
     *
     * @param json the text in UTF-8
     * @return a {@link Map}, {@link List}, {@link String} or {@link Literal}
     * @throws IllegalArgumentException if the text is not one JSON value, has a duplicate member name, or has more than
     *                                  {@link #MAX_VALUES} values
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
                throw new IOException("no value");
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
                            throw new IOException("a duplicate member name");
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

    /**
     * Writes a value in UTF-8, without white space.
     *
     * @param value a value as {@link #read} returns it
     * @return the JSON text
     */
    public static byte[] write(Object value) {
        return text(value).getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Writes a value as a string, without white space.
     *
     * @param value a value as {@link #read} returns it
     * @return the JSON text
     */
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
     * Escapes a string for JSON. A lone surrogate becomes an escape, because UTF-8 cannot encode it. Jackson's
     * generators are not used, because they refuse lone surrogates.
     *
     * @param string the string
     * @return its JSON text without the quotes
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
