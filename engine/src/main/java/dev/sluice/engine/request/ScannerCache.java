// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.request;

import dev.sluice.protocol.json.JsonLimits;
import dev.sluice.protocol.request.RequestScanner;
import dev.sluice.protocol.request.RuleTable;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;

/** The spare scanners of request bodies of one event loop, by rule table. Confined to the loop. */
public final class ScannerCache {
    private static final int MAX_SPARE = 64;

    private final byte[] scratch;
    private final Map<RuleTable, ArrayDeque<RequestScanner>> spare = new HashMap<>();

    /**
     * @param scratch an array whose size is the step in which bodies are copied into the processor's cache and scanned
     */
    public ScannerCache(byte[] scratch) {
        this.scratch = scratch;
    }

    /** {@return a scanner for a rule table; it must be passed to {@link #giveBack} after use} */
    public RequestScanner take(RuleTable table) {
        RequestScanner taken = spare.computeIfAbsent(table, t -> new ArrayDeque<>()).poll();
        return taken == null ? new RequestScanner(table, JsonLimits.DEFAULT, scratch) : taken;
    }

    /** Takes a scanner back. */
    public void giveBack(RequestScanner scanner) {
        scanner.reset(null); // keeps no part of the body alive
        ArrayDeque<RequestScanner> others = spare.get(scanner.table());
        if (others != null && others.size() < MAX_SPARE) { // null: its table belongs to an earlier configuration
            others.push(scanner); // first, because it is likely to be in the processor's cache
        }
    }

    /** Drops all scanners, because their tables belong to a configuration that is no longer active. */
    public void clear() {
        spare.clear();
    }
}
