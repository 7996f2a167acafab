// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.downstream;

import java.util.concurrent.TimeUnit;

/**
 * The bounds within which the rest of a refused body is still read. A client that sends its whole body before it reads
 * must find the refusal and not a reset that has overtaken it. The bounds are large enough for a coding agent's request
 * with a wrong key, and too small to be worth abusing.
 */
final class Lingering {
    static final int MAX_BYTES = 1024 * 1024;
    static final long NANOS = TimeUnit.SECONDS.toNanos(2);

    private Lingering() {
    }
}
