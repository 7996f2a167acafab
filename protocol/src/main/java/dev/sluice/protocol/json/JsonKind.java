// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.json;

/** The kind of a JSON value. The two booleans are separate kinds. */
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

    /** {@return the kind as error messages state it, such as "a string"} */
    public String words() {
        return words;
    }
}
