// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.cluster;

import dev.sluice.engine.config.RetryConfig;
import dev.sluice.engine.http.AttemptFailure;
import java.util.concurrent.TimeUnit;

/**
 * The decisions about second attempts, as functions of values: nothing is counted, chosen or sent here.
 *
 * <p>The rule behind all of them: an attempt is repeated when the upstream cannot have processed it, when the upstream
 * itself refused it with a status that allows that, or when the route declares its requests idempotent.
 */
public final class RetryPolicy {
    /** Longest time that a refusing endpoint is waited for, where there is no other. */
    private static final long MAX_WAIT_NANOS = TimeUnit.SECONDS.toNanos(2);
    /** Attempts of a request that upstreams did not process: several connections may end in one deploy. */
    private static final int MAX_UNPROCESSED_ATTEMPTS = 4;
    /** A reused connection that closes within this time without a byte was closed before the request reached it. */
    private static final long STALE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private RetryPolicy() {
    }

    /**
     * Decides after a failed connect.
     *
     * @param facts the exchange so far; it is replayable if nothing that was sent is lost
     * @return the decision
     */
    public static Decision afterConnectFailure(Facts facts) {
        if (facts.attempts >= facts.maxAttempts || !facts.isReplayable) {
            return Decision.GIVE_UP;
        }
        return facts.hasOthers ? Decision.AT_ONCE : Decision.AFTER_BACKOFF;
    }

    /**
     * Decides after an attempt was lost that had its connection.
     *
     * @param facts          the exchange so far
     * @param failure        the loss
     * @param sinceSentNanos the time since the request was sent completely
     * @return the decision
     */
    public static Decision afterLoss(Facts facts, AttemptFailure failure, long sinceSentNanos) {
        boolean isRefused = failure.kind() == AttemptFailure.Kind.REFUSED;
        boolean isStale = failure.kind() == AttemptFailure.Kind.CLOSED && failure.isReused()
                && facts.retry.reusedConnection() && sinceSentNanos <= STALE_NANOS;
        boolean isUnprocessed = isRefused || failure.kind() != AttemptFailure.Kind.MALFORMED
                && !failure.hasResponseBytes() && (!failure.isRequestWritten() || isStale);
        // An upstream that has begun to answer has processed the request, whatever it reports afterwards.
        boolean mayRepeat = isUnprocessed && !facts.hasHead || facts.retry.idempotent();
        int maxAttempts = isRefused ? MAX_UNPROCESSED_ATTEMPTS : facts.maxAttempts;
        if (!mayRepeat || facts.attempts >= maxAttempts || !facts.isReplayable) {
            return Decision.GIVE_UP;
        }
        if (isRefused || isStale) {
            return Decision.AT_ONCE_FREE; // the endpoint is healthy
        }
        return facts.hasOthers ? Decision.AT_ONCE : Decision.AFTER_BACKOFF;
    }

    /**
     * Decides after an attempt took too long.
     *
     * @param facts  the exchange so far
     * @param isSent whether the request was sent completely
     * @return the decision
     */
    public static Decision afterTimeout(Facts facts, boolean isSent) {
        boolean mayRepeat = facts.retry.idempotent() && isSent && facts.hasOthers && facts.isReplayable
                && facts.attempts < facts.maxAttempts;
        return mayRepeat ? Decision.AT_ONCE : Decision.GIVE_UP;
    }

    /**
     * Decides after an endpoint answered that it does not take the request.
     *
     * @param facts           the exchange so far
     * @param status          the response's status
     * @param retryAfterNanos the time that the response asks to wait; 0 for none
     * @return {@link Decision#AT_ONCE} to ask another endpoint, {@link Decision#AFTER_REST} to ask this one again when
     * it is ready, {@link Decision#ELSEWHERE_OR_AFTER_REST} where both would do
     */
    public static Decision afterRefusal(Facts facts, int status, long retryAfterNanos) {
        boolean isSoon = retryAfterNanos > 0 && retryAfterNanos <= MAX_WAIT_NANOS;
        if (!isRetryable(status, facts.retry) || facts.attempts >= facts.maxAttempts || !facts.isReplayable) {
            return Decision.GIVE_UP;
        }
        if (facts.hasOthers) {
            return isSoon ? Decision.ELSEWHERE_OR_AFTER_REST : Decision.AT_ONCE;
        }
        return isSoon ? Decision.AFTER_REST : Decision.GIVE_UP;
    }

    /** {@return whether a response with this status may be replaced by that of another attempt} */
    public static boolean isRetryable(int status, RetryConfig retry) {
        return status == 429 || status == 503 || status == 529 || status >= 400 && retry.statuses().contains(status);
    }

    /**
     * Returns whether a second endpoint may be asked beside one that takes long to answer. The delay after which that
     * is done comes from the cluster's response times.
     *
     * @param facts the exchange so far
     * @return whether a hedge is allowed
     */
    public static boolean mayHedge(Facts facts) {
        return facts.retry.hedgeQuantile() > 0 && facts.hasOthers && facts.isReplayable
                && facts.attempts < facts.maxAttempts;
    }

    /**
     * {@return whether a status is a failure of the endpoint; 529 reports an overload. A 429 is not, it is a limit at
     * work}
     */
    public static boolean isEndpointFailure(int status) {
        return switch (status) {
            case 500, 502, 503, 504, 529 -> true;
            default -> false;
        };
    }

    /** {@return whether the loss of an attempt is a failure of its endpoint, and not just of one kept connection} */
    public static boolean isEndpointFailure(AttemptFailure failure) {
        return switch (failure.kind()) {
            case MALFORMED -> true;
            case CLOSED -> !failure.isReused() && !failure.hasResponseBytes();
            case RESET -> !failure.hasResponseBytes();
            case REFUSED -> false;
        };
    }

    /**
     * The state of an exchange that decides about another attempt.
     *
     * @param attempts     the number of attempts so far, hedges included
     * @param maxAttempts  the bound of the cluster
     * @param isReplayable whether the part of the body that was sent can be sent again
     * @param hasOthers    whether another endpoint could serve the request
     * @param hasHead      whether the head of a response has arrived
     * @param retry        the route's settings
     */
    public record Facts(int attempts, int maxAttempts, boolean isReplayable, boolean hasOthers, boolean hasHead,
            RetryConfig retry) {
    }

    /** The decisions. */
    public enum Decision {
        /** No other attempt is made. */
        GIVE_UP(false),
        /** Another attempt is made at once, preferably elsewhere. */
        AT_ONCE(true),
        /** The same, and the retry budget is not charged, because no endpoint failed. */
        AT_ONCE_FREE(false),
        /** The only endpoint is asked again after a backoff: at once it would fail again. */
        AFTER_BACKOFF(true),
        /** The same endpoint is asked again at the time that it named. */
        AFTER_REST(true),
        /** Another endpoint is asked at once, or the same one at the time that it named. */
        ELSEWHERE_OR_AFTER_REST(true);

        private final boolean isCharged;

        Decision(boolean isCharged) {
            this.isCharged = isCharged;
        }

        /** {@return whether the attempt is charged to the cluster's retry budget} */
        public boolean isCharged() {
            return isCharged;
        }
    }
}
