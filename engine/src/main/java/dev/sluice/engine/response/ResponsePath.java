// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.response;

import dev.sluice.engine.config.LimitConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.http.AcceptEncoding;
import dev.sluice.engine.http.ContentDecoder;
import dev.sluice.engine.http.ResponseHead;
import dev.sluice.engine.http.ResponseSink;
import dev.sluice.engine.loop.MemoryBudget;
import dev.sluice.engine.spi.RequestHead;
import dev.sluice.engine.spi.Settlement;
import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.error.RelayException;
import dev.sluice.protocol.framing.BodyPiece;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The path of an exchange's response, from an attempt to the downstream. When the head arrives, the path chooses the
 * response's way; it then holds the current way.
 *
 * <p><b>Threading:</b> confined to the exchange's loop.
 */
public final class ResponsePath {
    private static final Pattern REQUEST_ID = Pattern.compile("[A-Za-z0-9_.:-]{1,128}");

    private final ResponseSink sink;
    private final ResponseListener listener;
    private final BodyObserver.Tools tools;
    private final MemoryBudget budget;
    private final LimitConfig limits;

    private ResponseSource source;
    private ResponseWay way;
    private HeldResponse held;
    private RelayedResponse relayed;
    private CollectedResponse collected;
    private DecodedResponse decoded; // null unless the body is decoded on its way
    private BodyObserver body;
    private String requestId;
    private long headNanos;

    /**
     * @param sink     the downstream
     * @param listener the exchange
     * @param tools    shared by the loop
     * @param budget   bounds the memory of all bodies of the relay
     * @param limits   the bounds of held bodies and of drains
     */
    public ResponsePath(ResponseSink sink, ResponseListener listener, BodyObserver.Tools tools, MemoryBudget budget,
            LimitConfig limits) {
        this.sink = sink;
        this.listener = listener;
        this.tools = tools;
        this.budget = budget;
        this.limits = limits;
    }

    /**
     * Begins with a response: chooses its way and delivers its body there.
     *
     * @param from     the attempt
     * @param received the upstream's head
     * @param handling the exchange's facts that decide the way
     */
    public void begin(ResponseSource from, ResponseHead received, Handling handling) {
        source = from;
        requestId = received.headers().get("x-request-id");
        headNanos = tools.nanoTime();
        ResponseHead read = received;
        List<String> codings = ContentDecoder.named(received.headers());
        boolean isCollected = handling.isCollected && received.isSuccess();
        if (!codings.isEmpty() && !received.isBodiless() && (isCollected || !AcceptEncoding.admits(
                handling.request.headers("accept-encoding"), codings))) {
            try {
                decoded = new DecodedResponse(ContentDecoder.of(received.headers(), limits.maxBodyBytes()), from);
            } catch (RelayException unknown) {
                listener.onRefused(StreamTerminator.refusal(ErrorCode.UPSTREAM_CODING));
                return;
            }
            read = ResponseHeaders.decoded(received);
        }
        body = new BodyObserver(read, handling.hasTerminal, handling.isStreamAsked, limits.maxBodyBytes(), tools);
        boolean isEarly = received.isSuccess() && !handling.isRequestSent;
        Beginning beginning = handling.isReplaceable && !(body.isEventStream() && isCollected)
                ? Beginning.of(body, received.status().code()) : null;
        ResponseHead head = read;
        held = new HeldResponse(piece -> choose(head, piece, handling), this::use, received.status().code(), from,
                listener, tools, beginning, isEarly);
        use(held);
    }

    /**
     * Chooses the way of a response whose body begins.
     *
     * @param first the first bytes, borrowed; null if there are none
     */
    private ResponseWay choose(ResponseHead read, BodyPiece first, Handling handling) {
        if (first != null && body.isUndecided()) {
            body.decideBy(first);
        }
        ResponseHead head = ResponseHeaders.passedOn(read, handling.exchangeId, handling.model, body.isEventStream());
        handling.headers.forEach((name, value) -> ResponseHeaders.setIfAbsent(head.headers(), name, value));
        LeavePolicy leave = new LeavePolicy(handling.route.onDownstreamLeave(), limits.drainBytes(), this::use, tools);
        if (body.isEventStream() && handling.isCollected) {
            collected = new CollectedResponse(head, limits.maxHeldBytes(), budget, body, sink, source, listener, tools,
                    leave);
            return collected;
        }
        relayed = new RelayedResponse(head, body, sink, source, listener, tools, handling.route, leave,
                handling.lossCode);
        return relayed;
    }

