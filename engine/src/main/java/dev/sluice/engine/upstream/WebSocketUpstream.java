// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.upstream;

import dev.sluice.engine.cluster.Endpoint;
import dev.sluice.engine.http.AttemptFailure;
import dev.sluice.engine.http.ResponseHead;
import dev.sluice.engine.http.UpstreamListener;
import dev.sluice.engine.http.UpstreamRequest;
import dev.sluice.engine.loop.LoopTicker;
import dev.sluice.engine.loop.Tickable;
import dev.sluice.engine.websocket.MessageSession;
import dev.sluice.engine.websocket.SessionSocket;
import dev.sluice.protocol.event.MessagePrefix;
import dev.sluice.protocol.framing.BodyPiece;
import dev.sluice.protocol.websocket.CloseStatus;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * A WebSocket to one endpoint, which belongs to one downstream connection and is never used for another. Its events go
 * to the attempt whose lane they name, and pass on to the downstream if there is none.
 *
 * <p>One request of a lane runs at a time, so the owner of an event is never in doubt. The exception is a response that
 * was steered: the upstream then begins another one that no request asks for.
 *
 * <p><b>Threading:</b> confined to the loop of the downstream connection.
 */
final class WebSocketUpstream implements SessionSocket, WebSocketUpstreamHandler.Listener, Tickable {
    private static final String DEFAULT = "";
    /** The age from which no further request is sent; OpenAI closes a connection after 60 minutes. */
    private static final long MAX_AGE_NANOS = TimeUnit.MINUTES.toNanos(55);
    /** The bytes that may wait to be sent before another message is dropped that belongs to no request. */
    private static final long MAX_PENDING_BYTES = 8L * 1024 * 1024;
    private static final long PING_NANOS = TimeUnit.SECONDS.toNanos(30);
    /** The time for which the requests of a lane wait for a response that follows a steered one. */
    private static final long STEERED_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final Endpoint endpoint;
    private final MessageSession session;
    private final LoopTicker ticker;
    private final ServerEvent event;
    private final BodyPiece piece;
    private final long handshakeNanos;
    private final Map<String, WebSocketUpstreamLane> lanes = new HashMap<>(2);
    /** The lanes whose next response belongs to no request, because it follows a steered one. */
    private final Set<String> steered = new HashSet<>(0);
    /** The lanes whose response the upstream has begun by itself and not ended. */
    private final Set<String> adoptable = new HashSet<>(0);
    /** The lanes of cancelled attempts, whose events up to their end must not reach the downstream. */
    private final Set<String> abandoned = new HashSet<>(0);
    private final List<WebSocketUpstreamLane> opening = new ArrayList<>(1);
    private LoopTicker.Entry tick;
    private WebSocketUpstreamHandler handler; // null until the connection is open
    private boolean isOpen;
    private boolean isRetired;
    private boolean isLeaving;
    private boolean isClosed;
    private boolean isPinged;
    private long startedNanos;

    /** The owner of the events that are being collected into one piece. */
    private WebSocketUpstreamLane owner;
    private ByteBuf read;
    private boolean isPieceBegun;
    /** The lane of a long message, whose parts are passed on as they arrive. */
    private WebSocketUpstreamLane longOwner;
    private boolean isLongDropped;
    private String longLane = DEFAULT;
    private ServerEvent longEvent; // null unless a long message is arriving
    private WebSocketUpstreamLane refused; // the lane that gets a refusal of the handshake; null for none
    private long pingedNanos;
    private long steeredNanos;

    /**
     * @param handshakeNanos the time limit of the connect and the handshake
     */
    WebSocketUpstream(Endpoint endpoint, MessageSession session, LoopTicker ticker, ServerEvent event, BodyPiece piece,
            long handshakeNanos) {
        this.endpoint = endpoint;
        this.session = session;
        this.ticker = ticker;
        this.event = event;
        this.piece = piece;
        this.handshakeNanos = handshakeNanos;
        startedNanos = ticker.nanoTime();
        tick = ticker.add(this);
        session.onSocketOpened(this);
    }

