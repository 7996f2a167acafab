// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.json;

/** Is told of the values at watched paths while the text is scanned. */
public interface JsonListener {
    /**
     * A watched value begins.
     *
     * @param watch the watch, as {@link WatchTable.Builder#watch} returned it
     * @param kind  known from the first byte
     * @param start offset of the value's first byte in the text
     */
    default void onValueStart(int watch, JsonKind kind, long start) {
    }

    /**
     * What follows a value for which {@link JsonScanner#wantNext} was called has come.
     *
     * @param offset of the comma or of the closing bracket
     * @param isLast whether it is the bracket
     */
    default void onNext(long offset, boolean isLast) {
    }

    /**
     * A watched value is complete.
     *
     * @param watch the watch, as {@link WatchTable.Builder#watch} returned it
     * @param kind  the value's kind
     * @param start offset of its first byte in the text
     * @param end   offset after its last byte
     * @param value its JSON text as it is written, quotes included, where the watch captures; valid during the call
     */
    void onValueEnd(int watch, JsonKind kind, long start, long end, JsonCapture value);
}
