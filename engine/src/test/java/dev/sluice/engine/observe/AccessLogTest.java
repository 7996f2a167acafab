// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.observe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.config.AccessLogConfig;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AccessLogTest {
    private final List<String> written = new CopyOnWriteArrayList<>();

    @Test
    void shouldWriteEachLineOnceAndInOrder() {
        try (AccessLog log = new AccessLog(1000, written::add)) {
            IntStream.range(0, 500).forEach(i -> log.write("line " + i));
        }

        assertEquals(IntStream.range(0, 500).mapToObj(i -> "line " + i).toList(), written);
    }

    @Test
    void shouldDropAndCountLinesInsteadOfWaitingForABlockedOutput() throws InterruptedException {
        CountDownLatch isBlocked = new CountDownLatch(1);
        CountDownLatch unblock = new CountDownLatch(1);
        AccessLog log = new AccessLog(10, line -> {
            isBlocked.countDown();
            await(unblock);
            written.add(line);
        });
        log.write("first");
        isBlocked.await(); // the writer holds the first line, and the queue is empty

        IntStream.range(0, 15).forEach(i -> log.write("line " + i)); // would wait for ever if it blocked

        assertEquals(5, log.droppedLines());
        unblock.countDown();
        log.close();
        assertEquals(11, written.size());
        assertEquals("line 9", written.get(10));
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** An appender that throws loses its line and no other. */
    @Test
    void shouldSurviveAnOutputThatFails() {
        AccessLog log = new AccessLog(10, line -> {
            if (line.equals("bad")) {
                throw new IllegalStateException("expected by the test");
            }
            written.add(line);
        });
        log.write("bad");
        log.write("good");
        log.close();

        assertEquals(List.of("good"), List.copyOf(written));
        assertEquals(1, log.droppedLines());
    }

    @Test
    void shouldCountWhatComesAfterItsEnd() {
        AccessLog log = new AccessLog(10, written::add);
        log.close();

        log.write("late");

        assertEquals(1, log.droppedLines());
        assertEquals(List.of(), written);
    }

    @ParameterizedTest
    @CsvSource({
        "ALL,    1,    true,  true",
        "ERRORS, 1,    false, true",
        "OFF,    1,    false, false",
        "ALL,    1e-9, false, true" // as good as never in a thousand lines
    })
    void shouldWantWhatItsConfigurationSays(AccessLogConfig.Level level, double sample, boolean others,
            boolean errors) {
        AccessLog log = new AccessLog(10, written::add);
        log.use(new AccessLogConfig(level, sample, null));

        assertEquals(errors, log.isWanted(true));
        assertEquals(others, IntStream.range(0, 1_000).anyMatch(i -> log.isWanted(false)));
    }

    @Test
    void shouldTakeAShareOfTheLines() {
        AccessLog log = new AccessLog(10, written::add);
        log.use(new AccessLogConfig(AccessLogConfig.Level.ALL, 0.25, null));

        long share = IntStream.range(0, 10_000).filter(i -> log.isWanted(false)).count();

        assertTrue(share > 2_000 && share < 3_000, () -> share + " of 10,000"); // 2,500, give or take 11 sigma
    }
}
