// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.exchange;

import dev.sluice.engine.admission.Admission;
import dev.sluice.engine.http.DownstreamRequest;
import dev.sluice.engine.http.ResponseSink;
import dev.sluice.engine.loop.LoopTicker;
import dev.sluice.engine.plan.ApiOperation;
import dev.sluice.engine.request.RequestServices;
import dev.sluice.engine.response.BodyObserver;
import dev.sluice.engine.response.ResponseListener;
import dev.sluice.engine.response.ResponsePath;
import dev.sluice.engine.spi.Principal;
import dev.sluice.engine.websocket.DialedSocket;
import dev.sluice.protocol.error.RelayException;
import io.netty.channel.ChannelHandler;
import java.util.function.Consumer;

/**
 * The services that exchanges use: those of one event loop under one configuration. Confined to the loop.
 *
 * @param relay     the services that all loops share
 * @param config    the configuration
 * @param request   the services of request paths
 * @param tools     the tools that observe responses
 * @param observers the observers of exchanges
 * @param sessions  creates the handlers of WebSockets
 */
record ExchangeServices(RelayServices relay, ActiveConfig config, RequestServices request, BodyObserver.Tools tools,
        ExchangeObservers observers, Sessions sessions) {

    /** The factory of the handlers of WebSockets. */
    interface Sessions {
        /**
         * Creates the handler of a connection whose handshake was accepted.
         *
         * @param id        the id of the exchange that was the handshake
         * @param principal the name of the caller
         * @param dialed    the WebSocket upstream that was opened for it; null for none
         */
        ChannelHandler open(DownstreamRequest handshake, String id, String principal, DialedSocket dialed);
    }

    LoopTicker ticker() {
        return request.ticker();
    }

    /** Runs a task on the event loop: at once if the caller is on it, otherwise later. */
    void onLoop(Runnable task) {
        if (request.loop().inEventLoop()) {
            task.run();
        } else {
            request.loop().execute(task);
        }
    }

    /** Answers a request for models, now or later. */
    void answerModels(ApiOperation operation, Principal caller, String query, Consumer<byte[]> answer,
            Consumer<RelayException> refusal) {
        config.models().answer(operation, caller, query, request.connector()::acquire, ticker(), request.loop(), answer,
                refusal);
    }

    Admission newAdmission(Principal caller, Admission.Listener listener) {
        return new Admission(relay.quota(), relay.gate(), caller, request.loop(), tools.clock(),
                config.limits().onQuotaLoss(), listener);
    }

    ResponsePath newResponsePath(ResponseSink sink, ResponseListener listener) {
        return new ResponsePath(sink, listener, tools, relay.bodies(), config.limits());
    }
}
