// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

import dev.sluice.protocol.json.JsonScanner;
import dev.sluice.protocol.request.RuleTable.Need;
import dev.sluice.protocol.request.RuleTable.Row;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The frames of the containers around the current value, which decide whether the needs of rows are met. */
final class Frames {
    /** The frame of a value that is not an object and therefore has no members. */
    private static final Frame NO_MEMBERS = Frame.closed();
    private static final Frame[] NONE = {};
    private static final int FIRST_LEVELS = 16;

    private final JsonScanner json;
    private final int maxDepth;
    private Frame[] open;
    private int deepest;

    Frames(JsonScanner json, int maxDepth) {
        this.json = json;
        this.maxDepth = maxDepth;
        open = new Frame[Math.min(FIRST_LEVELS, maxDepth + 2)];
    }

    void clear() {
        Arrays.fill(open, 0, deepest + 1, null);
        deepest = 0;
    }

    /** Returns the frame of the container around the current value; null if its members do not matter. */
    Frame around() {
        return at(json.depth());
    }

    /** Returns the frame of the current value; null if it is not a container or its members do not matter. */
    Frame inside() {
        return at(json.depth() + 1);
    }

    private Frame at(int level) {
        return level < open.length ? open[level] : null;
    }

    /** Records the frame of the value that begins; null if it needs none. */
    void enter(Frame frame) {
        int level = json.depth() + 1;
        if (level >= open.length) {
            open = Arrays.copyOf(open, Math.min(2 * open.length, maxDepth + 2));
        }
        open[level] = frame;
        deepest = Math.max(deepest, level);
    }

    /** Returns the frame of the root object. */
    Frame root() {
        return open[1];
    }

    /** Returns whether a member that has already arrived prevents a row from acting on the current value. */
    boolean isRuledOut(Row row) {
        for (Need need : row.needs) {
            String value = need.isOuter() ? null : innermost(need.container()).slot(need.slot());
            if (value != null && !need.isMetBy(value)) {
                return true;
            }
        }
        return false;
    }

    /** Sets the needs of an edit or refusal at the current value and, for each need, the frame that decides it. */
    void demand(Pending pending) {
        Need[] all = pending.row.needs;
        if (pending.row.hasOuterNeed) {
            demandOuter(pending);
            return;
        }
        pending.needs = all;
        pending.frames = all.length == 0 ? NONE : new Frame[all.length];
        for (int i = 0; i < all.length; i++) {
            pending.frames[i] = innermost(all[i].container());
        }
    }

    /**
     * Returns the innermost frame of a watch among the current value and the containers around it; a frame without
     * members if there is none.
     */
    private Frame innermost(int watch) {
        for (int i = Math.min(json.depth() + 1, deepest); i > 0; i--) {
            if (open[i] != null && open[i].watch == watch) {
                return open[i];
            }
        }
        return NO_MEMBERS;
    }

    /** Does the same for a row with outer needs, which depend on the objects around the innermost one too. */
    private void demandOuter(Pending pending) {
        List<Frame> around = new ArrayList<>(4);
        List<Need> needs = new ArrayList<>(4);
        for (Need need : pending.row.needs) {
            if (!need.isOuter()) {
                around.add(innermost(need.container()));
                needs.add(need);
                continue;
            }
            boolean isInnermost = true;
            for (int i = Math.min(json.depth() + 1, deepest); i > 0; i--) {
                if (open[i] != null && open[i].watch == need.container()) {
                    if (!isInnermost) {
                        around.add(open[i]);
                        needs.add(need);
                    }
                    isInnermost = false;
                }
            }
        }
        pending.frames = around.toArray(Frame[]::new);
        pending.needs = needs.toArray(Need[]::new);
    }
}
