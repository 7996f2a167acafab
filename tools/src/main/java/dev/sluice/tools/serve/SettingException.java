// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.serve;

/** A setting is unknown or wrong; the message says where, what was found and what is expected. */
final class SettingException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    SettingException(String where, String problem) {
        super(where + ": " + problem, null, false, false);
    }
}
