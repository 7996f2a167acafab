// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.event;

import dev.sluice.protocol.json.JsonLimits;
import dev.sluice.protocol.json.JsonScanner;
import java.util.ArrayDeque;

/**
 * A pool of JSON scanners that the observers of one thread share. A scanner uses about 3 KB of memory, and a stream
 * between two events needs none.
 *
 * <p><b>Threading:</b> confined to one event loop.
 */
public final class ScannerPool {
    private static final int MAX_SPARE = 64;
    private static final JsonLimits LIMITS = new JsonLimits(256, 4096, 4096);

    private final ArrayDeque<JsonScanner> ofEvents = new ArrayDeque<>();
    private final ArrayDeque<JsonScanner> ofDocuments = new ArrayDeque<>();

    /** Creates an empty pool. */
    public ScannerPool() {
    }

    JsonScanner take(ResponseFacts facts, boolean isEvent) {
        JsonScanner spare = (isEvent ? ofEvents : ofDocuments).poll();
        return spare != null ? spare : new JsonScanner(facts.table, LIMITS);
    }

    void giveBack(JsonScanner scanner, boolean isEvent) {
        ArrayDeque<JsonScanner> spare = isEvent ? ofEvents : ofDocuments;
        if (spare.size() < MAX_SPARE) {
            spare.push(scanner); // last in, first out, because it may still be in the processor's cache
        }
    }
}
