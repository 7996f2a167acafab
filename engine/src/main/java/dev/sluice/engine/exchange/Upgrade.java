// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.exchange;

import dev.sluice.engine.admission.RelayLife;
import dev.sluice.engine.cluster.Cluster;
import dev.sluice.engine.config.WebSocketMode;
import dev.sluice.engine.plan.ApiOperation;
import dev.sluice.engine.request.RequestPath;
import dev.sluice.engine.request.SocketDial;
import dev.sluice.engine.websocket.DialedSocket;
import dev.sluice.engine.websocket.Handshake;
import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.error.RelayException;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;
import java.util.Set;

/**
 * The request for a WebSocket. It is an exchange of its own, which is over when the connection changes its protocol;
 * each message that asks for a response is another one.
 *
 * <p>If all requests of the caller can only go to one cluster that speaks WebSocket, an upstream is asked first, so
 * that its refusal is one of the handshake. Otherwise the model of the first request decides where to ask.
 */
final class Upgrade implements SocketDial.Listener {
    private final ExchangeContext exchange;
    private final ApiOperation operation;
    private final ExchangeEnding ending;
    private SocketDial dial;
    private boolean isCounted;

    Upgrade(ExchangeContext exchange, ApiOperation operation, ExchangeEnding ending) {
        this.exchange = exchange;
        this.operation = operation;
        this.ending = ending;
    }

    /**
     * Checks the head of a request for an upgrade; any other request passes.
     *
     * @throws RelayException if the handshake is not valid
     */
    static void check(ExchangeContext exchange, ApiOperation operation) {
        if (operation.kind() == ApiOperation.Kind.WEBSOCKET) {
            Handshake.check(exchange.request, exchange.source.protocol());
        }
    }

    /**
     * Accepts the upgrade of a caller who is known, now or when an upstream has accepted its own. What the Codex CLI is
     * to ask over HTTP is refused with 426, because it tries any other refusal again.
     *
     * @throws RelayException if the relay drains, or no cluster that the caller may use serves WebSockets
     */
    void accept() {
        ActiveConfig config = exchange.services.config();
        if (exchange.services.relay().life().isDraining()) {
            throw RelayException.retryLater(ErrorCode.RELAY_DRAINING, "The relay is stopping", 1);
        }
        Set<String> names = config.router().clusters(exchange.principal, operation);
        List<Cluster> clusters = names.stream().map(config::cluster)
                .filter(each -> each.websocket() != WebSocketMode.OFF).toList();
        if (clusters.isEmpty()) {
            throw RelayException.of(ErrorCode.DOWNSTREAM_UPGRADE_REQUIRED,
                    "upgrade: websocket is not served for the models of this key (expected: POST with events)");
        }
        boolean isOne = names.size() == 1 && clusters.get(0).websocket() == WebSocketMode.NATIVE;
        if (isOne) {
            dial = new SocketDial(clusters.get(0), new RequestPath.Call(Handshake.asPost(exchange.request), operation,
                    exchange.principal, null), exchange.id, exchange.services.request(), config.timeouts(), this);
        }
        count(config);
        if (isOne) {
            exchange.cancelUpgrade = this::cancel;
            dial.start();
        } else {
            switchTo(null, null);
        }
    }

    private void count(ActiveConfig config) {
        int own = config.isShared() ? config.limits().maxWebSocketsPerCaller() : Integer.MAX_VALUE;
        RelayLife.SessionLimit reached = exchange.services.relay().life().beginSession(exchange.principal.name(),
                config.limits().maxWebSockets(), own);
        if (reached == RelayLife.SessionLimit.OF_RELAY) {
            throw RelayException.of(ErrorCode.RELAY_OVERLOADED, "The relay has reached its limit of WebSockets");
        }
        if (reached == RelayLife.SessionLimit.OF_CALLER) {
            throw RelayException.retryLater(ErrorCode.DOWNSTREAM_RATE_LIMITED, "Over " + own
                    + " WebSockets of this key (expected: at most that)", 5);
        }
        isCounted = true;
    }

    private void switchTo(DialedSocket dialed, HttpHeaders received) {
        isCounted = false; // from here on, the connection ends what was counted
        ending.upgrade(Handshake.accepted(exchange.request, received, exchange.services.config().router()
                .isRenaming(exchange.principal, operation)), exchange.services.sessions().open(exchange.request,
                exchange.id, exchange.principal.name(), dialed));
    }

    /** Ends the search for an upstream, because the exchange is over; idempotent. */
    private void cancel() {
        dial.cancel();
        if (isCounted) {
            isCounted = false;
            exchange.services.relay().life().endSession(exchange.principal.name());
        }
    }

    @Override
    public void onDialed(DialedSocket socket, HttpHeaders headers) {
        switchTo(socket, headers);
    }

    @Override
    public void onUnserved() {
        ending.refuse(RelayException.of(ErrorCode.DOWNSTREAM_UPGRADE_REQUIRED,
                "upgrade: no upstream accepts a websocket now (expected: POST with events)"));
    }

    @Override
    public void onRefused(RelayException refusal) {
        ending.refuse(refusal);
    }
}
