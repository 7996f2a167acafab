// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.websocket;

import dev.sluice.engine.cluster.Cluster;
import dev.sluice.engine.cluster.Endpoint;
import dev.sluice.engine.config.WebSocketMode;
import dev.sluice.engine.http.ExchangeId;
import dev.sluice.engine.http.RequestListener;
import dev.sluice.engine.http.ResponseSink;
import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.error.RelayException;
import dev.sluice.protocol.json.JsonTree;
import dev.sluice.protocol.json.JsonTree.Literal;
import dev.sluice.protocol.websocket.ClientEvent;
import dev.sluice.protocol.websocket.ErrorEvent;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * One request for a response, from its message to the end of its response: the downstream side of its exchange.
 *
 * <p><b>Threading:</b> confined to the connection's loop. <b>Ownership:</b> owns the message and its use of a chain
 * until {@link #release}.
 */
final class LaneExchange implements MessageSource, MessageSink.Listener {
    /** The protocol's name in logs. */
    static final String PROTOCOL = "websocket";

    private static final int FORBIDDEN = 403;
    private static final int TOO_LARGE = 413;

    private final Owner owner;
    private final ClientEvent event;
    private final ByteBuf text;
    private final int bytes;
    private final MessageSink sink;
    private final boolean isUnstored;
    private RequestListener exchange;
    private Chain chain;
    private SessionSocket adoptedFrom;
    private boolean isBridged;
    private boolean isDelivered;
    private boolean isOver;
    private boolean isReleased;
    private boolean isRefused;
    private long keptAliveNanos;
    private OutputKeeper keeper;

    /**
     * @param text the whole message; taken
     */
    LaneExchange(Owner owner, ClientEvent event, ByteBuf text) {
        this.owner = owner;
        this.event = event;
        this.text = text;
        bytes = text.readableBytes();
        isUnstored = event.isUnstored() || event.isWarmUp();
        sink = owner.newSink(event.lane(), this);
    }

    /**
     * Creates the exchange of a response that an upstream has begun by itself after another one.
     *
     * @param before the request of the response before it
     * @param from   the WebSocket on which it has begun
     */
    static LaneExchange adopted(Owner owner, ClientEvent before, SessionSocket from, ByteBufAllocator allocator) {
        byte[] text = JsonTree.write(Map.of("model", before.model()));
        LaneExchange made = new LaneExchange(owner, before, allocator.buffer(text.length).writeBytes(text));
        made.adoptedFrom = from;
        return made;
    }

    /** {@return the scanned message} */
    ClientEvent event() {
        return event;
    }

    @Override
    public SessionSocket adoptedFrom() {
        return adoptedFrom;
    }

    @Override
    public Endpoint endpointOf(Cluster cluster) {
        return owner.endpointOf(cluster, event);
    }

    @Override
    public boolean isBound() {
        return isUnstored && event.previousResponseId() != null && chain == null;
    }

    /** Starts the exchange. */
    void start(RequestListener started, long nowNanos) {
        exchange = started;
        keptAliveNanos = nowNanos;
        started.start();
    }

    /**
     * Sends an event if the request is answered over HTTP and its first event has not come for some time.
     *
     * @return whether one was sent
     */
    boolean keepAlive(long nowNanos, long silenceNanos) {
        if (!isBridged || sink.hasBegun() || nowNanos - keptAliveNanos <= silenceNanos) {
            return false;
        }
        keptAliveNanos = nowNanos;
        Map<String, Object> made = new LinkedHashMap<>();
        made.put("type", "keepalive");
        if (event.lane() != null) {
            made.put("stream_id", event.lane());
        }
        owner.send(this, JsonTree.write(made));
        return true;
    }

    /** {@return the exchange; null before it has started} */
    RequestListener exchange() {
        return exchange;
    }

    /** {@return whether the request goes upstream over HTTP} */
    boolean isBridged() {
        return isBridged;
    }

    /** {@return the number of bytes of the message} */
    int bytes() {
        return bytes;
    }

    @Override
    public String model() {
        return event.fault() == null ? event.model() : null;
    }

    @Override
    public String lane() {
        return event.lane();
    }

    @Override
    public MessageSession session() {
        return owner.session();
    }

    @Override
    public boolean onPlanned(WebSocketMode mode) {
        if (mode == WebSocketMode.OFF) {
            throw RelayException.of(ErrorCode.DOWNSTREAM_NOT_IMPLEMENTED, "model: " + event.model()
                    + " is not served over WebSocket (expected: a request over HTTP)");
        }
        if (adoptedFrom != null) {
            return false;
        }
        isBridged = mode == WebSocketMode.BRIDGE;
        chain = owner.chainOf(event.previousResponseId());
        if (isBridged) {
            checkBridge();
        }
        if (isBridged && event.isWarmUp()) {
            warmUp();
            return true;
        }
        if (isBridged && isUnstored) {
            keeper = owner.newKeeper();
            sink.keep(keeper);
        }
        return false;
    }

    private void checkBridge() {
        owner.checkBridgedLane(event.lane());
        if (event.isBackground()) {
            throw RelayException.refusedField("background", "background: true (expected: false, or absent)");
        }
        if (event.previousResponseId() != null && chain == null && isUnstored) {
            throw new RelayException(ErrorCode.OWNER_GONE, "previous_response_id",
                    "previous_response_id: not known on this connection (expected: the latest unstored response of a"
                    + " lane, or the whole input)");
        }
    }

    /** Answers a request that wants no output, and keeps its input for the one that continues it. */
    private void warmUp() {
        String id = "resp_" + ExchangeId.next().replace("-", "");
        if (!owner.keep(event, text, chain, null, id)) {
            throw RelayException.of(ErrorCode.DOWNSTREAM_WARM_UP, "generate: false with more input than is kept"
                    + " (expected: a smaller input, or a request without it)");
        }
        owner.send(this, responseEvent("response.created", id, "in_progress", 0));
        owner.send(this, responseEvent("response.completed", id, "completed", 1));
    }

    private byte[] responseEvent(String type, String id, String status, int sequence) {
        Map<String, Object> response = new LinkedHashMap<>();
        response.put("id", id);
        response.put("object", "response");
        response.put("created_at", new Literal(Long.toString(System.currentTimeMillis() / 1000)));
        response.put("status", status);
        for (String absent : List.of("error", "incomplete_details", "instructions", "max_output_tokens")) {
            response.put(absent, Literal.NULL);
        }
        response.put("model", event.model());
        response.put("output", List.of());
        response.put("parallel_tool_calls", Literal.TRUE);
        response.put("previous_response_id", event.previousResponseId() == null ? Literal.NULL
                : event.previousResponseId());
        response.put("store", event.isUnstored() ? Literal.FALSE : Literal.TRUE);
        response.put("tool_choice", "auto");
        response.put("tools", List.of());
        response.put("usage", Literal.NULL);
        response.put("metadata", Map.of());
        Map<String, Object> made = new LinkedHashMap<>();
        made.put("type", type);
        made.put("sequence_number", new Literal(Integer.toString(sequence)));
        made.put("response", response);
        if (event.lane() != null) {
            made.put("stream_id", event.lane());
        }
        return JsonTree.write(made);
    }

    @Override
    public void readBody() {
        if (isDelivered) {
            return;
        }
        isDelivered = true;
        deliver();
        exchange.onBodyEnd();
        exchange.onReadComplete();
    }

    private void deliver() {
        Consumer<ByteBuf> body = exchange::onBody;
        if (!isBridged && chain == null) {
            body.accept(text.retainedDuplicate());
            return;
        }
        text.retain(); // the exchange may refuse the body at any byte of it, which releases everything
        Chain continued = chain == null ? null : chain.use();
        try {
            BridgedBody bridged = new BridgedBody(event, text);
            if (isBridged) {
                bridged.write(continued, body);
            } else {
                bridged.writeContinued(continued, body);
            }
        } finally {
            text.release();
            if (continued != null) {
                continued.leave();
            }
        }
    }

    @Override
    public void closeNow() {
        owner.closeNow();
    }

    @Override
    public String protocol() {
        return PROTOCOL;
    }

    @Override
    public ResponseSink response() {
        return sink;
    }

    @Override
    public void refuse(String exchangeId, RelayException refusal) {
        if (adoptedFrom != null) {
            adoptedFrom.onAdoptionRefused(event.lane());
            onResponseEnd(); // the client did not ask, and gets the upstream's events in any case
            return;
        }
        isRefused = true;
        int status = statusOf(refusal);
        Map<String, String> headers = new LinkedHashMap<>(refusal.headers());
        if (refusal.retryAfterSeconds() > 0) {
            headers.put("retry-after", Long.toString(refusal.retryAfterSeconds()));
        }
        headers.put("x-sluice-request-id", exchangeId);
        owner.send(this, ErrorEvent.of(status, event.lane(), headers, ErrorEvent.object(refusal.code().type(),
                refusal.code().code(), refusal.getMessage(), refusal.param())));
        onResponseEnd();
        if (refusal.code() == ErrorCode.DOWNSTREAM_KEY_INVALID) {
            owner.onKeyRefused();
        }
    }

    /**
     * Returns the status of a refusal. What is wrong with the request itself is 400, because the Codex CLI sends a
     * request again that was refused with 403, 404 or 413.
     */
    private static int statusOf(RelayException refusal) {
        int status = refusal.code().status();
        return switch (refusal.code()) {
            case MODEL_NOT_FOUND, OWNER_UNKNOWN, OWNER_GONE -> 400;
            default -> status == FORBIDDEN || status == TOO_LARGE ? 400 : status;
        };
    }

    @Override
    public void onResponseEnd() {
        if (isOver) {
            return;
        }
        isOver = true;
        if (keeper != null && keeper.id() != null) {
            String id = keeper.id();
            owner.keep(event, text, chain, keeper.take(), id);
        } else if (keeper != null && !keeper.isEnded() && !isRefused) {
            owner.forget(event.lane());
        }
        owner.onEnded(this);
    }

    @Override
    public void onResponseLost(boolean isCut, boolean hasStarted) {
        if (isOver) {
            return;
        }
        isOver = true;
        if (keeper != null) {
            owner.forget(event.lane());
        }
        owner.onLost(this, isCut);
    }

    /** Releases everything; idempotent. */
    void release() {
        if (isReleased) {
            return;
        }
        isReleased = true;
        isOver = true;
        text.release();
        sink.release();
        if (chain != null) {
            chain.leave();
        }
        if (keeper != null) {
            keeper.release();
        }
    }

    /** The connection, as one of its requests sees it. */
    interface Owner {
        /** Returns the connection for upstreams. */
        MessageSession session();

        /** Returns the endpoint of a cluster on whose WebSocket a request belongs; null for none. */
        Endpoint endpointOf(Cluster cluster, ClientEvent request);

        /** Returns a new sink. */
        MessageSink newSink(String lane, MessageSink.Listener listener);

        /** Returns a new keeper of output items. */
        OutputKeeper newKeeper();

        /** Returns the chain of a response that this connection can continue, as another user of it; null for none. */
        Chain chainOf(String previousResponseId);

        /**
         * Keeps what a response stands for, in place of what its lane has kept before.
         *
         * @param before the chain that it continues; borrowed; null for none
         * @param output its output items, separated by commas; taken; null for none
         * @return whether there was room
         */
        boolean keep(ClientEvent event, ByteBuf text, Chain before, ByteBuf output, String id);

        /**
         * Drops what a lane keeps, because its request has failed upstream: the service does the same, so that clients
         * send the whole input again.
         */
        void forget(String lane);

        /** Checks that another lane may be served over HTTP. */
        void checkBridgedLane(String lane);

        /** Sends a message of the relay's own. */
        void send(Object by, byte[] message);

        /** Reports that the response was written to its end, or refused. */
        void onEnded(LaneExchange ended);

        /** Reports that the response broke off; if it was cut, nothing but a close may follow. */
        void onLost(LaneExchange lost, boolean isCut);

        /** Reports that the caller's key is not valid any more. */
        void onKeyRefused();

        /** Closes the connection at once. */
        void closeNow();
    }
}
