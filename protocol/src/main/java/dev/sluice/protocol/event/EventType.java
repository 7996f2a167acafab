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
    /** The response was cancelled. */
    CANCELLED("response.cancelled", true),
    /** A type that reports a part of the response or its progress, and never the whole response. */
    PART("", false),
    /** Any other type. The data decides what it is. */
    OTHER("", false);

    private static final EventType[] NAMED = {CREATED, COMPLETED, INCOMPLETE, FAILED, ERROR, CANCELLED};
    private static final String RESPONSE = "response.";
    /**
     * The beginnings, after {@code response.}, of the types that are {@link #PART}, in four letters. Every other type
     * is read, because the set of types is open and an unknown one may end the response.
     */
    private static final String[] PARTS = {"outp", "cont", "reas", "func", "refu", "cust", "mcp_", "web_", "file",
            "code", "imag", "audi", "shel", "appl", "in_p", "queu", "meta"};

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
        return isPart(name, from, length) ? PART : OTHER;
    }

    private static boolean isPart(byte[] name, int from, int length) {
        int begin = from + RESPONSE.length();
        if (length < RESPONSE.length() + 4 || !startsWith(name, from, RESPONSE)) {
            return false;
        }
        for (String part : PARTS) {
            if (startsWith(name, begin, part)) {
                return true;
            }
        }
        return false;
    }

    private static boolean startsWith(byte[] name, int from, String text) {
        for (int i = 0; i < text.length(); i++) {
            if (name[from + i] != text.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** Returns the beginnings of the types that are {@link #PART}, four letters each, the most frequent ones first. */
    static String[] parts() {
        return PARTS.clone();
    }

    /**
     * Returns the terminal type that a final status of a response stands for; {@link #OTHER} if the status is null or
     * not final.
     */
    static EventType ofStatus(String status) {
        return switch (status == null ? "" : status) {
            case "completed" -> COMPLETED;
            case "incomplete" -> INCOMPLETE;
            case "failed" -> FAILED;
            case "cancelled" -> CANCELLED;
            default -> OTHER;
        };
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
