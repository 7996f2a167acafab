// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

import java.util.ArrayList;
import java.util.List;

/** A container that is open, or was when edits were found in it: what is known of the members that decide. */
final class Frame {
    /** A member that did not come; by identity. */
    static final String ABSENT = new String("absent");
    /** A member that is null; by identity. */
    static final String NULL = new String("null");
    /** A member of which no text is known: a container, a number, an overlong string; by identity. */
    static final String OTHER = new String("other");

    final int watch;
    private final String[] slots;
    private Pending waiting;
    private Pending lastWaiting;
    private List<RuleTable.Row> awaitedRows;
    private boolean isClosed;
    private int dropped;

    Frame(int watch, int slots) {
        this.watch = watch;
        this.slots = new String[slots];
    }

    /** A frame without any members. */
    static Frame closed() {
        Frame frame = new Frame(-1, 0);
        frame.close();
        return frame;
    }

    /** Returns what is known of a member, or null where it may still come. */
    String slot(int index) {
        String value = index < slots.length ? slots[index] : null;
        return value == null && isClosed ? ABSENT : value;
    }

    /** Returns whether no refusal by this row waits here yet: one is as good as many. */
    boolean awaitsFirst(RuleTable.Row row) {
        if (awaitedRows == null) {
            awaitedRows = new ArrayList<>(2);
        }
        return !awaitedRows.contains(row) && awaitedRows.add(row);
    }

    void set(int index, String value) {
        if (slots[index] == null) {
            slots[index] = value;
        }
    }

    void close() {
        isClosed = true;
    }

    void await(Pending pending) {
        pending.nextWaiting = null;
        if (waiting == null) {
            waiting = pending;
        } else {
            lastWaiting.nextWaiting = pending;
        }
        lastWaiting = pending;
    }

    /** Returns the first that waited for this frame, the others behind it; they must be asked again, in this order. */
    Pending takeWaiting() {
        Pending taken = waiting;
        waiting = null;
        awaitedRows = null;
        return taken;
    }

    /** Returns how many of its members or elements have been removed so far, in the order of the text. */
    int dropped() {
        return dropped;
    }

    void countDropped() {
        dropped++;
    }
}