    /** Returns the TLS version, or null without TLS or a connection. */
    String tls() {
        return handler == null ? null : handler.tls();
    }

    /**
     * Assigns a lane to an attempt, now or once the connection is open.
     *
     * @param lane      the name; null for the default lane
     * @param isAdopted whether the upstream has begun the response by itself, so that nothing is sent
     */
    void assign(String lane, UpstreamListener attempt, boolean isAdopted) {
        WebSocketUpstreamLane assigned = new WebSocketUpstreamLane(this, lane == null ? DEFAULT : lane, attempt,
                isAdopted);
        if (isAdopted && (isClosed || !adoptable.contains(assigned.name()))) {
            attempt.onConnectFailed(new ClosedChannelException()); // it has ended before it was admitted
            return;
        }
        lanes.put(assigned.name(), assigned);
        if (handler == null) {
            opening.add(assigned);
        } else {
            attempt.onConnected(assigned);
        }
    }

    /** Receives the open connection. */
    void onConnected(WebSocketUpstreamHandler connected) {
        if (isClosed) {
            connected.closeNow();
            return;
        }
        handler = connected;
        List<WebSocketUpstreamLane> waiting = List.copyOf(opening);
        opening.clear();
        for (WebSocketUpstreamLane lane : waiting) {
            if (lane.attempt().isWanted()) {
                lane.attempt().onConnected(lane);
            }
        }
    }

    /** Reports that no connection could be opened. */
    void onConnectFailed(Throwable cause) {
        if (isClosed) {
            return;
        }
        close(CloseStatus.ABNORMAL, "");
        List<WebSocketUpstreamLane> failed = List.copyOf(lanes.values());
        lanes.clear();
        failed.forEach(WebSocketUpstreamLane::release);
        for (WebSocketUpstreamLane lane : failed) {
            if (lane.attempt().isWanted()) { // the end of one may have ended the connection, and so the others
                lane.attempt().onConnectFailed(cause);
            }
        }
    }

    /** Sends the handshake with the head of the first request. */
    void begin(UpstreamRequest request) {
        handler.begin(request);
    }

    /** Sends a request that is complete. */
    void request(WebSocketUpstreamLane lane) {
        if (isOpen) {
            handler.writeMessage(lane.takeBody());
            lane.markWritten();
            handler.flush();
        }
    }

    /** Receives a connection whose handshake was accepted before. */
    void onDialed(WebSocketUpstreamHandler dialed) {
        handler = dialed;
        isOpen = true;
        handler.reportTo(this);
        readOn();
    }

    @Override
    public void onOpen(HttpHeaders headers) {
        isOpen = true;
        for (WebSocketUpstreamLane lane : List.copyOf(lanes.values())) {
            if (lane.isComplete()) {
                request(lane);
            }
        }
    }

    /** Takes a lane from its attempt, whose response is not wanted any more. */
    void cancel(WebSocketUpstreamLane lane) {
        opening.remove(lane);
        if (!lanes.remove(lane.name(), lane)) {
            return; // its response has ended
        }
        if (lane.isWritten()) {
            abandoned.add(lane.name());
            isRetired = true; // a request cannot be taken back, and what it causes costs nothing more than this
        } else if (!isOpen && lanes.isEmpty()) {
            isRetired = true; // no request waits for the connection
        }
        closeIfQuiet();
    }

    private void closeIfQuiet() {
        if ((isRetired || isLeaving) && lanes.isEmpty() && (steered.isEmpty() || isLeaving) && !isClosed) {
            int status = isRetired && !isLeaving ? CloseStatus.GOING_AWAY : CloseStatus.NORMAL;
            WebSocketUpstreamHandler closing = handler;
            close(status, "");
            if (closing != null) {
                closing.close(CloseStatus.NORMAL);
            }
        }
    }

