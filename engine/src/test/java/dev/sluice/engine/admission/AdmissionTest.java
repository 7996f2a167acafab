// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.admission;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.config.StoreLoss;
import dev.sluice.engine.spi.PlannedRequest;
import dev.sluice.engine.spi.Principal;
import dev.sluice.engine.spi.QuotaRefusal;
import dev.sluice.engine.spi.QuotaStatus;
import dev.sluice.engine.spi.RequestQuota;
import dev.sluice.engine.spi.Settlement;
import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.error.RelayException;
import dev.sluice.protocol.event.Usage;
import io.netty.channel.DefaultEventLoop;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.ImmediateEventExecutor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AdmissionTest {
    private static final PlannedRequest PLANNED = new PlannedRequest(Principal.of("alice"), RouteConfig.of("m", "up"),
            "m", "m", 5);
    private static final Settlement USED = new Settlement("m", null, new Usage(3, 0, 2, 0, 5, false));

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
        admission.release(USED);
        admission.release(null);

        assertEquals(List.of("admitted"), steps);
        assertEquals(List.of("settled caller"), quota.ends);
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
        first.release(null);
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
        quota.refusal = QuotaRefusal.ofRate("too many", Duration.ofMillis(1100), null);

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
        admission.release(null); // the exchange has ended
        quota.deferred.grant(quota.permit("caller"));

        assertEquals(1, refusals.size());
        assertEquals(ErrorCode.STORE_UNAVAILABLE, refusals.get(0).code());
        assertEquals(List.of(), steps);
        assertEquals(List.of("released caller"), quota.ends);
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
        quota.deferred.grant(quota.permit("caller")); // late: what it has counted is settled at the end
        quota.deferred.refuse(QuotaRefusal.ofRate("late", Duration.ofSeconds(1), null));
        admission.release(USED);

        assertEquals(List.of("admitted"), steps);
        assertEquals(List.of(), refusals);
        assertEquals(List.of("settled caller"), quota.ends);
    }

    /** A quota that knows that it cannot answer is not waited for. */
    @ParameterizedTest
    @CsvSource({"REFUSE, false", "CONTINUE, true"})
    void shouldDecideAtOnceWithoutAQuotaThatIsLost(StoreLoss onLoss, boolean isAdmitted) {
        quota.isDeferred = true;
        Admission admission = new Admission(quota, new FairGate(1, 0), caller, ImmediateEventExecutor.INSTANCE,
                () -> nowNanos, onLoss, refusals::add);
        admission.enterRelay(() -> steps.add("admitted"));

        quota.deferred.lose();
        quota.deferred.lose();

        assertEquals(isAdmitted ? List.of("admitted") : List.of(), steps);
        assertEquals(isAdmitted ? 0 : 1, refusals.size());
    }

    @Test
    void shouldSettleAQuotaThatIsGrantedTooLate() {
        quota.isDeferred = true;
        Admission admission = admission(new FairGate(1, 0));
        admission.enterRelay(() -> steps.add("admitted"));
        admission.release(null);

        quota.deferred.grant(quota.permit("caller"));
        quota.deferred.grant(quota.permit("caller")); // a second answer counts nothing

        assertEquals(List.of(), steps);
        assertEquals(List.of("released caller"), quota.ends);
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
        first.release(null);

        assertEquals(List.of("second"), steps);
        assertTrue(second.enterCluster(cluster, () -> steps.add("again")));
        assertTrue(second.enterCluster(null, () -> steps.add("no limit")));
    }

    /** The second question is asked when the route is known, and answered at once or later. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldAskAboutTheRouteBeforeTheRequestIsSent(boolean isLater) {
        Admission admission = admission(new FairGate(1, 0));
        admission.enterRelay(() -> steps.add("admitted"));
        assertFalse(admission.isGranted());
        quota.isDeferred = isLater;

        admission.ask(PLANNED, () -> steps.add("granted"));

        assertEquals(!isLater, admission.isGranted());
        assertEquals(isLater ? 7 : Admission.NOT_WAITING, admission.quotaAskedNanos());
        if (isLater) {
            quota.deferred.grant(quota.permit("plan"));
        }
        assertTrue(admission.isGranted());
        assertEquals(isLater ? List.of("admitted", "granted") : List.of("admitted"), steps);
        admission.release(USED);
        admission.release(null);
        assertEquals(List.of("settled plan", "settled caller"), quota.ends);
    }

    @ParameterizedTest
    @CsvSource({"false, DOWNSTREAM_RATE_LIMITED, 86400", "true, DOWNSTREAM_BUDGET_SPENT, 2592000"})
    void shouldSayWhatIsLeft(boolean isSpent, ErrorCode code, long seconds) {
        Admission admission = admission(new FairGate(1, 0));
        admission.enterRelay(() -> steps.add("admitted"));
        quota.refusal = new QuotaRefusal("too much", Duration.ofDays(30), isSpent, new QuotaStatus(
                new QuotaStatus.Left(60, 0, Duration.ofMillis(90_500)), null));

        admission.ask(PLANNED, () -> steps.add("granted"));

        assertFalse(admission.isGranted());
        RelayException refusal = refusals.get(0);
        assertEquals(code, refusal.code());
        assertEquals(429, refusal.code().status());
        assertEquals(seconds, refusal.retryAfterSeconds());
        assertEquals(Map.of("x-ratelimit-limit-requests", "60", "x-ratelimit-remaining-requests", "0",
                "x-ratelimit-reset-requests", "1m31s"), refusal.headers());
        admission.release(null);
        assertEquals(List.of("released caller"), quota.ends);
    }

    /** A quota that answers at once, or when the test says so. */
    private static class Quota implements RequestQuota {
        final List<String> ends = new ArrayList<>();
        QuotaRefusal refusal;
        boolean isDeferred;
        Answer deferred;

        Permit permit(String name) {
            return new Permit() {
                @Override
                public void settle(Settlement used) {
                    ends.add("settled " + name);
                }

                @Override
                public void release() {
                    ends.add("released " + name);
                }
            };
        }

        @Override
        public void admit(Principal who, Answer answer) {
            decide("caller", answer);
        }

        @Override
        public void admit(PlannedRequest request, Answer answer) {
            decide("plan", answer);
        }

        private void decide(String name, Answer answer) {
            if (isDeferred) {
                deferred = answer;
            } else if (refusal != null) {
                answer.refuse(refusal);
            } else {
                answer.grant(permit(name));
            }
        }
    }
}
