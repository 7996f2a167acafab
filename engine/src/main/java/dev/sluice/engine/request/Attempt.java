// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.request;

import dev.sluice.engine.cluster.Endpoint;
import dev.sluice.engine.cluster.RestPolicy;
import dev.sluice.engine.cluster.Slot;
import dev.sluice.engine.config.HeaderRule;
import dev.sluice.engine.http.AttemptFailure;
import dev.sluice.engine.http.ResponseHead;
import dev.sluice.engine.http.UpstreamConnection;
import dev.sluice.engine.http.UpstreamListener;
import dev.sluice.engine.loop.LoopTicker;
import dev.sluice.engine.loop.Tickable;
import dev.sluice.engine.response.ResponseSource;
import dev.sluice.engine.response.ResponseWay;
import dev.sluice.engine.spi.ObservedAttempt;
import dev.sluice.protocol.event.Failure;
import dev.sluice.protocol.framing.BodyPiece;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One try of an exchange upstream. It reports to its {@link Listener} until it is detached: either cancelled, or left
 * alone to read the few bytes that follow a terminal event, so that its connection can be reused. The slot at the
 * endpoint is closed when the attempt is over.
 *
 * <p><b>Threading:</b> confined to the exchange's loop.
 */
public final class Attempt implements UpstreamListener, ResponseSource, ObservedAttempt, Tickable {
    private static final Logger LOG = LoggerFactory.getLogger(Attempt.class);
    private static final int MAX_LEFTOVER_BYTES = 64 * 1024;
    private static final long LEFTOVER_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final Set<String> CREDENTIALS = Set.of("authorization", "proxy-authorization", "cookie", "api-key",
            "x-api-key");

    private static final int FORBIDDEN = 403;
    /** The part of a refusal's body that is read to know what it refuses. */
    private static final int MAX_READ_BYTES = 16 * 1024;

    private final LoopTicker ticker;
    private final Listener listener;
    private final Slot slot;
    private final int number;
    private final boolean isHedge;
    private long startedNanos;
    private ResponseWay way;
    private UpstreamConnection connection;
    private boolean isDetached;
    private boolean isOver;
    private boolean isEndReported;
    private boolean isSent;
    private long sentNanos;
    private int status;
    private String failure;
    private boolean isReported; // whether the endpoint's health knows the result
    private boolean isFailureReported;
    private boolean isModelMissing;
    private ResponseHead unread; // a refusal whose body decides what it refuses; null for none
    private RefusalBody refusal; // null unless the response is a refusal that may name a time
    private Map<String, String> extraHeaders = Map.of();
    private LoopTicker.Entry tick;
    private long leftoverSinceNanos;
    private long leftoverBytes;

    /**
     * @param slot   taken; closed when the attempt is over
     * @param number the attempt's number within its exchange, starting at 1
     */
    Attempt(LoopTicker ticker, Listener listener, Slot slot, int number, boolean isHedge) {
        this.ticker = ticker;
        this.listener = listener;
        this.slot = slot;
        this.number = number;
        this.isHedge = isHedge;
        startedNanos = ticker.nanoTime();
    }

    /** {@return the endpoint of the attempt} */
    public Endpoint target() {
        return slot.endpoint();
    }

    /** {@return the connection, or null before there is one} */
    public UpstreamConnection connection() {
        return connection;
    }

    boolean isConnected() {
        return connection != null;
    }

    /** Returns whether the head of a response was accepted. */
    boolean hasHead() {
        return way != null;
    }

    /** {@return the clock's time at which the attempt began, or at which it got its connection} */
    public long startedNanos() {
        return startedNanos;
    }

    /** Records that the whole request was written to the connection. */
    void markSent(long nowNanos) {
        isSent = true;
        sentNanos = nowNanos;
    }

    /** {@return whether the whole request was written to the connection} */
    public boolean isSent() {
        return isSent;
    }

    /** {@return the clock's time at which the request was sent completely} */
    public long sentNanos() {
        return sentNanos;
    }

    /** Records that the endpoint did not answer in time. */
    public void recordTimeout() {
        target().recordFailure(ticker.nanoTime());
    }

    Map<String, String> extraHeaders() {
        return extraHeaders;
    }

    private void finish() {
        isOver = true;
        slot.close();
        if (tick != null) {
            ticker.remove(tick);
            tick = null;
        }
        reportEnd();
    }

    private void reportEnd() {
        if (!isEndReported) {
            isEndReported = true;
            listener.onAttemptOver(this);
        }
    }

    @Override
    public void cancel() {
        isDetached = true;
        if (isOver) {
            return;
        }
        finish();
        if (connection != null) {
            connection.cancel();
        }
    }

