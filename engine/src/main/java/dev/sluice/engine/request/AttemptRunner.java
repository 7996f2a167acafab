// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.request;

import dev.sluice.engine.affinity.EndpointAffinity;
import dev.sluice.engine.cluster.Cluster;
import dev.sluice.engine.cluster.Endpoint;
import dev.sluice.engine.cluster.RestPolicy;
import dev.sluice.engine.cluster.Slot;
import dev.sluice.engine.config.RetryConfig;
import dev.sluice.engine.http.AttemptFailure;
import dev.sluice.engine.http.ResponseHead;
import dev.sluice.engine.http.UpstreamConnection;
import dev.sluice.engine.http.UpstreamListener;
import dev.sluice.engine.loop.LoopTicker;
import dev.sluice.engine.request.RetryPolicy.Decision;
import dev.sluice.engine.websocket.MessageSource;
import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.error.RelayException;
import dev.sluice.protocol.event.Failure;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * The attempts of one exchange: one after the other, and possibly a hedge beside a slow one. {@link RetryPolicy}
 * decides whether to try again; the runner chooses endpoints, acquires connections, sends the request and starts new
 * attempts.
 *
 * <p><b>Threading:</b> confined to the exchange's loop.
 */
public final class AttemptRunner implements Attempt.Listener {
    private static final int TOO_MANY_REQUESTS = 429;
    /** The argument of {@link Connector#acquire} that accepts any connection. */
    public static final long ANY = Long.MIN_VALUE;
    /** The result of {@link #hedgeDelayNanos} if no hedge is allowed. */
    public static final long NO_HEDGE = -1;

    /**
     * The backoff before a second attempt at the only endpoint, plus or minus 50 percent; doubled before each further
     * one.
     */
    private static final long BACKOFF_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    private final ForwardedHead head;
    private final RequestBody body;
    private final EndpointAffinity affinity;
    private Connector connector;
    private MessageSource message; // null unless the attempts use WebSockets
    private final LoopTicker ticker;
    private final Listener listener;
    private final AttemptRace race = new AttemptRace();

    private Cluster cluster;
    private RetryConfig retry;
    private String model;
    /** The endpoints that have had their turn, without the current one. */
    private Set<Endpoint> asked = Set.of();
    private int turns;
    private int repeats;
    private Runnable waitingRetry; // cancels it; null if none waits
    private int count;
    private boolean isHedged;
    private boolean isAnswered;
    private boolean isStopped;

    /**
     * @param affinity the owners of sessions; null if no owner can matter
     */
    AttemptRunner(ForwardedHead head, RequestBody body, EndpointAffinity affinity,
            Connector connector, LoopTicker ticker, Listener listener) {
        this.head = head;
        this.body = body;
        this.affinity = affinity;
        this.connector = connector;
        this.ticker = ticker;
        this.listener = listener;
    }

    /**
     * Sets the cluster of the attempts and the rules for repeating them.
     *
     * @param upstreamModel the model's name upstream; null if the request has none
     */
    void plan(Cluster of, RetryConfig rules, String upstreamModel) {
        cluster = of;
        retry = rules;
        model = upstreamModel;
    }

    /**
     * Makes all attempts on WebSockets of the connection of a message. None of them is hedged, because an upstream
     * cannot be made to give up a request without its connection.
     */
    void useSockets(SocketConnector sockets, MessageSource source) {
        message = source;
        isHedged = true;
        connector = (endpoint, notBefore, attempt) -> sockets.acquire(endpoint, source, attempt);
    }

    /** Makes the first attempt. */
    void begin() {
        Slot slot;
        try {
            if (affinity != null && body.scanner() != null) {
                affinity.resolve();
            }
            slot = choose();
        } catch (RelayException refusal) {
            listener.onRefused(refusal);
            return;
        }
        if (slot == null) {
            refuseFull();
            return;
        }
        cluster.countExchange();
        start(slot, ANY);
    }

    private void refuseFull() {
        listener.onRefused(RelayException.of(ErrorCode.RELAY_OVERLOADED,
                "All endpoints of the upstream have reached their limit of requests in flight"));
    }

