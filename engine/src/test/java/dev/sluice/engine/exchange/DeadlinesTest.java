// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.exchange;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.sluice.engine.config.LimitConfig;
import dev.sluice.engine.config.TimeoutConfig;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The table of deadlines, over times of the test's own. */
class DeadlinesTest {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    private final Times times = new Times();

    @ParameterizedTest
    @CsvSource({
        // state, what has lasted, until when it is fine (s), from when on it is over (s), consequence
        "AUTHENTICATING, started, 10, 11, IDENTIFICATION",
        "ADMITTING, quotaAsked, 2, 3, QUOTA",
        "ADMITTING, queued, 2, 3, ADMISSION",
        "PLANNING, queued, 2, 3, ADMISSION",
        "PLANNING, ownerAsked, 1, 2, OWNER",
        "PLANNING, slowBody, 10, 11, REQUEST_BODY",
        "CONNECTING, slowBody, 10, 11, REQUEST_BODY",
        "FORWARDING, slowBody, 10, 11, REQUEST_BODY",
        "PLANNING, planning, 600, 601, UPSTREAM",
        "CONNECTING, connecting, 600, 601, UPSTREAM",
        "FORWARDING, stalledUpload, 600, 601, UPSTREAM",
        "FORWARDING, sent, 600, 601, UPSTREAM",
        "FORWARDING, head, 600, 601, UPSTREAM",
        "COLLECTING, lastRead, 600, 601, UPSTREAM",
        "RELAYING, lastRead, 600, 601, UPSTREAM_IDLE",
        "RELAYING, terminal, 1, 2, END_AFTER_TERMINAL",
        "RELAYING, stalledDownstream, 60, 61, DOWNSTREAM_STALLED",
        "DRAINING, lastRead, 600, 601, UPSTREAM_IDLE",
    })
    void shouldEndWhatLastsTooLong(ExchangeState state, String what, int fine, int over, Overdue consequence) {
        times.since.put(what, 5L);

        assertNull(Deadlines.find(state, times, 5 + fine * SECOND));
        assertEquals(consequence, Deadlines.find(state, times, 5 + over * SECOND));
    }

    @ParameterizedTest
    @EnumSource(ExchangeState.class)
    void shouldNotRunWhereNothingIsAwaited(ExchangeState state) {
        assertNull(Deadlines.find(state, times, Long.MAX_VALUE / 2));
    }

    @ParameterizedTest
    @EnumSource(ExchangeState.class)
    void shouldBoundTheWholeExchangeWhereItIsAskedTo(ExchangeState state) {
        times.timeouts = TimeoutConfig.builder().exchange(Duration.ofMinutes(1)).build();
        times.since.put("started", 0L);

        assertEquals(state.isTerminal() ? null : Overdue.EXCHANGE, Deadlines.find(state, times, 61 * SECOND));
    }

    @Test
    void shouldHedgeBeforeTheLimitAndGiveUpAtIt() {
        times.since.put("sent", 0L);
        times.hedgeDelayNanos = 2 * SECOND;

        assertNull(Deadlines.find(ExchangeState.FORWARDING, times, 2 * SECOND));
        assertEquals(Overdue.HEDGE, Deadlines.find(ExchangeState.FORWARDING, times, 3 * SECOND));
        assertEquals(Overdue.UPSTREAM, Deadlines.find(ExchangeState.FORWARDING, times, 601 * SECOND));
    }

    @Test
    void shouldFillASilenceOnlyWhereTheRouteAsksForIt() {
        times.since.put("silent", 0L);
        assertNull(Deadlines.find(ExchangeState.RELAYING, times, 3600 * SECOND));

        times.keepAliveNanos = 15 * SECOND;

        assertNull(Deadlines.find(ExchangeState.RELAYING, times, 15 * SECOND));
        assertEquals(Overdue.KEEP_ALIVE, Deadlines.find(ExchangeState.RELAYING, times, 16 * SECOND));
    }

    @Test
    void shouldReckonWithAClockThatWrapsAround() {
        times.since.put("lastRead", Long.MAX_VALUE - SECOND);

        assertNull(Deadlines.find(ExchangeState.RELAYING, times, Long.MAX_VALUE + SECOND));
        assertEquals(Overdue.UPSTREAM_IDLE,
                Deadlines.find(ExchangeState.RELAYING, times, Long.MAX_VALUE + 601 * SECOND));
    }

    /** Times by name; those that are not set do not run. */
    private static final class Times implements Deadlines.Progress {
        private final Map<String, Long> since = new HashMap<>();
        private TimeoutConfig timeouts = TimeoutConfig.DEFAULT;
        private long hedgeDelayNanos = Long.MAX_VALUE;
        private long keepAliveNanos;

        private long of(String name) {
            return since.getOrDefault(name, Deadlines.NOT_RUNNING);
        }

        @Override
        public TimeoutConfig timeouts() {
            return timeouts;
        }

        @Override
        public LimitConfig limits() {
            return LimitConfig.DEFAULT;
        }

        @Override
        public long startedNanos() {
            return of("started");
        }

        @Override
        public long queuedSinceNanos() {
            return of("queued");
        }

        @Override
        public long quotaAskedNanos() {
            return of("quotaAsked");
        }

        @Override
        public long ownerAskedNanos() {
            return of("ownerAsked");
        }

        @Override
        public long slowBodySinceNanos() {
            return of("slowBody");
        }

        @Override
        public long planningSinceNanos() {
            return of("planning");
        }

        @Override
        public long connectingSinceNanos() {
            return of("connecting");
        }

        @Override
        public long stalledUploadSinceNanos() {
            return of("stalledUpload");
        }

        @Override
        public long sentNanos() {
            return of("sent");
        }

        @Override
        public long hedgeDelayNanos() {
            return hedgeDelayNanos;
        }

        @Override
        public long headNanos() {
            return of("head");
        }

        @Override
        public long lastReadNanos() {
            return of("lastRead");
        }

        @Override
        public long terminalSinceNanos() {
            return of("terminal");
        }

        @Override
        public long silentSinceNanos() {
            return of("silent");
        }

        @Override
        public long keepAliveNanos() {
            return keepAliveNanos;
        }

        @Override
        public long stalledDownstreamSinceNanos() {
            return of("stalledDownstream");
        }
    }
}
