// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.exchange;

import dev.sluice.engine.body.ContentDecoder;
import dev.sluice.engine.body.RequestBody;
import dev.sluice.engine.observe.Counter;
import dev.sluice.engine.plan.Face;
import dev.sluice.engine.plan.Plan;
import dev.sluice.engine.spi.Principal;
import dev.sluice.engine.upstream.Cluster;
import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.error.RelayException;
import dev.sluice.protocol.request.RequestScanner;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;

/** The way of an exchange's request: from the downstream's body to an attempt upstream. */
final class RequestSide {
    private final Exchange exchange;
    private final RelayCore core;
    private final Setup setup;
    private final LoopContext loop;
    private final Principal principal;
    private final Face face;
    private final ContentDecoder decoder;
    private final RequestBody body;
    private final Ownership ownership;
    private final Attempts attempts;

    private Plan plan;
    private Cluster cluster;
    private boolean isStopped;
    private boolean isReading;
    private boolean isOver;
    private boolean isWithoutEvents;
    private String model;
    private long wireBytes;

    RequestSide(Exchange exchange, RelayCore core, Setup setup, LoopContext loop, Principal principal, Face face) {
        this.exchange = exchange;
        this.core = core;
        this.setup = setup;
        this.loop = loop;
        this.principal = principal;
        this.face = face;
        boolean isScanned = Admission.isScanned(face, exchange.request());
        decoder = isScanned ? ContentDecoder.of(exchange.request().headers().getAll("content-encoding"),
                setup.limits().maxBodyBytes()) : null;
        body = new RequestBody(isScanned ? loop.takeScanner(setup.router().firstTable(face)) : null, setup.limits(),
                core.bodies(), decoder == null ? exchange.request().bodyBytes() : -1);
        ownership = setup.isAffinityNeeded() ? new Ownership(core, setup, loop, principal, this::onOwnerFound) : null;
        attempts = new Attempts(exchange, loop, face, decoder != null, body, ownership, this::advance);
    }

    void start() {
        if (body.scanner() != null || ownership == null || ownership.askForPath(face.path())) {
            begin();
        }
    }

    /** Begins to read; what names no model is planned by its owner. */
    private void begin() {
        if (body.scanner() == null) {
            fixPlan(setup.router().planWithoutModel(principal, face,
                    ownership == null ? null : ownership.owningCluster()));
            if (ownership != null) {
                ownership.planned(cluster);
                ownership.resolve();
            }
        }
        exchange.port().response().sendContinue();
        readOn();
    }

    private void onOwnerFound() {
        if (isStopped || exchange.state().isTerminal()) {
            return;
        }
        if (plan != null) {
            advance();
            return;
        }
        try {
            begin();
        } catch (RelayException refusal) {
            exchange.refuse(refusal);
        }
    }

    private void readOn() {
        isReading = true;
        exchange.port().readBody();
    }

    void onBody(ByteBuf bytes) {
        loop.recorder().add(Counter.REQUEST_BYTES, bytes.readableBytes());
        if (isStopped) {
            bytes.release();
            return;
        }
        try {
            wireBytes += bytes.readableBytes();
            if (decoder == null) {
                body.add(bytes);
            } else {
                decoder.decode(bytes, body::add);
            }
        } catch (RelayException e) {
            exchange.refuseAndCancel(e);
        }
    }

    void onBodyEnd() {
        isReading = false;
        if (isStopped) {
            return;
        }
        try {
            if (decoder != null) {
                decoder.end();
            }
            body.end();
            if (ownership != null && ownership.hasAsked() && ownership.isMissed(body.facts(), exchange.request())) {
                throw ownership.tooLate(body.receivedBytes() > setup.limits().maxHeldBytes());
            }
        } catch (RelayException e) {
            exchange.refuseAndCancel(e);
            return;
        }
        advance();
    }

    void onReadComplete() {
        isReading = false;
        advance();
    }

    /** Does whatever can be done now: plan, connect, forward, ask for more. */
    private void advance() {
        if (isStopped || isOver) {
            return;
        }
        if (body.isPlannable()) {
            model = body.facts().model();
            fixPlan();
        }
        if (isStopped) {
            return;
        }
        if (plan != null && !isWithoutEvents && face.kind() == Face.Kind.RESPONSES
                && plan.lacksEvents(body.facts().stream())) {
            isWithoutEvents = true;
            refuseLater(new RelayException(ErrorCode.DOWNSTREAM_NOT_IMPLEMENTED, "stream",
                    "stream: true for an upstream that has no events (expected: false)"));
        }
        if (isStopped) {
            return;
        }
        if (plan != null && !attempts.isBegun() && body.isReady() && isOwnerKnown() && hasPlace()) {
            attempts.begin();
        }
        if (!isStopped && attempts.isForwarding()) {
            attempts.pump();
        }
        if (!isStopped && !body.isEnded() && !isReading && canTakeMore()) {
            readOn();
        }
    }

