// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.http;

import dev.sluice.protocol.error.RelayException;
import io.netty.channel.ChannelHandler;
import io.netty.handler.codec.http.HttpHeaders;

/** The downstream side of an exchange: its request body and the sink of its response. Used on the connection's loop. */
public interface RequestSource {
    /**
     * Requests more of the body; a call of {@link RequestListener#onBody} or {@link RequestListener#onBodyEnd} follows.
     */
    void readBody();

    /** Closes the connection, or with HTTP/2 the stream, at once; unsent bytes are dropped. */
    void closeNow();

    /** {@return the downstream's protocol by its ALPN name (RFC 7301), for the log} */
    String protocol();

    /** {@return the TLS version of the downstream's connection, such as TLSv1.3, for the log; null without TLS} */
    default String tls() {
        return null;
    }

    /** {@return the sink of the response} */
    ResponseSink response();

    /**
     * Answers with an error of the relay's own; only before anything of a response was written.
     *
     * @param exchangeId the exchange's id
     * @param refusal    the error
     */
    default void refuse(String exchangeId, RelayException refusal) {
        Refusal.write(response(), exchangeId, refusal);
    }

    /**
     * Accepts a request for an upgrade, which ends its exchange: another handler takes over the connection.
     *
     * @param headers the headers of the response, besides those that every upgrade has
     * @param next    the handler; receives the bytes that arrived after the request
     */
    default void switchTo(HttpHeaders headers, ChannelHandler next) {
        throw new UnsupportedOperationException("no upgrade over " + protocol());
    }
}
