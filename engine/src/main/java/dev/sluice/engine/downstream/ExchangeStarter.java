// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.downstream;

import dev.sluice.engine.loop.LoopTicker;
import dev.sluice.protocol.error.RelayException;

/** Where a connection gets its exchanges from; one per event loop. */
public interface ExchangeStarter {
    /** Returns a new exchange for a request; the caller then calls {@link RequestListener#start}. */
    RequestListener newExchange(DownstreamRequest request, DownstreamPort port);

    /** Is told of a request that was refused for its head, so that no exchange came to be. */
    void onHeadRefused(RelayException refusal);

    /** An exchange is about to end whose answer may not have left yet. */
    void onTailBegun();

    /** The answer has left, or never will. */
    void onTailEnded();

    /** Returns whether responses should say that their connection is about to close. */
    boolean isDraining();

    /** Returns the loop's ticker. */
    LoopTicker ticker();
}
