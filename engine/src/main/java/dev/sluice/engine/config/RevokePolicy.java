// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

/** The treatment of exchanges in flight whose key is removed. */
public enum RevokePolicy {
    /** They go on; the next request is refused. */
    CONTINUE,
    /** They are cut within a second. */
    CUT
}
