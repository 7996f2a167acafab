// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.exchange;

import dev.sluice.engine.config.WebSocketMode;
import dev.sluice.engine.plan.ApiOperation;
import dev.sluice.engine.websocket.Handshake;
import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.error.RelayException;

/**
 * The request for a WebSocket. It is an exchange of its own, which is over when the connection changes its protocol;
 * each message that asks for a response is another one.
 */
final class Upgrade {
    private Upgrade() {
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
     * Accepts the upgrade of a caller who is known. What the Codex CLI is to ask over HTTP is refused with 426, because
     * it tries any other refusal again.
     *
     * @throws RelayException if the relay drains, or no cluster that the caller may use serves WebSockets
     */
    static void accept(ExchangeContext exchange, ApiOperation operation, ExchangeEnding ending) {
        ActiveConfig config = exchange.services.config();
        if (exchange.services.relay().life().isDraining()) {
            throw RelayException.retryLater(ErrorCode.RELAY_DRAINING, "The relay is stopping", 1);
        }
        boolean isServed = config.router().clusters(exchange.principal, operation).stream()
                .anyMatch(name -> config.cluster(name).websocket() != WebSocketMode.OFF);
        if (!isServed) {
            throw RelayException.of(ErrorCode.DOWNSTREAM_UPGRADE_REQUIRED,
                    "upgrade: websocket is not served for the models of this key (expected: POST with events)");
        }
        checkLimits(config, exchange);
        ending.upgrade(Handshake.accepted(exchange.request), exchange.services.sessions().open(exchange.request,
                exchange.id, exchange.principal.name()));
    }

    private static void checkLimits(ActiveConfig config, ExchangeContext exchange) {
        int open = exchange.services.relay().life().sessions();
        int own = exchange.services.relay().life().sessions(exchange.principal.name());
        if (open >= config.limits().maxWebSockets()) {
            throw RelayException.of(ErrorCode.RELAY_OVERLOADED, "The relay has reached its limit of WebSockets");
        }
        if (config.isShared() && own >= config.limits().maxWebSocketsPerCaller()) {
            throw RelayException.retryLater(ErrorCode.DOWNSTREAM_RATE_LIMITED, "Over "
                    + config.limits().maxWebSocketsPerCaller() + " WebSockets of this key (expected: at most that)", 5);
        }
    }
}
