// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.bench.relay;

import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * An executor that runs JMH's benchmarks on threads of the same kind as those of an event loop. On any other kind,
 * Netty's recyclers and thread-local caches are off and the heap figures are wrong. A benchmark names this class in its
 * {@code @Fork}.
 */
public final class LoopThreads extends ThreadPoolExecutor {
    /** Creates the executor. JMH calls this constructor by reflection. */
    public LoopThreads(int maxThreads, String prefix) {
        super(maxThreads, maxThreads, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), // the thread may still be busy
                new DefaultThreadFactory(prefix, true));
    }
}
