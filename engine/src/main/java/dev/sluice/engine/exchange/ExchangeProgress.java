// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.exchange;

import dev.sluice.engine.config.LimitConfig;
import dev.sluice.engine.config.TimeoutConfig;
import dev.sluice.engine.request.AttemptRunner;
import dev.sluice.engine.response.RelayedResponse;
import java.util.concurrent.TimeUnit;

/**
 * The progress of one exchange, as its deadlines see it. Values that only a comparison reveals are sampled at each
 * tick.
 */
final class ExchangeProgress implements Deadlines.Progress {
    /** The minimum pace of a request body after the grace period. */
    static final long BODY_BYTES_PER_SECOND = 1024;

    private final ExchangeContext exchange;
    private final Stall upload = new Stall();
    private final Stall download = new Stall();
    private long lastTickNanos;
    private long waitedForBodyNanos;

    ExchangeProgress(ExchangeContext exchange) {
        this.exchange = exchange;
        lastTickNanos = exchange.startedNanos;
    }

    /** Takes the samples of one tick. */
    void sample(long nowNanos) {
        long sinceLastTick = nowNanos - lastTickNanos;
        lastTickNanos = nowNanos;
        if (isWaitingForBody()) {
            waitedForBodyNanos += sinceLastTick;
        }
        if (exchange.requestPath != null && attempts().isForwarding()) {
            upload.sample(attempts().takenBytes(), nowNanos);
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
        return exchange.requestPath != null && exchange.requestPath.isWaitingForBody()
                && !exchange.admission.isWaiting();
    }

    private AttemptRunner attempts() {
        return exchange.requestPath.attempts();
    }

    private RelayedResponse relayed() {
        return exchange.responsePath.isRelaying() ? exchange.responsePath.relayed() : null;
    }

    /** Returns whether the exchange waits for something other than its upstream. */
    private boolean isUpstreamIdle() {
        return exchange.admission.isWaiting() || !exchange.admission.isGranted()
                || exchange.requestPath.isWaitingForBody() || attempts().isWaitingToRetry();
    }

    @Override
    public TimeoutConfig timeouts() {
        return exchange.services.config().timeouts();
    }

    @Override
    public LimitConfig limits() {
        return exchange.services.config().limits();
    }

    @Override
    public long startedNanos() {
        return exchange.startedNanos;
    }

    @Override
    public long queuedSinceNanos() {
        return exchange.admission == null ? Deadlines.NOT_RUNNING : exchange.admission.waitingSinceNanos();
    }

    @Override
    public long quotaAskedNanos() {
        return exchange.admission == null ? Deadlines.NOT_RUNNING : exchange.admission.quotaAskedNanos();
    }

    @Override
    public long ownerAskedNanos() {
        return exchange.requestPath.ownerAskedNanos();
    }

    @Override
    public long slowBodySinceNanos() {
        long paceBytes = TimeUnit.NANOSECONDS.toSeconds(waitedForBodyNanos) * BODY_BYTES_PER_SECOND;
        return isWaitingForBody() && exchange.requestPath.receivedBytes() < paceBytes
                ? lastTickNanos - waitedForBodyNanos : Deadlines.NOT_RUNNING;
    }

    @Override
    public long planningSinceNanos() {
        return isUpstreamIdle() ? Deadlines.NOT_RUNNING : exchange.startedNanos;
    }

    @Override
    public long connectingSinceNanos() {
        return isUpstreamIdle() ? Deadlines.NOT_RUNNING : exchange.attempt().startedNanos();
    }

    @Override
    public long stalledUploadSinceNanos() {
        return !hasHead() && !isUpstreamIdle() && attempts().isForwarding() ? upload.sinceNanos
                : Deadlines.NOT_RUNNING;
    }

    @Override
    public long sentNanos() {
        return !hasHead() && !isUpstreamIdle() && attempts().isSent() ? exchange.attempt().sentNanos()
                : Deadlines.NOT_RUNNING;
    }

    private boolean hasHead() {
        return exchange.responsePath.hasHead();
    }

    @Override
    public long hedgeDelayNanos() {
        long delayNanos = attempts().hedgeDelayNanos(lastTickNanos);
        return delayNanos < 0 ? Long.MAX_VALUE : delayNanos;
    }

    @Override
    public long headNanos() {
        return hasHead() && !isUpstreamIdle() ? exchange.responsePath.headNanos() : Deadlines.NOT_RUNNING;
    }

    @Override
    public long lastReadNanos() {
        RelayedResponse relayed = relayed();
        return relayed != null && relayed.isPaused() ? Deadlines.NOT_RUNNING : exchange.responsePath.lastReadNanos();
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
