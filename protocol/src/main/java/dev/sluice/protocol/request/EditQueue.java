// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.error.RelayException;
import dev.sluice.protocol.rewrite.BodyRewriter;
import dev.sluice.protocol.rewrite.Edit;
import java.util.ArrayList;

/**
 * The edits of one body that have not been handed to its rewriter, in text order. An edit is handed over once it and
 * all edits before it are decided. The body may be sent up to the first undecided edit.
 */
final class EditQueue {
    /** Largest number of pending edits, which bounds the heap that a body full of undecided edits can use. */
    static final int MAX_PENDING = 200_000;
    /** Free entries below which the queue is nearly full; more than the rows of one value can add. */
    private static final int RESERVE = 64;
    /** Handed-over edits above which the list is trimmed, if they also make up more than half of it. */
    private static final int MAX_CONSUMED = 1024;

    private final ArrayList<Pending> pendings = new ArrayList<>();
    private int first;
    private long handedTo;

    void clear() {
        pendings.clear();
        first = 0;
        handedTo = 0;
    }

    /** Adds an edit. Edits with the same start keep the order in which they were found. */
    void add(Pending pending) {
        if (pendings.size() - first >= MAX_PENDING) {
            throw tooMany();
        }
        int at = pendings.size();
        while (at > first && pendings.get(at - 1).from > pending.from) {
            at--;
        }
        pendings.add(at, pending);
    }

    static RelayException tooMany() {
        return RelayException.of(ErrorCode.DOWNSTREAM_BODY_TOO_LARGE, "body: over " + MAX_PENDING
                + " edits that depend on later fields (expected: model, type and role first, or a smaller"
                + " body)");
    }

    boolean isNearlyFull() {
        return pendings.size() - first >= MAX_PENDING - RESERVE;
    }

    /** Removes the edits that were handed over or discarded. */
    void compact() {
        pendings.subList(0, first).clear();
        first = 0;
        pendings.removeIf(pending -> pending.isDecided() && !pending.isApplied());
    }

    /** Hands decided edits to the rewriter, up to the first undecided one. An edit inside an earlier one is skipped. */
    void settle(BodyRewriter out) {
        while (first < pendings.size()) {
            Pending next = pendings.get(first);
            if (!next.isDecided()) {
                break;
            }
            first++;
            if (!next.isApplied() || next.firstEdited() < handedTo) {
                continue;
            }
            if (next.isDrop) {
                next.fixDrop();
            }
            out.edit(new Edit(next.editStart(), next.editEnd(), next.replacement()));
            handedTo = next.editEnd();
        }
        if (first == pendings.size() || first > MAX_CONSUMED && first > pendings.size() / 2) {
            pendings.subList(0, first).clear();
            first = 0;
        }
    }

    /** Returns the smaller of {@code otherwise} and the offset at which the first edit left in the queue begins. */
    long undecidedFrom(long otherwise) {
        return first < pendings.size() ? Math.min(otherwise, pendings.get(first).from) : otherwise;
    }
}
