// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.upstream;

import dev.sluice.engine.cluster.Endpoint;
import dev.sluice.engine.config.HealthConfig.CheckConfig;
import dev.sluice.engine.loop.LoopTicker;
import dev.sluice.engine.loop.Tickable;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The periodic health checks of endpoints whose clusters configure them, each over connections of its own.
 *
 * <p><b>Threading:</b> confined to its loop, which need not relay anything.
 */
public final class HealthChecks implements Tickable {
    private static final Logger LOG = LoggerFactory.getLogger(HealthChecks.class);

    private final LoopTicker ticker;
    private final UpstreamPools pools;
    private final Map<Endpoint, Check> checks = new IdentityHashMap<>();
    private LoopTicker.Entry tick;

    /** Creates an object that checks no endpoints yet. */
    public HealthChecks(LoopTicker ticker, UpstreamPools pools) {
        this.ticker = ticker;
        this.pools = pools;
    }

    /** Replaces the checked endpoints by those of {@code endpoints} that configure a check. */
    public void use(Collection<Endpoint> endpoints) {
        for (Endpoint endpoint : List.copyOf(checks.keySet())) {
            if (!endpoints.contains(endpoint)) {
                checks.remove(endpoint).stop();
            }
        }
        for (Endpoint endpoint : endpoints) {
            if (endpoint.check() != null) {
                checks.computeIfAbsent(endpoint, Check::new);
            }
        }
        if (checks.isEmpty() && tick != null) {
            ticker.remove(tick);
            tick = null;
        } else if (!checks.isEmpty() && tick == null) {
            tick = ticker.add(this);
        }
    }

    @Override
    public void onTick(long nowNanos) {
        for (Check check : List.copyOf(checks.values())) {
            check.onTick(nowNanos);
        }
    }

    /** The checks of one endpoint, one after the other. */
    private final class Check {
        private final Endpoint endpoint;
        private final CheckConfig config;
        private long nextNanos;
        private StatusQuestion running;

        Check(Endpoint endpoint) {
            this.endpoint = endpoint;
            config = endpoint.check();
            nextNanos = ticker.nanoTime();
        }

        void onTick(long nowNanos) {
            if (running != null && running.isOver()) {
                running = null;
            }
            if (running != null) {
                if (nowNanos - running.sinceNanos > config.timeout().toNanos()) {
                    running.giveUp();
                }
            } else if (nowNanos - nextNanos >= 0) {
                long spread = config.interval().toNanos() / 10;
                nextNanos = nowNanos + config.interval().toNanos() + ThreadLocalRandom.current().nextLong(-spread,
                        spread + 1);
                running = new StatusQuestion(this, nowNanos);
                pools.acquire(endpoint, UpstreamPools.ANY, running);
            }
        }

        void stop() {
            if (running != null) {
                running.end();
            }
        }

        void onAnswer(boolean isWell, String found) {
            if (isWell) {
                endpoint.recordSuccess(ticker.nanoTime());
            } else {
                LOG.info("health check of {}: {}", endpoint, found);
                endpoint.recordFailure(ticker.nanoTime());
            }
        }
    }

    /** One request and its response, of which only the status matters. */
    private static final class StatusQuestion extends Question {
        private static final int MAX_BODY_BYTES = 64 * 1024;
        private static final int SERVER_ERROR = 500;

        private final Check check;
        private final long sinceNanos;
        private boolean isAnswered;

        StatusQuestion(Check check, long sinceNanos) {
            super(check.endpoint, check.config.path(), MAX_BODY_BYTES);
            this.check = check;
            this.sinceNanos = sinceNanos;
        }

        private void answer(boolean isWell, String found) {
            if (!isAnswered) {
                isAnswered = true;
                check.onAnswer(isWell, found);
            }
        }

        void giveUp() {
            end();
            answer(false, "no answer in " + check.config.timeout().toMillis() + " ms");
        }

        @Override
        void onStatus(int status) {
            answer(status < SERVER_ERROR, "status " + status);
        }

        @Override
        void onUnreachable(Throwable cause) {
            isAnswered = true; // the pool has already recorded and logged this failure
        }

        @Override
        void onFailed(String found) {
            answer(false, found);
        }
    }
}
