// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.exchange;

import dev.sluice.engine.http.DownstreamRequest;
import dev.sluice.engine.http.RequestListener;
import dev.sluice.engine.http.RequestSource;
import dev.sluice.engine.spi.ExchangeEnd;
import dev.sluice.engine.websocket.MessageSource;
import dev.sluice.protocol.error.RelayException;
import io.netty.buffer.ByteBuf;

/**
 * One request and its response, on both sides. It moves through the states of its life and ends exactly once. The parts
 * of each stage do the work and report through their own interfaces; handlers of the exchange receive these reports and
 * advance it.
 *
 * <p><b>Threading:</b> confined to the event loop of its downstream connection, which its upstream connections share.
 */
final class Exchange implements RequestListener {
    private final ExchangeContext context;
    private final ExchangeEnding ending;

    /**
     * @param message the source of a request that came as a message; null for HTTP
     */
    Exchange(ExchangeServices services, DownstreamRequest request, RequestSource source, MessageSource message) {
        context = new ExchangeContext(services, request, source, message);
        ending = new ExchangeEnding(context);
        context.responsePath = services.newResponsePath(source.response(), new ResponseEvents(context, ending));
    }

    @Override
    public void start() {
        AttemptEvents events = new AttemptEvents(context, ending);
        boolean isWithinLimit = context.open(new ExchangeTimer(context, ending));
        new ExchangeEntry(context, ending, events, events, isWithinLimit).start();
    }

    @Override
    public void onBody(ByteBuf bytes) {
        if (context.requestPath == null) {
            bytes.release();
        } else {
            context.requestPath.onBody(bytes);
        }
    }

    @Override
    public void onBodyEnd() {
        if (context.requestPath != null) {
            context.requestPath.onBodyEnd();
        }
    }

    @Override
    public void onBodyFailure(RelayException refusal) {
        if (!context.life.state().isCommitted()) { // a committed early error still goes out; then the connection closes
            ending.refuse(refusal);
        }
    }

    @Override
    public void onReadComplete() {
        if (context.requestPath != null && !context.life.state().isTerminal()) {
            context.requestPath.onReadComplete();
        }
    }

    @Override
    public void onWritabilityChanged() {
        context.responsePath.onWritabilityChanged();
    }

    @Override
    public void onDownstreamClosed() {
        if (context.life.state().isAnswered()) {
            context.responsePath.onDownstreamClosed();
        } else if (!context.life.state().isTerminal()) {
            ending.stopRequest();
            ending.finish(ExchangeEnd.DOWNSTREAM_LEFT, null);
        }
    }
}
