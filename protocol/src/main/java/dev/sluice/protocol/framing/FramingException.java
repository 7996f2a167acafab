// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.framing;

/**
 * An exception for malformed or ambiguous message framing, or a head over a limit. The peer's connection cannot be used
 * any further, because the beginning of the next message is unknown.
 */
public final class FramingException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** The kind of the fault. */
    private final Fault fault;

    /**
     * Creates an exception without a stack trace, because a peer can provoke it at will.
     *
     * @param fault   the kind of fault
     * @param message the finding and the expected form; never a byte of the message
     */
    public FramingException(Fault fault, String message) {
        super(message, null, false, false);
        this.fault = fault;
    }

    /** Creates an exception for a message that breaks the grammar or is ambiguous. */
    static FramingException malformed(String message) {
        return new FramingException(Fault.MALFORMED, message);
    }

    /** {@return the kind of fault} */
    public Fault fault() {
        return fault;
    }

    /** The kinds of faults. */
    public enum Fault {
        /** The message breaks the grammar or is ambiguous. */
        MALFORMED,
        /** The start line is longer than its limit. */
        START_LINE_TOO_LONG,
        /** The head is longer than its limit. */
        HEAD_TOO_LARGE,
        /** The protocol version is not supported. */
        VERSION
    }
}