    @Override
    public void finishAlone() {
        isDetached = true;
        reportEnd();
        if (!isOver) {
            leftoverSinceNanos = ticker.nanoTime();
            tick = ticker.add(this);
            connection.read(0);
        }
    }

    @Override
    public void onTick(long nowNanos) {
        if (nowNanos - leftoverSinceNanos > LEFTOVER_NANOS) {
            finish();
            connection.cancel();
        }
    }

    @Override
    public void deliverTo(ResponseWay next) {
        way = next;
    }

    @Override
    public void read(long heldBytes) {
        if (!isOver && !isDetached) {
            connection.read(heldBytes);
        }
    }

    @Override
    public void onConnected(UpstreamConnection acquired) {
        connection = acquired;
        startedNanos = ticker.nanoTime();
        if (isDetached) {
            finish();
            acquired.cancel();
        } else {
            listener.onConnected(this);
        }
    }

    @Override
    public void onConnectFailed(Throwable cause) {
        failure = "connect";
        finish();
        if (!isDetached) {
            listener.onConnectFailed(this, cause);
        }
    }

    @Override
    public void onUpstreamBusy() {
        failure = "busy";
        finish();
        if (!isDetached) {
            listener.onBusy(this);
        }
    }

    @Override
    public boolean isWanted() {
        return !isDetached;
    }

    @Override
    public void onResponseHead(ResponseHead head) {
        status = head.status().code();
        if (status == FORBIDDEN && isOwnRefusal(status) && !isDetached) {
            unread = head; // of the endpoint's key, or only of a model that its account lacks
        } else {
            onHead(head);
        }
    }

    /** Continues with a refusal whose body has begun, or whose body is empty. */
    private void onRead(Failure reported) {
        ResponseHead head = unread;
        unread = null;
        isModelMissing = reported != null && reported.isModelMissing();
        onHead(head);
    }

    private void onHead(ResponseHead head) {
        long nowNanos = ticker.nanoTime();
        if (RetryPolicy.isEndpointFailure(status)) {
            target().recordFailure(nowNanos);
        } else if (!head.isSuccess()) {
            target().recordSuccess(nowNanos); // a success counts when the response is passed on
        }
        rest(head.headers(), nowNanos);
        refusal = RefusalBody.of(head);
        if (!isDetached) {
            listener.onHead(this, head);
        }
    }

    private void rest(HttpHeaders headers, long nowNanos) {
        long epochMillis = System.currentTimeMillis();
        long windowNanos = RateLimitHeaders.windowNanos(headers, epochMillis);
        if (windowNanos > 0) {
            target().restFor(nowNanos, windowNanos);
        }
        long limitNanos = RateLimitHeaders.limitNanos(headers, epochMillis);
        RestPolicy.Cause cause = isModelMissing ? RestPolicy.Cause.NONE
                : RestPolicy.cause(status, target().hasCredentials());
        if (cause != RestPolicy.Cause.NONE) {
            rest(cause, Math.max(Math.max(limitNanos, windowNanos), RateLimitHeaders.namedNanos(headers, epochMillis)),
                    nowNanos);
        } else if (limitNanos > 0) {
            target().restFor(slot.model(), nowNanos, limitNanos);
        }
    }

    private void rest(RestPolicy.Cause cause, long namedNanos, long nowNanos) {
        if (target().rest(cause, slot.model(), namedNanos, nowNanos)) {
            LOG.warn("endpoint {} refuses its credentials (status {}); it rests until they change, or is asked again"
                    + " after at least 30 s", target(), status);
        }
    }

    /** Lets the endpoint rest for the time that the body of its refusal names. */
    private void restByBody() {
        Failure reported = refusal.read();
        refusal = null;
        long namedNanos = RateLimitHeaders.namedNanos(reported, System.currentTimeMillis());
        if (namedNanos > 0 && RestPolicy.cause(status, target().hasCredentials()).isOfModel()) {
            target().restFor(slot.model(), ticker.nanoTime(), namedNanos);
        } else if (namedNanos > 0) {
            target().restFor(ticker.nanoTime(), namedNanos);
        }
    }

    /** {@return whether a failure refuses the endpoint's own credentials or their account} */
    public boolean isOwnRefusal(int failedStatus) {
        return !isModelMissing
                && RestPolicy.cause(failedStatus, target().hasCredentials()) == RestPolicy.Cause.CREDENTIALS;
    }

