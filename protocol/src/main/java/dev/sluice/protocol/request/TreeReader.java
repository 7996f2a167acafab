// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

import dev.sluice.protocol.json.JsonTree.Literal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** A reader of typed values from the tree of a profile's file, which reports values of the wrong kind. */
final class TreeReader {
    private final String profile;

    TreeReader(String profile) {
        this.profile = profile;
    }

    <T extends Enum<T>> T constant(Class<T> type, Object value, String at) {
        String text = text(value, at);
        try {
            return Enum.valueOf(type, text.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw wrong(at, "'" + text + "'", "one of " + Arrays.stream(type.getEnumConstants())
                    .map(c -> c.name().toLowerCase(Locale.ROOT)).collect(Collectors.joining(", ")));
        }
    }

    Object flag(Object value, String at) {
        if (!Literal.TRUE.equals(value)) {
            throw wrong(at, "a different value", "true");
        }
        return value;
    }

    @SuppressWarnings("unchecked")
    Map<String, Object> map(Object value, String at) {
        if (!(value instanceof Map)) {
            throw wrong(at, "a value of a different kind", "an object");
        }
        return (Map<String, Object>) value;
    }

    @SuppressWarnings("unchecked")
    List<Object> list(Object value, String at) {
        if (value != null && !(value instanceof List)) {
            throw wrong(at, "a value of a different kind", "an array");
        }
        return value == null ? List.of() : (List<Object>) value;
    }

    <T> List<T> nonEmpty(List<T> list, String at) {
        if (list.isEmpty()) {
            throw wrong(at, "empty", "at least one value");
        }
        return list;
    }

    /** Returns a list of strings. A boolean or number becomes its JSON text; null stays null. */
    List<String> texts(Object value, String at) {
        List<String> texts = new ArrayList<>();
        for (Object element : list(value, at)) {
            texts.add(Literal.NULL.equals(element) ? null : element instanceof Literal literal ? literal.text()
                    : text(element, at));
        }
        return texts;
    }

    String text(Object value, String at) {
        if (!(value instanceof String text)) {
            throw wrong(at, value == null ? "missing" : "a value of a different kind", "a string");
        }
        return text;
    }

    void only(Map<String, Object> map, Set<String> names, String at) {
        for (String key : map.keySet()) {
            if (!names.contains(key)) {
                throw wrong(at + key, "unknown", "one of " + names);
            }
        }
    }

    IllegalArgumentException wrong(String at, String found, String expected) {
        return new IllegalArgumentException("profile " + profile + ": " + at + ": " + found + " (expected: " + expected
                + ")");
    }
}
