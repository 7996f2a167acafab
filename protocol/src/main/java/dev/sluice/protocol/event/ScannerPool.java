// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.event;

import dev.sluice.protocol.json.JsonLimits;
import dev.sluice.protocol.json.JsonScanner;
import java.util.ArrayDeque;

/**
 * Scanners that observers of one thread use one after the other: each takes about 3 KB, and a stream between two events
 * needs none.
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
            spare.push(scanner); // the one that is still in the processor's cache comes first
        }
    }
}
