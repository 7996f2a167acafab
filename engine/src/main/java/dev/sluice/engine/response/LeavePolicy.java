// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.response;

import dev.sluice.engine.config.RouteConfig.DownstreamLeave;
import dev.sluice.engine.spi.ExchangeEnd;
import java.util.function.Consumer;

/**
 * The treatment of a response whose downstream leaves before its end: it is cancelled, or drained for its usage. If the
 * downstream leaves after the terminal event, the response counts as complete.
 *
 * @param policy     the route's policy
 * @param drainBytes the maximum number of bytes of a drain; 0 for no drain
 * @param ways       makes another way the current one
 * @param tools      shared by the loop
 */
record LeavePolicy(DownstreamLeave policy, long drainBytes, Consumer<ResponseWay> ways, BodyObserver.Tools tools) {

    /** Ends the exchange, or replaces the current way by a drain. */
    void onDownstreamClosed(BodyObserver body, ResponseSource source, ResponseListener listener, int status) {
        body.observe();
        if (body.isTerminalSeen()) {
            source.finishAlone();
            listener.onEnded(body.wholeEnd(), null);
        } else if (!source.isOver() && policy == DownstreamLeave.DRAIN && drainBytes > 0) {
            DrainedResponse drained = new DrainedResponse(body, source, listener, tools, drainBytes, status);
            listener.onDraining();
            ways.accept(drained);
            drained.begin();
        } else {
            source.cancel();
            listener.onEnded(ExchangeEnd.DOWNSTREAM_LEFT, null);
        }
    }
}
