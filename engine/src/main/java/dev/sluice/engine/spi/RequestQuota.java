// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.spi;

/**
 * The limits of callers, their groups and routes. It is asked twice for each request: when the caller is known, and
 * when the route is. A request that both answers admit has two permits, each of which is settled or released, exactly
 * once. A relay that dies does neither; an implementation that counts outside of it lets permits expire.
 *
 * <p>Limits of one relay are counted in memory. An implementation that several relays share makes limits hold across
 * all of them.
 *
 * <p><b>Threading:</b> called on event loops, so an implementation must not block. An exception counts as an answer
 * that does not arrive.
 *
 * <p><b>Deadlines:</b> a request waits for an answer for the {@code quota} timeout, and then {@code on_quota_loss}
 * decides whether it goes on without a permit or is refused with 503. A permit that is granted later is released.
 */
public interface RequestQuota {
    /**
     * Asks for a request of a caller, whose model is not known yet.
     *
     * @param caller the caller
     * @param answer receives the decision; to be called exactly once, during this call or later, from any thread
     */
    void admit(Principal caller, Answer answer);

    /**
     * Asks for a request whose route is known. The request is not sent before the answer.
     *
     * @param request the request, which {@link #admit(Principal, Answer)} has admitted
     * @param answer  as above
     */
    default void admit(PlannedRequest request, Answer answer) {
        answer.grant(Permit.NONE);
    }

    /** The receiver of the decision. */
    interface Answer {
        /**
         * Admits the request.
         *
         * @param permit what was granted
         */
        void grant(Permit permit);

        /** Reports that there will be no decision, so that {@code on_quota_loss} decides at once. */
        void lose();

        /**
         * Refuses the request with 429.
         *
         * @param refusal the reason
         */
        void refuse(QuotaRefusal refusal);
    }

    /** What was granted to one request. Its methods are called on event loops, one of the last two exactly once. */
    interface Permit {
        /** A permit of which nothing has to be given back. */
        Permit NONE = new Permit() {
            @Override
            public void settle(Settlement used) {
                // nothing was counted
            }

            @Override
            public void release() {
                // nothing was counted
            }
        };

        /** {@return what is left of the limits, for the headers of the response; null for none} */
        default QuotaStatus status() {
            return null;
        }

        /**
         * Ends a request that was sent upstream.
         *
         * @param used what it has used
         */
        void settle(Settlement used);

        /** Ends a request that was not sent. */
        void release();

        /**
         * Returns the cost of what was settled, as far as the quota knows prices.
         *
         * @return millionths of a dollar; 0 before {@link #settle}, or if no price is known
         */
        default long microDollars() {
            return 0;
        }
    }
}