    /** Chooses among the endpoints that have not had their turn. */
    private Slot choose() {
        long nowNanos = ticker.nanoTime();
        if (message != null && message.adoptedFrom() != null) {
            // The response runs there already, and nowhere else.
            Endpoint only = message.adoptedFrom().endpoint();
            return asked.contains(only) ? null : cluster.tryAcquire(model, only);
        }
        // A connection stays with its endpoint, where the responses are known that its requests continue.
        Endpoint current = message == null || affinity != null && affinity.isHard() ? null
                : message.endpointOf(cluster);
        Slot slot = current == null || asked.contains(current) ? null : cluster.tryAcquire(model, current);
        if (slot != null) {
            return slot;
        }
        return affinity == null ? cluster.choose(model, asked, 0, nowNanos) : affinity.choose(model, asked, nowNanos);
    }

    /** Notes that an endpoint has had its turn. */
    private void markAsked(Endpoint endpoint) {
        if (asked.isEmpty()) {
            asked = new HashSet<>();
        }
        asked.add(endpoint);
    }

    private void start(Slot slot, long notBefore) {
        turns++;
        listener.onConnecting();
        Attempt attempt = newAttempt(slot, false);
        race.start(attempt);
        listener.onAttemptBegan(attempt);
        connector.acquire(slot.endpoint(), notBefore, attempt);
    }

    private Attempt newAttempt(Slot slot, boolean isHedge) {
        count++;
        return new Attempt(ticker, this, slot, count, isHedge);
    }

    @Override
    public void onConnected(Attempt connected) {
        boolean isHedge = connected == race.hedge();
        if (!isHedge && isBeginningLost()) {
            listener.onRefused(RelayException.of(ErrorCode.RELAY_OVERLOADED,
                    "The relay has no memory left for request bodies"));
            return;
        }
        UpstreamConnection connection = connected.connection();
        connection.writeHead(head.of(body.lengthToSend(), connected.target(), connected.extraHeaders()));
        body.sendTo(connection);
        if (isHedge) {
            connection.endRequest();
            connected.markSent(ticker.nanoTime());
        } else {
            listener.onForwarding();
        }
        if (!connected.isOver()) {
            connection.flush();
            connected.read(0); // a response may arrive before the request is complete
        }
    }

    /** Returns whether the sent part of the body cannot be sent again to a later attempt, because it was not kept. */
    private boolean isBeginningLost() {
        return count > 1 && body.sentBytes() > 0 && !body.isReplayable();
    }

    /** Forwards as much of the body as the upstream takes. */
    void pump() {
        Attempt current = race.lead();
        long nowNanos = ticker.nanoTime(); // taken before the upstream can have seen any of the body
        boolean isComplete = body.pump();
        if (current.isSent() || race.lead() != current || current.isOver() || isStopped) {
            // Writing may call back into this method, which has then sent the rest; or it found the connection broken,
            // and another attempt may be in flight.
            return;
        }
        if (isComplete) {
            current.markSent(nowNanos);
            current.connection().endRequest();
        }
        current.connection().flush();
        if (isComplete) {
            listener.onRequestSent();
        }
    }

    @Override
    public void onWritable(Attempt writable) {
        if (writable == race.lead()) {
            listener.onProgress();
        }
    }

    @Override
    public void onAttemptOver(Attempt attempt) {
        listener.onAttemptEnded(attempt);
    }

    @Override
    public void onBusy(Attempt busy) {
        if (!survives(busy) && !retry(RetryPolicy.afterBusy(facts(!isBeginningLost())), ANY)) {
            listener.onRefused(RelayException.of(ErrorCode.RELAY_OVERLOADED,
                    "All connections to the upstream have reached their limit of requests"));
        }
    }

    /** Returns whether the other attempt of a race continues in place of a lost one. */
    private boolean survives(Attempt lost) {
        Attempt before = race.lead();
        if (race.hedge() != null) {
            markAsked(lost.target());
        }
        boolean isSurvived = race.survives(lost);
        followLead(before);
        return isSurvived;
    }

    /** Returns to connecting if the new lead has no connection yet. */
    private void followLead(Attempt before) {
        if (race.lead() != before && !race.lead().isConnected()) {
            listener.onConnecting();
        }
    }

    /**
     * Returns the delay after which a hedge starts beside a slow attempt.
     *
     * @param nowNanos the clock's time
     * @return nanoseconds, or {@link #NO_HEDGE}
     */
    public long hedgeDelayNanos(long nowNanos) {
        return isHedged || isWaitingToRetry() || !RetryPolicy.mayHedge(facts()) ? NO_HEDGE
                : cluster.responseTimeNanos(retry.hedgeQuantile(), nowNanos);
    }

