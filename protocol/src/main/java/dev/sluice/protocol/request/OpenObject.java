// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

import java.util.ArrayList;
import java.util.List;

/**
 * The known members of one container, as far as conditions depend on them. An open object outlives its container while
 * edits that were found in it are pending.
 */
final class OpenObject {
    final int watch;
    private final String[] slots;
    private Pending waiting;
    private Pending lastWaiting;
    private List<Row> awaitedRows;
    private boolean isClosed;
    private int dropped;

    OpenObject(int watch, int slots) {
        this.watch = watch;
        this.slots = new String[slots];
    }

    /** Returns an object that is closed and has no members. */
    static OpenObject closed() {
        OpenObject object = new OpenObject(-1, 0);
        object.close();
        return object;
    }

    /** Returns the value of a member: its text or one of the constants; null while the member may still arrive. */
    String slot(int index) {
        String value = index < slots.length ? slots[index] : null;
        return value == null && isClosed ? MemberText.ABSENT : value;
    }

    /** Records that a refusal by this row waits here. Returns whether it is the first, because one is enough. */
    boolean awaitsFirst(Row row) {
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

    /**
     * Removes and returns everything that waits for this open object: the first in the list linked by
     * {@link Pending#nextWaiting}, or null. The caller must decide each again, in this order.
     */
    Pending takeWaiting() {
        Pending taken = waiting;
        waiting = null;
        awaitedRows = null;
        return taken;
    }

    /** Returns how many members or elements have been removed so far, counted in text order. */
    int dropped() {
        return dropped;
    }

    void countDropped() {
        dropped++;
    }
}
