// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.json;

/**
 * What a JSON text may be.
 *
 * @param maxDepth     containers inside each other; at least 1
 * @param maxNameBytes the longest member name as it is written, in bytes; at least 1
 * @param maxMembers   members of one object that contains a watched path; at least 1
 */
public record JsonLimits(int maxDepth, int maxNameBytes, int maxMembers) {
    /** 256 levels, names of 1 KiB, 1,024 members in a watched object. */
    public static final JsonLimits DEFAULT = new JsonLimits(256, 1024, 1024);

    public JsonLimits {
        if (maxDepth < 1 || maxNameBytes < 1 || maxMembers < 1) {
            throw new IllegalArgumentException("maxDepth: " + maxDepth + ", maxNameBytes: " + maxNameBytes
                    + ", maxMembers: " + maxMembers + " (expected: each >= 1)");
        }
    }
}
