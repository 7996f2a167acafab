// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.bench.relay;

import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Threads for JMH that are as those of an event loop: on any other kind Netty's recyclers and thread-local caches are
 * off, and heap figures are wrong. Named in a benchmark's {@code @Fork}.
 */
public final class LoopThreads extends ThreadPoolExecutor {
    /** As JMH calls it. */
    public LoopThreads(int maxThreads, String prefix) {
        super(maxThreads, maxThreads, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), // a thread may not be back yet
                new DefaultThreadFactory(prefix, true));
    }
}
