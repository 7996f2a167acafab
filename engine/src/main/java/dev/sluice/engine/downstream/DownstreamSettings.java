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
 * What every downstream connection of a relay is given.
 *
 * @param limits   of heads
 * @param timeouts of heads and of idleness
 * @param http2    bounds of HTTP/2
 * @param bodies   the memory that bodies may take together
 * @param starters gives the exchanges of a loop
 */
public record DownstreamSettings(LimitConfig limits, TimeoutConfig timeouts, Http2DownstreamConfig http2,
        MemoryBudget bodies, Function<EventLoop, ExchangeStarter> starters) {
}
