// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import org.junit.jupiter.api.Test;

class LeakGuardTest {

    @Test
    void shouldRunWithParanoidDetection() {
        assertEquals(ResourceLeakDetector.Level.PARANOID, ResourceLeakDetector.getLevel());
    }

    @Test
    void shouldReportABufferThatNobodyReleased() {
        loseOne();

        AssertionError report = assertThrows(AssertionError.class, () -> new LeakGuard().afterAll(null));
        assertTrue(report.getMessage().contains("not released"), report.getMessage());
    }

    private static void loseOne() {
        PooledByteBufAllocator.DEFAULT.directBuffer(16).writeByte(1);
    }
}
