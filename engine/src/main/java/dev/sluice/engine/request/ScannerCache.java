// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.request;

import dev.sluice.protocol.json.JsonLimits;
import dev.sluice.protocol.request.RequestScanner;
import dev.sluice.protocol.request.RuleTable;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;

/** The scanners of request bodies that one event loop has spare, by rule table. Confined to the loop. */
public final class ScannerCache {
    private static final int MAX_SPARE = 64;

    private final byte[] scratch;
    private final Map<RuleTable, ArrayDeque<RequestScanner>> spare = new HashMap<>();

    /**
     * @param scratch the step in which bodies are copied into the processor's cache and scanned
     */
    public ScannerCache(byte[] scratch) {
        this.scratch = scratch;
    }

    /** {@return a scanner for a rule table, which must be given back} */
    public RequestScanner take(RuleTable table) {
        RequestScanner taken = spare.computeIfAbsent(table, t -> new ArrayDeque<>()).poll();
        return taken == null ? new RequestScanner(table, JsonLimits.DEFAULT, scratch) : taken;
    }

    /** Takes a scanner back. */
    public void giveBack(RequestScanner scanner) {
        scanner.reset(null); // keeps nothing of the body alive
        ArrayDeque<RequestScanner> others = spare.get(scanner.table());
        if (others != null && others.size() < MAX_SPARE) { // null: the table went with the last configuration
            others.push(scanner); // the one that is still in the processor's cache comes first
        }
    }

    /** Forgets all scanners, because their tables belong to a configuration that is no longer active. */
    public void clear() {
        spare.clear();
    }
}
