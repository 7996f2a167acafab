// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.exchange;

import dev.sluice.engine.admission.Admission;
import dev.sluice.engine.http.AttemptFailure;
import dev.sluice.engine.http.DownstreamRequest;
import dev.sluice.engine.http.ExchangeId;
import dev.sluice.engine.http.Refusal;
import dev.sluice.engine.http.RequestListener;
import dev.sluice.engine.http.RequestSource;
import dev.sluice.engine.http.ResponseHead;
import dev.sluice.engine.loop.LoopTicker;
import dev.sluice.engine.loop.Tickable;
import dev.sluice.engine.plan.ApiOperation;
import dev.sluice.engine.response.ResponseListener;
import dev.sluice.engine.response.ResponsePath;
import dev.sluice.engine.spi.Authenticator;
import dev.sluice.engine.spi.ExchangeEnd;
import dev.sluice.engine.spi.Principal;
import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.error.RelayException;
import dev.sluice.protocol.event.Usage;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpResponseStatus;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One request with its response, across both sides. It moves through the states of its life, lets its parts do the work
 * of each stage, and ends exactly once. The parts report to it through interfaces of their own and do not know it.
 *
 * <p><b>Threading:</b> confined to the event loop of its downstream connection, which is that of its upstream
 * connections too.
 */
