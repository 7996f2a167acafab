// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.response;

/** The upstream side of a response: the attempt that answers. Used on the exchange's loop. */
public interface ResponseSource {
    /**
     * Delivers everything that arrives from now on to another way.
     *
     * @param way replaces the previous way
     */
    void deliverTo(ResponseWay way);

    /**
     * Asks for more of the response; does nothing once the attempt is over.
     *
     * @param heldBytes the number of delivered bytes that the downstream has not taken yet
     */
    void read(long heldBytes);

    /** Ends the attempt at once; nothing more is delivered. */
    void cancel();

    /**
     * Lets the attempt end by itself, so that its connection can be reused: the rest is read and dropped, within
     * bounds.
     */
    void finishAlone();

    /** {@return whether the response has ended or the attempt is lost} */
    boolean isOver();
}
