// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.exchange;

import dev.sluice.engine.loop.LoopTicker;
import dev.sluice.engine.response.BodyObserver;
import io.netty.util.concurrent.EventExecutor;

/**
 * The services that the exchanges of one event loop share. Confined to the loop.
 *
 * @param loop      the event loop
 * @param ticker    its clock and deadlines
 * @param connector its upstream connections
 * @param scanners  its scanners of request bodies
 * @param tools     its tools for observing responses
 * @param observers the observers of exchanges
 */
record LoopServices(EventExecutor loop, LoopTicker ticker, AttemptRunner.Connector connector, ScannerCache scanners,
        BodyObserver.Tools tools, ExchangeObservers observers) {
}
