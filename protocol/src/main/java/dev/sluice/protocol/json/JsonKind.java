// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.json;

/** The kinds of a JSON value; the two booleans are kinds of their own. */
public enum JsonKind {
    /** {@code {...}}. */
    OBJECT("an object"),
    /** {@code [...]}. */
    ARRAY("an array"),
    /** {@code "..."}. */
    STRING("a string"),
    /** A number. */
    NUMBER("a number"),
    /** {@code true}. */
    TRUE("true"),
    /** {@code false}. */
    FALSE("false"),
    /** {@code null}. */
    NULL("null");

    private final String words;

    JsonKind(String words) {
        this.words = words;
    }

    /** Returns the kind in the words of an error message: "a string". */
    public String words() {
        return words;
    }
}
