// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.exchange;

import dev.sluice.engine.admission.Admission;
import dev.sluice.engine.affinity.EndpointAffinity;
import dev.sluice.engine.body.ContentDecoder;
import dev.sluice.engine.body.RequestBody;
import dev.sluice.engine.cluster.Cluster;
import dev.sluice.engine.http.DownstreamRequest;
import dev.sluice.engine.http.RequestSource;
import dev.sluice.engine.loop.MemoryBudget;
import dev.sluice.engine.plan.ApiOperation;
import dev.sluice.engine.plan.Plan;
import dev.sluice.engine.spi.Principal;
import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.error.RelayException;
import dev.sluice.protocol.request.RequestScanner;
import io.netty.buffer.ByteBuf;

/**
 * The path of an exchange's request, from the downstream's body to an attempt upstream: it reads the body, plans the
 * exchange as soon as the model is known, waits for the owner and for a permit of the cluster, and then forwards.
 *
 * <p><b>Threading:</b> confined to the exchange's loop.
 */
final class RequestPath {
    private final Call call;
    private final RequestSource source;
    private final ActiveConfig config;
    private final ScannerCache scanners;
    private final MemoryBudget budget;
    private final ContentDecoder decoder;
    private final RequestBody body;
    private final EndpointAffinity affinity;
    private final Admission admission;
    private final AttemptRunner attempts;
    private final Listener listener;

    private Plan plan;
    private Cluster cluster;
    private boolean isStopped;
    private boolean isReading;
    private boolean isForwarded;
    private boolean isWithoutEvents;
    private String model;
    private long wireBytes;

    /**
     * @param call      the request, its operation and its caller
     * @param config    the configuration with which the exchange began
     * @param scanners  the loop's scanners of request bodies
     * @param budget    bounds the memory of all bodies of the relay
     * @param decoder   undoes the body's content coding; null where the body is not looked at, or has none
     * @param affinity  null where no owner can matter
     * @param admission waits for a permit of the cluster
     */
    RequestPath(Call call, RequestSource source, ActiveConfig config, ScannerCache scanners, MemoryBudget budget,
            ContentDecoder decoder, RequestBody body, EndpointAffinity affinity, Admission admission,
            AttemptRunner attempts, Listener listener) {
        this.call = call;
        this.source = source;
        this.config = config;
        this.scanners = scanners;
        this.budget = budget;
        this.decoder = decoder;
        this.body = body;
        this.affinity = affinity;
        this.admission = admission;
        this.attempts = attempts;
        this.listener = listener;
    }

    void start() {
        if (body.scanner() != null || affinity == null || affinity.askForPath(call.operation.path())) {
            begin();
        }
    }

    /** Begins to read; a request that names no model is planned by its owner. */
    private void begin() {
        if (body.scanner() == null) {
            fixPlan(config.router().planWithoutModel(call.principal, call.operation,
                    affinity == null ? null : affinity.owningCluster()));
            if (affinity != null) {
                affinity.planned(cluster);
                affinity.resolve();
            }
        }
        source.response().sendContinue();
        readOn();
    }

    /** Goes on after the owner was looked up. */
    void onOwnerKnown() {
        if (isStopped) {
            return;
        }
        if (plan != null) {
            advance();
            return;
        }
        try {
            begin();
        } catch (RelayException refusal) {
            listener.onRefused(refusal);
        }
    }

    private void readOn() {
        isReading = true;
        source.readBody();
    }

    /** Takes the next bytes of the body. */
    void onBody(ByteBuf bytes) {
        wireBytes += bytes.readableBytes();
        if (isStopped) {
            bytes.release();
            return;
        }
        try {
            if (decoder == null) {
                body.add(bytes);
            } else {
                decoder.decode(bytes, body::add);
            }
        } catch (RelayException e) {
            listener.onRefused(e);
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
            if (affinity != null && affinity.hasAsked() && affinity.isMissed(body.facts(), call.request)) {
                throw affinity.tooLate(body.receivedBytes() > config.limits().maxHeldBytes());
            }
        } catch (RelayException e) {
            listener.onRefused(e);
            return;
        }
        advance();
    }

    void onReadComplete() {
        isReading = false;
        advance();
    }

