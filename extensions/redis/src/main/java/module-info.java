// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/** Limits, budgets and owners that several relays share: {@link dev.sluice.redis.RedisState}. */
module dev.sluice.redis {
    requires transitive dev.sluice.engine;
    requires lettuce.core;
    requires reactor.core;
    requires io.netty.handler;
    requires org.slf4j;

    exports dev.sluice.redis;
}
