// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

import java.time.Duration;
import java.util.regex.Pattern;

/** The checks of the compact constructors of this package, with one form of message. */
final class Checks {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");

    private Checks() {
    }

    static void name(String field, String value) {
        if (value == null || !NAME.matcher(value).matches()) {
            throw new IllegalArgumentException(field + ": " + value + " (expected: 1 to 64 of A-Z a-z 0-9 . _ -)");
        }
    }

    static void text(String field, String value) {
        if (value == null || value.isBlank()) {
            throw new IllegalArgumentException(field + ": empty (expected: a value)");
        }
    }

    static void atLeast(String field, long value, long lowest) {
        if (value < lowest) {
            throw new IllegalArgumentException(field + ": " + value + " (expected: at least " + lowest + ")");
        }
    }

    static void between(String field, long value, long lowest, long highest) {
        if (value < lowest || value > highest) {
            throw new IllegalArgumentException(field + ": " + value + " (expected: " + lowest + " to " + highest + ")");
        }
    }

    static void port(String field, int port) {
        if (port < 0 || port > 65535) {
            throw new IllegalArgumentException(field + ": " + port + " (expected: 0 to 65535)");
        }
    }

    /** Checks a duration of which zero disables the timer. */
    static void notNegative(String field, Duration value) {
        if (value == null || value.isNegative()) {
            throw new IllegalArgumentException(field + ": " + value + " (expected: zero or longer)");
        }
    }

    static void positive(String field, Duration value) {
        if (value == null || value.isNegative() || value.isZero()) {
            throw new IllegalArgumentException(field + ": " + value + " (expected: longer than zero)");
        }
    }
}
