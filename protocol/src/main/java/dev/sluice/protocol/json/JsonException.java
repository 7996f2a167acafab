// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.json;

/** The text is not JSON, or is over a limit. Names kinds and offsets, never a byte of the text. */
public final class JsonException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final long offset;

    /**
     * Creates one; no stack trace, because a peer can provoke it at will.
     *
     * @param problem what was found and what is expected
     * @param offset  of the byte at fault, from the start of the text
     */
    public JsonException(String problem, long offset) {
        super(problem + " at byte " + offset, null, false, false);
        this.offset = offset;
    }

    /** Returns the offset of the byte at fault, from the start of the text. */
    public long offset() {
        return offset;
    }
}
