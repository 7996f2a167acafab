// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.request;

import dev.sluice.engine.admission.Admission;
import dev.sluice.engine.affinity.EndpointAffinity;
import dev.sluice.engine.cluster.Cluster;
import dev.sluice.engine.config.WebSocketMode;
import dev.sluice.engine.http.ContentDecoder;
import dev.sluice.engine.http.DownstreamRequest;
import dev.sluice.engine.http.RequestSource;
import dev.sluice.engine.plan.ApiOperation;
import dev.sluice.engine.plan.Plan;
import dev.sluice.engine.spi.PlannedRequest;
import dev.sluice.engine.spi.Principal;
import dev.sluice.engine.websocket.MessageSource;
import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.error.RelayException;
import dev.sluice.protocol.request.RequestScanner;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.ssl.ApplicationProtocolNames;
import java.time.Duration;

/**
 * The path of an exchange's request, from the downstream's body to an attempt upstream. It reads the body, plans the
 * exchange as soon as the model is known, waits for the owner and for a permit of the cluster, and then forwards.
 *
 * <p><b>Threading:</b> confined to the exchange's loop.
 */
public final class RequestPath {
    /** The silence after which a client on a WebSocket gets an event, because pings do not count for some. */
    private static final Duration KEEP_ALIVE = Duration.ofSeconds(60);
    private static final int BYTES_PER_TOKEN = 4;
    /** The version of HTTP of the handshake, which is that of all requests on a WebSocket. */
    private static final String HANDSHAKE_VERSION = "1.1";

    private final Call call;
    private final RequestSource source;
    private final RequestServices services;
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
     * Checks the head of a request and creates the parts of its path.
     *
     * @param call            the request, its operation and its caller
     * @param exchangeId      the exchange's id
     * @param services        the loop's services, under the configuration with which the exchange began
     * @param source          the downstream
     * @param admission       waits for a permit of the cluster
     * @param listener        the exchange
     * @param attemptListener the exchange, as its attempts see it
     * @throws RelayException with the first rule that the head breaks
     */
    public RequestPath(Call call, String exchangeId, RequestServices services, RequestSource source,
            Admission admission, Listener listener, AttemptRunner.Listener attemptListener) {
        this.call = call;
        this.source = source;
        this.services = services;
        this.admission = admission;
        this.listener = listener;
        RequestHeadRules.check(call.operation, call.request, services.limits(), services.via());
        boolean isScanned = RequestHeadRules.isScanned(call.operation, call.request);
        decoder = isScanned ? ContentDecoder.of(call.request.headers(),
                services.limits().maxBodyBytes()) : null;
        body = new RequestBody(isScanned ? services.scanners().take(services.router().firstTable(call.operation))
                : null, services.limits(), services.bodies(), decoder == null ? call.request.bodyBytes() : -1);
        affinity = services.owners() == null ? null : new EndpointAffinity(services.owners(), services.affinity(),
                services.loop(), services.ticker()::nanoTime, call.principal.name(),
                services.isShared(), this::onOwnerKnown);
        attempts = new AttemptRunner(new ForwardedHead(call.request, call.operation.path(), exchangeId,
                decoder != null, viaElement(services.via(), source.protocol())), body, affinity,
                services.connector(), services.ticker(), attemptListener);
    }

    /** Returns the element to add to Via (RFC 9110 section 7.6.3): the received protocol and the pseudonym. */
    private static String viaElement(String pseudonym, String protocol) {
        String version = protocol.equals(ApplicationProtocolNames.HTTP_2) ? "2"
                : protocol.startsWith("http/") ? protocol.substring("http/".length()) : HANDSHAKE_VERSION;
        return pseudonym.isEmpty() ? null : version + ' ' + pseudonym;
    }

    /** Returns the element to add to the Via of a WebSocket's handshake. */
    static String viaOfHandshake(RequestServices services) {
        return viaElement(services.via(), HANDSHAKE_VERSION);
    }

    /** Starts the request. If only its path can name an owner, the owner is looked up first. */
    public void start() {
        if (body.scanner() != null || affinity == null || affinity.askForPath(call.operation.path())) {
            begin();
        }
    }

    /** Starts reading; a request without a model is planned by its owner. */
    private void begin() {
        if (call.message != null && call.message.model() != null) {
            model = call.message.model();
            fixPlan(services.router().plan(model, call.principal, call.operation));
            if (call.message.onPlanned(cluster.websocket())) {
                isStopped = true;
                listener.onAnsweredDownstream();
                return;
            }
        }
        if (body.scanner() == null) {
            fixPlan(services.router().planWithoutModel(call.principal, call.operation,
                    affinity == null ? null : affinity.owningCluster()));
            if (affinity != null) {
                affinity.planned(cluster);
                affinity.resolve();
            }
        }
        source.response().sendContinue();
        readOn();
    }

    /** Continues after the look-up of the owner. */
    private void onOwnerKnown() {
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
    public void onBody(ByteBuf bytes) {
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

    /** Receives the end of the body. */
    public void onBodyEnd() {
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
                throw affinity.tooLate(body.receivedBytes() > services.limits().maxHeldBytes());
            }
        } catch (RelayException e) {
            listener.onRefused(e);
            return;
        }
        advance();
    }

    /** Marks the end of one read. */
    public void onReadComplete() {
        isReading = false;
        advance();
    }