    private void close(int status, String reason) {
        if (isClosed) {
            return;
        }
        isClosed = true;
        ticker.remove(tick);
        adoptable.clear();
        releaseSteered();
        session.onSocketClosed(this, status, reason);
    }

    /** Lets the requests of all lanes go on in which no response of the upstream's own has begun. */
    private void releaseSteered() {
        for (String lane : List.copyOf(steered)) {
            if (!adoptable.contains(lane)) {
                steered.remove(lane);
                session.releaseLane(nameOf(lane));
            }
        }
    }

    /** Lets the requests of a lane go on, if an event says that no response of the upstream's own runs there now. */
    private void releaseAfter(ServerEvent last, String lane, WebSocketUpstreamLane of) {
        if (last.isTerminal()) {
            adoptable.remove(lane);
        }
        if ((last.isSteeringFailed() || last.isTerminal() && of == null) && steered.remove(lane)) {
            session.releaseLane(nameOf(lane));
        }
    }

    @Override
    public void onResponse(ResponseHead refusal) {
        isRetired = true;
        if (!lanes.isEmpty()) { // otherwise the request that opened the connection was cancelled
            refused = lanes.values().iterator().next();
            refused.attempt().onResponseHead(refusal);
        }
    }

    @Override
    public void onResponseBody(BodyPiece body) {
        if (refused == null || lanes.get(refused.name()) != refused) {
            body.bytes().release();
        } else {
            refused.attempt().onResponseBody(body);
        }
    }

    @Override
    public void onResponseEnd(boolean isByClose) {
        WebSocketUpstreamLane first = refused == null || lanes.get(refused.name()) != refused ? null : refused;
        close(CloseStatus.ABNORMAL, "");
        if (first != null) {
            lanes.remove(first.name());
            first.release();
            first.attempt().onResponseEnd(isByClose);
            first.attempt().onUpstreamReadComplete();
        }
        failAll(AttemptFailure.Kind.REFUSED, "the handshake was refused");
    }

    private void failAll(AttemptFailure.Kind kind, String detail) {
        List<WebSocketUpstreamLane> failed = List.copyOf(lanes.values());
        lanes.clear();
        failed.forEach(WebSocketUpstreamLane::release);
        for (WebSocketUpstreamLane lane : failed) {
            if (lane.attempt().isWanted()) { // the end of one may have ended the connection, and so the others
                lane.attempt().onAttemptFailed(new AttemptFailure(kind, false, lane.isWritten(), lane.isAnswered(),
                        detail));
            }
        }
    }

    @Override
    public void onMessage(ByteBuf bytes, int from, int to) {
        boolean isPart = MessagePrefix.isPart(bytes, from, to);
        if (!isPart || session.hasNamedLanes()) {
            event.read(bytes, from, to, isPart);
        }
        String lane = !session.hasNamedLanes() || event.lane() == null ? DEFAULT : event.lane();
        boolean isLimit = !isPart && event.isConnectionLimit();
        WebSocketUpstreamLane belongs = isLimit ? null : ownerOf(lane, isPart ? null : event);
        boolean isTerminal = !isPart && event.isTerminal() && !isLimit;
        boolean isFollowed = !isPart && event.isSteered();
        boolean isOfConnection = belongs == null && isTerminal && event.isError() && event.lane() == null
                && !adoptable.contains(lane) && !steered.contains(lane);
        if (!isPart && !isLimit) {
            releaseAfter(event, lane, belongs);
        }
        if (abandoned.contains(lane)) {
            if (isTerminal) {
                abandoned.remove(lane);
            }
            return;
        }
        if (!isPieceBegun || owner != belongs || read != bytes) {
            flushPiece();
            isPieceBegun = true;
            owner = belongs;
            read = bytes;
            piece.beginMessages(bytes);
        }
        piece.addMessage(from, to);
        if (isTerminal && belongs != null) {
            flushPiece();
            end(belongs, isFollowed);
        } else if (!isPart) {
            flushPiece();
        }
        if (isLimit) {
            flushPiece();
            isRetired = true;
            closeIfQuiet();
        } else if (isOfConnection && !lanes.isEmpty()) {
            flushPiece();
            fail(); // an error that names no lane reaches no reader of a named one, which would wait for its end
        }
    }

