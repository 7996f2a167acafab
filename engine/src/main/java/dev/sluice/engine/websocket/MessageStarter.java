// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.websocket;

import dev.sluice.engine.http.DownstreamRequest;
import dev.sluice.engine.http.RequestListener;
import dev.sluice.engine.loop.LoopTicker;
import dev.sluice.engine.spi.ObservedSession;

/** The factory of the exchanges of messages; one per event loop. Used on that loop. */
public interface MessageStarter {
    /**
     * Creates the exchange of a message; the caller then calls {@link RequestListener#start}.
     *
     * @param request the head that the request would have over HTTP
     * @param source  the downstream side
     * @return the exchange
     */
    RequestListener newExchange(DownstreamRequest request, MessageSource source);

    /** {@return whether the relay drains, so that connections end once they are quiet} */
    boolean isDraining();

    /** Marks the end of a connection, which was counted when its handshake was accepted. */
    void onSessionEnded(ObservedSession session);

    /** {@return the loop's ticker} */
    LoopTicker ticker();
}
