// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

import dev.sluice.protocol.json.JsonCapture;
import dev.sluice.protocol.json.JsonKind;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** A watched path with everything that depends on its value. */
final class Field {
    final String path;
    final List<Row> edits = new ArrayList<>(1);
    final List<Row> checks = new ArrayList<>(1);
    /** The rows about which element of this array is the last one. */
    final List<Row> lasts = new ArrayList<>(0);
    final List<Sighting> sightings = new ArrayList<>(1);
    /** Set if conditions depend on members of a container at this path. */
    boolean isTracked;
    int slots;
    /** The slot of this value in its parent; -1 for none. */
    int slot = -1;
    int mark = -1;
    private List<String> knownTexts;
    private boolean isAscii = true;
    boolean isModel;
    boolean isStream;
    RequestFacts.Owner owner;
    boolean hasSpelling;
    final boolean isInputItem;

    Field(String path) {
        this.path = path;
        isInputItem = path.equals("input[]");
    }

    /** Returns whether only the conditions of other fields use the text, and all their values are ASCII. */
    boolean isSlotOnly() {
        return knownTexts != null && isAscii && owner == null && edits.isEmpty() && checks.isEmpty()
                && sightings.isEmpty();
    }

    /** Adds the values that a condition compares this field with. */
    void addKnown(Collection<String> texts) {
        knownTexts = knownTexts == null ? new ArrayList<>() : knownTexts;
        for (String text : texts) {
            if (text != null) {
                knownTexts.add(text);
                isAscii &= text.chars().allMatch(c -> c < 0x80);
            }
        }
    }

    /**
     * Returns the text of a value if a condition compares with it, otherwise {@link MemberText#OTHER}. A string is
     * created only for a value with an escape.
     */
    String known(JsonKind kind, JsonCapture value) {
        if (kind != JsonKind.STRING || value.isTruncated()) {
            return MemberText.of(kind, value);
        }
        for (String text : knownTexts) {
            if (value.isString(text)) {
                return text;
            }
        }
        return value.hasEscape() ? value.asString() : MemberText.OTHER;
    }
}
