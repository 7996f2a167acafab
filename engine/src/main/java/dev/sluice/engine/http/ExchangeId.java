// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.http;

import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;

/** Ids of exchanges: random UUIDs. They come from a fast random source, because they only distinguish exchanges. */
public final class ExchangeId {
    private static final long VERSION_4 = 0x4000L;
    private static final long VARIANT = 0x8000000000000000L;

    private ExchangeId() {
    }

    /** {@return a new id: a UUID of version 4 in its text form} */
    public static String next() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        return new UUID(random.nextLong() & ~0xf000L | VERSION_4, random.nextLong() >>> 2 | VARIANT).toString();
    }
}
