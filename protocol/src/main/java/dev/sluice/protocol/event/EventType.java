// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.event;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The event types that matter to a relay; the set of types on the wire is open. */
public enum EventType {
    /** The response exists; names its id and model. */
    CREATED("response.created", false),
    /** The response ended as it should. */
    COMPLETED("response.completed", true),
    /** The response ended early, for a reason that it names. */
    INCOMPLETE("response.incomplete", true),
    /** The response failed. */
    FAILED("response.failed", true),
    /** The stream failed, before or outside of a response. */
    ERROR("error", true),
    /** Anything else. */
    OTHER("", false);

    private static final EventType[] NAMED = {CREATED, COMPLETED, INCOMPLETE, FAILED, ERROR};

    private final String wireName;
    private final byte[] wireBytes;
    private final boolean isTerminal;

    EventType(String wireName, boolean isTerminal) {
        this.wireName = wireName;
        this.wireBytes = wireName.getBytes(StandardCharsets.US_ASCII);
        this.isTerminal = isTerminal;
    }

    static EventType of(byte[] name, int from, int length) {
        for (EventType type : NAMED) {
            if (Arrays.equals(type.wireBytes, 0, type.wireBytes.length, name, from, from + length)) {
                return type;
            }
        }
        return OTHER;
    }

    /** Returns the value of {@code event:} and of {@code type}; empty for {@link #OTHER}. */
    public String wireName() {
        return wireName;
    }

    /** Returns whether the response is over with this event. */
    public boolean isTerminal() {
        return isTerminal;
    }
}
