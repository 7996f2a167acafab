// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LoopTickerTest {
    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final LoopTicker ticker = new LoopTicker(channel.eventLoop(), () -> 42, LoopTicker::startTimer);
    private final List<String> ticks = new ArrayList<>();

    LoopTickerTest() {
        channel.freezeTime();
    }

    @AfterEach
    void release() {
        channel.finishAndReleaseAll();
    }

    private void pass(long millis) {
        channel.advanceTimeBy(millis, TimeUnit.MILLISECONDS);
        channel.runScheduledPendingTasks();
    }

    @Test
    void shouldTickFourTimesASecondWhileSomethingIsAdded() {
        LoopTicker.Entry entry = ticker.add(now -> ticks.add("a" + now));

        pass(250);
        pass(250);
        ticker.remove(entry);
        ticker.remove(entry);
        pass(1000);

        assertEquals(List.of("a42", "a42"), ticks);
    }

    @Test
    void shouldGoOnAfterATickThatThrew() {
        ticker.add(now -> {
            throw new IllegalStateException("a defect");
        });
        ticker.add(now -> ticks.add("b"));

        pass(250);
        pass(250);

        assertEquals(List.of("b", "b"), ticks);
    }

    @Test
    void shouldLetATickRemoveAnyEntry() {
        LoopTicker.Entry[] entries = new LoopTicker.Entry[4];
        for (int i = 0; i < entries.length; i++) {
            int self = i;
            entries[i] = ticker.add(now -> {
                ticks.add("t" + self);
                if (self == 1) {
                    ticker.remove(entries[1]);
                    ticker.remove(entries[2]);
                    ticker.remove(entries[0]);
                    ticker.add(later -> ticks.add("new"));
                }
            });
        }

        pass(250);
        assertEquals(List.of("t0", "t1", "t3", "new"), ticks);
        ticks.clear();
        pass(250);
        assertEquals(List.of("t3", "new"), ticks);
    }
}
