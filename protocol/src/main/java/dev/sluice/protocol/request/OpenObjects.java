// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

import dev.sluice.protocol.json.JsonScanner;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The open objects of the containers around the current value, which decide whether the needs of rows are met. */
final class OpenObjects {
    /** The open object of a value that is not an object and therefore has no members. */
    private static final OpenObject NO_MEMBERS = OpenObject.closed();
    private static final OpenObject[] NONE = {};
    private static final int FIRST_LEVELS = 16;

    private final JsonScanner json;
    private final int maxDepth;
    private OpenObject[] open;
    private int deepest;

    OpenObjects(JsonScanner json, int maxDepth) {
        this.json = json;
        this.maxDepth = maxDepth;
        open = new OpenObject[Math.min(FIRST_LEVELS, maxDepth + 2)];
    }

    void clear() {
        Arrays.fill(open, 0, deepest + 1, null);
        deepest = 0;
    }

    /** Returns the open object of the container around the current value; null if its members do not matter. */
    OpenObject around() {
        return at(json.depth());
    }

    /** Returns the open object of the current value; null if it is not a container or its members do not matter. */
    OpenObject inside() {
        return at(json.depth() + 1);
    }

    private OpenObject at(int level) {
        return level < open.length ? open[level] : null;
    }

    /** Records the open object of the value that begins; null if it needs none. */
    void enter(OpenObject object) {
        int level = json.depth() + 1;
        if (level >= open.length) {
            open = Arrays.copyOf(open, Math.min(2 * open.length, maxDepth + 2));
        }
        open[level] = object;
        deepest = Math.max(deepest, level);
    }

    /** Returns the root object. */
    OpenObject root() {
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

    /** Sets the needs of an edit or refusal at the current value and, for each need, the object that decides it. */
    void demand(Pending pending) {
        Need[] all = pending.row.needs;
        if (pending.row.hasOuterNeed) {
            demandOuter(pending);
            return;
        }
        pending.needs = all;
        pending.objects = all.length == 0 ? NONE : new OpenObject[all.length];
        for (int i = 0; i < all.length; i++) {
            pending.objects[i] = innermost(all[i].container());
        }
    }

    /**
     * Returns the innermost open object of a watch among the current value and the containers around it; an object
     * without members if there is none.
     */
    private OpenObject innermost(int watch) {
        for (int i = Math.min(json.depth() + 1, deepest); i > 0; i--) {
            if (open[i] != null && open[i].watch == watch) {
                return open[i];
            }
        }
        return NO_MEMBERS;
    }

    /** Does the same for a row with outer needs, which depend on the objects around the innermost one too. */
    private void demandOuter(Pending pending) {
        List<OpenObject> around = new ArrayList<>(4);
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
        pending.objects = around.toArray(OpenObject[]::new);
        pending.needs = needs.toArray(Need[]::new);
    }
}
