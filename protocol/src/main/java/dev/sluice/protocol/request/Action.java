// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

import java.util.Locale;

/** What a row of a profile does with its field. The name in lower case is the row's key in a profile's file. */
public enum Action {
    /** Takes back every inherited row of the field. */
    KEEP,
    /** Refuses a value of another kind than those listed. */
    KINDS,
    /** Refuses a string or boolean that is not among those listed. */
    VALUES,
    /** Refuses a number outside of {@code [lowest, highest]}; null is open. */
    RANGE,
    /** Refuses the field. */
    REFUSE,
    /** Refuses a request without the field. */
    REQUIRED,
    /** Refuses a request that has not exactly one of these fields. */
    ONE_OF,
    /** Refuses a request that has more than one of these fields. */
    TOGETHER,
    /** Refuses a request in which values of more than one of these groups occur. */
    APART,
    /** Refuses what is neither true nor false nor a usual spelling of them; a spelling is sent on as the boolean. */
    BOOLEAN,
    /** Refuses a JSON schema that breaks the rules of strict mode. */
    STRICT_SCHEMA,
    /** Removes the field, with its value. */
    DROP,
    /** Replaces the value; adds the field where it is absent. */
    SET,
    /** Adds the field where it is absent or null. */
    DEFAULT,
    /** Replaces certain strings by others. */
    MAP,
    /** Removes white space around a string; a blank one is removed. */
    TRIM,
    /** Gives the field another name; where that one is there too, it wins and this one is removed. */
    RENAME,
    /** Puts text before and after the value. */
    WRAP,
    /** Takes the value to another field, where that one is absent; holds the body. */
    MOVE,
    /** Takes suffixes off the model's name, each of which stands for other fields; holds the body. */
    SUFFIXES,
    /** Spells the model's name as the upstream does. */
    MODEL_NAME,
    /** Turns chat messages into instructions and input; holds the body from where it becomes possible. */
    MESSAGES,
    /** Turns a tool's message into the output item of its call; holds the item. */
    TOOL_OUTPUT,
    /** Takes the text of a system or developer message to the instructions; holds the body. */
    HOIST;

    /** Returns the key of a row. */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Returns whether a row can only refuse, never change anything. */
    public boolean isRefusal() {
        return ordinal() >= KINDS.ordinal() && ordinal() <= STRICT_SCHEMA.ordinal() && this != BOOLEAN;
    }

    /** Returns whether a body must be complete before any of it can be sent. */
    boolean holdsAll() {
        return this == MOVE || this == SUFFIXES || this == HOIST;
    }
}