    private void use(ResponseWay next) {
        way = next;
        if (next != held) {
            held = null;
        }
        source.deliverTo(decoded == null ? next : decoded.before(next));
    }

    /**
     * Returns what the request has used, as far as the response has told it.
     *
     * @param sentModel the model name that was sent, if the response names none
     */
    public Settlement settlement(String sentModel) {
        if (body == null) {
            return new Settlement(sentModel, null, null);
        }
        String served = body.responseModel();
        return new Settlement(served == null ? sentModel : served, body.serviceTier(), body.usage());
    }

    /** Discards the response, because another attempt is made. */
    public void reset() {
        release();
        way = null;
        held = null;
        relayed = null;
        collected = null;
        decoded = null;
        body = null;
    }

    /** Lets a response proceed that arrived before the request was sent completely. */
    public void onRequestSent() {
        if (held != null) {
            headNanos = tools.nanoTime();
            held.onRequestSent();
        }
    }

    /** Ends the response, or refuses the request if nothing was sent downstream; no other attempt is made. */
    public void onLost(ErrorCode cause) {
        if (way == null) {
            listener.onRefused(StreamTerminator.refusal(cause));
        } else {
            way.onLost(cause);
        }
    }

    /** Ends the exchange or drains the response; called only if there is a response. */
    public void onDownstreamClosed() {
        way.onDownstreamClosed();
    }

    /** Resumes reading if it was paused and the downstream takes more again. */
    public void onWritabilityChanged() {
        if (relayed != null) {
            relayed.onWritabilityChanged();
        }
    }

    /** {@return whether the head of a response has arrived} */
    public boolean hasHead() {
        return way != null;
    }

    /** {@return whether the response is being relayed downstream} */
    public boolean isRelaying() {
        return relayed != null && way == relayed;
    }

    /** {@return the relayed response, or null if the response is collected or has not arrived} */
    public RelayedResponse relayed() {
        return relayed;
    }

    /** {@return the observer of the body, or null before there is a response} */
    public BodyObserver body() {
        return body;
    }

    /** {@return the endpoint's name of the request, if it is short and plain; otherwise null} */
    public String requestId() {
        return requestId != null && REQUEST_ID.matcher(requestId).matches() ? requestId : null;
    }

    /** {@return the HTTP status that was or would be sent downstream; 0 before there is a response} */
    public int status() {
        return way == null ? 0 : way.status();
    }

    /** {@return the clock's time at which the head arrived, or at which an early response could proceed} */
    public long headNanos() {
        return headNanos;
    }

    /** {@return the clock's time at the latest read; called only if there is a response} */
    public long lastReadNanos() {
        return way.lastReadNanos();
    }

    /** Releases everything; the observed values stay available. Idempotent. */
    public void release() {
        if (relayed != null) {
            relayed.stop();
        }
        if (collected != null) {
            collected.release();
        }
        if (decoded != null) {
            decoded.release();
        }
        if (body != null) {
            body.release();
        }
    }

    /**
     * The facts of an exchange that decide how a response is handled.
     *
     * @param route         the route's policies
     * @param exchangeId    the exchange's id, for the head
     * @param model         the model name that replaces the upstream's in the head; null to keep that
     * @param lossCode      the error code of the event that ends a lost stream; null for the usual one
     * @param isCollected   whether an event stream must be collected to one document
     * @param hasTerminal   whether an event stream of this operation ends with a terminal event
     * @param isStreamAsked whether the request that was sent asks for an event stream
     * @param request       the head of the request, for what the downstream accepts
     * @param isReplaceable whether another endpoint could serve the request if the response reports a failure
     * @param isRequestSent whether the request was sent completely
     * @param headers       headers that are added unless the upstream has sent them
     */
    public record Handling(RouteConfig route, String exchangeId, String model, String lossCode, boolean isCollected,
            boolean hasTerminal, boolean isStreamAsked, RequestHead request, boolean isReplaceable,
            boolean isRequestSent, Map<String, String> headers) {
    }
}
