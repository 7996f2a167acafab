// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.exchange;

import dev.sluice.engine.config.LimitConfig;
import dev.sluice.engine.config.TimeoutConfig;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * The deadlines of an exchange, as a table. A row contains the states in which a deadline runs, the time since which it
 * runs, its limit, and the consequence when it has passed. The table is checked four times a second, so that the event
 * path sets and clears no timers.
 */
final class Deadlines {
    /** The time of a deadline that does not run. */
    static final long NOT_RUNNING = Long.MIN_VALUE;

    /** The time that an upstream may take to end a response after its terminal event. */
    private static final long AFTER_TERMINAL_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final Set<ExchangeState> RUNNING = Set.of(ExchangeState.AUTHENTICATING, ExchangeState.ADMITTING,
            ExchangeState.PLANNING, ExchangeState.CONNECTING, ExchangeState.FORWARDING, ExchangeState.COLLECTING,
            ExchangeState.RELAYING, ExchangeState.DRAINING);

    /** In each state the first row whose deadline has passed counts. */
    private static final List<Row> ROWS = List.of(
            new Row(RUNNING, Progress::startedNanos, p -> orNever(p.timeouts().exchange().toNanos()),
                    Overdue.EXCHANGE),
            row(ExchangeState.AUTHENTICATING, Progress::startedNanos, p -> p.timeouts().requestHead().toNanos(),
                    Overdue.IDENTIFICATION),
            row(ExchangeState.ADMITTING, Progress::queuedSinceNanos, p -> p.limits().maxQueueTime().toNanos(),
                    Overdue.ADMISSION),
            row(ExchangeState.ADMITTING, Progress::quotaAskedNanos, p -> p.timeouts().quota().toNanos(),
                    Overdue.QUOTA),
            row(ExchangeState.PLANNING, Progress::ownerAskedNanos, p -> p.timeouts().affinity().toNanos(),
                    Overdue.OWNER),
            row(ExchangeState.PLANNING, Progress::quotaAskedNanos, p -> p.timeouts().quota().toNanos(),
                    Overdue.QUOTA),
            row(ExchangeState.PLANNING, Progress::queuedSinceNanos, p -> p.limits().maxQueueTime().toNanos(),
                    Overdue.ADMISSION),
            new Row(Set.of(ExchangeState.PLANNING, ExchangeState.CONNECTING, ExchangeState.FORWARDING),
                    Progress::slowBodySinceNanos, p -> p.timeouts().bodyGrace().toNanos(), Overdue.REQUEST_BODY),
            // Waits during planning and connecting have their own limits; these two rows are the last resort.
            row(ExchangeState.PLANNING, Progress::planningSinceNanos, p -> p.timeouts().responseHead().toNanos(),
                    Overdue.UPSTREAM),
            row(ExchangeState.CONNECTING, Progress::connectingSinceNanos, p -> p.timeouts().responseHead().toNanos(),
                    Overdue.UPSTREAM),
            // An upstream may take a large body slowly, as long as it keeps taking some of it.
            row(ExchangeState.FORWARDING, Progress::stalledUploadSinceNanos,
                    p -> p.timeouts().responseHead().toNanos(), Overdue.UPSTREAM),
            row(ExchangeState.FORWARDING, Progress::sentNanos, p -> p.timeouts().responseHead().toNanos(),
                    Overdue.UPSTREAM),
            row(ExchangeState.FORWARDING, Progress::sentNanos, Progress::hedgeDelayNanos, Overdue.HEDGE),
            row(ExchangeState.FORWARDING, Progress::headNanos, p -> p.timeouts().firstEvent().toNanos(),
                    Overdue.UPSTREAM),
            row(ExchangeState.COLLECTING, Progress::lastReadNanos, p -> p.timeouts().betweenReads().toNanos(),
                    Overdue.UPSTREAM),
            row(ExchangeState.RELAYING, Progress::terminalSinceNanos, p -> AFTER_TERMINAL_NANOS,
                    Overdue.END_AFTER_TERMINAL),
            row(ExchangeState.RELAYING, Progress::lastReadNanos, p -> p.timeouts().betweenReads().toNanos(),
                    Overdue.UPSTREAM_IDLE),
            row(ExchangeState.RELAYING, Progress::silentSinceNanos, p -> orNever(p.keepAliveNanos()),
                    Overdue.KEEP_ALIVE),
            row(ExchangeState.RELAYING, Progress::stalledDownstreamSinceNanos,
                    p -> p.timeouts().writeStall().toNanos(), Overdue.DOWNSTREAM_STALLED),
            row(ExchangeState.DRAINING, Progress::lastReadNanos, p -> p.timeouts().betweenReads().toNanos(),
                    Overdue.UPSTREAM_IDLE));
    private static final Map<ExchangeState, Row[]> BY_STATE = byState();

