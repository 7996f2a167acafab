// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.exchange;

import dev.sluice.engine.body.RequestBody;
import dev.sluice.engine.downstream.ResponseHead;
import dev.sluice.engine.observe.Counter;
import dev.sluice.engine.plan.Face;
import dev.sluice.engine.plan.Plan;
import dev.sluice.engine.upstream.AttemptFailure;
import dev.sluice.engine.upstream.Cluster;
import dev.sluice.engine.upstream.Endpoint;
import dev.sluice.engine.upstream.UpstreamConnection;
import dev.sluice.engine.upstream.UpstreamPools;
import dev.sluice.engine.upstream.UpstreamRequest;
import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.error.RelayException;
import io.netty.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What an exchange tries upstream: one attempt after the other, and beside a late one a hedge. Decides what may be
 * tried again, where and when; the body is {@link RequestSide}'s.
 */
final class Attempts {
    private static final Logger LOG = LoggerFactory.getLogger(Attempts.class);
    /** How long an upstream is waited for that says when it will be ready. */
    private static final long MAX_WAIT_NANOS = TimeUnit.SECONDS.toNanos(2);
    /** An upstream that says it has not processed a request may say so again: several connections end in a deploy. */
    private static final int MAX_REFUSED_ATTEMPTS = 4;
    /** A reused connection that closes within this time without a byte was closed before the request reached it. */
    private static final long STALE_NANOS = TimeUnit.SECONDS.toNanos(1);
    /** Before a second attempt at the only endpoint, give or take a half; twice as long before a third. */
    private static final long BACK_OFF_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    private final Exchange exchange;
    private final LoopContext loop;
    private final Face face;
    private final boolean isDecoded;
    private final RequestBody body;
    private final Ownership ownership;
    private final Runnable onProgress;

    private Plan plan;
    private Cluster cluster;
    private Attempt attempt;
    /** Asked beside the attempt, because that takes long to answer; null for nobody. */
    private Attempt hedge;
    private boolean isHedged;
    private long hedgeSentNanos;
    private Future<?> waitingRetry;
    private int count;
    private boolean isConnected;
    private boolean isSent;
    private boolean isStopped;
    private long startedNanos;
    private long sentNanos;

    /**
     * @param isDecoded  whether the body is sent without the coding that it came in
     * @param ownership  null where it cannot matter
     * @param onProgress runs when the upstream takes more
     */
    Attempts(Exchange exchange, LoopContext loop, Face face, boolean isDecoded, RequestBody body, Ownership ownership,
            Runnable onProgress) {
        this.exchange = exchange;
        this.loop = loop;
        this.face = face;
        this.isDecoded = isDecoded;
        this.body = body;
        this.ownership = ownership;
        this.onProgress = onProgress;
    }

    /** Fixes where attempts go. */
    void plan(Plan found, Cluster of) {
        plan = found;
        cluster = of;
    }

    /** Makes the first attempt. */
    void begin() {
        start(UpstreamPools.ANY);
    }

    private void start(long notBefore) {
        Endpoint before = attempt == null ? null : attempt.endpoint();
        Endpoint endpoint;
        try {
            if (attempt == null && ownership != null && body.scanner() != null) {
                ownership.resolve();
            }
            endpoint = choose(before);
        } catch (RelayException refusal) {
            exchange.refuse(refusal);
            return;
        }
        if (endpoint == null) {
            exchange.refuse(RelayException.of(ErrorCode.RELAY_OVERLOADED,
                    "The upstream's endpoints carry as many requests as they may"));
            return;
        }
        start(endpoint, endpoint == before ? notBefore : UpstreamPools.ANY);
    }

    private Endpoint choose(Endpoint before) {
        long nowNanos = loop.ticker().nanoTime();
        return ownership == null ? cluster.choose(before, 0, nowNanos) : ownership.choose(before, nowNanos);
    }

    /**
     * @param endpoint chosen, and counted as such
     */
    private void start(Endpoint endpoint, long notBefore) {
        if (count == 0) {
            cluster.retries().onExchange();
        }
        count++;
        isConnected = false;
        isSent = false;
        exchange.moveTo(ExchangeState.CONNECTING);
        attempt = new Attempt(exchange, loop.ticker(), endpoint);
        startedNanos = loop.ticker().nanoTime();
        loop.pools().acquire(endpoint, notBefore, attempt);
    }

