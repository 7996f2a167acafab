// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.json;

/** A text that is not JSON or exceeds a limit. The message names kinds and offsets, never a byte of the text. */
public final class JsonException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** The offset of the byte at fault. */
    private final long offset;

    /**
     * Creates an exception without a stack trace, because a peer can provoke it at will.
     *
     * @param problem the finding and the expected form; becomes the message, followed by the offset
     * @param offset  offset of the byte at fault, in bytes from the start of the text
     */
    public JsonException(String problem, long offset) {
        super(problem + " at byte " + offset, null, false, false);
        this.offset = offset;
    }

    /** {@return the offset of the byte at fault, in bytes from the start of the text} */
    public long offset() {
        return offset;
    }
}
