// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.request;

import dev.sluice.engine.config.RetryConfig;
import dev.sluice.engine.http.AttemptFailure;
import java.util.concurrent.TimeUnit;

/**
 * The decisions about second attempts, as functions of values: nothing is counted, chosen or sent here.
 *
 * <p>The rule behind all of them: an attempt is repeated when the upstream cannot have processed it, when the upstream
 * itself refused it with a status that allows that, or when the route declares its requests idempotent.
 */
final class RetryPolicy {
    /** The longest time to wait for a refusing endpoint if there is no other. */
    private static final long MAX_WAIT_NANOS = TimeUnit.SECONDS.toNanos(2);
    /**
     * The maximum number of attempts if upstreams did not process the request: several connections may end during one
     * deployment.
     */
    private static final int MAX_UNPROCESSED_ATTEMPTS = 4;
    /** If a reused connection closes within this time without a byte, it was closed before the request reached it. */
    private static final long STALE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private RetryPolicy() {
    }

    /**
     * Decides after a failed connect.
     *
     * @param facts the exchange so far; it is replayable if all bytes that were sent can be sent again
     * @return the decision
     */
    public static Decision afterConnectFailure(Facts facts) {
        if (facts.attempts >= facts.maxAttempts || !facts.isReplayable) {
            return Decision.GIVE_UP;
        }
        return facts.hasOthers ? Decision.AT_ONCE : Decision.AFTER_BACKOFF;
    }

    /**
     * Decides after the loss of an attempt that had its connection.
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
     * Decides after an endpoint refused the request with a response.
     *
     * @param facts           the exchange so far
     * @param status          the response's status
     * @param isOwnRefusal    whether the endpoint refused the relay's credentials and not the request
     * @param retryAfterNanos the time that the response asks to wait; 0 for none
     * @return {@link Decision#AT_ONCE} to ask another endpoint, {@link Decision#AFTER_REST} to ask this one again when
     *         it is ready, {@link Decision#ELSEWHERE_OR_AFTER_REST} if both would do
     */
    public static Decision afterRefusal(Facts facts, int status, boolean isOwnRefusal, long retryAfterNanos) {
        boolean isSoon = retryAfterNanos > 0 && retryAfterNanos <= MAX_WAIT_NANOS;
        boolean mayAsk = isOwnRefusal || isRetryable(status, facts.retry);
        if (!mayAsk || facts.attempts >= facts.maxAttempts || !facts.isReplayable) {
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
     * Returns whether a hedge is allowed: a second endpoint that is asked while the first one is slow to answer. The
     * cluster's response times determine its delay.
     *
     * @param facts the exchange so far
     * @return whether a hedge is allowed
     */
    public static boolean mayHedge(Facts facts) {
        return facts.retry.hedgeQuantile() > 0 && facts.hasOthers && facts.isReplayable
                && facts.attempts < facts.maxAttempts;
    }

    /**
     * {@return whether a status is a failure of the endpoint. 529 reports an overload. A 429 is a rate limit, not a
     * failure}
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
     * @param maxAttempts  the cluster's maximum number of attempts
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
        /** Another attempt is made at once without a charge to the retry budget, because no endpoint failed. */
        AT_ONCE_FREE(false),
        /** The only endpoint is asked again after a backoff, because it would fail again at once. */
        AFTER_BACKOFF(true),
        /** The same endpoint is asked again after the rest time that it asked for. */
        AFTER_REST(true),
        /** Another endpoint is asked at once, or the same one after the rest time that it asked for. */
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