final class Exchange implements RequestListener, Admission.Listener, RequestPath.Listener, AttemptRunner.Listener,
        ResponseListener, Tickable {
    private static final Logger LOG = LoggerFactory.getLogger(Exchange.class);

    private final RelayServices relay;
    private final ActiveConfig config;
    private final LoopServices loop;
    private final ExchangeLife life = new ExchangeLife();
    private final ExchangeParts parts;
    private final ExchangeProgress progress;
    private final ExchangeView view;
    private LoopTicker.Entry tick;

    Exchange(RelayServices relay, ActiveConfig config, LoopServices loop, DownstreamRequest request,
            RequestSource source) {
        this.relay = relay;
        this.config = config;
        this.loop = loop;
        parts = new ExchangeParts(ExchangeId.next(), request, source, loop.ticker().nanoTime());
        parts.responsePath = new ResponsePath(source.response(), this, loop.tools(), relay.bodies(), config.limits());
        progress = new ExchangeProgress(parts, config.timeouts(), config.limits());
        view = new ExchangeView(parts, loop.ticker());
    }

    @Override
    public void start() {
        boolean isWithinLimit = relay.life().startExchange(config.maxUnidentified());
        tick = loop.ticker().add(this);
        loop.observers().started(view);
        try {
            ApiOperation operation = config.operations().of(parts.request);
            config.authenticator().authenticate(parts.request, new LoopDecision(operation, isWithinLimit));
        } catch (RelayException refusal) {
            onRefused(refusal);
        } catch (RuntimeException e) {
            LOG.error("exchange {}: the authenticator failed", parts.id, e);
            onRefused(RelayException.of(ErrorCode.RELAY_INTERNAL, "The relay could not identify the caller"));
        }
    }

    private void onIdentified(Principal caller, ApiOperation operation, boolean isWithinLimit) {
        if (life.state() != ExchangeState.AUTHENTICATING) {
            return; // the downstream left in the meantime
        }
        parts.principal = caller;
        life.moveTo(ExchangeState.ADMITTING);
        try {
            if (relay.life().isRefusing()) {
                throw RelayException.of(ErrorCode.RELAY_DRAINING, "The relay is stopping");
            }
            if (!isWithinLimit) {
                throw RelayException.of(ErrorCode.RELAY_OVERLOADED, "The relay carries as many requests as it may");
            }
            switch (operation.kind()) {
                case MODELS -> answer(config.models().list(caller,
                        parts.request.query().contains("client_version=")));
                case MODEL -> answer(config.models().one(operation.model(), caller));
                default -> {
                    parts.admission = new Admission(relay.quota(), relay.gate(), caller, loop.loop(),
                            loop.ticker()::nanoTime, this);
                    parts.admission.enterRelay(() -> onAdmitted(operation));
                }
            }
        } catch (RelayException refusal) {
            onRefused(refusal);
        }
    }

    private void onAdmitted(ApiOperation operation) {
        try {
            life.moveTo(ExchangeState.PLANNING);
            ExchangeAssembly.assemble(parts, operation, life, relay, config, loop, this, this);
            parts.requestPath.start();
        } catch (RelayException refusal) {
            onRefused(refusal);
        }
    }

    private void answer(byte[] json) {
        view.answer(HttpResponseStatus.OK.code());
        Refusal.writeJson(parts.source.response(), parts.id, json);
        finish(ExchangeEnd.COMPLETED, null);
    }

    /** Answers with an error of the relay's own; only before the commit. */
    @Override
    public void onRefused(RelayException refusal) {
        if (life.state().isTerminal()) {
            return;
        }
        view.answer(refusal.code().status());
        stopRequest();
        releasePermits();
        Refusal.write(parts.source.response(), parts.id, refusal);
        finish(ExchangeEnd.REFUSED, refusal.code().code());
    }

    private void stopRequest() {
        if (parts.requestPath != null) {
            parts.attempts.cancel();
            parts.requestPath.stop();
        }
    }

    /** Releases the caller's permits before the response ends, because the caller's next request may follow at once. */
    private void releasePermits() {
        if (parts.admission != null) {
            Usage usage = view.usage();
            parts.admission.release(usage == null ? 0 : usage.inputTokens() + usage.outputTokens());
        }
    }

    @Override
    public void onPlanned() {
        loop.observers().planned(view);
    }

    @Override
    public void onAttemptBegan(Attempt attempt) {
        loop.observers().attemptBegan(view, attempt);
    }

    @Override
    public void onAttemptEnded(Attempt attempt) {
        loop.observers().attemptEnded(view, attempt);
    }

    @Override
    public void onConnectFailed(String cluster, Throwable cause) {
        LOG.info("exchange {}: no connection to cluster {}: {}", parts.id, cluster, cause.toString());
    }

    @Override
    public void onAttemptLost(Attempt attempt, AttemptFailure failure) {
        LOG.debug("exchange {}: attempt {} failed, {}", parts.id, attempt.number(), failure.detail());
    }

    @Override
    public void onProgress() {
        parts.requestPath.advance();
    }

    @Override
    public void onRequestSent() {
        parts.responsePath.onRequestSent();
    }

    @Override
    public void onRetry() {
        parts.responsePath.reset();
    }

    @Override
    public void onResponse(Attempt attempt, ResponseHead head) {
        int status = head.status().code();
        if ((status == 401 || status == 403) && attempt.target().hasCredentials()) {
            onRefused(RelayException.of(ErrorCode.UPSTREAM_AUTH_FAILED, "The upstream refused the relay's credentials"));
            return;
        }
        if (status / 100 == 3 && status != 304) {
            onRefused(RelayException.of(ErrorCode.UPSTREAM_MALFORMED,
                    "The upstream answered with a redirect, which is never followed"));
            return;
        }
        if (head.isSuccess() && parts.affinity != null) {
            parts.affinity.onAccepted(attempt.target(), head.headers());
        }
        if (!head.isSuccess() && !attempt.isSent()) {
            parts.requestPath.stop(); // an early error: there is no use in sending the rest
        }
        parts.responsePath.begin(attempt, head, ExchangeAssembly.handling(parts, attempt.isSent()));
    }

    @Override
    public void onLost(ErrorCode cause) {
        parts.responsePath.onLost(cause);
    }

    @Override
    public void onCommit(long nowNanos) {
        life.moveTo(ExchangeState.RELAYING);
        parts.requestPath.onAnswered();
        parts.attempts.onCommit(nowNanos);
        loop.observers().committed(view);
    }

    @Override
    public void onCollecting() {
        life.moveTo(ExchangeState.COLLECTING);
        parts.requestPath.onAnswered();
    }

    @Override
    public void onDraining() {
        life.moveTo(ExchangeState.DRAINING);
    }

    @Override
    public void onResponseId(String id) {
        if (parts.affinity != null) {
            parts.affinity.onId(parts.requestPath.operation(), id, parts.attempts.lead().target());
        }
    }

    @Override
    public void onEnding() {
        parts.requestPath.stop();
        releasePermits();
    }

    @Override
    public void onEnded(ExchangeEnd end, String error) {
        finish(end, error);
    }

    @Override
    public void onBody(ByteBuf bytes) {
        if (parts.requestPath == null) {
            bytes.release();
        } else {
            parts.requestPath.onBody(bytes);
        }
    }

    @Override
    public void onBodyEnd() {
        if (parts.requestPath != null) {
            parts.requestPath.onBodyEnd();
        }
    }

    @Override
    public void onBodyFailure(RelayException refusal) {
        if (!life.state().isCommitted()) { // otherwise an early error response, after which the connection closes
            onRefused(refusal);
        }
    }

    @Override
    public void onReadComplete() {
        if (parts.requestPath != null && !life.state().isTerminal()) {
            parts.requestPath.onReadComplete();
        }
    }

    @Override
    public void onWritabilityChanged() {
        parts.responsePath.onWritabilityChanged();
    }

    @Override
    public void onDownstreamClosed() {
        if (life.state().isAnswered()) {
            parts.responsePath.onDownstreamClosed();
        } else if (!life.state().isTerminal()) {
            stopRequest();
            finish(ExchangeEnd.DOWNSTREAM_LEFT, null);
        }
    }

    @Override
    public void onTick(long nowNanos) {
        progress.sample(nowNanos);
        Overdue overdue = Deadlines.find(life.state(), progress, nowNanos);
        if (overdue != null) {
            onOverdue(overdue, nowNanos);
        }
    }

    private void onOverdue(Overdue overdue, long nowNanos) {
        switch (overdue) {
            case EXCHANGE -> onTimeout(ErrorCode.UPSTREAM_TIMEOUT, false);
            case IDENTIFICATION -> onRefused(RelayException.of(ErrorCode.RELAY_INTERNAL,
                    "The caller could not be identified in time"));
            case ADMISSION -> onRefused(RelayException.of(ErrorCode.RELAY_OVERLOADED,
                    "The relay carries as many requests as it may, and no place came free in time"));
            case OWNER -> parts.affinity.giveUpWaiting();
            case REQUEST_BODY -> onRefused(RelayException.of(ErrorCode.DOWNSTREAM_TOO_SLOW, "body: slower than "
                    + ExchangeProgress.BODY_BYTES_PER_SECOND + " bytes a second (expected: at least that)"));
            case UPSTREAM -> onTimeout(ErrorCode.UPSTREAM_TIMEOUT, true);
            case UPSTREAM_IDLE -> onTimeout(ErrorCode.UPSTREAM_IDLE, true);
            case HEDGE -> parts.attempts.hedge(nowNanos);
            case KEEP_ALIVE -> parts.responsePath.relayed().keepAlive();
            case END_AFTER_TERMINAL -> parts.responsePath.relayed().endAfterTerminal();
            case DOWNSTREAM_STALLED -> {
                parts.attempts.cancel();
                finish(ExchangeEnd.DOWNSTREAM_STALLED, null);
                parts.source.closeNow();
            }
        }
    }

    /**
     * Ends an exchange that takes too long, or lets another endpoint try.
     *
     * @param isUpstreams whether the upstream alone is late; otherwise the downstream may have sent its request slowly
     */
    private void onTimeout(ErrorCode code, boolean isUpstreams) {
        if (parts.requestPath == null) {
            onRefused(RelayException.of(ErrorCode.UPSTREAM_TIMEOUT, "The exchange took too long"));
            return;
        }
        Attempt late = parts.attempts.lead();
        if (late != null && !life.state().isCommitted()) {
            if (isUpstreams || late.isSent()) {
                late.recordTimeout();
            }
            if (isUpstreams && !life.state().isAnswered() && parts.attempts.retryAfterTimeout()) {
                return;
            }
        }
        parts.attempts.cancel();
        parts.responsePath.onLost(code);
    }

    /** Ends the exchange: everything is released and observed. Only the first call counts. */
    private void finish(ExchangeEnd end, String error) {
        if (life.state().isTerminal()) {
            return;
        }
        life.moveTo(end == ExchangeEnd.COMPLETED ? ExchangeState.COMPLETED : ExchangeState.FAILED);
        loop.ticker().remove(tick);
        if (parts.attempts != null) {
            parts.attempts.cancelHedge();
        }
        view.end(end, error);
        loop.observers().ended(view);
        parts.responsePath.release();
        if (parts.requestPath != null) {
            parts.requestPath.release();
        }
        releasePermits();
        relay.life().endExchange();
    }

    /** A decision of an authenticator, brought from any thread to the exchange's loop; only the first one counts. */
    private final class LoopDecision implements Authenticator.Decision {
        private final ApiOperation operation;
        private final boolean isWithinLimit;

        LoopDecision(ApiOperation operation, boolean isWithinLimit) {
            this.operation = operation;
            this.isWithinLimit = isWithinLimit;
        }

        @Override
        public void accept(Principal caller) {
            onLoop(() -> onIdentified(caller, operation, isWithinLimit));
        }

        @Override
        public void refuse(String reason) {
            onLoop(() -> {
                if (life.state() == ExchangeState.AUTHENTICATING) {
                    onRefused(RelayException.of(ErrorCode.DOWNSTREAM_KEY_INVALID, reason));
                }
            });
        }

        private void onLoop(Runnable decision) {
            if (loop.loop().inEventLoop()) {
                decision.run();
            } else {
                loop.loop().execute(decision);
            }
        }
    }
}
