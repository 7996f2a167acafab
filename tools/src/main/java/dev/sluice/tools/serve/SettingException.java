// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.serve;

/** An unknown or invalid setting. The message names its position, the value found and the values expected. */
final class SettingException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    SettingException(String where, String problem) {
        super(where + ": " + problem, null, false, false);
    }
}
