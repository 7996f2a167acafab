// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.request;

import dev.sluice.engine.config.RetryConfig;
import dev.sluice.engine.http.AttemptFailure;
import dev.sluice.protocol.event.Failure;
import java.util.concurrent.TimeUnit;

/**
 * The decisions about second attempts, as functions of values: nothing is counted, chosen or sent here.
 *
 * <p>The rule behind all of them: an attempt is repeated when the upstream cannot have processed it, when the upstream
 * itself refused it with a status that allows that, or when the route declares its requests idempotent. Each endpoint
 * of the cluster has one turn; only an endpoint that is alone has a second one.
 */
final class RetryPolicy {
    /** The longest time to wait for a refusing endpoint if there is no other. */
    private static final long MAX_WAIT_NANOS = TimeUnit.SECONDS.toNanos(2);
    /**
     * The maximum number of attempts, beyond one for each endpoint, of a request that upstreams did not process:
     * several connections may end during one deployment.
     */
    private static final int MAX_REPEATS = 4;
    /** The number of times that the only endpoint is asked. */
    private static final int MAX_TURNS_OF_ONLY = 2;
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
        return facts.isReplayable ? next(facts) : Decision.GIVE_UP;
    }

    /**
     * Decides after an endpoint had no connection with room for the request.
     *
     * @param facts the exchange so far; it is replayable if all bytes that were sent can be sent again
     * @return {@link Decision#AT_ONCE} to ask another endpoint, or {@link Decision#GIVE_UP}
     */
    public static Decision afterBusy(Facts facts) {
        return facts.isReplayable && facts.hasOthers ? Decision.AT_ONCE : Decision.GIVE_UP;
    }

    /** Returns who is asked next if the request may be repeated. */
    private static Decision next(Facts facts) {
        if (facts.hasOthers) {
            return Decision.AT_ONCE;
        }
        return mayRepeatAtOnly(facts) ? Decision.AFTER_BACKOFF : Decision.GIVE_UP;
    }

    private static boolean mayRepeatAtOnly(Facts facts) {
        return facts.isOnly && facts.turns < MAX_TURNS_OF_ONLY;
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
                && !failure.hasResponseBytes() && !facts.hasHead && facts.retry.reusedConnection()
                && sinceSentNanos <= STALE_NANOS;
        boolean isUnprocessed = isRefused || failure.kind() != AttemptFailure.Kind.MALFORMED
                && !failure.hasResponseBytes() && (!failure.isRequestWritten() || isStale);
        // An upstream that has begun to answer has processed the request, whatever it reports afterwards.
        boolean mayRepeat = isUnprocessed && !facts.hasHead || facts.retry.idempotent();
        if (!mayRepeat || !facts.isReplayable) {
            return Decision.GIVE_UP;
        }
        if (facts.repeats < MAX_REPEATS && (isRefused || isStale)) {
            return isStale ? Decision.ON_NEW_CONNECTION : Decision.AT_ONCE_FREE; // the endpoint is healthy
        }
        return next(facts);
    }

    /**
     * Decides after an attempt took too long.
     *
     * @param facts  the exchange so far
     * @param isSent whether the request was sent completely
     * @return the decision
     */
    public static Decision afterTimeout(Facts facts, boolean isSent) {
        boolean mayRepeat = facts.retry.idempotent() && isSent && facts.hasOthers && facts.isReplayable;
        return mayRepeat ? Decision.AT_ONCE : Decision.GIVE_UP;
    }

    /**
     * Decides after an endpoint refused the request with a response.
     *
     * @param facts           the exchange so far
     * @param status          the response's status
     * @param isOwnRefusal    whether the endpoint refused the relay's credentials and not the request
     * @param retryAfterNanos the time that the response asks to wait; 0 for none
     * @return {@link Decision#AT_ONCE} to ask another endpoint, {@link Decision#AFTER_REST} to ask the only one
     *         again when it is ready
     */
    public static Decision afterRefusal(Facts facts, int status, boolean isOwnRefusal, long retryAfterNanos) {
        boolean mayAsk = isOwnRefusal || isRetryable(status, facts.retry);
        if (!mayAsk || !facts.isReplayable) {
            return Decision.GIVE_UP;
        }
        if (facts.hasOthers) {
            return Decision.AT_ONCE;
        }
        boolean isSoon = retryAfterNanos > 0 && retryAfterNanos <= MAX_WAIT_NANOS;
        return isSoon && mayRepeatAtOnly(facts) ? Decision.AFTER_REST : Decision.GIVE_UP;
    }

    /**
     * Decides after a response that reports a failure while nothing of it was sent downstream: in its first event, in a
     * document, or anywhere in an answer that is collected.
     *
     * @param facts        the exchange so far
     * @param failure      the failure; null if the answer broke off before it reported one
     * @param isBeginning  whether the failure is the beginning of the answer
     * @param isOwnRefusal whether the endpoint refused the relay's credentials and not the request
     * @return {@link Decision#AT_ONCE} to ask another endpoint, or {@link Decision#GIVE_UP}
     */
    public static Decision afterFailure(Facts facts, Failure failure, boolean isBeginning, boolean isOwnRefusal) {
        boolean isPassing = failure == null || failure.isPassing() || failure.isModelMissing() || isOwnRefusal
                || facts.retry.statuses().contains(failure.status());
        boolean mayAsk = isPassing && (isBeginning || facts.retry.idempotent());
        return mayAsk && facts.isReplayable && facts.hasOthers ? Decision.AT_ONCE : Decision.GIVE_UP;
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
        return facts.retry.hedgeQuantile() > 0 && facts.hasOthers && facts.isReplayable;
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
     * @param turns        the number of turns that endpoints have had, that of the current one included
     * @param repeats      the number of attempts that were not the endpoint's turn, because it did not process them
     * @param isReplayable whether the part of the body that was sent can be sent again
     * @param isOnly       whether no other endpoint of the cluster may ever serve the request
     * @param hasOthers    whether there is an endpoint that has not had its turn
     * @param hasHead      whether the head of a response has arrived
     * @param retry        the route's settings
     */
    public record Facts(int turns, int repeats, boolean isReplayable, boolean isOnly, boolean hasOthers,
            boolean hasHead, RetryConfig retry) {
        /** {@return these facts if no other endpoint has room} */
        Facts withoutOthers() {
            return new Facts(turns, repeats, isReplayable, true, false, hasHead, retry);
        }
    }

    /** The decisions. */
    public enum Decision {
        /** No other attempt is made. */
        GIVE_UP(false),
        /** Another endpoint is asked at once. */
        AT_ONCE(true),
        /** Another attempt is made at once, preferably elsewhere, because the endpoint did not process this one. */
        AT_ONCE_FREE(false),
        /** The same endpoint is asked on a new connection, because it has closed one that it had kept. */
        ON_NEW_CONNECTION(false),
        /** The only endpoint is asked again after a backoff, because it would fail again at once. */
        AFTER_BACKOFF(true),
        /** The same endpoint is asked again after the rest time that it asked for, because no other one has room. */
        AFTER_REST(true);

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