    /** Starts a hedge, at most one per exchange, if another endpoint has a free slot and the retry budget allows it. */
    public void hedge(long nowNanos) {
        isHedged = true;
        Endpoint slow = race.lead().target();
        markAsked(slow);
        Slot slot = cluster.choose(model, asked, 0, nowNanos);
        if (slot == null) {
            return;
        }
        if (!cluster.tryRetry()) {
            slot.close();
            return;
        }
        turns++;
        Attempt hedge = newAttempt(slot, true);
        race.addHedge(hedge);
        listener.onAttemptBegan(hedge);
        connector.acquire(slot.endpoint(), ANY, hedge);
    }

    @Override
    public void onHead(Attempt answering, ResponseHead received) {
        Attempt before = race.lead();
        boolean isGood = isGood(answering, received.status().code());
        if (race.hedge() != null && !isGood) {
            markAsked(answering.target());
        }
        boolean isChosen = race.isWonBy(answering, isGood);
        followLead(before);
        if (isChosen && !retryElsewhere(received)) {
            listener.onResponse(answering, received);
        }
    }

    /** Returns whether a response ends a race; one that another endpoint may do without loses. */
    private static boolean isGood(Attempt answering, int status) {
        return status < 500 && RestPolicy.cause(status, answering.target().hasCredentials()) == RestPolicy.Cause.NONE;
    }

    /** Rules out further attempts, because the exchange now depends on the response of the lead. */
    void onAnswered() {
        isAnswered = true;
    }

    /** Records that the response of the lead is passed on, and the time until it began. */
    public void onCommit(long nowNanos) {
        race.lead().recordServed();
        if (retry.hedgeQuantile() > 0) {
            cluster.recordResponseTime(nowNanos - race.lead().sentNanos(), nowNanos);
        }
    }

    @Override
    public void onConnectFailed(Attempt failed, Throwable cause) {
        if (survives(failed)) {
            return;
        }
        listener.onConnectFailed(cluster.name(), cause);
        if (!retry(RetryPolicy.afterConnectFailure(facts(!isBeginningLost())), failed.startedNanos())) {
            listener.onRefused(RelayException.of(ErrorCode.UPSTREAM_CONNECT_FAILED,
                    "No connection to the upstream could be made"));
        }
    }

    @Override
    public void onLost(Attempt lost, AttemptFailure failure) {
        listener.onAttemptLost(lost, failure);
        if (survives(lost)) {
            return;
        }
        if (!isAnswered) {
            Decision decision = RetryPolicy.afterLoss(facts(), failure, ticker.nanoTime() - lost.sentNanos());
            if (retry(decision, failure.kind() == AttemptFailure.Kind.CLOSED ? lost.startedNanos() : ANY)) {
                return;
            }
        }
        listener.onLost(failure.kind() == AttemptFailure.Kind.MALFORMED ? ErrorCode.UPSTREAM_MALFORMED
                : ErrorCode.UPSTREAM_CLOSED);
    }

    /**
     * Tries another endpoint after this one did not answer in time, if the request may be processed twice.
     *
     * @return whether another attempt is in flight
     */
    public boolean retryAfterTimeout() {
        Attempt late = race.lead();
        if (survives(late)) {
            late.cancel();
            return true;
        }
        if (isAnswered || !takeBudget(RetryPolicy.afterTimeout(facts(), late.isSent()))) {
            return false;
        }
        late.cancel();
        elsewhere();
        return true;
    }

    /**
     * Tries another endpoint after this one has refused the request, or the only one again if it is ready soon.
     *
     * @return whether another attempt is made, now or later
     */
    private boolean retryElsewhere(ResponseHead refusal) {
        int status = refusal.status().code();
        Attempt refused = race.lead();
        boolean isOwnRefusal = refused.isOwnRefusal(status);
        if (!isOwnRefusal && !RetryPolicy.isRetryable(status, retry)) {
            return false;
        }
        long restNanos = isOwnRefusal ? 0
                : RateLimitHeaders.retryAfterNanos(refusal.headers(), System.currentTimeMillis());
        long nowNanos = ticker.nanoTime();
        if (restNanos > 0 && status != TOO_MANY_REQUESTS) { // a rate limit is the model's, and recorded already
            refused.target().restFor(nowNanos, restNanos);
        }
        Decision decision = RetryPolicy.afterRefusal(facts(), status, isOwnRefusal, restNanos);
        if (decision == Decision.AT_ONCE) {
            if (replace(refused)) {
                return true;
            }
            decision = RetryPolicy.afterRefusal(facts().withoutOthers(), status, isOwnRefusal, restNanos);
        }
        if (decision != Decision.AFTER_REST || !takeBudget(decision)) {
            return false;
        }
        leave(refused);
        repeatLater(restNanos, ANY);
        return true;
    }

