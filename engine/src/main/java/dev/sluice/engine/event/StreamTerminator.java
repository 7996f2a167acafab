// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.event;

import dev.sluice.engine.config.RouteConfig.UpstreamLoss;
import dev.sluice.engine.downstream.ResponseWriter;
import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.event.FailedEvent;
import io.netty.buffer.Unpooled;

/**
 * Ends a committed response whose upstream was lost, so that nobody takes it for a whole one: by a
 * {@code response.failed} event where the route asks for it and the stream stands between two events, otherwise by
 * aborting.
 */
public final class StreamTerminator {
    private static final String SERVER_ERROR = "server_error";

    private StreamTerminator() {
    }

    /**
     * Ends the response.
     *
     * @param body      what was relayed so far, all of it observed
     * @param policy    what the route asks for
     * @param cause     why the upstream was lost
     * @param epochSeconds the time, for {@code created_at}
     * @return whether an event was added, so that the body ended cleanly
     */
    public static boolean end(ResponseWriter target, ResponseRelay body, UpstreamLoss policy, ErrorCode cause,
            long epochSeconds) {
        if (policy == UpstreamLoss.FAILED_EVENT && body.isEventStream() && target.canAppend()) {
            String code = cause == ErrorCode.UPSTREAM_IDLE ? cause.code() : SERVER_ERROR;
            byte[] event = FailedEvent.of(body.observer(), code, messageOf(cause), epochSeconds);
            if (event != null) {
                target.append(Unpooled.wrappedBuffer(event));
                target.end();
                return true;
            }
        }
        target.abort();
        return false;
    }

    private static String messageOf(ErrorCode cause) {
        return cause == ErrorCode.UPSTREAM_IDLE ? "The upstream sent nothing for too long"
                : "The upstream closed the stream before its end";
    }
}
