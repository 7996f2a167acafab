// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.event;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The event types that matter to a relay. On the wire, the set of types is open. */
public enum EventType {
    /** The response was created. The event contains its id and model. */
    CREATED("response.created", false),
    /** The response is complete. */
    COMPLETED("response.completed", true),
    /** The response ended early, for a reason that it states. */
    INCOMPLETE("response.incomplete", true),
    /** The response failed. */
    FAILED("response.failed", true),
    /** The stream failed, before or outside a response. */
    ERROR("error", true),
    /** Any other type. */
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

    /** {@return the value of the {@code event:} line and of {@code type}; empty for {@link #OTHER}} */
    public String wireName() {
        return wireName;
    }

    /** {@return whether this event ends the response} */
    public boolean isTerminal() {
        return isTerminal;
    }
}
