// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.websocket;

import dev.sluice.engine.cluster.Cluster;
import dev.sluice.engine.cluster.Endpoint;
import dev.sluice.engine.http.DownstreamRequest;
import dev.sluice.engine.http.RequestListener;
import dev.sluice.engine.loop.MemoryBudget;
import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.error.RelayException;
import dev.sluice.protocol.framing.BodyPiece;
import dev.sluice.protocol.framing.BodyRuns;
import dev.sluice.protocol.websocket.ClientEvent;
import dev.sluice.protocol.websocket.CloseStatus;
import dev.sluice.protocol.websocket.ErrorEvent;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The events of one downstream connection: it turns each request into an exchange, keeps the order of its lanes, and
 * knows which responses can be continued here. It ends with its connection.
 *
 * <p><b>Threading:</b> confined to the connection's loop.
 */
final class Session implements MessageSession, LaneExchange.Owner {
    private static final int MAX_BRIDGED_LANES = 32;
    private static final long MAX_LANE_CHAIN_BYTES = 8L * 1024 * 1024;
    /** The number of responses that may continue one another here; clients then send the whole input once. */
    private static final int MAX_LINKS = 4096;
    private static final long MAX_CHAIN_BYTES = 32L * 1024 * 1024;
    private static final int BAD_GATEWAY = 1014; // a status of the registry, for a server that acts as a gateway
    private static final String DEFAULT = "";
    private static final int KEEPER_BYTES = 8 * 1024;
    private static final String CODEX_PATH = "/backend-api/codex/";
    private static final long KEEP_ALIVE_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final String id;
    private final Wire wire;
    private final MessageStarter starter;
    private final DownstreamRequest head;
    private final MemoryBudget budget;
    private final ByteBufAllocator allocator;
    private final byte[] scratch;
    private final boolean isKeptAlive;
    private final Lanes lanes = new Lanes();
    private final List<SessionSocket> sockets = new ArrayList<>(1);
    /** The latest request of each lane that was served by an upstream on a WebSocket. */
    private final Map<String, ClientEvent> lastOf = new HashMap<>(2);
    /** The latest response of each lane that began on a WebSocket. */
    private final Map<String, Begun> begun = new HashMap<>(2);
    private final Map<String, Kept> chains = new LinkedHashMap<>(2);
    /** The work array of what is kept, which is scanned while the events of a stream are read with the other one. */
    private byte[] keeperScratch;
    private long openBytes;
    private long responses;
    private boolean isOver;
    private boolean isStarting;
    private int lostStatus = CloseStatus.ABNORMAL;
    private String lostReason = "";

    /**
     * @param id      the connection's id
     * @param head    the head that a request of this connection would have over HTTP
     * @param budget  bounds the memory of all bodies of the relay
     * @param scratch a work array that no other thread uses
     */
    Session(String id, Wire wire, MessageStarter starter, DownstreamRequest head, MemoryBudget budget,
            ByteBufAllocator allocator, byte[] scratch) {
        this.id = id;
        this.wire = wire;
        this.starter = starter;
        this.head = head;
        this.budget = budget;
        this.allocator = allocator;
        this.scratch = scratch;
        isKeptAlive = head.path().startsWith(CODEX_PATH);
    }

    /**
     * Takes a message.
     *
     * @param event the scanned message
     * @param text  its bytes; taken
     */
    void onMessage(ClientEvent event, ByteBuf text) {
        try {
            if (event.fault() != null) {
                refuse(event, ErrorCode.DOWNSTREAM_INVALID_JSON, event.fault(), null);
            } else if (!event.isLaneValid()) {
                send(this, ErrorEvent.of(400, null, Map.of(), ErrorEvent.object("invalid_request_error",
                        "invalid_stream_id", "stream_id: not valid (expected: 1 to " + ClientEvent.MAX_LANE_CHARS
                        + " of A-Z a-z 0-9 _ . -)", "stream_id")));
            } else if (!ClientEvent.CREATE.equals(event.type())) {
                onOther(event, text);
            } else if (starter.isDraining()) {
                wire.onRefusedByDrain();
            } else if (!lanes.hasRoom()) {
                send(this, ErrorEvent.of(429, event.lane(), Map.of("retry-after", "1"),
                        ErrorEvent.object("rate_limit_error", "too_many_running", "Over " + Lanes.MAX_OPEN
                        + " requests of this connection have not ended (expected: at most so many)", null)));
            } else if (!lanes.open(event.lane())) {
                refuse(event, ErrorCode.DOWNSTREAM_LANES, "stream_id: over " + Lanes.MAX_NAMED
                        + " names on one connection (expected: at most so many)", "stream_id");
            } else {
                openBytes += text.readableBytes();
                lanes.add(new LaneExchange(this, event, text.retain()));
                startNext();
            }
        } finally {
            text.release();
            wire.flush();
        }
    }