    private void fail() {
        WebSocketUpstreamHandler failed = handler;
        close(CloseStatus.ABNORMAL, "");
        failAll(AttemptFailure.Kind.CLOSED, "an error of the whole connection");
        failed.close(CloseStatus.NORMAL);
    }

    private static String nameOf(String lane) {
        return lane.isEmpty() ? null : lane;
    }

    /**
     * Returns the attempt to which an event belongs; null for none.
     *
     * @param known the event; null for a part of a response, which begins nothing
     */
    private WebSocketUpstreamLane ownerOf(String lane, ServerEvent known) {
        boolean isCreated = known != null && known.isCreated();
        if (isCreated && steered.remove(lane)) {
            adoptable.add(lane);
            session.adopt(this, nameOf(lane));
        }
        WebSocketUpstreamLane found = lanes.get(lane);
        if (isCreated && found != null) {
            session.onResponseBegun(this, nameOf(lane), known.responseId());
        }
        return found;
    }

    private void end(WebSocketUpstreamLane lane, boolean isFollowed) {
        if (!lanes.remove(lane.name(), lane)) {
            return; // cancelled while its last event was passed on
        }
        if (isFollowed) {
            steered.add(lane.name());
            steeredNanos = ticker.nanoTime();
            session.holdLane(nameOf(lane.name()));
        }
        lane.release();
        lane.attempt().onResponseEnd(false);
        lane.attempt().onUpstreamReadComplete();
        closeIfQuiet();
    }

    /** Passes on the messages that were collected. */
    private void flushPiece() {
        if (!isPieceBegun) {
            return;
        }
        isPieceBegun = false;
        WebSocketUpstreamLane to = owner;
        owner = null;
        ByteBuf bytes = read;
        read = null;
        if (piece.runs().count() > 0) {
            bytes.retain();
            pass(to);
        }
    }

    private void pass(WebSocketUpstreamLane to) {
        if (to == null) {
            session.relay(this, piece);
            session.flush();
            return;
        }
        if (!to.isAnswered()) {
            to.markAnswered();
            to.attempt().onResponseHead(new ResponseHead(HttpResponseStatus.OK, DefaultHttpHeadersFactory
                    .headersFactory().newHeaders().set("content-type", "text/event-stream"), -1));
        }
        to.attempt().onResponseBody(piece);
        to.attempt().onUpstreamReadComplete();
    }

    @Override
    public void onMessagePart(ByteBuf part, boolean isBegin, boolean isEnd) {
        if (isBegin) {
            flushPiece();
            longEvent = event.another();
        }
        longEvent.add(part, part.readerIndex(), part.writerIndex());
        if (isBegin) {
            beginLong();
        }
        if (!isLongDropped) {
            boolean isCancelled = longOwner != null && lanes.get(longOwner.name()) != longOwner;
            if (!isCancelled) { // within a message, a cancelled lane closes the downstream connection
                piece.setMessagePart(part.retain(), isBegin, isEnd);
                pass(longOwner);
            }
        }
        if (isEnd) {
            WebSocketUpstreamLane ended = longOwner;
            ServerEvent whole = longEvent;
            longOwner = null;
            longEvent = null;
            releaseAfter(whole, longLane, ended);
            if (whole.isTerminal() && isLongDropped) {
                abandoned.remove(longLane);
            } else if (whole.isTerminal() && ended != null) {
                end(ended, whole.isSteered());
            }
        }
    }

