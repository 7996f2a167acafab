// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.http;

import dev.sluice.engine.loop.LoopTicker;
import dev.sluice.protocol.error.RelayException;
import dev.sluice.protocol.framing.BodyPiece;

/** The factory of the exchanges of downstream connections; one per event loop. Used on that loop. */
public interface ExchangeStarter {
    /**
     * Creates the exchange of a request; the caller then calls {@link RequestListener#start}.
     *
     * @param request the checked head
     * @param source  the downstream side
     * @return the exchange
     */
    RequestListener newExchange(DownstreamRequest request, RequestSource source);

    /** Counts a request that was refused because of its head, before an exchange was created. */
    void onHeadRefused(RelayException refusal);

    /** Marks the start of a tail: the exchange is about to end before its response has been sent completely. */
    void onTailBegun();

    /** Marks the end of a tail: the response was sent, or never will be. */
    void onTailEnded();

    /** {@return whether responses should announce that their connection closes} */
    boolean isDraining();

    /** {@return the loop's ticker} */
    LoopTicker ticker();

    /** {@return the loop's view of request bytes, valid until the next read of any of its downstream connections} */
    BodyPiece requestPiece();
}
