// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.request;

import dev.sluice.engine.affinity.EndpointAffinity;
import dev.sluice.engine.cluster.Cluster;
import dev.sluice.engine.cluster.Endpoint;
import dev.sluice.engine.cluster.Slot;
import dev.sluice.engine.config.TimeoutConfig;
import dev.sluice.engine.http.AttemptFailure;
import dev.sluice.engine.http.DownstreamRequest;
import dev.sluice.engine.http.ResponseHead;
import dev.sluice.engine.loop.LoopTicker;
import dev.sluice.engine.loop.Tickable;
import dev.sluice.engine.websocket.DialedSocket;
import dev.sluice.protocol.error.RelayException;
import dev.sluice.protocol.request.RequestFacts;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The search for an endpoint that accepts a WebSocket, before the downstream's own handshake is answered. Each endpoint
 * of the cluster is asked once, in the order in which requests would go there.
 *
 * <p><b>Threading:</b> confined to the exchange's loop.
 */
public final class SocketDial implements Attempt.Listener, Tickable {
    private static final Logger LOG = LoggerFactory.getLogger(SocketDial.class);
    private static final int SWITCHING_PROTOCOLS = 101;
    /** The time for all endpoints together. The Codex CLI waits for 15 s, openai-python for 10 s. */
    private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(9);

    private final Cluster cluster;
    private final ForwardedHead head;
    private final DownstreamRequest request;
    private final RequestServices services;
    private final EndpointAffinity affinity;
    private final long affinityNanos;
    private final LoopTicker ticker;
    private final Listener listener;
    private final Set<Endpoint> asked = new HashSet<>();
    private LoopTicker.Entry tick;
    private Attempt attempt;
    private long startedNanos;
    private long turnEndsNanos;
    private boolean isOver;

    /**
     * @param call       the caller, and the head that a request on the WebSocket has
     * @param exchangeId the id of the exchange that is the handshake
     * @param timeouts   the time limit of the store of owners
     * @throws RelayException if the head breaks a rule
     */
    public SocketDial(Cluster cluster, RequestPath.Call call, String exchangeId, RequestServices services,
            TimeoutConfig timeouts, Listener listener) {
        request = call.request();
        RequestHeadRules.check(call.operation(), request, services.limits(), services.via());
        this.cluster = cluster;
        this.services = services;
        affinityNanos = timeouts.affinity().toNanos();
        this.listener = listener;
        ticker = services.ticker();
        head = new ForwardedHead(request, call.operation().path(), exchangeId, false,
                RequestPath.viaOfHandshake(services));
        affinity = services.owners() == null ? null : new EndpointAffinity(services.owners(), services.affinity(),
                services.loop(), ticker::nanoTime, call.principal().name(), services.isShared(), this::next);
    }

    /** Asks the first endpoint. */
    public void start() {
        startedNanos = ticker.nanoTime();
        turnEndsNanos = startedNanos + LIMIT_NANOS;
        tick = ticker.add(this);
        if (affinity == null || affinity.ask(RequestFacts.none(), request, cluster)) {
            next();
        }
    }

    private void next() {
        if (isOver) {
            return;
        }
        if (!cluster.hasUnasked(asked, null)) {
            fail("all endpoints were asked");
            return;
        }
        Slot slot;
        try {
            if (affinity != null && asked.isEmpty()) {
                affinity.resolve();
            }
            slot = affinity == null ? cluster.choose(null, asked, 0, ticker.nanoTime())
                    : affinity.choose(null, asked, ticker.nanoTime());
        } catch (RelayException refusal) {
            end();
            listener.onRefused(refusal);
            return;
        }
        if (slot == null) {
            fail("all endpoints are full");
            return;
        }
        long nowNanos = ticker.nanoTime();
        long leftNanos = startedNanos + LIMIT_NANOS - nowNanos;
        turnEndsNanos = nowNanos + leftNanos / Math.max(1, cluster.endpoints().size() - asked.size());
        asked.add(slot.endpoint());
        attempt = new Attempt(ticker, this, slot, asked.size(), false);
        services.dialer().acquire(slot.endpoint(), AttemptRunner.ANY, attempt);
    }

    private void fail(String reason) {
        LOG.debug("no WebSocket to cluster {}: {}", cluster.name(), reason);
        end();
        listener.onUnserved();
    }

    private void end() {
        isOver = true;
        ticker.remove(tick);
    }

    /** Ends the search, because the downstream has left; idempotent. */
    public void cancel() {
        if (!isOver) {
            end();
            if (attempt != null) {
                attempt.cancel();
            }
        }
    }

    @Override
    public void onTick(long nowNanos) {
        if (nowNanos - startedNanos > LIMIT_NANOS) {
            Attempt late = attempt;
            fail("no answer in time");
            if (late != null) {
                late.recordTimeout();
                late.cancel();
            }
        } else if (affinity != null && affinity.askedNanos() != EndpointAffinity.NOT_ASKED) {
            if (nowNanos - affinity.askedNanos() > affinityNanos) {
                affinity.giveUpWaiting();
            }
        } else if (nowNanos - turnEndsNanos > 0) {
            attempt.recordTimeout();
            attempt.cancel();
            next();
        }
    }

    @Override
    public void onConnected(Attempt connected) {
        connected.connection().writeHead(head.of(0, connected.target(), connected.extraHeaders()));
        connected.connection().endRequest();
        connected.markSent(ticker.nanoTime());
    }

    @Override
    public void onHead(Attempt answering, ResponseHead received) {
        int status = received.status().code();
        if (status != SWITCHING_PROTOCOLS) {
            LOG.debug("endpoint {} refuses a WebSocket with status {}", answering.target(), status);
            answering.cancel();
            next();
            return;
        }
        end();
        listener.onDialed((DialedSocket) answering.connection(), received.headers());
        answering.cancel(); // closes the WebSocket only if it has not joined a connection
    }

    @Override
    public void onConnectFailed(Attempt failed, Throwable cause) {
        next();
    }

    @Override
    public void onBusy(Attempt busy) {
        next();
    }

    @Override
    public void onLost(Attempt lost, AttemptFailure failure) {
        LOG.debug("endpoint {} did not complete the handshake of a WebSocket: {}", lost.target(), failure.detail());
        next();
    }

    @Override
    public void onWritable(Attempt writable) {
        // a handshake has no body
    }

    @Override
    public void onAttemptOver(Attempt over) {
        // the health of its endpoint knows the result
    }

    /** The receiver of the result; exactly one of its methods is called, unless the search is cancelled. */
    public interface Listener {
        /**
         * Receives an open WebSocket, which must join a connection before this method returns.
         *
         * @param headers the headers of the response that accepted the handshake
         */
        void onDialed(DialedSocket socket, HttpHeaders headers);

        /** Reports that no endpoint has accepted. */
        void onUnserved();

        /** Reports that the store of owners forbids the search. */
        void onRefused(RelayException refusal);
    }
}
