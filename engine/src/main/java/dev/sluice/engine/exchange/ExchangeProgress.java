// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.exchange;

import dev.sluice.engine.admission.Admission;
import dev.sluice.engine.affinity.EndpointAffinity;
import dev.sluice.engine.config.LimitConfig;
import dev.sluice.engine.config.TimeoutConfig;
import dev.sluice.engine.response.RelayedResponse;
import java.util.concurrent.TimeUnit;

/** The progress of one exchange, as its deadlines see it. What only comparisons show is sampled at each tick. */
final class ExchangeProgress implements Deadlines.Progress {
    /** The pace at which a body must arrive after the grace. */
    static final long BODY_BYTES_PER_SECOND = 1024;

    private final ExchangeParts parts;
    private final TimeoutConfig timeouts;
    private final LimitConfig limits;
    private final Stall upload = new Stall();
    private final Stall download = new Stall();
    private long lastTickNanos;
    private long waitedForBodyNanos;

    ExchangeProgress(ExchangeParts parts, TimeoutConfig timeouts, LimitConfig limits) {
        this.parts = parts;
        this.timeouts = timeouts;
        this.limits = limits;
        lastTickNanos = parts.startedNanos;
    }

    /** Takes the samples of one tick. */
    void sample(long nowNanos) {
        long sinceLastTick = nowNanos - lastTickNanos;
        lastTickNanos = nowNanos;
        if (isWaitingForBody()) {
            waitedForBodyNanos += sinceLastTick;
        }
        if (parts.attempts != null && parts.attempts.isForwarding()) {
            upload.sample(parts.attempts.takenBytes(), nowNanos);
        }
        RelayedResponse relayed = relayed();
        if (relayed != null) {
            relayed.markTerminal(nowNanos);
        }
        if (relayed != null && relayed.isPaused()) {
            download.sample(relayed.pendingBytes(), nowNanos);
        } else {
            download.reset();
        }
    }

    private boolean isWaitingForBody() {
        return parts.requestPath != null && parts.requestPath.isWaitingForBody() && !parts.admission.isWaiting();
    }

    private RelayedResponse relayed() {
        return parts.responsePath.isRelaying() ? parts.responsePath.relayed() : null;
    }

    /** Returns whether the exchange waits for something else than its upstream. */
    private boolean isUpstreamIdle() {
        return parts.admission.isWaiting() || parts.requestPath.isWaitingForBody()
                || parts.attempts.isWaitingToRetry();
    }

    @Override
    public TimeoutConfig timeouts() {
        return timeouts;
    }

    @Override
    public LimitConfig limits() {
        return limits;
    }

    @Override
    public long startedNanos() {
        return parts.startedNanos;
    }

    @Override
    public long queuedSinceNanos() {
        return parts.admission == null ? Deadlines.NOT_RUNNING : parts.admission.waitingSinceNanos();
    }

    @Override
    public long quotaAskedNanos() {
        return queuedSinceNanos() == Admission.NOT_WAITING ? parts.startedNanos : Deadlines.NOT_RUNNING;
    }

    @Override
    public long ownerAskedNanos() {
        return parts.affinity == null ? Deadlines.NOT_RUNNING : parts.affinity.askedNanos();
    }

    @Override
    public long ownerLimitNanos() {
        return EndpointAffinity.MAX_WAIT_NANOS;
    }

    @Override
    public long slowBodySinceNanos() {
        long paceBytes = TimeUnit.NANOSECONDS.toSeconds(waitedForBodyNanos) * BODY_BYTES_PER_SECOND;
        return isWaitingForBody() && parts.requestPath.receivedBytes() < paceBytes
                ? lastTickNanos - waitedForBodyNanos : Deadlines.NOT_RUNNING;
    }

    @Override
    public long planningSinceNanos() {
        return isUpstreamIdle() ? Deadlines.NOT_RUNNING : parts.startedNanos;
    }

    @Override
    public long connectingSinceNanos() {
        return isUpstreamIdle() ? Deadlines.NOT_RUNNING : parts.attempts.lead().startedNanos();
    }

    @Override
    public long stalledUploadSinceNanos() {
        return !hasHead() && !isUpstreamIdle() && parts.attempts.isForwarding() ? upload.sinceNanos
                : Deadlines.NOT_RUNNING;
    }

    @Override
    public long sentNanos() {
        return !hasHead() && !isUpstreamIdle() && parts.attempts.isSent() ? parts.attempts.lead().sentNanos()
                : Deadlines.NOT_RUNNING;
    }

    private boolean hasHead() {
        return parts.responsePath.hasHead();
    }

    @Override
    public long hedgeDelayNanos() {
        long delayNanos = parts.attempts.hedgeDelayNanos(lastTickNanos);
        return delayNanos < 0 ? Long.MAX_VALUE : delayNanos;
    }

    @Override
    public long headNanos() {
        return hasHead() && !isUpstreamIdle() ? parts.responsePath.headNanos() : Deadlines.NOT_RUNNING;
    }

    @Override
    public long lastReadNanos() {
        RelayedResponse relayed = relayed();
        return relayed != null && relayed.isPaused() ? Deadlines.NOT_RUNNING : parts.responsePath.lastReadNanos();
    }

    @Override
    public long terminalSinceNanos() {
        RelayedResponse relayed = relayed();
        return relayed.isPaused() ? Deadlines.NOT_RUNNING : relayed.terminalSinceNanos();
    }

    @Override
    public long silentSinceNanos() {
        RelayedResponse relayed = relayed();
        return relayed.isPaused() ? Deadlines.NOT_RUNNING : relayed.silentSinceNanos();
    }

    @Override
    public long keepAliveNanos() {
        return relayed().keepAliveNanos();
    }

    @Override
    public long stalledDownstreamSinceNanos() {
        return relayed().isPaused() ? download.sinceNanos : Deadlines.NOT_RUNNING;
    }

    /** The time since which a number has not changed. */
    private static final class Stall {
        private long value;
        private long sinceNanos = Deadlines.NOT_RUNNING;

        void sample(long current, long nowNanos) {
            if (sinceNanos == Deadlines.NOT_RUNNING || current != value) {
                value = current;
                sinceNanos = nowNanos;
            }
        }

        void reset() {
            sinceNanos = Deadlines.NOT_RUNNING;
        }
    }
}