    /**
     * Tries another endpoint after a response has reported a failure before anything of it was sent downstream, or
     * after a collected answer broke off.
     *
     * @param failure     the failure; null if the answer broke off
     * @param isBeginning whether the failure is the beginning of the answer
     * @return whether another attempt is in flight
     */
    public boolean retryAfterFailure(Failure failure, boolean isBeginning) {
        Attempt failed = race.lead();
        if (failure != null) {
            failed.recordFailure(failure);
        }
        boolean isOwnRefusal = failure != null && failed.isOwnRefusal(failure.status());
        return !isStopped && !isAnswered && RetryPolicy.afterFailure(facts(), failure, isBeginning, isOwnRefusal)
                == Decision.AT_ONCE && replace(failed);
    }

    /** Returns whether only one WebSocket knows what the request continues, or runs its response already. */
    private boolean isBound() {
        return message != null && (message.isBound() || message.adoptedFrom() != null);
    }

    /** {@return whether another endpoint could take the place of the current one} */
    public boolean hasOthers() {
        return !isBound() && cluster.hasUnasked(asked, race.lead() == null ? null : race.lead().target())
                && (affinity == null || !affinity.isHard());
    }

    /** Asks another endpoint in place of one that has answered; returns whether one has room. */
    private boolean replace(Attempt refused) {
        boolean isFree = isFree();
        markAsked(refused.target());
        Slot other = choose();
        if (other == null) {
            return false;
        }
        if (!isFree && !cluster.tryRetry()) {
            other.close();
            return false;
        }
        leave(refused);
        listener.onRetry();
        start(other, ANY);
        return true;
    }

    /** Lets an attempt end whose response is not used; its connection can be reused if little of it is left. */
    private static void leave(Attempt refused) {
        if (refused.isOver()) {
            refused.cancel();
        } else if (refused.isSent()) {
            refused.finishAlone();
        } else {
            refused.cancel();
        }
    }

    private RetryPolicy.Facts facts() {
        return facts(body.isReplayable());
    }

    private RetryPolicy.Facts facts(boolean isReplayable) {
        boolean isOnly = isBound() || cluster.isSingle() || affinity != null && affinity.isHard();
        return new RetryPolicy.Facts(turns, repeats, isReplayable, isOnly, hasOthers(), race.lead().hasHead(), retry);
    }

    /**
     * Returns whether another endpoint may be asked without a charge to the retry budget. The budget keeps a failing
     * cluster from being asked twice as often; it never stands between a request and an endpoint that is ready to serve
     * it.
     */
    private boolean isFree() {
        long nowNanos = ticker.nanoTime();
        return cluster.hasReady(model, asked, race.lead().target(), nowNanos) || !cluster.isFailing(model, nowNanos);
    }

    private boolean takeBudget(Decision decision) {
        if (decision == Decision.GIVE_UP) {
            return false;
        }
        return !decision.isCharged() || decision == Decision.AT_ONCE && isFree() || cluster.tryRetry();
    }

    /**
     * Makes another attempt after one that failed.
     *
     * @param notBefore rules out older connections of the same endpoint, which are likely to be closed too
     * @return whether another attempt is made, now or later
     */
    private boolean retry(Decision decision, long notBefore) {
        if (!takeBudget(decision)) {
            return false;
        }
        switch (decision) {
            case AFTER_BACKOFF -> {
                long backoffNanos = BACKOFF_NANOS << count - 1;
                repeatLater(backoffNanos / 2 + ThreadLocalRandom.current().nextLong(backoffNanos), notBefore);
            }
            case ON_NEW_CONNECTION -> {
                repeats++;
                turns--; // what was lost was a connection
                again(ticker.nanoTime());
            }
            case AT_ONCE_FREE -> {
                repeats++;
                turns--;
                if (hasOthers()) {
                    elsewhere();
                } else {
                    again(notBefore);
                }
            }
            default -> elsewhere();
        }
        return true;
    }

