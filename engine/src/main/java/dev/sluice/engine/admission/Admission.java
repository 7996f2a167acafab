// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.admission;

import dev.sluice.engine.config.StoreLoss;
import dev.sluice.engine.spi.BudgetLedger;
import dev.sluice.engine.spi.PlannedRequest;
import dev.sluice.engine.spi.Principal;
import dev.sluice.engine.spi.QuotaRefusal;
import dev.sluice.engine.spi.QuotaStatus;
import dev.sluice.engine.spi.RequestQuota;
import dev.sluice.engine.spi.Settlement;
import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.error.RelayException;
import io.netty.util.concurrent.EventExecutor;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The permits that one exchange needs before it may run: one of its caller's quota and one of the relay when the caller
 * is known, another one of the quota and one of its cluster when the route is. It waits for permits for a bounded time,
 * and releases them all when it is over.
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
    private Question ofCaller;
    private Question ofPlan;
    private boolean isAsking;
    private Runnable whenAdmitted;
    private boolean isReleased;
    private FairGate.Ticket relayPermit;
    private FairGate.Ticket clusterPermit;
    private FairGate.Ticket waiting;
    private long waitingSinceNanos;
    private long queuedNanos;

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

    private void onLoop(Runnable answer) {
        if (loop.inEventLoop()) {
            answer.run();
        } else {
            loop.execute(answer);
        }
    }

    /**
     * Returns a quota that counts in memory what each caller has in flight, and its requests and tokens per minute.
     *
     * @param clock nanoseconds since an arbitrary origin
     * @return a quota for all loops of a relay
     */
    public static RequestQuota quotaInMemory(LongSupplier clock) {
        return new MemoryQuota(clock);
    }

    /**
     * Returns a ledger in memory, which starts empty.
     *
     * @param clock the time of windows
     * @return a ledger for all loops of a relay
     */
    public static BudgetLedger ledgerInMemory(Clock clock) {
        return new MemoryLedger(clock);
    }

    /**
     * Returns a quota with budgets.
     *
     * @param quota    decides about everything but budgets
     * @param ledger   knows what was used
     * @param clock    the time of windows
     * @param settings prices and the zone of windows
     * @return the quota
     */
    public static BudgetedQuota withBudgets(RequestQuota quota, BudgetLedger ledger, Clock clock,
            BudgetedQuota.Settings settings) {
        return new BudgetedQuota(quota, ledger, clock, settings);
    }

    /**
     * Asks the caller's quota for a request, then the relay for a permit.
     *
     * @param then runs when both are granted, during this call or later
     */
    public void enterRelay(Runnable then) {
        whenAdmitted = then;
        ofCaller = new Question(this::enterGate);
        ofCaller.ask(answer -> quota.admit(caller, answer));
    }

    private void enterGate() {
        relayPermit = enter(relayGate, whenAdmitted);
        if (relayPermit != null && waiting == null) {
            whenAdmitted.run();
        }
    }

    /**
     * Asks for a permit of a request whose route is known; the answer counts before the request is sent.
     *
     * @param planned     the request
     * @param whenGranted runs if the permit is granted after this call
     */
    public void ask(PlannedRequest planned, Runnable whenGranted) {
        ofPlan = new Question(whenGranted);
        isAsking = true;
        ofPlan.ask(answer -> quota.admit(planned, answer));
        isAsking = false;
    }

    /** {@return whether the question about the route has been answered, so that the request may be sent} */
    public boolean isGranted() {
        return ofPlan != null && ofPlan.isDecided && !ofPlan.isRefused;
    }

    /** {@return the time since which an answer of the quota is awaited, or {@link #NOT_WAITING}} */
    public long quotaAskedNanos() {
        return ofPlan != null ? ofPlan.askedNanos() : ofCaller == null ? NOT_WAITING : ofCaller.askedNanos();
    }

    /** Gives up on a quota that does not answer: the request is refused or goes on, as configured. */
    public void giveUpQuota() {
        (ofPlan != null ? ofPlan : ofCaller).giveUp();
    }

    /** {@return the headers that tell what is left of the caller's limits} */
    public Map<String, String> headers() {
        QuotaStatus status = QuotaStatus.merge(ofCaller == null ? null : ofCaller.status(), ofPlan == null ? null
                : ofPlan.status());
        return status == null ? Map.of() : status.headers();
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

    /** {@return the nanoseconds for which the exchange has waited for permits, whether it got them or not} */
    public long queuedNanos() {
        return queuedNanos;
    }

    /** {@return the cost of the request in millionths of a dollar; 0 before the release, or if no price is known} */
    public long microDollars() {
        return ofPlan == null || ofPlan.permit == null ? 0 : ofPlan.permit.microDollars();
    }

    /**
     * Releases all permits; idempotent.
     *
     * @param used what the request has used; null if it was not sent
     */
    public void release(Settlement used) {
        if (isReleased) {
            return;
        }
        isReleased = true;
        if (waiting != null) {
            queuedNanos += clock.getAsLong() - waitingSinceNanos;
            waiting = null;
        }
        if (ofPlan != null) {
            ofPlan.end(used);
        }
        if (ofCaller != null) {
            ofCaller.end(used);
        }
        if (clusterPermit != null) {
            clusterPermit.leave();
        }
        if (relayPermit != null) {
            relayPermit.leave();
        }
    }

    /** The exchange, as its admission sees it. */
    public interface Listener {
        /** Receives the reason why the request may not run. */
        void onRefused(RelayException refusal);
    }

    /** One of the two questions to the quota, and the permit that it was answered with. */
    private final class Question implements RequestQuota.Answer {
        private final Runnable whenGranted;
        private final long sinceNanos = clock.getAsLong();
        private RequestQuota.Permit permit;
        private boolean isAnswered;
        private boolean isDecided;
        private boolean isRefused;

        Question(Runnable whenGranted) {
            this.whenGranted = whenGranted;
        }

        void ask(Consumer<RequestQuota.Answer> asked) {
            try {
                asked.accept(this);
            } catch (RuntimeException e) {
                LOG.error("the request quota failed for a request of {}", caller.name(), e);
                giveUp();
            }
        }

        long askedNanos() {
            return isDecided ? NOT_WAITING : sinceNanos;
        }

        QuotaStatus status() {
            return permit == null ? null : permit.status();
        }

        @Override
        public void grant(RequestQuota.Permit granted) {
            onLoop(() -> onGranted(granted));
        }

        @Override
        public void refuse(QuotaRefusal refusal) {
            onLoop(() -> onRefused(refusal));
        }

        @Override
        public void lose() {
            onLoop(this::giveUp);
        }

        private void onGranted(RequestQuota.Permit granted) {
            if (isAnswered) {
                return; // a second answer of the same quota
            }
            isAnswered = true;
            if (isReleased) {
                granted.release(); // the downstream left in the meantime
                return;
            }
            permit = granted;
            if (!isDecided) {
                isDecided = true;
                proceed();
            }
        }

        /** Runs what waits, unless the exchange itself goes on after its question. */
        private void proceed() {
            if (this == ofCaller || !isAsking) {
                whenGranted.run();
            }
        }

        private void onRefused(QuotaRefusal refusal) {
            if (isAnswered || isDecided || isReleased) {
                return;
            }
            isAnswered = true;
            isDecided = true;
            isRefused = true;
            long seconds = Math.max(1, refusal.retryAfter().plusMillis(999).toSeconds());
            listener.onRefused(RelayException.retryLater(refusal.isSpent() ? ErrorCode.DOWNSTREAM_BUDGET_SPENT
                    : ErrorCode.DOWNSTREAM_RATE_LIMITED, refusal.reason(), refusal.isSpent() ? seconds
                    : Math.min(seconds, MAX_RETRY_SECONDS), refusal.status() == null ? Map.of()
                    : refusal.status().headers()));
        }

        void giveUp() {
            if (isDecided || isReleased) {
                return;
            }
            isDecided = true;
            if (onLoss == StoreLoss.REFUSE) {
                isRefused = true;
                listener.onRefused(RelayException.retryLater(ErrorCode.STORE_UNAVAILABLE,
                        "The store of quotas did not answer in time", 1));
            } else {
                proceed();
            }
        }

        void end(Settlement used) {
            if (permit == null) {
                return;
            }
            try {
                if (used == null) {
                    permit.release();
                } else {
                    permit.settle(used);
                }
            } catch (RuntimeException e) {
                LOG.error("the request quota failed; a request of {} was not settled", caller.name(), e);
            }
        }
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
                queuedNanos += clock.getAsLong() - waitingSinceNanos;
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
