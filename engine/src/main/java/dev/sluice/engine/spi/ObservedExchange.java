// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.spi;

import dev.sluice.protocol.event.Usage;

/**
 * A view of one exchange. It shows names and numbers only: no key and no body byte, and of the headers only those that
 * an observer asks for by name.
 *
 * <p><b>Threading:</b> usable only during a call of an {@link ExchangeObserver}, on the thread of that call.
 */
public interface ObservedExchange {
    /** {@return the id of the exchange, which the response carries as x-sluice-request-id} */
    String id();

    /** {@return the head of the request} */
    RequestHead request();

    /** {@return the downstream's protocol: by its ALPN name h2, http/1.1 or http/1.0, or websocket} */
    String protocol();

    /** {@return the id of the WebSocket on which the request came, or null for HTTP} */
    String session();

    /** {@return the name of the lane of a request on a WebSocket; null for the default lane, or for HTTP} */
    String lane();

    /** {@return the name of the caller, or null while it is unknown} */
    String principal();

    /** {@return the name of the caller's group, or null for none, or while the caller is unknown} */
    String group();

    /** {@return the model pattern of the route, as configured, or null before the plan} */
    String route();

    /** {@return the requested model, or null while it is unknown or if the request names none} */
    String model();

    /** {@return the model name that is sent upstream, or null before the plan or if the request names none} */
    String upstreamModel();

    /** {@return the name of the cluster that serves the request, or null before the plan} */
    String cluster();

    /** {@return the model that the response names; null if it names none, or before it did} */
    String servedModel();

    /** {@return the service tier that the response names; null if it names none, or before it did} */
    String serviceTier();

    /** {@return the number of attempts that were started, including hedges} */
    int attempts();

    /** {@return host and port of the endpoint of the current attempt, or null before it had a connection} */
    String endpoint();

    /** {@return the protocol of that connection: its ALPN name or websocket; null before there was one} */
    String upstreamProtocol();

    /** {@return the TLS version of the downstream's connection, such as TLSv1.3; null without TLS} */
    String tls();

    /** {@return the TLS version of the connection to the endpoint; null without TLS, or before there was one} */
    String upstreamTls();

    /**
     * Returns the id that the endpoint gave to the request in {@code x-request-id}.
     *
     * @return up to 128 letters, digits and {@code -_.:}; null if the response has none, or another text
     */
    String upstreamRequestId();

    /**
     * Returns the id of the trace to which the caller assigned the request (W3C Trace Context, {@code traceparent}).
     *
     * @return 32 hexadecimal digits; null for none
     */
    String traceId();

    /** {@return the HTTP status that was or would be sent downstream; 0 before it is known} */
    int status();

    /** {@return the end of the exchange, or null before it} */
    ExchangeEnd end();

    /** {@return the code of the error that the relay or the response reported, or null} */
    String error();

    /** {@return the number of complete events that were received} */
    long events();

    /** {@return the number of bytes of the request body that were received, before decoding} */
    long requestBytes();

    /** {@return the number of bytes of the response body that were received} */
    long responseBytes();

    /** {@return the nanoseconds from the request's head to the first complete event; -1 if there was none} */
    long firstEventNanos();

    /** {@return the nanoseconds that the exchange waited for permits of the relay and of the cluster} */
    long queuedNanos();

    /** {@return the nanoseconds from the request's head until now, or until the end of the exchange} */
    long durationNanos();

    /** {@return the id of the response, or null if it is unknown} */
    String responseId();

    /** {@return the status field of the response (completed, incomplete, failed, ...), or null if it is unknown} */
    String responseStatus();

    /** {@return the token counts that the upstream reported, or null if it reported none, which does not mean zero} */
    Usage usage();

    /** {@return the cost in millionths of a dollar; 0 before the end, or if no price matches} */
    long microDollars();

    /** {@return whether the response ended by itself: with a terminal event, or as a complete document} */
    boolean isComplete();

    /**
     * Returns the state that an observer attached to the exchange.
     *
     * @param owner the observer
     * @return the state, or null for none
     */
    Object attachment(ExchangeObserver owner);

    /**
     * Attaches the state of an observer to the exchange and replaces an earlier one.
     *
     * @param owner the observer; no other observer should read the state
     * @param state any object; null for none
     */
    void attach(ExchangeObserver owner, Object state);
}