    void onConnected(Attempt connected) {
        if (connected == hedge) {
            sendToHedge();
            return;
        }
        if (isBeginningLost()) {
            exchange.refuseAndCancel(RelayException.of(ErrorCode.RELAY_OVERLOADED,
                    "The relay holds as many request bodies as it may"));
            return;
        }
        isConnected = true;
        exchange.moveTo(ExchangeState.FORWARDING);
        UpstreamConnection connection = connected.connection();
        startedNanos = loop.ticker().nanoTime();
        long length = body.lengthToSend();
        connection.writeHead(UpstreamRequest.of(exchange.request(), face.path(), exchange.id(), length,
                isDecoded, connected.endpoint()));
        body.sendTo(connection);
        onProgress.run();
        if (!connected.isOver()) {
            connection.flush();
            connection.read(0); // an answer may come before the request is complete
        }
    }

    /** Whether what an earlier attempt was sent could not be kept: memory ran short meanwhile. */
    private boolean isBeginningLost() {
        return count > 1 && body.sentBytes() > 0 && !body.isReplayable();
    }

    /** Forwards as much of the body as the upstream takes. */
    void pump() {
        Attempt current = attempt;
        UpstreamConnection connection = current.connection();
        long nowNanos = loop.ticker().nanoTime(); // before the upstream can have seen any of it
        boolean isComplete = body.pump();
        if (isSent || attempt != current || current.isOver() || isStopped) {
            // Writing has made room, and what that called has sent the rest; or it has found the connection broken, and
            // another attempt may be under way.
            return;
        }
        if (isComplete) {
            isSent = true;
            sentNanos = nowNanos;
            connection.endRequest();
        }
        connection.flush();
        if (isSent) {
            exchange.responseSide().onRequestSent();
        }
    }

    void onUpstreamWritable(Attempt writable) {
        if (writable == attempt) {
            onProgress.run();
        }
    }

    /** The attempt takes long to answer: asks another endpoint too, where that may be. */
    void hedgeIfLate(long nowNanos) {
        double quantile = plan.route().retry().hedgeQuantile();
        if (quantile == 0 || isHedged || isWaitingToRetry() || !hasOthers() || !body.isReplayable()
                || count >= cluster.maxAttempts()) {
            return;
        }
        long lateNanos = cluster.answerTimes().quantileNanos(quantile, nowNanos);
        if (lateNanos < 0 || nowNanos - sentNanos < lateNanos) {
            return;
        }
        isHedged = true;
        Endpoint other = cluster.choose(attempt.endpoint(), 0, nowNanos);
        if (other == null) {
            return;
        }
        if (other == attempt.endpoint() || !cluster.retries().tryTake()) {
            other.onDone();
            return;
        }
        count++;
        loop.recorder().add(Counter.HEDGES, 1);
        hedge = new Attempt(exchange, loop.ticker(), other);
        loop.pools().acquire(other, UpstreamPools.ANY, hedge);
    }

    private void sendToHedge() {
        UpstreamConnection connection = hedge.connection();
        connection.writeHead(UpstreamRequest.of(exchange.request(), face.path(), exchange.id(), body.lengthToSend(),
                isDecoded, hedge.endpoint()));
        body.sendTo(connection);
        connection.endRequest();
        hedgeSentNanos = loop.ticker().nanoTime();
        connection.flush();
        if (hedge != null && !hedge.isOver()) {
            connection.read(0);
        }
    }

    /**
     * Decides between an attempt and its hedge when one of them begins to answer.
     *
     * @return whether the answer of {@code answering} is the one that counts
     */
    boolean isChosen(Attempt answering, int status) {
        if (hedge == null) {
            return true;
        }
        Attempt other = answering == hedge ? attempt : hedge;
        boolean isGood = status < 500 && status != 429;
        Attempt loser = isGood ? other : answering;
        if ((isGood ? answering : other) == hedge) {
            takeHedge();
        } else {
            hedge = null;
        }
        loser.cancel();
        return isGood;
    }

