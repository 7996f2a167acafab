// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.response;

import dev.sluice.engine.config.RouteConfig.UpstreamLoss;
import dev.sluice.engine.http.ResponseSink;
import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.error.RelayException;
import dev.sluice.protocol.event.FailedEvent;
import io.netty.buffer.Unpooled;

/**
 * The end of a response whose upstream was lost, which must not look like a complete response to any downstream. A
 * committed response gets a {@code response.failed} event if the route configures it and the stream is between two
 * events; otherwise it is aborted. A response that is not committed is refused.
 */
final class StreamTerminator {
    private static final String SERVER_ERROR = "server_error";

    private StreamTerminator() {
    }

    /**
     * Ends a committed response.
     *
     * @param body         the observer, which has observed the whole body
     * @param policy       the route's policy
     * @param cause        the reason of the loss
     * @param usualCode    the error code of a loss that is not a silence; null for {@code server_error}
     * @param epochSeconds the current time, for {@code created_at}
     * @return whether an event was added, so that the body ended cleanly
     */
    static boolean end(ResponseSink sink, BodyObserver body, UpstreamLoss policy, ErrorCode cause, String usualCode,
            long epochSeconds) {
        if (policy == UpstreamLoss.FAILED_EVENT && body.isEventStream() && sink.canAppend()) {
            String usual = usualCode == null ? SERVER_ERROR : usualCode;
            String code = cause == ErrorCode.UPSTREAM_IDLE ? cause.code() : usual;
            String message = cause == ErrorCode.UPSTREAM_IDLE ? "The upstream sent nothing for too long"
                    : "The upstream closed the stream before its end";
            byte[] event = FailedEvent.of(body.events(), code, message, epochSeconds);
            if (event != null) {
                sink.append(Unpooled.wrappedBuffer(event));
                sink.end();
                return true;
            }
        }
        sink.abort();
        return false;
    }

    /** Returns the refusal of a request whose upstream was lost before its response was committed. */
    static RelayException refusal(ErrorCode cause) {
        return RelayException.of(cause, switch (cause) {
            case UPSTREAM_CODING -> "The upstream's response has a content coding that cannot be decoded here"
                    + " (expected: identity)";
            case UPSTREAM_MALFORMED -> "The upstream's response is malformed";
            case UPSTREAM_TRUNCATED -> "The upstream ended its event stream before a terminal event";
            case UPSTREAM_TIMEOUT -> "The upstream did not answer in time";
            default -> "The upstream closed the connection before it answered";
        });
    }
}