    private void repeatLater(long delayNanos, long notBefore) {
        waitingRetry = ticker.schedule(() -> {
            waitingRetry = null;
            if (!isStopped) {
                afterWait(notBefore);
            }
        }, delayNanos);
    }

    /** Asks an endpoint that had no room before, otherwise the same one again. */
    private void afterWait(long notBefore) {
        Slot other = hasOthers() ? choose() : null;
        if (other == null) {
            again(notBefore);
        } else {
            listener.onRetry();
            start(other, ANY);
        }
    }

    /** Asks the same endpoint again. */
    private void again(long notBefore) {
        listener.onRetry();
        startOrRefuse(cluster.tryAcquire(model, race.lead().target()), notBefore);
    }

    /** Asks another endpoint in place of the current one. */
    private void elsewhere() {
        markAsked(race.lead().target());
        listener.onRetry();
        startOrRefuse(choose(), ANY); // never a hard owner, which is the only endpoint of its requests
    }

    private void startOrRefuse(Slot slot, long notBefore) {
        if (slot == null) {
            refuseFull();
        } else {
            start(slot, notBefore);
        }
    }

    /** {@return whether the next attempt waits for its backoff or for its endpoint's rest time} */
    public boolean isWaitingToRetry() {
        return waitingRetry != null;
    }

    /** Prevents further attempts; the running one continues. */
    void stop() {
        isStopped = true;
        if (waitingRetry != null) {
            waitingRetry.run();
            waitingRetry = null;
        }
    }

    /** Cancels the hedge, if there is one. */
    public void cancelHedge() {
        race.cancelHedge();
    }

    /** Cancels all attempts in flight. */
    public void cancel() {
        race.cancelHedge();
        if (race.lead() != null) {
            race.lead().cancel();
        }
    }

    /** {@return the lead, the attempt that counts, or null before there is one} */
    public Attempt lead() {
        return race.lead();
    }

    /** {@return the number of attempts, hedges included} */
    public int count() {
        return count;
    }

    /** Returns whether a first attempt was made. */
    boolean isBegun() {
        return race.lead() != null;
    }

    /** Returns whether the upstream takes more of the body. */
    boolean canTakeMore() {
        return isConnected() && race.lead().connection().isWritable();
    }

    /** {@return whether the whole request was written to the connection} */
    public boolean isSent() {
        return race.lead() != null && race.lead().isSent();
    }

    /** {@return whether there is a connection to which the whole request was not written yet} */
    public boolean isForwarding() {
        return isConnected() && !race.lead().isSent();
    }

    private boolean isConnected() {
        return race.lead() != null && race.lead().isConnected() && !race.lead().isOver();
    }

    /** {@return the number of bytes of the body that the upstream has taken} */
    public long takenBytes() {
        return body.sentBytes() - race.lead().connection().pendingBytes();
    }

    /** The source of connections: the pools of the loop. */
    public interface Connector {
        /**
         * Acquires a connection, from the pool at once or a new one later.
         *
         * @param notBefore connections that are older than this are not used; {@link #ANY} for any connection
         */
        void acquire(Endpoint endpoint, long notBefore, UpstreamListener attempt);
    }

    /** The exchange, as its attempts see it. */
    public interface Listener {
        /** Reports that a connection is being acquired. */
        void onConnecting();

        /** Reports that there is a connection and the request can be forwarded. */
        void onForwarding();

        /** Reports that an attempt begins; headers may be added to it. */
        void onAttemptBegan(Attempt attempt);

        /** Reports that the exchange has no further use for an attempt. */
        void onAttemptEnded(Attempt attempt);

        /** Reports that no connection could be made, for the log. */
        void onConnectFailed(String cluster, Throwable cause);

        /** Reports that an attempt was lost, for the log. */
        void onAttemptLost(Attempt attempt, AttemptFailure failure);

        /** Reports that the upstream takes more of the request. */
        void onProgress();

        /** Reports that the whole request was sent. */
        void onRequestSent();

        /** Reports that another attempt replaces one that may have a response. */
        void onRetry();

        /** Receives the response of the lead. */
        void onResponse(Attempt attempt, ResponseHead head);

        /** Reports that the upstream is lost and no other attempt is made. */
        void onLost(ErrorCode cause);

        /** Receives the reason why no attempt can be made. */
        void onRefused(RelayException refusal);
    }
}
