// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.request;

import dev.sluice.engine.cluster.Cluster;
import dev.sluice.engine.config.AffinityConfig;
import dev.sluice.engine.config.LimitConfig;
import dev.sluice.engine.loop.LoopTicker;
import dev.sluice.engine.loop.MemoryBudget;
import dev.sluice.engine.plan.Router;
import dev.sluice.engine.spi.AffinityStore;
import io.netty.util.concurrent.EventExecutor;
import java.util.function.Function;

/**
 * The services that request paths use: those of one event loop under one configuration. Confined to the loop.
 *
 * @param router    the routes of the configuration
 * @param clusters  returns the cluster with a given name
 * @param limits    the bounds of bodies
 * @param owners    the owners of responses and sessions; null if there is only one endpoint to which a request can
 *                  belong
 * @param via       the relay's pseudonym; empty for none
 * @param affinity  the settings of stored owners
 * @param isShared  whether there are several callers
 * @param bodies    bounds the memory of all bodies of the relay
 * @param scanners  the loop's scanners of request bodies
 * @param connector the loop's upstream connections
 * @param sockets   the upstream WebSockets of the loop
 * @param dialer    opens WebSockets for connections whose handshake is still to be answered; the connections that it
 *                  gives to attempts are {@link dev.sluice.engine.websocket.DialedSocket}s
 * @param ticker    the loop's clock, deadlines and delays
 * @param loop      the event loop
 */
public record RequestServices(Router router, Function<String, Cluster> clusters, LimitConfig limits,
        AffinityStore owners, String via, AffinityConfig affinity, boolean isShared,
        MemoryBudget bodies, ScannerCache scanners,
        AttemptRunner.Connector connector, SocketConnector sockets, AttemptRunner.Connector dialer,
        LoopTicker ticker, EventExecutor loop) {
}
