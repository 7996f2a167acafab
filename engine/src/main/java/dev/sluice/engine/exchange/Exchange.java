// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.exchange;

import dev.sluice.engine.downstream.DownstreamPort;
import dev.sluice.engine.downstream.DownstreamRequest;
import dev.sluice.engine.downstream.RequestListener;
import dev.sluice.engine.event.ResponseRelay;
import dev.sluice.engine.loop.LoopTicker;
import dev.sluice.engine.observe.AccessLog;
import dev.sluice.engine.observe.AccessRecord;
import dev.sluice.engine.observe.Counter;
import dev.sluice.engine.observe.LoopRecorder;
import dev.sluice.engine.observe.Timer;
import dev.sluice.engine.plan.Face;
import dev.sluice.engine.plan.Plan;
import dev.sluice.engine.spi.Authenticator;
import dev.sluice.engine.spi.Principal;
import dev.sluice.engine.upstream.AttemptFailure;
import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.error.RelayException;
import dev.sluice.protocol.event.Usage;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.net.InetSocketAddress;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One request with its response, across both sides: authenticates, then lets its {@link RequestSide} and its
 * {@link ResponseSide} do their work, and ends exactly once.
 *
 * <p><b>Threading:</b> confined to the event loop of its downstream connection, which is that of its upstream
 * connections too.
 */
final class Exchange implements RequestListener {
    private static final Logger LOG = LoggerFactory.getLogger(Exchange.class);
    private static final long VERSION_4 = 0x4000L;
    private static final long VARIANT = 0x8000000000000000L;

    private final RelayCore core;
    private final Setup setup;
    private final LoopContext loop;
    private final DownstreamRequest request;
    private final DownstreamPort port;
    private final ResponseSide responseSide;
    private final String id = newId();
    private final long startNanos;

    private ExchangeState state = ExchangeState.AUTHENTICATING;
    private LoopTicker.Entry tick;
    private Principal principal;
    private Places places;
    private RequestSide requestSide;
    private int ownStatus;

    Exchange(RelayCore core, LoopContext loop, DownstreamRequest request, DownstreamPort port) {
        this.core = core;
        setup = core.setup();
        this.loop = loop;
        this.request = request;
        this.port = port;
        responseSide = new ResponseSide(this, core, setup, loop, port.response());
        startNanos = loop.ticker().nanoTime();
    }