    /**
     * Asks who owns the request, as soon as what names its owner has come. That may be at its end: until then the body
     * is held, as far as bodies may be.
     */
    private boolean isOwnerKnown() {
        if (ownership == null || body.scanner() == null) {
            return true;
        }
        boolean mayWait = cluster.hasOthers() && !body.isEnded()
                && body.receivedBytes() <= setup.limits().maxHeldBytes() && !core.bodies().isScarce();
        return !mayWait && ownership.ask(body.facts(), exchange.request(), cluster);
    }

    private boolean hasPlace() {
        return exchange.places().enterCluster(cluster.gate(), this::advance) && !isStopped;
    }

    private boolean canTakeMore() {
        return attempts.isBegun() ? attempts.canTakeMore() : !exchange.places().isWaiting();
    }

    private void fixPlan() {
        try {
            fixPlan(setup.router().plan(body.facts(), principal, face));
        } catch (RelayException refusal) {
            refuseLater(refusal);
        }
    }

    private void fixPlan(Plan found) {
        if (found.table() != null && found.table() != body.scanner().table()) {
            try {
                loop.giveBack(body.rescan(loop.takeScanner(found.table())));
            } catch (RelayException refusal) {
                exchange.refuse(refusal);
                return;
            }
        }
        plan = found;
        cluster = setup.cluster(found.route().cluster());
        attempts.plan(found, cluster);
        body.plan(found.upstreamModel(), cluster.alwaysContentLength());
    }

    private void refuseLater(RelayException refusal) {
        try {
            body.refuseLater(refusal);
        } catch (RelayException now) {
            exchange.refuse(now);
        }
    }

    /** An endpoint has taken the request. */
    void onAccepted(HttpHeaders headers) {
        if (ownership != null) {
            ownership.onAccepted(attempts.attempt().endpoint(), headers);
        }
    }

    /** The answer has told its id. */
    void onResponseId(String id) {
        if (ownership != null && id != null) {
            ownership.onId(face, id, attempts.attempt().endpoint());
        }
    }

    /** Looks after who is asked for the owner. */
    void onTick(long nowNanos) {
        if (ownership != null) {
            ownership.onTick(nowNanos);
        }
    }

    /** Stops the request where it is: its answer is here, or nobody wants it any more. */
    void stop() {
        isStopped = true;
        attempts.stop();
        body.release();
        if (decoder != null) {
            decoder.release();
        }
    }

    /** Gives back everything; idempotent. */
    void release() {
        attempts.cancelHedge();
        if (!isStopped) {
            stop();
        }
        giveBackScanner();
    }

    private void giveBackScanner() {
        RequestScanner scanner = body.detachScanner();
        if (scanner != null) {
            loop.giveBack(scanner);
        }
    }

    /** The answer goes out: no further attempt is made, and a request that is sent is not looked into any more. */
    void onCommitted() {
        body.giveUpReplay();
        if (attempts.isSent()) {
            isOver = true;
            giveBackScanner();
        }
    }

    void giveUpReplay() {
        body.giveUpReplay();
    }

    /** Returns what is tried upstream. */
    Attempts attempts() {
        return attempts;
    }

    /** Returns the attempt that counts, or null before there is one. */
    Attempt attempt() {
        return attempts.attempt();
    }

    /** Returns whether all of the request was handed to the connection. */
    boolean isSent() {
        return attempts.isSent();
    }

    Plan plan() {
        return plan;
    }

    /** Returns the model that is asked for, or null while it has not arrived. */
    String model() {
        return model;
    }

    /** Returns whether an event stream must be collected to one document. */
    boolean collects() {
        return face.kind() == Face.Kind.RESPONSES && !face.alwaysStreams() && plan.collects(body.facts().stream());
    }

    /** Returns whether the downstream owes bytes of the body. */
    boolean isWaitingForBody() {
        return isReading && !isStopped && !body.isEnded();
    }

    long receivedBytes() {
        return wireBytes;
    }
}
