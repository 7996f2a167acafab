// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.examples.quota;

import dev.sluice.engine.spi.PlannedRequest;
import dev.sluice.engine.spi.Principal;
import dev.sluice.engine.spi.QuotaRefusal;
import dev.sluice.engine.spi.RequestQuota;
import dev.sluice.engine.spi.Settlement;
import java.time.Duration;
import java.util.concurrent.CompletionStage;

/**
 * A quota of prepaid tokens, which an accounting service keeps. The service is asked when the route is known, because
 * only then the estimate is; it takes the estimate from the account, and gets the difference back at the end.
 */
public final class PrepaidQuota implements RequestQuota {
    private final Accounts accounts;

    /** The accounting service. Its answers may come later, on any thread. */
    public interface Accounts {
        /**
         * Takes tokens from an account, if there are any.
         *
         * @return completes with whether they were taken, exceptionally if the service cannot tell
         */
        CompletionStage<Boolean> take(String caller, long tokens);

        /** Gives tokens back to an account, or takes more than it has if the number is negative; must not block. */
        void giveBack(String caller, long tokens);
    }

    /**
     * Creates a quota.
     *
     * @param accounts the accounting service
     */
    public PrepaidQuota(Accounts accounts) {
        this.accounts = accounts;
    }

    @Override
    public void admit(Principal caller, Answer answer) {
        answer.grant(Permit.NONE); // nothing is counted before the route is known
    }

    @Override
    public void admit(PlannedRequest request, Answer answer) {
        String caller = request.caller().name();
        long estimate = request.estimatedTokens();
        // Exactly one of the three methods must be called, or the request waits for its timeout.
        accounts.take(caller, estimate).whenComplete((isTaken, failure) -> {
            if (failure != null) {
                answer.lose();
            } else if (isTaken) {
                answer.grant(new Reservation(caller, estimate));
            } else {
                answer.refuse(new QuotaRefusal("The account of " + caller + " has no tokens left (expected: some)",
                        Duration.ofHours(1), true, null));
            }
        });
    }

    /** What one request has taken. The relay calls one of these methods, once. */
    private final class Reservation implements Permit {
        private final String caller;
        private final long estimate;

        Reservation(String caller, long estimate) {
            this.caller = caller;
            this.estimate = estimate;
        }

        @Override
        public void settle(Settlement used) {
            accounts.giveBack(caller, estimate - used.tokens(estimate));
        }

        @Override
        public void release() {
            accounts.giveBack(caller, estimate);
        }
    }
}
