// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.json;

/**
 * The limits of a JSON text.
 *
 * @param maxDepth     largest number of nested containers; at least 1
 * @param maxNameBytes longest member name, in bytes as written between its quotes; at least 1
 * @param maxMembers   largest number of members in an object that contains a watched path; at least 1
 */
public record JsonLimits(int maxDepth, int maxNameBytes, int maxMembers) {
    /** 256 levels, member names of 1 KiB, 1,024 members in an object that contains a watched path. */
    public static final JsonLimits DEFAULT = new JsonLimits(256, 1024, 1024);

    public JsonLimits {
        if (maxDepth < 1 || maxNameBytes < 1 || maxMembers < 1) {
            throw new IllegalArgumentException("maxDepth: " + maxDepth + ", maxNameBytes: " + maxNameBytes
                    + ", maxMembers: " + maxMembers + " (expected: each >= 1)");
        }
    }
}
