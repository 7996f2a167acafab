// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

import dev.sluice.protocol.json.JsonCapture;
import dev.sluice.protocol.json.JsonKind;

/** The text of a member, as far as conditions compare it, and the constants for members without one. */
final class MemberText {
    /** The value of an absent member; compared by identity. */
    static final String ABSENT = new String("absent");
    /** The value of a member that is null; compared by identity. */
    static final String NULL = new String("null");
    /** The value of a member without known text: a container, a number, an overlong string; compared by identity. */
    static final String OTHER = new String("other");

    private MemberText() {
    }

    static String of(JsonKind kind, JsonCapture value) {
        return switch (kind) {
            case STRING -> {
                String text = value.asString();
                yield text == null ? MemberText.OTHER : text;
            }
            case TRUE -> "true";
            case FALSE -> "false";
            case NULL -> MemberText.NULL;
            default -> MemberText.OTHER;
        };
    }
}
