// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

import dev.sluice.protocol.json.JsonScanner;
import java.util.function.Supplier;

/** An edit or refusal that was found and may still depend on later bytes. Mutable; belongs to one request. */
final class Pending {
    static final long UNKNOWN = -1;

    final Row row;
    /** Offset of the first byte that the edit may change. */
    final long from;
    final long nameStart;
    final long nameEnd;
    final long valueStart;
    private final long separator;
    private final int ordinal;
    private final OpenObject container;

    OpenObject[] objects;
    Need[] needs;
    boolean areConditionsMet;
    /** The next one that waits for the same open object. */
    Pending nextWaiting;
    long valueEnd = UNKNOWN;
    private long nextComma = UNKNOWN;
    private boolean isNextKnown;
    private boolean isDecided;
    private boolean isApplied;
    boolean isDrop;
    /** The new bytes for {@code [editStart, editEnd)}; null while {@link #late} supplies them. */
    private byte[] replacement;
    private Supplier<byte[]> late;
    private long editStart;
    private long editEnd;
    /** The {@code error.param} of a refusal; {@link #found} is its description of the value. */
    String param;
    String found;
    /** The new bytes of an edit, kept until it is known whether the edit applies; null if the action sets none. */
    byte[] value;

    private Pending(Row row, long from, long nameStart, long nameEnd, long valueStart, long separator,
            int ordinal, OpenObject container) {
        this.row = row;
        this.from = from;
        this.nameStart = nameStart;
        this.nameEnd = nameEnd;
        this.valueStart = valueStart;
        this.separator = separator;
        this.ordinal = ordinal;
        this.container = container;
    }

    /** Returns an edit or refusal of the value that begins at {@code start}. */
    static Pending at(Row row, JsonScanner json, long start, OpenObject container, boolean mayDrop,
            boolean touchesName) {
        boolean isMember = json.isMember();
        long memberStart = isMember ? json.nameStart() : start;
        long separator = json.separator();
        long from = mayDrop ? separator >= 0 ? separator : memberStart : touchesName ? memberStart : start;
        return new Pending(row, from, memberStart, isMember ? json.nameEnd() : start, start, separator,
                json.ordinal(json.depth()), container);
    }

    /** Returns an edit without a row: an insertion or a replacement that depends on no condition. */
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

    /** Inserts bytes that are computed only after all earlier edits have been handed over. */
    void insertLate(long at, Supplier<byte[]> bytes) {
        replace(at, at, null);
        late = bytes;
    }

    /** Removes the member or element. The comma or closing bracket after it must be known. */
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
     * Fixes the range of a dropped member or element. It includes the comma before it if an earlier member or element
     * is kept, otherwise the comma after it. Must be called in text order.
     */
    void fixDrop() {
        replacement = RuleTable.NOTHING;
        boolean isFirstKept = ordinal - container.dropped() == 0;
        container.countDropped();
        editStart = isFirstKept ? nameStart : separator;
        editEnd = isFirstKept && nextComma != UNKNOWN ? nextComma + 1 : valueEnd;
    }

    /** Returns the offset at which the edit begins, without the comma before a dropped member. */
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
