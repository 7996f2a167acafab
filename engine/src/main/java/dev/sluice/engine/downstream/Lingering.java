// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.downstream;

import java.util.concurrent.TimeUnit;

/**
 * How long a body that was refused is still read: a client that writes all of it before it reads must find the refusal,
 * not a reset that has overtaken it. Large enough for a coding agent's request with a wrong key, and small enough for
 * nobody to gain anything by it.
 */
final class Lingering {
    static final int MAX_BYTES = 1024 * 1024;
    static final long NANOS = TimeUnit.SECONDS.toNanos(2);

    private Lingering() {
    }
}