    /** Records that the response serves its request, if its status is one of success; once. */
    public void recordServed() {
        if (status / 100 == 2 && !isReported) {
            isReported = true;
            target().recordSuccess(ticker.nanoTime());
            target().recordServed(slot.model(), startedNanos, ticker.nanoTime());
        }
    }

    /** Records a failure that a response reports in its body, once: it means the same as the status of its code. */
    public void recordFailure(Failure reported) {
        if (isFailureReported) {
            return;
        }
        isFailureReported = true;
        isReported = true;
        long nowNanos = ticker.nanoTime();
        RestPolicy.Cause cause = reported.isModelMissing() ? RestPolicy.Cause.MODEL_MISSING
                : RestPolicy.cause(reported.status(), target().hasCredentials());
        if (cause != RestPolicy.Cause.NONE) {
            rest(cause, RateLimitHeaders.namedNanos(reported, System.currentTimeMillis()), nowNanos);
        } else if (reported.isPassing() && RetryPolicy.isEndpointFailure(reported.status())) {
            target().recordFailure(nowNanos);
        }
    }

    @Override
    public void onResponseBody(BodyPiece piece) {
        if (unread != null) {
            if (piece.runs().count() == 0) {
                piece.bytes().release();
                return;
            }
            onRead(Failure.ofErrorBody(piece.runs().copy(piece.bytes(), MAX_READ_BYTES)));
        }
        if (refusal != null) {
            refusal.add(piece);
        }
        if (!isDetached) {
            way.onBody(piece);
            return;
        }
        leftoverBytes += piece.bytes().readableBytes();
        piece.bytes().release();
        if (leftoverBytes > MAX_LEFTOVER_BYTES && !isOver) {
            finish();
            connection.cancel();
        }
    }

    @Override
    public void onResponseEnd(boolean isByClose) {
        if (unread != null) {
            onRead(null);
            if (isOver) {
                return;
            }
        }
        if (refusal != null) {
            restByBody();
        }
        boolean wasDetached = isDetached;
        finish();
        if (!wasDetached) {
            way.onEnd(isByClose);
        }
    }

    @Override
    public void onUpstreamReadComplete() {
        if (isDetached) {
            if (!isOver) {
                connection.read(0);
            }
        } else if (way != null) {
            way.onReadComplete();
        } else {
            connection.read(0); // the head has not arrived yet
        }
    }

    @Override
    public void onAttemptFailed(AttemptFailure lost) {
        failure = lost.kind().name().toLowerCase(Locale.ROOT);
        finish();
        if (RetryPolicy.isEndpointFailure(lost)) {
            target().recordFailure(ticker.nanoTime());
        }
        if (!isDetached) {
            listener.onLost(this, lost);
        }
    }

    @Override
    public void onUpstreamWritable() {
        if (!isDetached) {
            listener.onWritable(this);
        }
    }

    @Override
    public boolean isOver() {
        return isOver;
    }

    @Override
    public int number() {
        return number;
    }

    @Override
    public boolean isHedge() {
        return isHedge;
    }

    @Override
    public String endpoint() {
        return target().toString();
    }

    /** {@return the TLS version of the connection; null without TLS, or before there is one} */
    public String tls() {
        return connection == null ? null : connection.tls();
    }

    @Override
    public String protocol() {
        return connection == null ? null : connection.protocol();
    }

    @Override
    public int status() {
        return status;
    }

    @Override
    public String failure() {
        return failure;
    }

    @Override
    public void setHeader(String name, String value) {
        HeaderRule.check("attempt header", name, value);
        if (CREDENTIALS.contains(name.toLowerCase(Locale.ROOT))) {
            throw new IllegalArgumentException("attempt header: " + name + " (expected: a header without credentials)");
        }
        if (extraHeaders.isEmpty()) {
            extraHeaders = new LinkedHashMap<>();
        }
        extraHeaders.put(name, value);
    }

    /** The runner of the attempt, as the attempt sees it. Once the attempt is detached, only its end is reported. */
    interface Listener {
        /** Reports that the attempt has its connection. */
        void onConnected(Attempt attempt);

        /** Reports that no connection could be made. */
        void onConnectFailed(Attempt attempt, Throwable cause);

        /** Reports that no connection has room. */
        void onBusy(Attempt attempt);

        /** Receives the head of the response; the body goes to the way that is set before this method returns. */
        void onHead(Attempt attempt, ResponseHead head);

        /** Reports that the attempt is lost. */
        void onLost(Attempt attempt, AttemptFailure failure);

        /** Reports that the upstream takes more of the request. */
        void onWritable(Attempt attempt);

        /** Reports, once, that the exchange has no further use for the attempt. */
        void onAttemptOver(Attempt attempt);
    }
}
