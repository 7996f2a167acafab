// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

import java.util.List;

/**
 * A compiled condition.
 *
 * @param container the watch of the object that has the member
 * @param slot      the slot of the member in that object
 * @param mode      the interpretation of {@code values}
 * @param values    the values of the condition
 * @param isOuter   whether the condition is about the objects of that watch around the innermost one
 */
record Need(int container, int slot, Condition.Mode mode, List<String> values, boolean isOuter) {
    boolean isMetBy(String value) {
        return switch (mode) {
            case NONE -> value == MemberText.ABSENT;
            case ANY -> value != MemberText.ABSENT;
            case NOT -> !isAmong(value);
            default -> isAmong(value);
        };
    }

    private boolean isAmong(String value) {
        return value == MemberText.ABSENT || value == MemberText.NULL ? values.contains(null)
                : value != MemberText.OTHER && values.contains(value);
    }
}
