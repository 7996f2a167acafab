// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.exchange;

import dev.sluice.engine.limit.FairGate;
import dev.sluice.engine.spi.Principal;
import dev.sluice.engine.spi.RequestQuota;
import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.error.RelayException;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What an exchange must have before it may run: a request of its caller's quota, a place in the relay, and where its
 * cluster has a limit one there. It waits for places, not for long, and gives them back when it is over.
 *
 * <p><b>Threading:</b> confined to the exchange's loop.
 */
final class Places {
    private static final Logger LOG = LoggerFactory.getLogger(Places.class);
    private static final long MAX_RETRY_SECONDS = Duration.ofDays(1).toSeconds();

    private final Exchange exchange;
    private final RelayCore core;
    private final Setup setup;
    private final LoopContext loop;
    private final Principal caller;
    private boolean isQuotaTaken;
    private boolean isAnswered;
    private boolean isOver;
    private FairGate.Ticket relay;
    private FairGate.Ticket cluster;
    private FairGate.Ticket waiting;
    private long waitingSinceNanos;

    Places(Exchange exchange, RelayCore core, Setup setup, LoopContext loop, Principal caller) {
        this.exchange = exchange;
        this.core = core;
        this.setup = setup;
        this.loop = loop;
        this.caller = caller;
    }

    /** Asks the caller's quota, then for a place in the relay; runs {@code whenInside} at once or later. */
    void enterRelay(Runnable whenInside) {
        try {
            core.quota().admit(caller, new RequestQuota.Answer() {
                @Override
                public void admit() {
                    onLoop(() -> onAdmitted(whenInside));
                }

                @Override
                public void refuse(String reason, Duration retryAfter) {
                    onLoop(() -> onRefused(reason, retryAfter));
                }
            });
        } catch (RuntimeException e) {
            LOG.error("exchange {}: the quota failed", exchange.id(), e);
            exchange.refuse(RelayException.of(ErrorCode.RELAY_INTERNAL, "The relay could not count the request"));
        }
    }

    private void onLoop(Runnable answer) {
        if (loop.eventLoop().inEventLoop()) {
            answer.run();
        } else {
            loop.eventLoop().execute(answer);
        }
    }

    private void onAdmitted(Runnable whenInside) {
        if (isAnswered) {
            return; // it was to answer once
        }
        isAnswered = true;
        isQuotaTaken = true;
        if (isOver) {
            settle(0); // the downstream left meanwhile
            return;
        }
        relay = enter(core.gate(), whenInside);
        if (relay != null && waiting == null) {
            whenInside.run();
        }
    }

    private void onRefused(String reason, Duration retryAfter) {
        if (isAnswered || isOver) {
            return;
        }
        isAnswered = true;
        long seconds = Math.min(Math.max(1, retryAfter.plusMillis(999).toSeconds()), MAX_RETRY_SECONDS);
        exchange.refuse(RelayException.retryLater(ErrorCode.DOWNSTREAM_RATE_LIMITED, reason, seconds));
    }

    /** Asks for a place in a cluster; returns whether it is there. Where it comes later, runs {@code whenInside}. */
    boolean enterCluster(FairGate gate, Runnable whenInside) {
        if (gate == null) {
            return true;
        }
        if (cluster == null && !isOver) {
            cluster = enter(gate, whenInside);
        }
        return cluster != null && cluster.isInside() && waiting == null;
    }

    /** Returns a ticket, which may have to wait, or refuses. */
    private FairGate.Ticket enter(FairGate gate, Runnable whenInside) {
        PlaceWaiter waiter = new PlaceWaiter(whenInside);
        FairGate.Ticket ticket = gate.enter(caller.name(), loop.eventLoop(), waiter);
        waiter.ticket = ticket;
        if (ticket == null) {
            refuse();
        } else if (!ticket.isInside()) {
            waiting = ticket;
            waitingSinceNanos = loop.ticker().nanoTime();
        }
        return ticket;
    }

    private void refuse() {
        exchange.refuse(RelayException.of(ErrorCode.RELAY_OVERLOADED,
                "The relay carries as many requests as it may, and as many wait"));
    }

    /** Returns whether it waits for a place. */
    boolean isWaiting() {
        return waiting != null;
    }

    void onTick(long nowNanos) {
        if (waiting != null && nowNanos - waitingSinceNanos > setup.limits().maxQueueTime().toNanos()) {
            exchange.refuse(RelayException.of(ErrorCode.RELAY_OVERLOADED,
                    "The relay carries as many requests as it may, and no place came free in time"));
        }
    }

    /**
     * Gives everything back; idempotent.
     *
     * @param tokens what was used; 0 where unknown
     */
    void leave(long tokens) {
        if (isOver) {
            return;
        }
        isOver = true;
        waiting = null;
        if (isQuotaTaken) {
            settle(tokens);
        }
        if (cluster != null) {
            cluster.leave();
        }
        if (relay != null) {
            relay.leave();
        }
    }

    private void settle(long tokens) {
        try {
            core.quota().settle(caller, tokens);
        } catch (RuntimeException e) {
            LOG.error("exchange {}: {} tokens were not settled: the quota failed", exchange.id(), tokens, e);
        }
    }

    /** Waits for one place: it may be there before it was known that it has to be waited for, or be another's turn. */
    private final class PlaceWaiter implements FairGate.Waiter {
        private final Runnable whenInside;
        private FairGate.Ticket ticket;

        PlaceWaiter(Runnable whenInside) {
            this.whenInside = whenInside;
        }

        @Override
        public void onEntered() {
            if (!isOver && waiting != null && waiting == ticket) {
                waiting = null;
                whenInside.run();
            }
        }

        @Override
        public void onDropped() {
            if (!isOver) {
                refuse();
            }
        }
    }
}
