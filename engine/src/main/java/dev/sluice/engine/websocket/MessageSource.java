// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.websocket;

import dev.sluice.engine.cluster.Cluster;
import dev.sluice.engine.cluster.Endpoint;
import dev.sluice.engine.config.WebSocketMode;
import dev.sluice.engine.http.RequestSource;

/**
 * The downstream side of an exchange whose request is a message. The message is complete before the exchange begins, so
 * its model is known before its body, and the body may depend on the plan. Used on the connection's loop.
 */
public interface MessageSource extends RequestSource {
    /** {@return the requested model; null if the message has none, so that the body is refused} */
    String model();

    /**
     * Receives the result of planning, before the body is asked for.
     *
     * @param mode the way in which the cluster serves messages
     * @return whether the downstream side answers the request itself, so that nothing is sent upstream
     * @throws dev.sluice.protocol.error.RelayException if the request cannot be served in this way
     */
    boolean onPlanned(WebSocketMode mode);

    /** {@return the name of the lane; null for the default lane} */
    String lane();

    /**
     * {@return the WebSocket on which the upstream has begun the response by itself, so that nothing is sent for it;
     * null for a request}
     */
    SessionSocket adoptedFrom();

    /** {@return whether the request continues a response that only one connection knows, so that it cannot move} */
    boolean isBound();

    /**
     * Returns the endpoint of a cluster on whose WebSocket the request belongs: the one that knows the response which
     * the request continues, or else the one that served its lane last, or else any that is open. Null for none.
     */
    Endpoint endpointOf(Cluster cluster);

    /** {@return the connection of the message} */
    MessageSession session();
}