    /** A random UUID without the cost of a secure one: it tells exchanges apart and protects nothing. */
    private static String newId() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        return new UUID(random.nextLong() & ~0xf000L | VERSION_4, random.nextLong() >>> 2 | VARIANT).toString();
    }

    @Override
    public void start() {
        boolean isAdmitted = core.tryStartExchange();
        tick = loop.ticker().add(new Deadlines(this, setup.timeouts(), startNanos));
        try {
            Face face = setup.faces().of(request);
            setup.authenticator().authenticate(request, new LoopDecision(face, isAdmitted));
        } catch (RelayException refusal) {
            refuse(refusal);
        } catch (RuntimeException e) {
            LOG.error("exchange {}: the authenticator failed", id, e);
            refuse(RelayException.of(ErrorCode.RELAY_INTERNAL, "The relay could not identify the caller"));
        }
    }

    private void onAccepted(Principal caller, Face face, boolean isAdmitted) {
        if (state != ExchangeState.AUTHENTICATING) {
            return; // the downstream left meanwhile
        }
        principal = caller;
        try {
            if (core.isRefusing()) {
                throw RelayException.of(ErrorCode.RELAY_DRAINING, "The relay is stopping");
            }
            if (!isAdmitted) {
                throw RelayException.of(ErrorCode.RELAY_OVERLOADED, "The relay carries as many requests as it may");
            }
            switch (face.kind()) {
                case MODELS -> answer(setup.models().list(caller, request.query().contains("client_version=")));
                case MODEL -> answer(setup.models().one(face.model(), caller));
                default -> {
                    places = new Places(this, core, setup, loop, caller);
                    places.enterRelay(() -> begin(face));
                }
            }
        } catch (RelayException refusal) {
            refuse(refusal);
        }
    }

    private void begin(Face face) {
        try {
            Admission.check(face, request, setup.limits());
            moveTo(ExchangeState.PLANNING);
            requestSide = new RequestSide(this, core, setup, loop, principal, face);
            requestSide.start();
        } catch (RelayException refusal) {
            refuse(refusal);
        }
    }

    private void answer(byte[] json) {
        ownStatus = HttpResponseStatus.OK.code();
        Refusal.writeJson(port.response(), HttpResponseStatus.OK, new DefaultHttpHeaders(), id, json);
        finish(ExchangeEnd.COMPLETED, null);
    }

    /** Moves on, checked against the life of an exchange. */
    void moveTo(ExchangeState next) {
        if (!state.canBecome(next)) {
            throw new IllegalStateException("exchange: " + state + " to " + next + " (expected: a step of its life)");
        }
        state = next;
    }

    /** Answers with an error of the relay's own; only before the commit. */
    void refuse(RelayException refusal) {
        if (state.isTerminal()) {
            return;
        }
        ownStatus = refusal.code().status();
        stopRequest();
        leavePlaces();
        Refusal.write(port.response(), setup.faces(), request, id, refusal);
        finish(ExchangeEnd.REFUSED, refusal.code().code());
    }

    /** The same, where an attempt is under way. */
    void refuseAndCancel(RelayException refusal) {
        cancelAttempt();
        refuse(refusal);
    }

    private void cancelAttempt() {
        if (requestSide != null && requestSide.attempt() != null) {
            requestSide.attempts().cancelHedge();
            requestSide.attempt().cancel();
        }
    }

    private void stopRequest() {
        if (requestSide != null) {
            cancelAttempt();
            requestSide.stop();
        }
    }

    /** No reentry from here: the end of the response may start the connection's next exchange. */
    void beginEnd() {
        requestSide.stop();
        leavePlaces();
    }

    /**
     * Gives back what it took of its caller's limits: before its end is seen, for the caller's next request follows.
     */
    private void leavePlaces() {
        if (places != null) {
            Usage usage = responseSide.relay() == null ? null : responseSide.relay().usage();
            places.leave(usage == null ? 0 : usage.inputTokens() + usage.outputTokens());
        }
    }

    void onAttemptFailed(Attempt failed, AttemptFailure failure) {
        LOG.debug("exchange {}: attempt {} failed, {}", id, requestSide.attempts().count(), failure.detail());
        if (requestSide.attempts().isHedgeLeft(failed)) {
            return;
        }
        if (!state.isResponseCommitted() && !responseSide.isCollecting()
                && requestSide.attempts().retryAfter(failure)) {
            return;
        }
        responseSide.onLost(failure.kind() == AttemptFailure.Kind.MALFORMED ? ErrorCode.UPSTREAM_MALFORMED
                : state.isResponseCommitted() ? ErrorCode.UPSTREAM_TRUNCATED : ErrorCode.UPSTREAM_CLOSED);
    }

    /** The exchange as a whole takes too long. */
    void onExchangeTimeout() {
        onTimeout(ErrorCode.UPSTREAM_TIMEOUT, false);
    }

    /** The upstream takes too long. */
    void onTimeout(ErrorCode code) {
        onTimeout(code, true);
    }

    private void onTimeout(ErrorCode code, boolean isRetryable) {
        if (requestSide == null) {
            refuse(RelayException.of(ErrorCode.UPSTREAM_TIMEOUT, "The exchange took too long"));
            return;
        }
        Attempt late = requestSide.attempt();
        if (late != null && !state.isResponseCommitted()) {
            if (isRetryable || requestSide.isSent()) {
                late.onTimedOut(); // otherwise it is a downstream that sends its request slowly
            }
            if (isRetryable && !responseSide.isCollecting() && requestSide.attempts().retryAfterTimeout()) {
                return;
            }
        }
        cancelAttempt();
        responseSide.onLost(code);
    }

    void onDownstreamStalled() {
        cancelAttempt();
        finish(ExchangeEnd.DOWNSTREAM_STALLED, null);
        port.closeNow();
    }

    @Override
    public void onBody(ByteBuf bytes) {
        if (requestSide == null) {
            bytes.release();
        } else {
            requestSide.onBody(bytes);
        }
    }

    @Override
    public void onBodyEnd() {
        if (requestSide != null) {
            requestSide.onBodyEnd();
        }
    }

    @Override
    public void onBodyFailure(RelayException refusal) {
        if (state.isResponseCommitted()) {
            return; // only an early error answer can be under way, and its connection closes after it
        }
        refuseAndCancel(refusal);
    }

    @Override
    public void onReadComplete() {
        if (requestSide != null && !state.isTerminal()) {
            requestSide.onReadComplete();
        }
    }

    @Override
    public void onWritabilityChanged() {
        if (state == ExchangeState.RELAYING) {
            responseSide.onWritabilityChanged();
        }
    }

    @Override
    public void onDownstreamClosed() {
        if (state.isTerminal()) {
            return;
        }
        if (state == ExchangeState.RELAYING || responseSide.isCollecting()) {
            responseSide.onDownstreamClosed();
            return;
        }
        stopRequest();
        finish(ExchangeEnd.DOWNSTREAM_LEFT, null);
    }

    /** Ends the exchange: accounts, logs and gives back everything; only the first call counts. */
    void finish(ExchangeEnd end, String error) {
        if (state.isTerminal()) {
            return;
        }
        state = end == ExchangeEnd.COMPLETED ? ExchangeState.COMPLETED : ExchangeState.FAILED;
        loop.ticker().remove(tick);
        ResponseRelay relayed = responseSide.relay();
        Plan plan = requestSide == null ? null : requestSide.plan();
        record(end, relayed);
        if (AccessLog.isEnabled()) {
            AccessLog.write(accessRecord(end, error, relayed, plan));
        }
        if (plan != null && plan.model() != null && requestSide.attempts().count() > 0) {
            core.accountant().account(id, principal, plan, relayed, relayed != null && relayed.isTerminalSeen()
                    || end == ExchangeEnd.COMPLETED);
        }
        responseSide.release();
        if (requestSide != null) {
            requestSide.release();
        }
        leavePlaces();
        core.endExchange();
    }

    private void record(ExchangeEnd end, ResponseRelay relayed) {
        LoopRecorder recorder = loop.recorder();
        recorder.add(end.counter(), 1);
        recorder.record(Timer.EXCHANGE_TIME, loop.ticker().nanoTime() - startNanos);
        if (relayed == null) {
            return;
        }
        recorder.add(Counter.EVENTS, relayed.events());
        recorder.add(Counter.RESPONSE_BYTES, relayed.bodyBytes());
        if (relayed.firstEventNanos() != 0) {
            recorder.record(Timer.TIME_TO_FIRST_EVENT, relayed.firstEventNanos() - startNanos);
        }
        Usage usage = relayed.usage();
        if (usage != null) {
            recorder.add(Counter.INPUT_TOKENS, usage.inputTokens());
            recorder.add(Counter.OUTPUT_TOKENS, usage.outputTokens());
        }
    }

    private AccessRecord accessRecord(ExchangeEnd end, String error, ResponseRelay relayed, Plan plan) {
        Attempt attempt = requestSide == null ? null : requestSide.attempt();
        boolean hasEndpoint = attempt != null && attempt.connection() != null;
        long firstEvent = relayed == null || relayed.firstEventNanos() == 0 ? -1
                : TimeUnit.NANOSECONDS.toMicros(relayed.firstEventNanos() - startNanos);
        return new AccessRecord(id, remoteAddress(), port.protocol(), request.method(), request.path(),
                principal == null ? null : principal.name(), requestSide == null ? null : requestSide.model(),
                plan == null ? null : plan.upstreamModel(), plan == null ? null : plan.route().cluster(),
                hasEndpoint ? attempt.connection().endpoint().toString() : null,
                hasEndpoint ? attempt.connection().protocol() : null,
                requestSide == null ? 0 : requestSide.attempts().count(),
                ownStatus != 0 ? ownStatus : responseSide.status(),
                end.label(), error != null ? error : relayed == null ? null : relayed.errorCode(),
                relayed == null ? 0 : relayed.events(), requestSide == null ? 0 : requestSide.receivedBytes(),
                relayed == null ? 0 : relayed.bodyBytes(), firstEvent,
                TimeUnit.NANOSECONDS.toMicros(loop.ticker().nanoTime() - startNanos),
                relayed == null ? null : relayed.responseId(), relayed == null ? null : relayed.responseStatus(),
                relayed == null ? null : relayed.usage());
    }

    private String remoteAddress() {
        return request.remoteAddress() instanceof InetSocketAddress address
                ? address.getAddress().getHostAddress() + ':' + address.getPort()
                : String.valueOf(request.remoteAddress());
    }

    ExchangeState state() {
        return state;
    }

    String id() {
        return id;
    }

    DownstreamRequest request() {
        return request;
    }

    DownstreamPort port() {
        return port;
    }

    /** Returns what it needs to run, or null before its caller is known. */
    Places places() {
        return places;
    }

    RequestSide requestSide() {
        return requestSide;
    }

    ResponseSide responseSide() {
        return responseSide;
    }

    /** Brings an authenticator's answer, from whatever thread, to the exchange's loop; takes only the first. */
    private final class LoopDecision implements Authenticator.Decision {
        private final Face face;
        private final boolean isAdmitted;

        LoopDecision(Face face, boolean isAdmitted) {
            this.face = face;
            this.isAdmitted = isAdmitted;
        }

        @Override
        public void accept(Principal caller) {
            onLoop(() -> onAccepted(caller, face, isAdmitted));
        }

        @Override
        public void refuse(String reason) {
            onLoop(() -> {
                if (state == ExchangeState.AUTHENTICATING) {
                    Exchange.this.refuse(RelayException.of(ErrorCode.DOWNSTREAM_KEY_INVALID, reason));
                }
            });
        }

        private void onLoop(Runnable decision) {
            EventLoop eventLoop = loop.eventLoop();
            if (eventLoop.inEventLoop()) {
                decision.run();
            } else {
                eventLoop.execute(decision);
            }
        }
    }
}
