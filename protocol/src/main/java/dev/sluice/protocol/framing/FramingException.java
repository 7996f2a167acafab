// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.framing;

/**
 * The peer's message framing is malformed or ambiguous. Its connection cannot be used any further: there is no way
 * to know where the next message begins.
 */
public final class FramingException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Fault fault;

    /** Creates one; no stack trace, because a peer can provoke it at will. */
    public FramingException(Fault fault, String message) {
        super(message, null, false, false);
        this.fault = fault;
    }

    /** A message that breaks the grammar. */
    static FramingException malformed(String message) {
        return new FramingException(Fault.MALFORMED, message);
    }

    public Fault fault() {
        return fault;
    }

    /** What is wrong with the framing. */
    public enum Fault {
        /** Breaks the grammar, or may be read in two ways. */
        MALFORMED,
        /** The start line is over its limit. */
        START_LINE_TOO_LONG,
        /** The head is over its limit. */
        HEAD_TOO_LARGE,
        /** A protocol version that is not spoken here. */
        VERSION
    }
}