    private void refuse(ClientEvent event, ErrorCode code, String message, String param) {
        send(this, ErrorEvent.of(code.status(), event.lane(), Map.of(), ErrorEvent.object(code.type(), code.code(),
                message, param)));
    }

    /** Handles an event that asks for no response: an upstream on a WebSocket may know it, any other does not. */
    private void onOther(ClientEvent event, ByteBuf text) {
        SessionSocket socket = socketOf(event);
        if (socket == null) {
            socket = socketOfRunning();
        }
        if (socket != null) {
            if (!socket.send(text.retainedDuplicate())) {
                send(this, ErrorEvent.of(429, event.lane(), Map.of("retry-after", "1"), ErrorEvent.object(
                        "rate_limit_error", "too_many_pending", "The upstream takes no event now", null)));
            }
        } else if ("response.steer".equals(event.type()) || "response.inject".equals(event.type())) {
            send(this, UnservedEvent.answer(event.type(), text));
        } else {
            send(this, ErrorEvent.of(400, event.lane(), Map.of(), ErrorEvent.object("invalid_request_error",
                    "unknown_event_type", "type: not known here (expected: response.create)", "type")));
        }
    }

    /** Returns the WebSocket on which a response runs, otherwise the latest one; null for none. */
    private SessionSocket socketOfRunning() {
        SessionSocket found = null;
        for (SessionSocket socket : sockets) {
            if (socket.isUsable() && (found == null || socket.isRunning() || !found.isRunning())) {
                found = socket;
            }
        }
        return found;
    }

    /** Starts all requests that may run now. */
    private void startNext() {
        if (isStarting || isOver) {
            return;
        }
        isStarting = true;
        try {
            for (LaneExchange next = lanes.next(); next != null; next = lanes.next()) {
                responses++;
                RequestListener exchange = starter.newExchange(head, next);
                next.start(exchange, starter.ticker().nanoTime());
            }
        } finally {
            isStarting = false;
        }
    }

    @Override
    public void onEnded(LaneExchange ended) {
        leave(ended);
        // In a new task, because the exchange has not ended yet, and so that a flood of requests builds no deep stack.
        wire.execute(this::onLaneFree);
    }

    private void leave(LaneExchange ended) {
        lanes.end(ended);
        if (!ended.isBridged() && !isOver) {
            lastOf.put(keyOf(ended.lane()), ended.event());
        }
        openBytes -= ended.bytes();
        ended.release();
    }

    private void onLaneFree() {
        if (isOver) {
            return;
        }
        startNext();
        wire.flush();
        wire.onProgress();
    }

    @Override
    public void onLost(LaneExchange lost, boolean isCut) {
        leave(lost);
        boolean isUseful = lost.isBridged() || !lanes.isEmpty() || !sockets.isEmpty();
        if (isCut || !isUseful) {
            boolean isBridged = lost.isBridged(); // its upstream has said nothing about this connection
            wire.close(isBridged ? CloseStatus.INTERNAL : passedOn(lostStatus), isBridged ? "" : lostReason);
            return;
        }
        send(this, ErrorEvent.of(502, lost.lane(), Map.of(), ErrorEvent.object("server_error", "upstream_lost",
                "The upstream closed the connection before the end of the response", null)));
        wire.flush();
        wire.execute(this::onLaneFree);
    }

    private static int passedOn(int status) {
        return switch (status) {
            case CloseStatus.GOING_AWAY, CloseStatus.POLICY, CloseStatus.TOO_LARGE, CloseStatus.INTERNAL,
                    CloseStatus.RESTART, CloseStatus.TRY_AGAIN_LATER, BAD_GATEWAY -> status;
            default -> CloseStatus.INTERNAL;
        };
    }

    /** Ends everything, because the connection has ended or is about to be closed. Idempotent. */
    void end() {
        if (isOver) {
            return;
        }
        isOver = true;
        for (LaneExchange each : lanes.running()) {
            if (each.exchange() != null) {
                each.exchange().onDownstreamClosed();
            }
            leave(each);
        }
        for (LaneExchange next = lanes.pollWaiting(); next != null; next = lanes.pollWaiting()) {
            openBytes -= next.bytes();
            next.release();
        }
        List.copyOf(sockets).forEach(SessionSocket::leave);
        sockets.clear();
        begun.clear();
        chains.values().forEach(kept -> kept.chain.leave());
        chains.clear();
    }

