// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.spi;

/**
 * A view of one attempt of an exchange.
 *
 * <p><b>Threading:</b> to be used during a call of an {@link ExchangeObserver}, on its thread.
 */
public interface ObservedAttempt {
    /** {@return the number of the attempt within its exchange, from 1 on} */
    int number();

    /** {@return whether the attempt was begun beside another one that took long to answer} */
    boolean isHedge();

    /** {@return host and port of the endpoint} */
    String endpoint();

    /** {@return the ALPN name of the connection's protocol, or null before there was a connection} */
    String protocol();

    /** {@return the status of the upstream's response, or 0 where none arrived} */
    int status();

    /**
     * {@return a word for the reason why the attempt was lost (connect, busy, closed, refused, reset, malformed), or
     * null}
     */
    String failure();

    /**
     * Adds a header to the request of this attempt, in place of the downstream's and the endpoint's of the same name;
     * to be called in {@link ExchangeObserver#onAttemptBegan}.
     *
     * @param name  a name that frames nothing and carries no credentials
     * @param value printable ASCII
     * @throws IllegalArgumentException where the name or the value is not allowed
     */
    void setHeader(String name, String value);
}