    private void beginLong() {
        longLane = longEvent.lane() != null ? longEvent.lane()
                : isOneLaneOpen() ? lanes.keySet().iterator().next() : DEFAULT;
        isLongDropped = abandoned.contains(longLane);
        longOwner = ownerOf(longLane, longEvent);
    }

    /** Returns whether an event without a known lane can only be one of the lane that is open. */
    private boolean isOneLaneOpen() {
        return lanes.size() == 1 && abandoned.isEmpty() && steered.isEmpty();
    }

    @Override
    public boolean isLaneKnown(ByteBuf part) {
        if (!session.hasNamedLanes() || isOneLaneOpen()) {
            return true;
        }
        event.read(part, part.readerIndex(), part.writerIndex(), false);
        return event.lane() != null;
    }

    @Override
    public void onReadEnd() {
        flushPiece();
    }

    @Override
    public void onReadComplete() {
        readOn();
    }

    private void readOn() {
        String lane = longOwner == null ? null : nameOf(longOwner.name());
        if (!isClosed && (isLeaving || session.isWritable(this, lane))) {
            handler.read();
        }
    }

    @Override
    public void onDownstreamWritable() {
        if (isOpen) {
            readOn();
        }
    }

    @Override
    public void onClose(int status, String reason) {
        flushPiece();
        close(status, reason);
        failAll(AttemptFailure.Kind.CLOSED, "closed with status " + status);
    }

    @Override
    public void onFault(String detail) {
        flushPiece();
        close(CloseStatus.ABNORMAL, "");
        failAll(AttemptFailure.Kind.MALFORMED, detail);
    }

    @Override
    public Endpoint endpoint() {
        return endpoint;
    }

    @Override
    public boolean hasOpened() {
        return isOpen;
    }

    @Override
    public void onAdoptionRefused(String lane) {
        String name = lane == null ? DEFAULT : lane;
        if (!isClosed && adoptable.contains(name)) { // until its end, no request of the lane may run
            steered.add(name);
            steeredNanos = ticker.nanoTime();
            session.holdLane(lane);
        }
    }

    @Override
    public boolean isRunning() {
        return !lanes.isEmpty();
    }

    @Override
    public boolean isUsable() {
        return !isClosed && !isRetired && !isLeaving && ticker.nanoTime() - startedNanos < MAX_AGE_NANOS;
    }

    @Override
    public boolean send(ByteBuf text) {
        if (!isOpen || isClosed || handler.pendingBytes() > MAX_PENDING_BYTES) {
            text.release();
            return false;
        }
        handler.writeMessage(List.of(text));
        handler.flush();
        return true;
    }

    @Override
    public void leave() {
        isLeaving = true;
        closeIfQuiet();
        if (isOpen) {
            readOn();
        }
    }

    @Override
    public void onTick(long nowNanos) {
        if (!isOpen) {
            if (nowNanos - startedNanos > handshakeNanos) {
                WebSocketUpstreamHandler late = handler;
                close(CloseStatus.ABNORMAL, "");
                failAll(AttemptFailure.Kind.CLOSED, "no handshake in time");
                if (late != null) {
                    late.closeNow();
                }
            }
            return;
        }
        if (nowNanos - startedNanos >= MAX_AGE_NANOS) {
            isRetired = true;
            closeIfQuiet();
            return;
        }
        if (!steered.isEmpty() && nowNanos - steeredNanos > STEERED_NANOS) {
            releaseSteered();
        }
        boolean isAnswered = handler.lastReadNanos() - pingedNanos >= 0;
        if (!isLeaving && !session.isWritable(this, null)) {
            isPinged = false; // nothing is read, so nothing can arrive
        } else if (isPinged && !isAnswered) {
            if (nowNanos - pingedNanos > PING_NANOS) {
                handler.closeNow(); // reports the loss
            }
        } else if (nowNanos - handler.lastReadNanos() > PING_NANOS) {
            isPinged = true;
            pingedNanos = nowNanos;
            handler.ping();
        }
    }
}
