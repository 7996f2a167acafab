// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.exchange;

import dev.sluice.engine.http.AttemptFailure;
import dev.sluice.engine.http.ResponseHead;
import dev.sluice.engine.plan.ApiOperation;
import dev.sluice.engine.plan.Plan;
import dev.sluice.engine.request.Attempt;
import dev.sluice.engine.request.AttemptRunner;
import dev.sluice.engine.request.RequestPath;
import dev.sluice.engine.response.ResponsePath;
import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.error.RelayException;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The handler of reports from the request and its attempts: it advances the exchange up to the response's head. */
final class AttemptEvents implements RequestPath.Listener, AttemptRunner.Listener {
    private static final Logger LOG = LoggerFactory.getLogger(AttemptEvents.class);

    private final ExchangeContext exchange;
    private final ExchangeEnding ending;

    AttemptEvents(ExchangeContext exchange, ExchangeEnding ending) {
        this.exchange = exchange;
        this.ending = ending;
    }

    @Override
    public void onPlanned() {
        exchange.services.observers().planned(exchange.view);
    }

    @Override
    public void onAnsweredDownstream() {
        ending.answeredDownstream();
    }

    @Override
    public void onConnecting() {
        exchange.life.moveTo(ExchangeState.CONNECTING);
    }

    @Override
    public void onForwarding() {
        exchange.life.moveTo(ExchangeState.FORWARDING);
        exchange.requestPath.advance();
    }

    @Override
    public void onAttemptBegan(Attempt attempt) {
        exchange.services.observers().attemptBegan(exchange.view, attempt);
    }

    @Override
    public void onAttemptEnded(Attempt attempt) {
        exchange.services.observers().attemptEnded(exchange.view, attempt);
    }

    @Override
    public void onConnectFailed(String cluster, Throwable cause) {
        LOG.debug("exchange {}: no connection to cluster {}: {}", exchange.id, cluster, cause.toString());
    }

    @Override
    public void onAttemptLost(Attempt attempt, AttemptFailure failure) {
        LOG.debug("exchange {}: attempt {} failed, {}", exchange.id, attempt.number(), failure.detail());
    }

    @Override
    public void onProgress() {
        exchange.requestPath.advance();
    }

    @Override
    public void onRequestSent() {
        exchange.responsePath.onRequestSent();
    }

    @Override
    public void onRetry() {
        exchange.responsePath.reset();
    }

    @Override
    public void onResponse(Attempt attempt, ResponseHead head) {
        int status = head.status().code();
        if ((status == 401 || status == 403) && attempt.isOwnRefusal(status)) {
            onRefused(RelayException.of(ErrorCode.UPSTREAM_AUTH_FAILED,
                    "The upstream refused the relay's credentials"));
            return;
        }
        if (status / 100 == 3 && status != 304) {
            onRefused(RelayException.of(ErrorCode.UPSTREAM_MALFORMED,
                    "The upstream answered with a redirect, which is never followed"));
            return;
        }
        if (head.isSuccess()) {
            exchange.requestPath.onAccepted(attempt, head.headers());
        } else if (!attempt.isSent()) {
            exchange.requestPath.stop(); // an early error: sending the rest is useless
        }
        Plan plan = exchange.requestPath.plan();
        exchange.responsePath.begin(attempt, head, new ResponsePath.Handling(plan.route(),
                exchange.id, plan.isAliased() ? plan.model() : null, plan.face().truncatedCode(),
                exchange.requestPath.isCollected(),
                exchange.requestPath.operation().kind() != ApiOperation.Kind.RELAYED,
                exchange.requestPath.asksForStream(),
                exchange.request, exchange.requestPath.operation().isAnsweredHere()
                && exchange.requestPath.attempts().hasOthers(), attempt.isSent(),
                exchange.services.config().limits().rateLimitHeaders() ? exchange.admission.headers() : Map.of()));
    }

    @Override
    public void onLost(ErrorCode cause) {
        boolean isTruncated = cause == ErrorCode.UPSTREAM_CLOSED && exchange.life.state().isCommitted();
        exchange.responsePath.onLost(isTruncated ? ErrorCode.UPSTREAM_TRUNCATED : cause);
    }

    @Override
    public void onRefused(RelayException refusal) {
        ending.refuse(refusal);
    }
}
