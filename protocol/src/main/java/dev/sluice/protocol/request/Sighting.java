// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

import java.util.Set;

/** A set of values that fill a slot of the root object wherever one of them occurs at a path. */
record Sighting(int rootSlot, Set<String> values) {
    boolean isOf(String text) {
        return text == MemberText.NULL ? values.contains(null) : text != MemberText.OTHER && values.contains(text);
    }
}
