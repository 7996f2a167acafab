// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol;

import io.netty.buffer.UnpooledByteBufAllocator;
import java.lang.ref.PhantomReference;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * An extension, registered for every test, that fails a test class if the garbage collector found a buffer that was
 * never released.
 */
public final class LeakGuard implements AfterAllCallback {
    private static final int ROUNDS = 3;

    @Override
    public void afterAll(ExtensionContext context) throws InterruptedException {
        for (int i = 0; i < ROUNDS; i++) {
            awaitCollection();
            UnpooledByteBufAllocator.DEFAULT.directBuffer(1).release(); // the detector reports on allocation
        }
        String report = LeakRecorder.REPORTS.poll();
        if (report != null) {
            throw new AssertionError("a buffer was not released: " + report);
        }
    }

    private static void awaitCollection() throws InterruptedException {
        ReferenceQueue<Object> collected = new ReferenceQueue<>();
        Reference<Object> canary = new PhantomReference<>(new Object(), collected);
        for (int i = 0; i < 100 && collected.remove(50) == null; i++) {
            System.gc();
        }
        Reference.reachabilityFence(canary);
    }
}