    /** What was the hedge is the attempt now. */
    private void takeHedge() {
        attempt = hedge;
        hedge = null;
        if (attempt.connection() == null) {
            isConnected = false;
            isSent = false;
            startedNanos = loop.ticker().nanoTime();
            exchange.moveTo(ExchangeState.CONNECTING);
        } else {
            sentNanos = hedgeSentNanos;
        }
    }

    /** The attempt is lost while its hedge is under way, or the other way round; returns whether it was so. */
    boolean isHedgeLeft(Attempt lost) {
        if (hedge == null) {
            return false;
        }
        if (lost != hedge) {
            takeHedge();
        }
        hedge = null;
        return true;
    }

    /** The answer has begun. */
    void onAnswerBegun(long nowNanos) {
        if (plan.route().retry().hedgeQuantile() > 0) {
            cluster.answerTimes().add(nowNanos - sentNanos, nowNanos);
        }
    }

    void onConnectFailed(Attempt failed, Throwable cause) {
        if (isHedgeLeft(failed)) {
            return;
        }
        LOG.info("exchange {}: no connection to cluster {}: {}", exchange.id(), cluster.name(), cause.toString());
        if (count < cluster.maxAttempts() && !isBeginningLost() && cluster.retries().tryTake()) {
            retryOrBackOff(startedNanos);
        } else {
            exchange.refuse(RelayException.of(ErrorCode.UPSTREAM_CONNECT_FAILED,
                    "No connection to the upstream could be made"));
        }
    }

    /** Tries once more where nothing can have been processed; returns whether it does. */
    boolean retryAfter(AttemptFailure failure) {
        boolean isRefused = failure.kind() == AttemptFailure.Kind.REFUSED;
        boolean isStale = failure.kind() == AttemptFailure.Kind.CLOSED && isStaleConnection(failure);
        boolean isUnprocessed = isRefused || failure.kind() != AttemptFailure.Kind.MALFORMED
                && !failure.hasResponseBytes() && (!failure.isRequestWritten() || isStale);
        boolean isFree = isRefused || isStale; // the endpoint is well: these cost its budget nothing
        // Whoever has begun to answer has processed it, whatever it says then.
        boolean mayRepeat = isUnprocessed && !exchange.responseSide().hasHead() || plan.route().retry().idempotent();
        if (!mayRepeat || count >= (isRefused ? MAX_REFUSED_ATTEMPTS : cluster.maxAttempts())
                || !body.isReplayable() || !isFree && !cluster.retries().tryTake()) {
            return false;
        }
        long notBefore = failure.kind() == AttemptFailure.Kind.CLOSED ? startedNanos : UpstreamPools.ANY;
        if (isFree) {
            retry(notBefore);
        } else {
            retryOrBackOff(notBefore);
        }
        return true;
    }

    /** Tries another endpoint at once, and one that has just failed after a while: at once it would fail again. */
    private void retryOrBackOff(long notBefore) {
        if (hasOthers()) {
            retry(notBefore);
            return;
        }
        long backOffNanos = BACK_OFF_NANOS << count - 1;
        waitingRetry = loop.eventLoop().schedule(() -> retryNow(notBefore), backOffNanos / 2
                + ThreadLocalRandom.current().nextLong(backOffNanos), TimeUnit.NANOSECONDS);
    }

    /** Tries once more where an endpoint did not answer in time and the request may be processed twice. */
    boolean retryAfterTimeout() {
        Attempt late = attempt;
        if (isHedgeLeft(late)) {
            late.cancel();
            return true;
        }
        if (plan == null || !plan.route().retry().idempotent() || !isSent || count >= cluster.maxAttempts()
                || !body.isReplayable() || !hasOthers() || !cluster.retries().tryTake()) {
            return false;
        }
        attempt.cancel();
        retry(UpstreamPools.ANY);
        return true;
    }

