// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

/**
 * A group of keys, which share limits in addition to their own.
 *
 * @param name   the name; 1 to 64 of A-Z a-z 0-9 . _ -
 * @param limits the limits of all keys of the group together
 */
public record GroupConfig(String name, UsageLimits limits) {
    public GroupConfig {
        Checks.name("group", name);
        Checks.present("group " + name + ": limits", limits);
    }
}
