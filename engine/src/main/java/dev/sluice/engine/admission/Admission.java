// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.admission;

import dev.sluice.engine.config.StoreLoss;
import dev.sluice.engine.spi.Principal;
import dev.sluice.engine.spi.RequestQuota;
import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.error.RelayException;
import io.netty.util.concurrent.EventExecutor;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The permits that one exchange needs before it may run: a request of its caller's quota, a permit of the relay, and a
 * permit of its cluster if that has a limit. It waits for permits in a queue, for a bounded time, and releases them
 * all when it is over.
 *
 * <p><b>Threading:</b> confined to the exchange's loop.
 */
public final class Admission {
    /** The result of {@link #waitingSinceNanos} if the exchange does not wait. */
    public static final long NOT_WAITING = Long.MIN_VALUE;

    private static final Logger LOG = LoggerFactory.getLogger(Admission.class);
    private static final long MAX_RETRY_SECONDS = Duration.ofDays(1).toSeconds();

    private final RequestQuota quota;
    private final FairGate relayGate;
    private final Principal caller;
    private final EventExecutor loop;
    private final LongSupplier clock;
    private final StoreLoss onLoss;
    private final Listener listener;
    private boolean isQuotaTaken;
    private boolean isAnswered;
    private boolean isDecided;
    private long quotaAskedNanos;
    private Runnable whenAdmitted;
    private boolean isReleased;
    private FairGate.Ticket relayPermit;
    private FairGate.Ticket clusterPermit;
    private FairGate.Ticket waiting;
    private long waitingSinceNanos;

    /**
     * @param quota     the limits of callers
     * @param relayGate the limit of the relay
     * @param caller    the caller
     * @param loop      the exchange's loop
     * @param clock     nanoseconds since an arbitrary origin
     * @param onLoss    the treatment of the request if the quota does not answer in time, or fails
     * @param listener  the exchange
     */
    public Admission(RequestQuota quota, FairGate relayGate, Principal caller, EventExecutor loop, LongSupplier clock,
            StoreLoss onLoss, Listener listener) {
        this.onLoss = onLoss;
        this.quota = quota;
        this.relayGate = relayGate;
        this.caller = caller;
        this.loop = loop;
        this.clock = clock;
        this.listener = listener;
    }

    /**
     * Returns a quota that counts in memory what each caller has in flight, and its requests and tokens per minute.
     *
     * @param clock nanoseconds since an arbitrary origin
     * @return a quota for all loops of a relay
     */
    public static RequestQuota quotaInMemory(LongSupplier clock) {
        return new KeyQuota(clock);
    }

    /**
     * Asks the caller's quota for a request, then the relay for a permit.
     *
     * @param then runs when both are granted, during this call or later
     */
    public void enterRelay(Runnable then) {
        whenAdmitted = then;
        quotaAskedNanos = clock.getAsLong();
        try {
            quota.admit(caller, new RequestQuota.Answer() {
                @Override
                public void admit() {
                    onLoop(Admission.this::onQuotaGranted);
                }

                @Override
                public void refuse(String reason, Duration retryAfter) {
                    onLoop(() -> onQuotaRefused(reason, retryAfter));
                }
            });
        } catch (RuntimeException e) {
            LOG.error("the request quota failed for a request of {}", caller.name(), e);
            giveUpQuota();
        }
    }

    /** {@return the time since which the quota's answer is awaited, or {@link #NOT_WAITING}} */
    public long quotaAskedNanos() {
        return isDecided ? NOT_WAITING : quotaAskedNanos;
    }

    /** Gives up on a quota that does not answer: the request is refused or goes on, as configured. */
    public void giveUpQuota() {
        if (isDecided || isReleased) {
            return;
        }
        isDecided = true;
        if (onLoss == StoreLoss.REFUSE) {
            listener.onRefused(RelayException.retryLater(ErrorCode.STORE_UNAVAILABLE,
                    "The store of quotas did not answer in time", 1));
        } else {
            proceed();
        }
    }

    private void onLoop(Runnable answer) {
        if (loop.inEventLoop()) {
            answer.run();
        } else {
            loop.execute(answer);
        }
    }