    /** Takes all steps that are possible now: plan, connect, forward, request more of the body. */
    public void advance() {
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
     * Looks up the request's owner as soon as the fields that name it have arrived. They may be at the end of the body;
     * until then the body is held, within the bounds of held bodies.
     */
    private boolean isOwnerKnown() {
        if (affinity == null || body.scanner() == null) {
            return true;
        }
        boolean mayWait = affinity.matters(cluster) && !body.isEnded()
                && body.receivedBytes() <= services.limits().maxHeldBytes() && !services.bodies().isScarce();
        return !mayWait && affinity.ask(body.facts(), call.request, cluster);
    }

    private boolean isAdmitted() {
        return admission.isGranted() && admission.enterCluster(cluster.gate(), this::advance) && !isStopped;
    }

    private boolean canTakeMore() {
        return attempts.isBegun() ? attempts.canTakeMore() : !admission.isWaiting();
    }

    private void fixPlan() {
        try {
            fixPlan(services.router().plan(body.facts(), call.principal, call.operation));
        } catch (RelayException refusal) {
            refuseLater(refusal);
        }
    }

    private void fixPlan(Plan found) {
        if (found.table() != null && found.table() != body.scanner().table()) {
            try {
                services.scanners().giveBack(body.rescan(services.scanners().take(found.table())));
            } catch (RelayException refusal) {
                listener.onRefused(refusal);
                return;
            }
        }
        plan = found;
        cluster = services.clusters().apply(found.route().cluster());
        if (call.message != null && cluster.websocket() == WebSocketMode.NATIVE) {
            attempts.useSockets(services.sockets(), call.message);
        } else if (call.message != null && found.route().keepAlive().isZero()) {
            plan = found.withKeepAlive(KEEP_ALIVE);
        }
        attempts.plan(cluster, found.route().retry(), found.upstreamModel());
        body.plan(found.upstreamModel(), cluster.alwaysContentLength());
        listener.onPlanned();
        admission.ask(new PlannedRequest(call.principal, found.route(), found.model(), found.upstreamModel(),
                call.request.method().equals("POST") ? estimatedTokens() : 0), this::advance);
    }

    /** Returns an estimate of the tokens in the body, by what is known of its length. */
    private long estimatedTokens() {
        return Math.max(1, Math.max(call.request.bodyBytes(), body.receivedBytes()) / BYTES_PER_TOKEN);
    }

    private void refuseLater(RelayException refusal) {
        try {
            body.refuseLater(refusal);
        } catch (RelayException now) {
            listener.onRefused(now);
        }
    }

    /** Stops the request in its current state, because its response has arrived or is no longer needed. */
    public void stop() {
        isStopped = true;
        attempts.stop();
        body.release();
        if (decoder != null) {
            decoder.release();
        }
    }

    /** Releases everything; idempotent. */
    public void release() {
        attempts.cancelHedge();
        if (!isStopped) {
            stop();
        }
        giveBackScanner();
    }

    private void giveBackScanner() {
        RequestScanner scanner = body.detachScanner();
        if (scanner != null) {
            services.scanners().giveBack(scanner);
        }
    }

    /** Releases the parts that only another attempt would need, and the scanner if the request was sent. */
    public void onAnswered() {
        attempts.onAnswered();
        body.giveUpReplay();
        if (attempts.isSent()) {
            isForwarded = true;
            giveBackScanner();
        }
    }

    /** {@return the operation that was called} */
    public ApiOperation operation() {
        return call.operation;
    }

    /** {@return the attempts} */
    public AttemptRunner attempts() {
        return attempts;
    }

    /** Stores the endpoint that accepted the request as the owner of its session. */
    public void onAccepted(Attempt attempt, HttpHeaders headers) {
        if (affinity != null) {
            affinity.onAccepted(attempt.target(), headers);
        }
    }

    /** Stores the endpoint that answers as the owner of the response. */
    public void onResponseId(String id) {
        if (affinity != null) {
            affinity.onId(call.operation, id, attempts.lead().target());
        }
    }

    /** {@return the time since which the owner is being looked up, or {@link EndpointAffinity#NOT_ASKED}} */
    public long ownerAskedNanos() {
        return affinity == null ? EndpointAffinity.NOT_ASKED : affinity.askedNanos();
    }

    /** Stops waiting for the owner; the request may go to any endpoint. */
    public void giveUpOwner() {
        affinity.giveUpWaiting();
    }

    /** {@return the plan, or null before it is known} */
    public Plan plan() {
        return plan;
    }

    /** {@return the requested model, or null if it has not arrived} */
    public String model() {
        return model;
    }

    /** {@return whether an event stream must be collected to one document} */
    public boolean isCollected() {
        return call.operation.kind() == ApiOperation.Kind.RESPONSES && !call.operation.alwaysStreams()
                && plan.collects(body.facts().stream());
    }

    /** {@return whether the request that is sent asks for an event stream} */
    public boolean asksForStream() {
        return isCollected() || call.operation.alwaysStreams() || Boolean.TRUE.equals(body.facts().stream())
                || call.request.query().contains("stream=true");
    }

    /** {@return whether the request waits for body bytes from the downstream} */
    public boolean isWaitingForBody() {
        return isReading && !isStopped && !body.isEnded();
    }

    /** {@return the number of bytes of the body that have arrived, before decoding} */
    public long receivedBytes() {
        return wireBytes;
    }

    /**
     * A request with its operation and its caller.
     *
     * @param request   the head
     * @param operation the operation that the path names
     * @param principal the caller
     * @param message   the source of a request that came as a message; null for HTTP
     */
    public record Call(DownstreamRequest request, ApiOperation operation, Principal principal,
            MessageSource message) {
    }

    /** The exchange, as its request sees it. */
    public interface Listener {
        /** Reports that the plan is known. */
        void onPlanned();

        /** Reports that the downstream side has answered the request itself. */
        void onAnsweredDownstream();

        /** Receives the reason why the request is refused. */
        void onRefused(RelayException refusal);
    }
}
