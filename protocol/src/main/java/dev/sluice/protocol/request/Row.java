// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

import dev.sluice.protocol.json.JsonKind;
import java.util.List;

/** A compiled rule, bound to one path. */
final class Row {
    final int rank;
    final Rule rule;
    final Need[] needs;
    final boolean hasOuterNeed;
    /** The mark of the field; -1 for none. */
    final int mark;
    /** Number of containers around the value; -1 for a nested path or no path. */
    private final int depth;

    Row(int rank, Rule rule, List<Need> needs, int mark) {
        this.rank = rank;
        this.rule = rule;
        this.needs = needs.toArray(Need[]::new);
        hasOuterNeed = needs.stream().anyMatch(Need::isOuter);
        this.mark = mark;
        depth = rule.field() == null || rule.field().contains("*") ? -1 : depth(rule.field());
    }

    private static int depth(String path) {
        return (int) path.chars().filter(c -> c == '.' || c == '[').count() + 1;
    }

    /**
     * Returns whether the row applies to a value of this kind at this depth. The depth matters because a nested
     * path shares its watch with the plain path.
     */
    boolean takes(JsonKind kind, int valueDepth) {
        return takes(kind) && (depth < 0 || depth == valueDepth);
    }

    /** Returns whether the row is about the input or a value inside it, but not about its presence. */
    boolean isAboutInput() {
        String field = rule.field();
        return field != null && (field.equals("input") || field.startsWith("input[") || field.startsWith("input."))
                && rule.action() != Action.REQUIRED;
    }

    boolean isTopLevel() {
        return depth == 1;
    }

    boolean takes(JsonKind kind) {
        return rule.of().isEmpty() || rule.of().contains(kind);
    }
}
