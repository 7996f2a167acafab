// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.spi;

import dev.sluice.protocol.event.Usage;

/**
 * A view of one exchange. Names and numbers only: no key, no body byte; of the headers only those that are asked for by
 * name.
 *
 * <p><b>Threading:</b> to be used during a call of an {@link ExchangeObserver}, on its thread.
 */
public interface ObservedExchange {
    /** {@return the exchange's id, which responses carry as x-sluice-request-id} */
    String id();

    /** {@return the head of the request} */
    RequestHead request();

    /** {@return the downstream's protocol by its ALPN name: h2, http/1.1 or http/1.0} */
    String protocol();

    /** {@return the caller's name, or null while it is not known} */
    String principal();

    /** {@return the model that was asked for, or null while it is not known and where the request names none} */
    String model();

    /** {@return the model that the upstream is asked for, or null before the plan and where the request names none} */
    String upstreamModel();

    /** {@return the name of the cluster that serves the request, or null before the plan} */
    String cluster();

    /** {@return the number of attempts that were begun, hedges included} */
    int attempts();

    /** {@return host and port of the endpoint of the attempt that counts, or null before it had a connection} */
    String endpoint();

    /** {@return the ALPN name of the protocol of that connection, or null before there was one} */
    String upstreamProtocol();

    /** {@return the HTTP status that was or would be sent downstream; 0 before it is known} */
    int status();

    /** {@return the way in which the exchange ended, or null before its end} */
    ExchangeEnd end();

    /** {@return the code of the error that the relay or the response reported, or null} */
    String error();

    /** {@return the number of complete events that were received} */
    long events();

    /** {@return the number of bytes of the request body that were received, before decoding} */
    long requestBytes();

    /** {@return the number of bytes of the response body that were received} */
    long responseBytes();

    /** {@return the nanoseconds from the request's head to the first complete event; -1 where there was none} */
    long firstEventNanos();

    /** {@return the nanoseconds from the request's head until now, or to the end} */
    long durationNanos();

    /** {@return the response's id, or null where it is not known} */
    String responseId();

    /** {@return the status inside the response (completed, incomplete, failed, ...), or null where it is not known} */
    String responseStatus();

    /** {@return the token counts that the upstream reported, or null where it reported none: unknown is not zero} */
    Usage usage();

    /** {@return whether the response came to an end of its own: by a terminal event, or as a whole document} */
    boolean isComplete();

    /**
     * Returns the state that an observer has attached.
     *
     * @param owner the observer
     * @return the state, or null for none
     */
    Object attachment(ExchangeObserver owner);

    /**
     * Attaches an observer's own state to the exchange, in place of an earlier one.
     *
     * @param owner the observer, which alone should read it
     * @param state any object; null for none
     */
    void attach(ExchangeObserver owner, Object state);
}
