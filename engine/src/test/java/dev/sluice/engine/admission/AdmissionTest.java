// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.admission;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.config.StoreLoss;
import dev.sluice.engine.spi.Principal;
import dev.sluice.engine.spi.RequestQuota;
import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.error.RelayException;
import io.netty.channel.DefaultEventLoop;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.ImmediateEventExecutor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class AdmissionTest {
    private final Principal caller = Principal.of("alice");
    private final Quota quota = new Quota();
    private final List<RelayException> refusals = new ArrayList<>();
    private final List<String> steps = new ArrayList<>();
    private long nowNanos = 7;

    private Admission admission(FairGate gate) {
        return admission(gate, ImmediateEventExecutor.INSTANCE);
    }

    private Admission admission(FairGate gate, EventExecutor loop) {
        return new Admission(quota, gate, caller, loop, () -> nowNanos, StoreLoss.REFUSE, refusals::add);
    }

    @Test
    void shouldAdmitAtOnceAndReleaseOnce() {
        FairGate gate = new FairGate(1, 0);
        Admission admission = admission(gate);

        admission.enterRelay(() -> steps.add("admitted"));
        admission.release(5);
        admission.release(6);

        assertEquals(List.of("admitted"), steps);
        assertEquals(List.of(5L), quota.settled);
        assertEquals(0, gate.inside());
    }

    @Test
    void shouldWaitForAPermitOfTheRelay() {
        FairGate gate = new FairGate(1, 1);
        Admission first = admission(gate);
        Admission second = admission(gate);
        first.enterRelay(() -> steps.add("first"));

        second.enterRelay(() -> steps.add("second"));

        assertEquals(List.of("first"), steps);
        assertTrue(second.isWaiting());
        assertEquals(7, second.waitingSinceNanos());
        first.release(0);
        assertEquals(List.of("first", "second"), steps);
        assertFalse(second.isWaiting());
        assertEquals(Admission.NOT_WAITING, second.waitingSinceNanos());
    }

    @Test
    void shouldRefuseWhereTheQueueIsFull() {
        FairGate gate = new FairGate(1, 0);
        admission(gate).enterRelay(() -> steps.add("first"));

        admission(gate).enterRelay(() -> steps.add("second"));

        assertEquals(List.of("first"), steps);
        assertEquals(ErrorCode.RELAY_OVERLOADED, refusals.get(0).code());
    }

    @Test
    void shouldRefuseInWholeSecondsAsTheQuotaSays() {
        quota.refusal = Duration.ofMillis(1100);

        admission(new FairGate(1, 0)).enterRelay(() -> steps.add("admitted"));

        assertEquals(List.of(), steps);
        assertEquals(ErrorCode.DOWNSTREAM_RATE_LIMITED, refusals.get(0).code());
        assertEquals(2, refusals.get(0).retryAfterSeconds());
    }

    @Test
    void shouldRefuseWhereTheQuotaFails() {
        Admission admission = new Admission(new Quota() {
            @Override
            public void admit(Principal who, Answer answer) {
                throw new IllegalStateException("a defect of the quota");
            }
        }, new FairGate(1, 0), caller, ImmediateEventExecutor.INSTANCE, () -> 0, StoreLoss.REFUSE, refusals::add);

        admission.enterRelay(() -> steps.add("admitted"));

        assertEquals(List.of(), steps);
        assertEquals(ErrorCode.STORE_UNAVAILABLE, refusals.get(0).code());
        assertEquals(1, refusals.get(0).retryAfterSeconds());
    }

    @Test
    void shouldRefuseWhereTheQuotaDoesNotAnswer() {
        quota.isDeferred = true;
        FairGate gate = new FairGate(1, 0);
        Admission admission = admission(gate);
        admission.enterRelay(() -> steps.add("admitted"));
        assertEquals(7, admission.quotaAskedNanos());

        admission.giveUpQuota();
        admission.giveUpQuota();
        assertEquals(Admission.NOT_WAITING, admission.quotaAskedNanos());
        admission.release(0); // the exchange has ended
        quota.deferred.admit();

        assertEquals(1, refusals.size());
        assertEquals(ErrorCode.STORE_UNAVAILABLE, refusals.get(0).code());
        assertEquals(List.of(), steps);
        assertEquals(List.of(0L), quota.settled);
        assertEquals(0, gate.inside());
    }

    @Test
    void shouldGoOnWithoutTheQuotaWhereThatIsConfigured() {
        quota.isDeferred = true;
        Admission admission = new Admission(quota, new FairGate(1, 0), caller, ImmediateEventExecutor.INSTANCE,
                () -> nowNanos, StoreLoss.CONTINUE, refusals::add);
        admission.enterRelay(() -> steps.add("admitted"));

        admission.giveUpQuota();
        assertEquals(List.of("admitted"), steps);
        quota.deferred.admit(); // late: what it has counted is settled at the end
        quota.deferred.refuse("late", Duration.ofSeconds(1));
        admission.release(9);

        assertEquals(List.of("admitted"), steps);
        assertEquals(List.of(), refusals);
        assertEquals(List.of(9L), quota.settled);
    }

    @Test
    void shouldSettleAQuotaThatIsGrantedTooLate() {
        quota.isDeferred = true;
        Admission admission = admission(new FairGate(1, 0));
        admission.enterRelay(() -> steps.add("admitted"));
        admission.release(0);

        quota.deferred.admit();
        quota.deferred.admit(); // a second answer counts nothing

        assertEquals(List.of(), steps);
        assertEquals(List.of(0L), quota.settled);
    }

    @Test
    void shouldBringAnAnswerOfAnotherThreadToTheLoop() throws Exception {
        DefaultEventLoop loop = new DefaultEventLoop();
        try {
            CompletableFuture<Thread> admitted = new CompletableFuture<>();
            admission(new FairGate(1, 0), loop).enterRelay(() -> admitted.complete(Thread.currentThread()));

            assertTrue(loop.inEventLoop(admitted.get()));
        } finally {
            loop.shutdownGracefully().sync();
        }
    }

    @Test
    void shouldAskForAPermitOfTheClusterOnce() {
        FairGate cluster = new FairGate(1, 1);
        Admission first = admission(new FairGate(9, 0));
        Admission second = admission(new FairGate(9, 0));

        assertTrue(first.enterCluster(cluster, () -> steps.add("first")));
        assertTrue(first.enterCluster(cluster, () -> steps.add("first")));
        assertFalse(second.enterCluster(cluster, () -> steps.add("second")));
        assertFalse(second.enterCluster(cluster, () -> steps.add("second")));
        assertEquals(1, cluster.queued());
        first.release(0);

        assertEquals(List.of("second"), steps);
        assertTrue(second.enterCluster(cluster, () -> steps.add("again")));
        assertTrue(second.enterCluster(null, () -> steps.add("no limit")));
    }

    /** A quota that answers at once, or when the test says so. */
    private static class Quota implements RequestQuota {
        final List<Long> settled = new ArrayList<>();
        Duration refusal;
        boolean isDeferred;
        Answer deferred;

        @Override
        public void admit(Principal who, Answer answer) {
            if (isDeferred) {
                deferred = answer;
            } else if (refusal != null) {
                answer.refuse("too many", refusal);
            } else {
                answer.admit();
            }
        }

        @Override
        public void settle(Principal who, long tokens) {
            settled.add(tokens);
        }
    }
}