    private void onQuotaGranted() {
        if (isAnswered) {
            return; // a second answer of the same quota
        }
        isAnswered = true;
        if (isReleased) {
            settle(0); // the downstream left in the meantime
            return;
        }
        isQuotaTaken = true;
        if (!isDecided) {
            isDecided = true;
            proceed();
        }
    }

    private void proceed() {
        relayPermit = enter(relayGate, whenAdmitted);
        if (relayPermit != null && waiting == null) {
            whenAdmitted.run();
        }
    }

    private void onQuotaRefused(String reason, Duration retryAfter) {
        if (isAnswered || isDecided || isReleased) {
            return;
        }
        isAnswered = true;
        isDecided = true;
        long seconds = Math.min(Math.max(1, retryAfter.plusMillis(999).toSeconds()), MAX_RETRY_SECONDS);
        listener.onRefused(RelayException.retryLater(ErrorCode.DOWNSTREAM_RATE_LIMITED, reason, seconds));
    }

    /**
     * Asks for a permit of a cluster. To be called again until it is granted; only the first call queues.
     *
     * @param gate        the limit of the cluster; null for none
     * @param whenGranted runs if the permit is granted after this call
     * @return whether the permit is granted
     */
    public boolean enterCluster(FairGate gate, Runnable whenGranted) {
        if (gate == null) {
            return true;
        }
        if (clusterPermit == null && !isReleased) {
            clusterPermit = enter(gate, whenGranted);
        }
        return clusterPermit != null && clusterPermit.isInside() && waiting == null;
    }

    /** Returns a ticket, which may have to wait, or refuses. */
    private FairGate.Ticket enter(FairGate gate, Runnable whenGranted) {
        PermitWaiter waiter = new PermitWaiter(whenGranted);
        FairGate.Ticket ticket = gate.enter(caller.name(), loop, waiter);
        waiter.ticket = ticket;
        if (ticket == null) {
            refuse();
        } else if (!ticket.isInside()) {
            waiting = ticket;
            waitingSinceNanos = clock.getAsLong();
        }
        return ticket;
    }

    private void refuse() {
        listener.onRefused(RelayException.of(ErrorCode.RELAY_OVERLOADED,
                "The relay has reached its limit of requests in flight, and its queue is full"));
    }

    /** {@return whether the exchange waits for a permit} */
    public boolean isWaiting() {
        return waiting != null;
    }

    /** {@return the time since which the exchange has waited for a permit, or {@link #NOT_WAITING}} */
    public long waitingSinceNanos() {
        return waiting == null ? NOT_WAITING : waitingSinceNanos;
    }

    /**
     * Releases all permits; idempotent.
     *
     * @param tokens number of tokens that the request used; 0 if unknown
     */
    public void release(long tokens) {
        if (isReleased) {
            return;
        }
        isReleased = true;
        waiting = null;
        if (isQuotaTaken) {
            settle(tokens);
        }
        if (clusterPermit != null) {
            clusterPermit.leave();
        }
        if (relayPermit != null) {
            relayPermit.leave();
        }
    }

    private void settle(long tokens) {
        try {
            quota.settle(caller, tokens);
        } catch (RuntimeException e) {
            LOG.error("the request quota failed; {} tokens of {} were not settled", tokens, caller.name(), e);
        }
    }

    /** The exchange, as its admission sees it. */
    public interface Listener {
        /** Receives the reason why the request may not run. */
        void onRefused(RelayException refusal);
    }

    /** A waiter for one permit. The gate may call it before {@link #enter} has returned, or for a permit given up. */
    private final class PermitWaiter implements FairGate.Waiter {
        private final Runnable whenGranted;
        private FairGate.Ticket ticket;

        PermitWaiter(Runnable whenGranted) {
            this.whenGranted = whenGranted;
        }

        @Override
        public void onEntered() {
            if (!isReleased && waiting != null && waiting == ticket) {
                waiting = null;
                whenGranted.run();
            }
        }

        @Override
        public void onDropped() {
            if (!isReleased) {
                refuse();
            }
        }
    }
}
