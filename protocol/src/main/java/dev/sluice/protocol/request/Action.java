// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

import java.util.Locale;

/** The operation of a rule on its field. The name in lower case is the rule's key in the file of a profile. */
public enum Action {
    /** Cancels every inherited rule of the field. */
    KEEP,
    /** Refuses a value whose kind is not listed. */
    KINDS,
    /** Refuses a string or boolean that is not listed. */
    VALUES,
    /** Refuses a number outside {@code [lowest, highest]}; a bound that is null does not limit. */
    RANGE,
    /** Refuses the field. */
    REFUSE,
    /** Refuses a request without the field. */
    REQUIRED,
    /** Refuses a request that does not have exactly one of the listed fields. */
    ONE_OF,
    /** Refuses a request that has more than one of the listed fields. */
    TOGETHER,
    /** Refuses a request in which values from more than one of the listed groups occur. */
    APART,
    /** Refuses a listed value in an array element that is not the last one, or that is the second of its kind. */
    LAST,
    /** Refuses a value that is neither a boolean nor a usual spelling of one; forwards a spelling as the boolean. */
    BOOLEAN,
    /**
     * Refuses a JSON schema that breaks the rules of strict mode; with {@code "closed"} also one with an object that
     * does not say whether it allows additional properties.
     */
    STRICT_SCHEMA,
    /** Removes the field together with its value. */
    DROP,
    /** Replaces the value, or adds the field if it is absent. */
    SET,
    /** Adds the field if it is absent or null. */
    DEFAULT,
    /** Replaces the listed strings by others. */
    MAP,
    /** Removes the white space around a string; removes the field if the string is blank. */
    TRIM,
    /** Renames the field. If a field with the new name exists, that field is kept and this one is removed. */
    RENAME,
    /** Inserts text before and after the value. */
    WRAP,
    /** Moves the value to another field if that field is absent; holds the whole body. */
    MOVE,
    /** Removes suffixes from the model name, each of which stands for other fields; holds the whole body. */
    SUFFIXES,
    /** Rewrites the model name to the spelling of the upstream. */
    MODEL_NAME,
    /** Converts chat messages to instructions and input; holds the body from the first field that may be affected. */
    MESSAGES,
    /** Converts a tool message to the output item of its call; holds the item. */
    TOOL_OUTPUT,
    /** Moves the text of a system or developer message to the instructions; holds the whole body. */
    HOIST;

    /** {@return the key of this action in the file of a profile: the name in lower case} */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** {@return whether a rule with this action can only refuse a request and never change it} */
    public boolean isRefusal() {
        return ordinal() >= KINDS.ordinal() && ordinal() <= STRICT_SCHEMA.ordinal() && this != BOOLEAN;
    }

    /** Returns whether the body must be complete before any part of it can be sent. */
    boolean holdsAll() {
        return this == MOVE || this == SUFFIXES || this == HOIST;
    }
}
