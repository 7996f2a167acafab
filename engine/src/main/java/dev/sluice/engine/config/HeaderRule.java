// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

import java.util.Locale;
import java.util.Set;

/** The check of headers that an operator or an embedder adds to requests. */
public final class HeaderRule {
    /** Headers that the relay sets itself or that frame a request. */
    private static final Set<String> OWN = Set.of("host", "content-length", "transfer-encoding", "connection",
            "te", "trailer", "upgrade", "keep-alive", "proxy-connection", "content-encoding", "accept-encoding",
            "expect");

    private HeaderRule() {
    }

    /**
     * Checks a header. The message never shows the value, which may be a secret.
     *
     * @param setting the name of the setting, for the message
     * @param name    the name of the header
     * @param value   the value of the header
     * @throws IllegalArgumentException if the name is not a header name or is one that the relay sets itself, or if the
     *                                  value is not printable ASCII
     */
    public static void check(String setting, String name, String value) {
        String lower = name == null ? "" : name.toLowerCase(Locale.ROOT);
        if (!lower.matches("[!#$%&'*+.^_`|~0-9a-z-]+") || OWN.contains(lower)) {
            throw new ConfigException("headers." + name, setting + ": " + name
                    + " (expected: the name of a header that the relay does not set itself)");
        }
        if (value == null || !value.chars().allMatch(c -> c >= 0x20 && c < 0x7f || c == '\t')) {
            throw new ConfigException("headers." + name, setting + ": the value of " + name
                    + " is not printable ASCII (expected: printable ASCII)");
        }
    }
}
