// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.spi;

/**
 * A view of one attempt of an exchange.
 *
 * <p><b>Threading:</b> usable only during a call of an {@link ExchangeObserver}, on the thread of that call.
 */
public interface ObservedAttempt {
    /** {@return the number of the attempt within its exchange, from 1 on} */
    int number();

    /** {@return whether the attempt was started in parallel to another one that was slow to answer} */
    boolean isHedge();

    /** {@return host and port of the endpoint} */
    String endpoint();

    /** {@return the ALPN name of the connection's protocol, or null before there was a connection} */
    String protocol();

    /** {@return the status of the upstream's response, or 0 if none arrived} */
    int status();

    /** {@return the reason why the attempt was lost (connect, busy, closed, refused, reset, malformed), or null} */
    String failure();

    /**
     * Sets a header of the request of this attempt. It replaces headers of the same name of the downstream and of the
     * endpoint. To be called during {@link ExchangeObserver#onAttemptBegan}.
     *
     * @param name  the name; must not be a header that frames the request or carries credentials
     * @param value the value, in printable ASCII
     * @throws IllegalArgumentException if the name or the value is not allowed
     */
    void setHeader(String name, String value);
}
