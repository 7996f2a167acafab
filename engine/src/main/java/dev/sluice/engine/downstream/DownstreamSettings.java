// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.downstream;

import dev.sluice.engine.config.Http2DownstreamConfig;
import dev.sluice.engine.config.LimitConfig;
import dev.sluice.engine.config.TimeoutConfig;
import dev.sluice.engine.http.ExchangeStarter;
import dev.sluice.engine.loop.MemoryBudget;
import io.netty.channel.EventLoop;
import java.util.function.Function;

/**
 * The settings and services that all downstream connections of a relay share.
 *
 * @param limits   the bounds of request heads
 * @param timeouts the deadlines of request heads, and of idle and stalled connections
 * @param http2    the bounds of HTTP/2 connections
 * @param bodies   bounds the memory of all bodies of the relay
 * @param starters returns the factory of exchanges for an event loop
 */
public record DownstreamSettings(LimitConfig limits, TimeoutConfig timeouts, Http2DownstreamConfig http2,
        MemoryBudget bodies, Function<EventLoop, ExchangeStarter> starters) {
}
