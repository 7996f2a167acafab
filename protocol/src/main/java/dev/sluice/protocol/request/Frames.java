// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

import dev.sluice.protocol.json.JsonScanner;
import dev.sluice.protocol.request.RuleTable.Need;
import dev.sluice.protocol.request.RuleTable.Row;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The containers that are open around the current value, and what their members say about rows. */
final class Frames {
    /** What has no members: a value that is no object. */
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

    /** Returns the container that the current value is in; null where its members do not matter. */
    Frame around() {
        return at(json.depth());
    }

    /** Returns the current value as a container; null where it is none, or its members do not matter. */
    Frame inside() {
        return at(json.depth() + 1);
    }

    private Frame at(int level) {
        return level < open.length ? open[level] : null;
    }

    /** The current value begins. */
    void enter(Frame frame) {
        int level = json.depth() + 1;
        if (level >= open.length) {
            open = Arrays.copyOf(open, Math.min(2 * open.length, maxDepth + 2));
        }
        open[level] = frame;
        deepest = Math.max(deepest, level);
    }

    /** Returns the root object. */
    Frame root() {
        return open[1];
    }

    /** Returns whether a member that has come already says that a row does not act on the current value. */
    boolean isRuledOut(Row row) {
        for (Need need : row.needs) {
            String value = need.isOuter() ? null : innermost(need.container()).slot(need.slot());
            if (value != null && !need.isMetBy(value)) {
                return true;
            }
        }
        return false;
    }

    /** Finds the objects whose members decide about what is pending at the current value. */
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

    /** Returns the innermost object of a watch around the value, or the value; one without members where it is none. */
    private Frame innermost(int watch) {
        for (int i = Math.min(json.depth() + 1, deepest); i > 0; i--) {
            if (open[i] != null && open[i].watch == watch) {
                return open[i];
            }
        }
        return NO_MEMBERS;
    }

    /** The same, where also the objects around the innermost one have a say. */
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