    private Deadlines() {
    }

    private static Row row(ExchangeState state, Time since, Time limit, Overdue consequence) {
        return new Row(Set.of(state), since, limit, consequence);
    }

    private static long orNever(long nanos) {
        return nanos == 0 ? Long.MAX_VALUE : nanos;
    }

    private static Map<ExchangeState, Row[]> byState() {
        Map<ExchangeState, Row[]> rows = new EnumMap<>(ExchangeState.class);
        for (ExchangeState state : ExchangeState.values()) {
            List<Row> own = new ArrayList<>(ROWS);
            own.removeIf(row -> !row.states.contains(state));
            rows.put(state, own.toArray(Row[]::new));
        }
        return rows;
    }

    /**
     * Returns the consequence of the first deadline that has passed.
     *
     * @param nowNanos the clock's time
     * @return null if none has passed
     */
    static Overdue find(ExchangeState state, Progress progress, long nowNanos) {
        for (Row row : BY_STATE.get(state)) {
            long since = row.since.nanos(progress);
            if (since != NOT_RUNNING && nowNanos - since > row.limit.nanos(progress)) {
                return row.consequence;
            }
        }
        return null;
    }

    /** The times from which deadlines are computed; {@link #NOT_RUNNING} if a time does not apply. */
    interface Progress {
        TimeoutConfig timeouts();

        LimitConfig limits();

        /** Returns the start of the exchange. */
        long startedNanos();

        /** Returns the time since which the exchange has waited for a permit. */
        long queuedSinceNanos();

        /** Returns the time since which the exchange has waited for the quota's answer. */
        long quotaAskedNanos();

        /** Returns the time since which the exchange has waited for the affinity store's answer. */
        long ownerAskedNanos();

        /** Returns the time since which the exchange has waited for a body that arrives too slowly. */
        long slowBodySinceNanos();

        /** Returns the start of planning, unless the exchange waits for something that has its own limit. */
        long planningSinceNanos();

        /** Returns the start of the current attempt, unless the exchange waits for something else. */
        long connectingSinceNanos();

        /** Returns the time since which the upstream has taken nothing of an incompletely sent request. */
        long stalledUploadSinceNanos();

        /** Returns the time at which the request was sent completely, if no response has begun. */
        long sentNanos();

        /** Returns the delay before a hedge; {@link Long#MAX_VALUE} for never. */
        long hedgeDelayNanos();

        /** Returns the time at which the head of a held response arrived. */
        long headNanos();

        /** Returns the time of the latest read, unless the response is paused. */
        long lastReadNanos();

        /** Returns the time at which the terminal event was noticed, unless the response is paused. */
        long terminalSinceNanos();

        /** Returns the time since which the stream has been silent, unless it is paused. */
        long silentSinceNanos();

        /** Returns the silence after which a keep-alive event is added; {@code 0} for never. */
        long keepAliveNanos();

        /** Returns the time since which the downstream has taken nothing of a paused response. */
        long stalledDownstreamSinceNanos();
    }

    private interface Time {
        long nanos(Progress progress);
    }

    private record Row(Set<ExchangeState> states, Time since, Time limit, Overdue consequence) {
    }
}
