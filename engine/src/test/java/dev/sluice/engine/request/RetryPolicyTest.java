// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.request;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.engine.config.RetryConfig;
import dev.sluice.engine.http.AttemptFailure;
import dev.sluice.engine.request.RetryPolicy.Decision;
import dev.sluice.protocol.event.Failure;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RetryPolicyTest {
    private static final RetryConfig PLAIN = RetryConfig.DEFAULT;
    private static final RetryConfig IDEMPOTENT = PLAIN.withIdempotent(true);
    private static final long MILLIS = TimeUnit.MILLISECONDS.toNanos(1);

    /** The facts of a cluster that has other endpoints, asked or not, unless this is its first turn and it has none. */
    private static RetryPolicy.Facts facts(int turns, boolean isReplayable, boolean hasOthers, boolean hasHead,
            RetryConfig retry) {
        return new RetryPolicy.Facts(turns, 0, isReplayable, !hasOthers, hasOthers, hasHead, retry);
    }

    @ParameterizedTest
    @CsvSource({
        // attempts, replayable, others, decision
        "1, true, true, AT_ONCE",
        "5, true, true, AT_ONCE", // each endpoint has its turn
        "1, true, false, AFTER_BACKOFF",
        "2, true, false, GIVE_UP",
        "1, false, true, GIVE_UP",
    })
    void shouldDecideAfterAFailedConnect(int attempts, boolean isReplayable, boolean hasOthers, Decision decision) {
        assertEquals(decision, RetryPolicy.afterConnectFailure(facts(attempts, isReplayable, hasOthers, false, PLAIN)));
    }

    @ParameterizedTest
    @CsvSource({
        // kind, reused, request written, response bytes, others, idempotent, since sent in ms, decision
        // not processed: the end of the request was not written yet
        "CLOSED, false, false, false, true, false, 0, AT_ONCE",
        "CLOSED, false, false, false, false, false, 0, AFTER_BACKOFF",
        "RESET, false, false, false, true, false, 0, AT_ONCE",
        // not processed: the upstream says so; the endpoint is healthy, and the budget is not charged
        "REFUSED, false, true, false, true, false, 0, AT_ONCE_FREE",
        "REFUSED, true, true, false, false, false, 5000, AT_ONCE_FREE",
        // not processed: a reused connection that closed at once
        "CLOSED, true, true, false, true, false, 900, ON_NEW_CONNECTION",
        "CLOSED, true, true, false, false, false, 900, ON_NEW_CONNECTION",
        "CLOSED, true, true, false, true, false, 1100, GIVE_UP",
        "CLOSED, false, true, false, true, false, 10, GIVE_UP",
        "CLOSED, true, true, true, true, false, 10, GIVE_UP",
        "RESET, true, true, false, true, false, 10, GIVE_UP",
        // it may have been processed: only where the route allows that
        "CLOSED, false, true, true, true, false, 10, GIVE_UP",
        "CLOSED, false, true, true, true, true, 10, AT_ONCE",
        "RESET, false, true, true, false, true, 10, AFTER_BACKOFF",
        "MALFORMED, false, false, true, true, false, 10, GIVE_UP",
        // it has begun to answer, so the kept connection was not stale
        "CLOSED, true, true, true, true, true, 10, AT_ONCE",
        "MALFORMED, false, true, true, true, true, 10, AT_ONCE",
    })
    void shouldDecideAfterALoss(AttemptFailure.Kind kind, boolean isReused, boolean isWritten, boolean hasBytes,
            boolean hasOthers, boolean isIdempotent, long sinceSentMillis, Decision decision) {
        AttemptFailure failure = new AttemptFailure(kind, isReused, isWritten, hasBytes, "a test");

        assertEquals(decision, RetryPolicy.afterLoss(facts(1, true, hasOthers, false,
                isIdempotent ? IDEMPOTENT : PLAIN), failure, sinceSentMillis * MILLIS));
    }

    @Test
    void shouldNotRepeatWhatHasBegunToAnswerUnlessTheRouteAllowsIt() {
        AttemptFailure failure = new AttemptFailure(AttemptFailure.Kind.REFUSED, false, true, false, "a test");

        assertEquals(Decision.GIVE_UP, RetryPolicy.afterLoss(facts(1, true, true, true, PLAIN), failure, 0));
        assertEquals(Decision.AT_ONCE_FREE, RetryPolicy.afterLoss(facts(1, true, true, true, IDEMPOTENT), failure, 0));
    }

    @Test
    void shouldTryRefusedRequestsMoreOftenThanOthers() {
        AttemptFailure refused = new AttemptFailure(AttemptFailure.Kind.REFUSED, false, true, false, "a test");
        AttemptFailure closed = new AttemptFailure(AttemptFailure.Kind.CLOSED, false, false, false, "a test");

        assertEquals(Decision.AT_ONCE_FREE, RetryPolicy.afterLoss(repeated(3, true), refused, 0));
        assertEquals(Decision.AT_ONCE, RetryPolicy.afterLoss(repeated(4, true), refused, 0));
        assertEquals(Decision.GIVE_UP, RetryPolicy.afterLoss(repeated(4, false), refused, 0));
        assertEquals(Decision.GIVE_UP, RetryPolicy.afterLoss(facts(2, true, false, false, PLAIN), closed, 0));
        assertEquals(Decision.GIVE_UP, RetryPolicy.afterLoss(facts(1, false, true, false, IDEMPOTENT), closed, 0));
    }

    /** Facts of a cluster of several endpoints, of which others are left or not. */
    private static RetryPolicy.Facts repeated(int repeats, boolean hasOthers) {
        return new RetryPolicy.Facts(1, repeats, true, false, hasOthers, false, PLAIN);
    }

    @Test
    void shouldNotTrustReusedConnectionsWhereTheRouteSaysSo() {
        RetryConfig retry = new RetryConfig(false, false, PLAIN.statuses(), 0);
        AttemptFailure stale = new AttemptFailure(AttemptFailure.Kind.CLOSED, true, true, false, "a test");

        assertEquals(Decision.GIVE_UP, RetryPolicy.afterLoss(facts(1, true, true, false, retry), stale, 0));
    }

    @ParameterizedTest
    @CsvSource({
        // idempotent, sent, others, attempts, replayable, decision
        "true, true, true, 1, true, AT_ONCE",
        "false, true, true, 1, true, GIVE_UP",
        "true, false, true, 1, true, GIVE_UP",
        "true, true, false, 1, true, GIVE_UP",
        "true, true, true, 3, true, AT_ONCE",
        "true, true, true, 1, false, GIVE_UP",
    })
    void shouldDecideAfterATimeout(boolean isIdempotent, boolean isSent, boolean hasOthers, int attempts,
            boolean isReplayable, Decision decision) {
        assertEquals(decision, RetryPolicy.afterTimeout(facts(attempts, isReplayable, hasOthers, false,
                isIdempotent ? IDEMPOTENT : PLAIN), isSent));
    }

    @ParameterizedTest
    @CsvSource({
        // status, retry-after in ms, others, attempts, decision
        "429, 0, true, 1, AT_ONCE",
        "503, 0, true, 1, AT_ONCE",
        "529, 0, true, 1, AT_ONCE",
        "500, 0, true, 1, GIVE_UP",
        "502, 0, true, 1, AT_ONCE", // the route's
        "404, 0, true, 1, GIVE_UP",
        "200, 0, true, 1, GIVE_UP",
        "429, 0, false, 1, GIVE_UP",
        "429, 2000, false, 1, AFTER_REST",
        "429, 2001, false, 1, GIVE_UP",
        "429, 2000, false, 2, GIVE_UP",
        "429, 1000, true, 1, AT_ONCE",
        "429, 60000, true, 1, AT_ONCE",
        "429, 1000, true, 7, AT_ONCE",
    })
    void shouldDecideAfterARefusal(int status, long restMillis, boolean hasOthers, int attempts, Decision decision) {
        assertEquals(decision, RetryPolicy.afterRefusal(facts(attempts, true, hasOthers, true,
                PLAIN.withStatuses(502)), status, false, restMillis * MILLIS));
    }

    /** An endpoint that refuses the relay's own credentials says nothing about the request. */
    @ParameterizedTest
    @CsvSource({"401, true, 1, AT_ONCE", "402, true, 1, AT_ONCE", "403, true, 1, AT_ONCE", "401, false, 1, GIVE_UP",
        "403, true, 2, AT_ONCE"})
    void shouldAskElsewhereAfterARefusalOfItsOwn(int status, boolean hasOthers, int attempts, Decision decision) {
        assertEquals(decision, RetryPolicy.afterRefusal(facts(attempts, true, hasOthers, true, PLAIN), status, true,
                0));
    }

    /** A failure that nothing downstream has seen yet means what the status means that its code stands for. */
    @ParameterizedTest
    @CsvSource({
        // code, type, beginning, own refusal, idempotent, decision
        "rate_limit_exceeded,, true, false, false, AT_ONCE",
        "429,, true, false, false, AT_ONCE",
        "server_is_overloaded,, true, false, false, AT_ONCE",
        "server_error,, true, false, false, AT_ONCE",
        ", server_error, true, false, false, AT_ONCE",
        "500,, true, false, false, AT_ONCE",
        "529,, true, false, false, AT_ONCE",
        ", overloaded_error, true, false, false, AT_ONCE",
        "model_not_found,, true, false, false, AT_ONCE",
        "invalid_api_key,, true, true, false, AT_ONCE",
        "invalid_api_key,, true, false, false, GIVE_UP",
        "invalid_prompt,, true, false, false, GIVE_UP",
        "context_length_exceeded,, true, false, false, GIVE_UP",
        "content_filter,, true, false, true, GIVE_UP",
        "bio_policy,, true, false, true, GIVE_UP",
        "400,, true, false, true, GIVE_UP",
        "404,, true, false, false, GIVE_UP",
        // later in a collected answer: only where the route allows that
        "server_error,, false, false, false, GIVE_UP",
        "server_error,, false, false, true, AT_ONCE",
        "rate_limit_exceeded,, false, false, true, AT_ONCE",
        "invalid_prompt,, false, false, true, GIVE_UP",
    })
    void shouldDecideAfterAFailure(String code, String type, boolean isBeginning, boolean isOwnRefusal,
            boolean isIdempotent, Decision decision) {
        Failure failure = new Failure(code, type, Map.of());
        RetryConfig retry = isIdempotent ? IDEMPOTENT : PLAIN;

        assertEquals(decision, RetryPolicy.afterFailure(facts(1, true, true, true, retry), failure, isBeginning,
                isOwnRefusal));
        assertEquals(Decision.GIVE_UP, RetryPolicy.afterFailure(facts(1, true, false, true, retry), failure,
                isBeginning, isOwnRefusal));
        assertEquals(Decision.GIVE_UP, RetryPolicy.afterFailure(facts(1, false, true, true, retry), failure,
                isBeginning, isOwnRefusal));
    }

    @Test
    void shouldAskElsewhereAfterACollectedAnswerBrokeOffWhereTheRouteAllowsIt() {
        assertEquals(Decision.AT_ONCE, RetryPolicy.afterFailure(facts(1, true, true, true, IDEMPOTENT), null, false,
                false));
        assertEquals(Decision.GIVE_UP, RetryPolicy.afterFailure(facts(1, true, true, true, PLAIN), null, false, false));
    }

    @Test
    void shouldNotRepeatARefusedRequestThatCannotBeSentAgain() {
        assertEquals(Decision.GIVE_UP, RetryPolicy.afterRefusal(facts(1, false, true, true, IDEMPOTENT), 429, false,
                0));
    }

    @Test
    void shouldHedgeOnlyWhereTheRouteAsksForItAndAnotherEndpointIsThere() {
        RetryConfig hedged = PLAIN.withHedgeQuantile(0.95);

        assertEquals(true, RetryPolicy.mayHedge(facts(1, true, true, false, hedged)));
        assertEquals(false, RetryPolicy.mayHedge(facts(1, true, true, false, PLAIN)));
        assertEquals(false, RetryPolicy.mayHedge(facts(1, true, false, false, hedged)));
        assertEquals(false, RetryPolicy.mayHedge(facts(1, false, true, false, hedged)));
    }

    @ParameterizedTest
    @ValueSource(ints = {500, 502, 503, 504, 529})
    void shouldCountAsTheEndpointsFailure(int status) {
        assertEquals(true, RetryPolicy.isEndpointFailure(status));
    }

    @ParameterizedTest
    @ValueSource(ints = {200, 400, 401, 404, 429, 501, 505})
    void shouldNotCountAsTheEndpointsFailure(int status) {
        assertEquals(false, RetryPolicy.isEndpointFailure(status));
    }

    @ParameterizedTest
    @CsvSource({
        "MALFORMED, true, true, true", "CLOSED, false, false, true", "CLOSED, true, false, false",
        "CLOSED, false, true, false", "RESET, true, false, true", "RESET, false, true, false",
        "REFUSED, false, false, false",
    })
    void shouldTellAFailingEndpointFromALostConnection(AttemptFailure.Kind kind, boolean isReused, boolean hasBytes,
            boolean isFailure) {
        assertEquals(isFailure, RetryPolicy.isEndpointFailure(new AttemptFailure(kind, isReused, true, hasBytes, "")));
    }
}
