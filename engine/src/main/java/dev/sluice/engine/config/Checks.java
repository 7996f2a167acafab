// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;

/** The checks of the compact constructors of this package, with one form of message. */
final class Checks {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");

    private Checks() {
    }

    static void name(String field, String value) {
        if (value == null || !NAME.matcher(value).matches()) {
            throw wrong(field, value + " (expected: 1 to 64 of A-Z a-z 0-9 . _ -)");
        }
    }

    static void text(String field, String value) {
        if (value == null || value.isBlank()) {
            throw wrong(field, (value == null ? "null" : "empty") + " (expected: a value)");
        }
    }

    static void atLeast(String field, long value, long lowest) {
        if (value < lowest) {
            throw wrong(field, value + " (expected: at least " + lowest + ")");
        }
    }

    static void between(String field, long value, long lowest, long highest) {
        if (value < lowest || value > highest) {
            throw wrong(field, value + " (expected: " + lowest + " to " + highest + ")");
        }
    }

    static void port(String field, int port) {
        if (port < 0 || port > 65535) {
            throw wrong(field, port + " (expected: 0 to 65535)");
        }
    }

    /** Checks a duration of which zero disables the timer. */
    static void notNegative(String field, Duration value) {
        if (value == null || value.isNegative()) {
            throw wrong(field, value + " (expected: zero or longer)");
        }
    }

    static void positive(String field, Duration value) {
        if (value == null || value.isNegative() || value.isZero()) {
            throw wrong(field, value + " (expected: longer than zero)");
        }
    }

    static void present(String field, Object value) {
        if (value == null) {
            throw wrong(field, "null (expected: a value)");
        }
    }

    /** Returns an unmodifiable copy. */
    static <T> List<T> list(String field, List<T> values) {
        if (values == null || values.stream().anyMatch(Objects::isNull)) {
            throw wrong(field, "null, or a null in it (expected: a list without nulls)");
        }
        return List.copyOf(values);
    }

    /** Returns an unmodifiable copy. */
    static <T> Set<T> set(String field, Set<T> values) {
        if (values == null || values.stream().anyMatch(Objects::isNull)) {
            throw wrong(field, "null, or a null in it (expected: a set without nulls)");
        }
        return Set.copyOf(values);
    }

    /** Returns an unmodifiable copy. */
    static <K, V> Map<K, V> map(String field, Map<K, V> values) {
        boolean hasNull = values == null || values.entrySet().stream()
                .anyMatch(entry -> entry.getKey() == null || entry.getValue() == null);
        if (hasNull) {
            throw wrong(field, "null, or a null in it (expected: names and values without nulls)");
        }
        return Map.copyOf(values);
    }

    static void readable(String field, Path file) {
        if (file == null || !Files.isReadable(file)) {
            throw wrong(field, file + " (expected: a readable file)");
        }
    }

    /** Returns the exception for a field whose last word is the name of the setting. */
    private static ConfigException wrong(String field, String problem) {
        return new ConfigException(field.substring(field.lastIndexOf(' ') + 1), field + ": " + problem);
    }
}
