// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.json;

/** A listener that receives the values at watched paths while the text is scanned. */
public interface JsonListener {
    /**
     * Called when a watched value begins.
     *
     * @param watch the watch, as {@link WatchTable.Builder#watch} returned it
     * @param kind  the kind of the value, which its first byte reveals
     * @param start offset of the value's first byte in the text
     */
    default void onValueStart(int watch, JsonKind kind, long start) {
    }

    /**
     * Called when the comma or closing bracket arrives after a value for which {@link JsonScanner#wantNext} was called.
     *
     * @param offset offset of the comma or bracket in the text
     * @param isLast whether it is a bracket, so that the value is the last of its container
     */
    default void onNext(long offset, boolean isLast) {
    }

    /**
     * Called when a watched value is complete.
     *
     * @param watch the watch, as {@link WatchTable.Builder#watch} returned it
     * @param kind  the kind of the value
     * @param start offset of the value's first byte in the text
     * @param end   offset after the value's last byte in the text
     * @param value borrowed; the JSON text as written, quotes included; empty if the watch does not capture the value
     */
    void onValueEnd(int watch, JsonKind kind, long start, long end, JsonCapture value);
}
