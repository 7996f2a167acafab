// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.error.RelayException;
import dev.sluice.protocol.rewrite.BodyRewriter;
import dev.sluice.protocol.rewrite.Edit;
import java.util.ArrayList;

/**
 * The edits of one body that were found and have not been handed to its rewriter, in the order of the text. An edit is
 * handed on when it and all before it are decided; nothing from the first undecided one on may be sent.
 */
final class EditQueue {
    /** Bounds the heap that a body made of undecided edits can take. */
    static final int MAX_PENDING = 200_000;
    /** More than one value's rows can add. */
    private static final int RESERVE = 64;
    /** How many that were handed on are kept at most, and no more than half of all. */
    private static final int MAX_CONSUMED = 1024;

    private final ArrayList<Pending> pendings = new ArrayList<>();
    private int first;
    private long handedTo;

    void clear() {
        pendings.clear();
        first = 0;
        handedTo = 0;
    }

    /** Adds an edit; among those with the same start, the one that was found first goes first. */
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
                + " edits that must wait for what follows them (expected: model, type and role first, or a smaller"
                + " body)");
    }

    boolean isNearlyFull() {
        return pendings.size() - first >= MAX_PENDING - RESERVE;
    }

    /** Forgets what was decided not to be. */
    void compact() {
        pendings.subList(0, first).clear();
        first = 0;
        pendings.removeIf(pending -> pending.isDecided() && !pending.isApplied());
    }

    /** Hands on what is decided; an edit inside of one that was handed on is void. */
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

    /** Returns where the first undecided edit begins, or {@code otherwise}. */
    long undecidedFrom(long otherwise) {
        return first < pendings.size() ? Math.min(otherwise, pendings.get(first).from) : otherwise;
    }
}