    /** Does everything that can be done now: plan, connect, forward, ask for more. */
    void advance() {
        if (isStopped || isForwarded) {
            return;
        }
        if (body.isPlannable()) {
            model = body.facts().model();
            fixPlan();
        }
        if (!isStopped && plan != null) {
            refuseMissingEvents();
        }
        if (!isStopped && plan != null && !attempts.isBegun() && body.isReady() && isOwnerKnown() && isAdmitted()) {
            attempts.begin();
        }
        if (!isStopped && attempts.isForwarding()) {
            attempts.pump();
        }
        if (!isStopped && !body.isEnded() && !isReading && canTakeMore()) {
            readOn();
        }
    }

    private void refuseMissingEvents() {
        if (!isWithoutEvents && call.operation.kind() == ApiOperation.Kind.RESPONSES
                && plan.lacksEvents(body.facts().stream())) {
            isWithoutEvents = true;
            refuseLater(new RelayException(ErrorCode.DOWNSTREAM_NOT_IMPLEMENTED, "stream",
                    "stream: true for an upstream that has no events (expected: false)"));
        }
    }

    /**
     * Asks for the owner of the request, as soon as the fields that name it have arrived. They may be at the end of the
     * body: until then the body is held, as far as bodies may be.
     */
    private boolean isOwnerKnown() {
        if (affinity == null || body.scanner() == null) {
            return true;
        }
        boolean mayWait = cluster.hasOthers() && !body.isEnded()
                && body.receivedBytes() <= config.limits().maxHeldBytes() && !budget.isScarce();
        return !mayWait && affinity.ask(body.facts(), call.request, cluster);
    }

    private boolean isAdmitted() {
        return admission.enterCluster(cluster.gate(), this::advance) && !isStopped;
    }

    private boolean canTakeMore() {
        return attempts.isBegun() ? attempts.canTakeMore() : !admission.isWaiting();
    }

    private void fixPlan() {
        try {
            fixPlan(config.router().plan(body.facts(), call.principal, call.operation));
        } catch (RelayException refusal) {
            refuseLater(refusal);
        }
    }

    private void fixPlan(Plan found) {
        if (found.table() != null && found.table() != body.scanner().table()) {
            try {
                scanners.giveBack(body.rescan(scanners.take(found.table())));
            } catch (RelayException refusal) {
                listener.onRefused(refusal);
                return;
            }
        }
        plan = found;
        cluster = config.cluster(found.route().cluster());
        attempts.plan(cluster, found.route().retry());
        body.plan(found.upstreamModel(), cluster.alwaysContentLength());
        listener.onPlanned();
    }

    private void refuseLater(RelayException refusal) {
        try {
            body.refuseLater(refusal);
        } catch (RelayException now) {
            listener.onRefused(now);
        }
    }

    /** Stops the request where it is: its response has arrived, or is not needed any more. */
    void stop() {
        isStopped = true;
        attempts.stop();
        body.release();
        if (decoder != null) {
            decoder.release();
        }
    }

    /** Gives everything back; idempotent. */
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
            scanners.giveBack(scanner);
        }
    }

    /** Gives back what only another attempt would need, and the scanner of a request that is sent. */
    void onAnswered() {
        body.giveUpReplay();
        if (attempts.isSent()) {
            isForwarded = true;
            giveBackScanner();
        }
    }

    ApiOperation operation() {
        return call.operation;
    }

    /** Returns the plan, or null before it is known. */
    Plan plan() {
        return plan;
    }

    /** Returns the model that was asked for, or null while it has not arrived. */
    String model() {
        return model;
    }

    /** Returns whether an event stream must be collected to one document. */
    boolean isCollected() {
        return call.operation.kind() == ApiOperation.Kind.RESPONSES && !call.operation.alwaysStreams()
                && plan.collects(body.facts().stream());
    }

    /** Returns whether the downstream owes bytes of the body. */
    boolean isWaitingForBody() {
        return isReading && !isStopped && !body.isEnded();
    }

    /** Returns the number of bytes of the body that have arrived, before decoding. */
    long receivedBytes() {
        return wireBytes;
    }

    /**
     * A request with its operation and its caller.
     *
     * @param request   the head
     * @param operation what the path stands for
     * @param principal on whose behalf the request was made
     */
    record Call(DownstreamRequest request, ApiOperation operation, Principal principal) {
    }

    /** The exchange, as its request sees it. */
    interface Listener {
        /** Reports that the plan is known. */
        void onPlanned();

        /** Receives the reason why the request is refused. */
        void onRefused(RelayException refusal);
    }
}