    /**
     * Tries another endpoint where this one has answered that it does not take the request, or the same one again where
     * there is no other and it is ready soon; returns whether it does.
     */
    boolean retryElsewhere(ResponseHead refusal) {
        int status = refusal.status().code();
        if (status < 400 || status != 429 && status != 503 && status != 529
                && !plan.route().retry().statuses().contains(status)) {
            return false;
        }
        long retryAfterNanos = CoolDown.retryAfterNanos(refusal.headers());
        long nowNanos = loop.ticker().nanoTime();
        Endpoint refusing = attempt.endpoint();
        if (retryAfterNanos > 0) {
            refusing.onRetryAfter(nowNanos, retryAfterNanos);
        }
        boolean isSoon = retryAfterNanos > 0 && retryAfterNanos <= MAX_WAIT_NANOS;
        if (count >= cluster.maxAttempts() || !body.isReplayable() || !hasOthers() && !isSoon) {
            return false;
        }
        Endpoint other = hasOthers() ? cluster.choose(refusing, 0, nowNanos) : null;
        if (other != null && other == refusing) {
            other.onDone(); // it would be asked again at once
            other = null;
        }
        if (other == null && !isSoon) {
            return false;
        }
        if (!cluster.retries().tryTake()) {
            if (other != null) {
                other.onDone();
            }
            return false;
        }
        if (isSent) {
            attempt.finishAlone();
        } else {
            attempt.cancel();
        }
        if (other != null) {
            retry(other, UpstreamPools.ANY);
        } else {
            waitingRetry = loop.eventLoop().schedule(() -> retryNow(UpstreamPools.ANY), retryAfterNanos,
                    TimeUnit.NANOSECONDS);
        }
        return true;
    }

    /** Returns whether another endpoint would do. */
    private boolean hasOthers() {
        return cluster.hasOthers() && (ownership == null || !ownership.isHard());
    }

    /** Returns whether the next attempt waits for the time that its endpoint has named. */
    boolean isWaitingToRetry() {
        return waitingRetry != null;
    }

    private void retryNow(long notBefore) {
        waitingRetry = null;
        if (!isStopped && !exchange.state().isTerminal()) {
            retry(notBefore);
        }
    }

    private boolean isStaleConnection(AttemptFailure failure) {
        return failure.isReused() && plan.route().retry().reusedConnection()
                && loop.ticker().nanoTime() - sentNanos <= STALE_NANOS;
    }

    /**
     * @param notBefore what stood then is likely to have been closed too
     */
    private void retry(long notBefore) {
        beginRetry();
        start(notBefore);
    }

    private void retry(Endpoint endpoint, long notBefore) {
        beginRetry();
        start(endpoint, notBefore);
    }

    private void beginRetry() {
        loop.recorder().add(Counter.RETRIES, 1);
        exchange.responseSide().forgetHead();
        if (exchange.state() == ExchangeState.CONNECTING) {
            exchange.moveTo(ExchangeState.FORWARDING); // a connect that failed: the attempt is over all the same
        }
    }

    /** Makes no further attempt; the one that runs is its answer's. */
    void stop() {
        isStopped = true;
        if (waitingRetry != null) {
            waitingRetry.cancel(false);
            waitingRetry = null;
        }
    }

    /** Cancels what is asked beside the attempt. */
    void cancelHedge() {
        if (hedge != null) {
            Attempt cancelled = hedge;
            hedge = null;
            cancelled.cancel();
        }
    }

    /** Returns whether there has been any. */
    boolean isBegun() {
        return attempt != null;
    }

    /** Returns the attempt that counts, or null before there is one. */
    Attempt attempt() {
        return attempt;
    }

    /** Returns how many were made, hedges included. */
    int count() {
        return count;
    }

    /** Returns whether the upstream takes more of the body. */
    boolean canTakeMore() {
        return isConnected && attempt.connection().isWritable();
    }

    /** Returns whether all of the request was handed to the connection. */
    boolean isSent() {
        return isSent;
    }

    /** Returns whether a connection stands and has not taken all of the request. */
    boolean isForwarding() {
        return isConnected && !isSent;
    }

    /** Returns how many bytes of the request the upstream has taken. */
    long takenBytes() {
        return body.sentBytes() - attempt.connection().pendingBytes();
    }

    long startedNanos() {
        return startedNanos;
    }

    long sentNanos() {
        return sentNanos;
    }
}