    /** Reports that the downstream takes more, or no more, bytes. */
    void onWritabilityChanged() {
        for (LaneExchange each : lanes.running()) {
            if (each.exchange() != null) {
                each.exchange().onWritabilityChanged();
            }
        }
        List.copyOf(sockets).forEach(SessionSocket::onDownstreamWritable);
    }

    /**
     * Sends an event to each lane that waits for the first one of an upstream over HTTP, where the Codex CLI would give
     * up the request: it counts only messages, while other clients want the first event to be that of the response.
     */
    void onTick(long nowNanos) {
        if (!isKeptAlive) {
            return;
        }
        boolean isAny = false;
        for (LaneExchange each : lanes.running()) {
            isAny |= each.keepAlive(nowNanos, KEEP_ALIVE_NANOS);
        }
        if (isAny) {
            wire.flush();
        }
    }

    /** Returns whether no request runs or waits. */
    boolean isQuiet() {
        return lanes.isEmpty();
    }

    /** Returns whether no response runs, although requests may wait. */
    boolean isIdle() {
        return lanes.isQuiet();
    }

    /** Returns the number of bytes of all messages that are held. */
    long openBytes() {
        return openBytes;
    }

    long responses() {
        return responses;
    }

    int namedLanes() {
        return lanes.named();
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public MessageSession session() {
        return this;
    }

    @Override
    public MessageSink newSink(String lane, MessageSink.Listener listener) {
        return new MessageSink(wire.out(), allocator, scratch, lane, listener);
    }

    @Override
    public OutputKeeper newKeeper() {
        if (keeperScratch == null) {
            keeperScratch = new byte[KEEPER_BYTES];
        }
        return new OutputKeeper(allocator, MAX_LANE_CHAIN_BYTES, budget, keeperScratch);
    }

    @Override
    public Chain chainOf(String previousResponseId) {
        if (previousResponseId == null) {
            return null;
        }
        for (Kept each : chains.values()) {
            if (each.id.equals(previousResponseId)) {
                return each.chain.use();
            }
        }
        return null;
    }

    @Override
    public boolean keep(ClientEvent event, ByteBuf text, Chain before, ByteBuf output, String id) {
        String key = keyOf(event.lane());
        forget(event.lane());
        long inputBytes = event.input() == null ? 0 : event.input().end() - event.input().start();
        if (inputBytes > MAX_LANE_CHAIN_BYTES) {
            if (output != null) {
                output.release();
            }
            return false;
        }
        ByteBuf items = allocator.directBuffer((int) inputBytes + 256);
        new BridgedBody(event, text).writeOwnItems(items);
        if (output != null) {
            if (items.isReadable()) {
                items.writeByte(',');
            }
            items.writeBytes(output);
            output.release();
        }
        long own = items.readableBytes();
        long all = own + (before == null ? 0 : before.bytes());
        long others = 0;
        for (Kept kept : chains.values()) {
            others += kept.chain.bytes();
        }
        boolean isTooLarge = all > MAX_LANE_CHAIN_BYTES || others + all > MAX_CHAIN_BYTES
                || before != null && before.depth() >= MAX_LINKS;
        if (isTooLarge || !budget.tryReserve(own)) {
            items.release();
            return false;
        }
        Chain parent = before == null ? null : before.use();
        if (own == 0) {
            items.release();
        }
        chains.put(key, new Kept(id, own == 0 && parent != null ? parent : new Chain(parent, own == 0 ? null : items,
                budget)));
        return true;
    }

    private static String keyOf(String lane) {
        return lane == null ? DEFAULT : lane;
    }

    @Override
    public void holdLane(String lane) {
        lanes.hold(lane);
    }

    @Override
    public void releaseLane(String lane) {
        if (lanes.release(lane)) {
            wire.execute(this::onLaneFree);
        }
    }

    @Override
    public void adopt(SessionSocket from, String lane) {
        ClientEvent before = lastOf.get(keyOf(lane));
        if (!lanes.release(lane) || before == null || isOver) {
            return;
        }
        responses++;
        LaneExchange adopted = LaneExchange.adopted(this, before, from, allocator);
        openBytes += adopted.bytes();
        lanes.run(adopted);
        adopted.start(starter.newExchange(head, adopted), starter.ticker().nanoTime());
    }

    @Override
    public void forget(String lane) {
        Kept kept = chains.remove(keyOf(lane));
        if (kept != null) {
            kept.chain.leave();
        }
    }

    @Override
    public void checkBridgedLane(String lane) {
        if (lane != null && lanes.ordinal(lane) > MAX_BRIDGED_LANES) {
            throw new RelayException(ErrorCode.DOWNSTREAM_LANES, "stream_id", "stream_id: over " + MAX_BRIDGED_LANES
                    + " names on one connection (expected: at most so many)");
        }
    }

    @Override
    public void send(Object by, byte[] message) {
        if (!isOver) {
            wire.out().message(new Object(), message); // a writer of its own: nothing of it is within another message
        }
    }

    @Override
    public void onKeyRefused() {
        wire.flush();
        wire.close(CloseStatus.POLICY, "the key is not valid any more");
    }

    @Override
    public void closeNow() {
        wire.closeNow();
    }

    @Override
    public SessionSocket socketTo(Endpoint endpoint) {
        for (SessionSocket socket : sockets) {
            if (socket.endpoint() == endpoint && socket.isUsable()) {
                return socket;
            }
        }
        return null;
    }

    @Override
    public Endpoint endpointOf(Cluster cluster, ClientEvent request) {
        SessionSocket known = socketOf(request);
        if (known != null && cluster.endpoints().contains(known.endpoint())) {
            return known.endpoint();
        }
        for (SessionSocket socket : sockets) {
            if (socket.isUsable() && cluster.endpoints().contains(socket.endpoint())) {
                return socket.endpoint();
            }
        }
        return null;
    }

    /**
     * Returns the usable WebSocket that knows the earlier response which an event names, or else the latest one of its
     * lane; null for none.
     */
    private SessionSocket socketOf(ClientEvent event) {
        Begun found = begun.get(keyOf(event.lane()));
        if (event.earlierResponseId() != null) {
            for (Begun each : begun.values()) {
                found = event.earlierResponseId().equals(each.id) ? each : found;
            }
        }
        return found != null && found.on.isUsable() ? found.on : null;
    }

    @Override
    public void onResponseBegun(SessionSocket on, String lane, String responseId) {
        if (!isOver) {
            begun.put(keyOf(lane), new Begun(on, responseId));
        }
    }

    @Override
    public void onSocketOpened(SessionSocket socket) {
        sockets.add(socket);
    }

    @Override
    public void onSocketClosed(SessionSocket socket, int status, String reason) {
        if (!sockets.remove(socket) || isOver) {
            return;
        }
        begun.values().removeIf(each -> each.on == socket);
        lostStatus = status;
        lostReason = passedOn(status) == status ? reason : "";
        if (wire.out().giveUp(socket)) {
            wire.close(passedOn(status), lostReason); // within a message that belongs to no request
            return;
        }
        if (socket.hasOpened() && sockets.isEmpty() && lanes.isEmpty()) {
            // what was cached there is gone, and only a new connection makes the client send its whole input again
            boolean isPassedOn = status == CloseStatus.GOING_AWAY;
            wire.close(isPassedOn ? status : CloseStatus.RESTART, isPassedOn ? reason : "");
        }
    }

    @Override
    public boolean hasNamedLanes() {
        return lanes.named() > 0;
    }

    @Override
    public boolean isWritable(SessionSocket socket, String lane) {
        LaneExchange running = lanes.running(lane);
        return wire.out().isWritable(running == null || !wire.out().isWriting(running.response()) ? socket
                : running.response());
    }

    @Override
    public void relay(SessionSocket from, BodyPiece piece) {
        BodyRuns runs = piece.runs();
        for (int i = 0; i < runs.count() && !isOver; i++) {
            wire.out().part(from, piece.bytes(), runs.start(i), runs.length(i), i > 0 || piece.isMessageBegun(),
                    i < runs.count() - 1 || piece.isMessageEnded());
        }
        piece.bytes().release();
    }

    @Override
    public void flush() {
        wire.flush();
    }

    /**
     * The latest response of a lane that can be continued here.
     *
     * @param id    its id
     * @param chain what it stands for
     */
    private record Kept(String id, Chain chain) {
    }

    /**
     * A response that has begun on a WebSocket.
     *
     * @param id its id; null if it is not known
     */
    private record Begun(SessionSocket on, String id) {
    }

    /** The connection, as its session sees it. */
    interface Wire {
        /** Returns the output. */
        FrameOutput out();

        /** Sends what was written. */
        void flush();

        /** Runs a task later on the loop. */
        void execute(Runnable task);

        /** Reports that fewer messages are held, or that no response runs any more. */
        void onProgress();

        /** Reports that a request was not accepted because the relay drains. */
        void onRefusedByDrain();

        /** Closes the connection with a close frame. */
        void close(int status, String reason);

        /** Closes the connection at once. */
        void closeNow();
    }
}
