// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

import dev.sluice.protocol.json.JsonScanner;
import java.util.function.Supplier;

/** An edit or a refusal that has been found and may still depend on what comes. Mutable; one request's. */
final class Pending {
    static final long UNKNOWN = -1;

    final RuleTable.Row row;
    /** The first byte that it may touch. */
    final long from;
    final long nameStart;
    final long nameEnd;
    final long valueStart;
    private final long separator;
    private final int ordinal;
    private final Frame container;

    Frame[] frames;
    RuleTable.Need[] needs;
    boolean areConditionsMet;
    /** The next of those that wait for the same frame. */
    Pending nextWaiting;
    long valueEnd = UNKNOWN;
    private long nextComma = UNKNOWN;
    private boolean isNextKnown;
    private boolean isDecided;
    private boolean isApplied;
    boolean isDrop;
    /** What takes the place of {@code [editStart, editEnd)}. */
    private byte[] replacement;
    private Supplier<byte[]> late;
    private long editStart;
    private long editEnd;
    /** What a refusal says of the field. */
    String param;
    String found;
    /** A value that is checked as soon as it is known whether it has to be. */
    byte[] value;

    private Pending(RuleTable.Row row, long from, long nameStart, long nameEnd, long valueStart, long separator,
            int ordinal, Frame container) {
        this.row = row;
        this.from = from;
        this.nameStart = nameStart;
        this.nameEnd = nameEnd;
        this.valueStart = valueStart;
        this.separator = separator;
        this.ordinal = ordinal;
        this.container = container;
    }

    /** Something about the value that begins at {@code start}. */
    static Pending at(RuleTable.Row row, JsonScanner json, long start, Frame container, boolean mayDrop,
            boolean touchesName) {
        boolean isMember = json.isMember();
        long memberStart = isMember ? json.nameStart() : start;
        long separator = json.separator();
        long from = mayDrop ? separator >= 0 ? separator : memberStart : touchesName ? memberStart : start;
        return new Pending(row, from, memberStart, isMember ? json.nameEnd() : start, start, separator,
                json.ordinal(json.depth()), container);
    }

    /** An insertion, or a replacement of bytes whose fate is known. */
    static Pending ofBytes(long from) {
        return new Pending(null, from, from, from, from, UNKNOWN, 0, null);
    }

    void discard() {
        isDecided = true;
    }

    void replace(long start, long end, byte[] with) {
        isDecided = true;
        isApplied = true;
        editStart = start;
        editEnd = end;
        replacement = with;
    }

    /** Inserts bytes that are known only when everything before them has been handed on. */
    void insertLate(long at, Supplier<byte[]> bytes) {
        replace(at, at, null);
        late = bytes;
    }

    /** Removes the member or element; what follows it must be known. */
    void drop() {
        isDecided = true;
        isApplied = true;
        isDrop = true;
    }

    void followedBy(long offset, boolean isLast) {
        isNextKnown = true;
        nextComma = isLast ? UNKNOWN : offset;
    }

    boolean isNextKnown() {
        return isNextKnown;
    }

    boolean isDecided() {
        return isDecided;
    }

    boolean isApplied() {
        return isApplied;
    }

    /**
     * Fixes what is removed of a dropped member or element: with the comma before it where something before it is kept,
     * else with the one after it. Called in the order of the text.
     */
    void fixDrop() {
        replacement = RuleTable.NOTHING;
        boolean isFirstKept = ordinal - container.dropped() == 0;
        container.countDropped();
        editStart = isFirstKept ? nameStart : separator;
        editEnd = isFirstKept && nextComma != UNKNOWN ? nextComma + 1 : valueEnd;
    }

    /** Returns where it begins, without the comma that goes with a dropped member. */
    long firstEdited() {
        return isDrop ? nameStart : editStart;
    }

    long editStart() {
        return editStart;
    }

    long editEnd() {
        return editEnd;
    }

    byte[] replacement() {
        return late == null ? replacement : late.get();
    }
}
