// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.spi.EndpointRest;
import dev.sluice.engine.spi.HealthHints;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Two relays with one endpoint, which tell each other what they learn about it. */
class RestHintsTest {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private final Bus bus = new Bus();
    private final Endpoint first = endpointOfARelay();
    private final Endpoint second = endpointOfARelay();

    /** Hints without a server. */
    private static final class Bus implements HealthHints {
        private final List<Consumer<EndpointRest>> receivers = new ArrayList<>();
        private final List<EndpointRest> published = new ArrayList<>();

        @Override
        public void publish(EndpointRest rest) {
            published.add(rest);
        }

        @Override
        public Runnable subscribe(Consumer<EndpointRest> receiver) {
            receivers.add(receiver);
            return () -> receivers.remove(receiver);
        }

        void deliver() {
            published.forEach(rest -> receivers.forEach(receiver -> receiver.accept(rest)));
        }
    }

    private Endpoint endpointOfARelay() {
        Cluster cluster = new Cluster(ClusterConfig.of("up", EndpointConfig.of("http://127.0.0.1:1/v1", null)), 1, null);
        new RestHints(bus, () -> 0).use(cluster.endpoints());
        return cluster.endpoints().get(0);
    }

    /** Only a time that the endpoint has named is a fact for others. */
    @ParameterizedTest
    @CsvSource({
        "RATE_LIMIT,    m,   30, m,   true,  30",
        "RATE_LIMIT,    m,    0, m,   false,  0",
        "RATE_LIMIT,     ,   30, '',  true,  30",
        "MODEL_MISSING, m,    0, m,   false,  0",
        "CREDENTIALS,   m,    0, ,    false,  0",
        "CREDENTIALS,   m,   30, ,    false,  0"})
    void shouldTakeANamedTimeAsAFact(RestPolicy.Cause cause, String model, long namedSeconds, String restingModel,
            boolean isNamed, long secondsElsewhere) {
        first.rest(cause, model, namedSeconds * SECOND, 0);
        first.rest(cause, model, namedSeconds * SECOND, 1); // of a request that was in flight, too

        assertEquals(1, bus.published.size());
        EndpointRest rest = bus.published.get(0);
        assertEquals(restingModel, rest.model());
        assertEquals(isNamed, rest.isNamed());
        bus.deliver();
        assertEquals(secondsElsewhere * SECOND, second.health().leftNanos(model, 0));
        assertEquals(secondsElsewhere == 0, second.isReady(model, 0));
        assertTrue(second.isReady("another", 0), "another model of the endpoint");
    }

    @Test
    void shouldTakeARestOfTheWholeEndpoint() {
        first.restFor(0, 7 * SECOND);
        assertEquals(List.of(new EndpointRest("up|http://127.0.0.1:1/v1", null, Duration.ofSeconds(7), true)),
                bus.published);
        bus.deliver();
        assertFalse(second.isReady("m", 6 * SECOND));
        assertTrue(second.isReady("m", 7 * SECOND));
    }

    @Test
    void shouldRestForAtMostItsOwnLimit() {
        bus.published.add(new EndpointRest("up|http://127.0.0.1:1/v1", null, Duration.ofDays(300), true));
        bus.published.add(new EndpointRest("unknown", null, Duration.ofDays(300), true));
        bus.deliver();
        long left = second.health().leftNanos("m", 0);
        assertTrue(left > 0 && left < TimeUnit.DAYS.toNanos(8), Duration.ofNanos(left).toString());
    }

    /** What one relay has ejected is ejected by another after one failure of its own, and not before. */
    @Test
    void shouldLowerTheThresholdOfOthersOnly() {
        while (!first.isEjected(0)) {
            assertTrue(bus.published.isEmpty());
            first.recordFailure(0);
        }
        assertFalse(bus.published.get(0).isNamed());
        bus.deliver();
        assertTrue(second.isReady("m", 0), "hearsay");

        second.recordFailure(0);

        assertTrue(second.isEjected(0));
    }

    @Test
    void shouldForgetASuspicion() {
        while (!first.isEjected(0)) {
            first.recordFailure(0);
        }
        bus.deliver();
        long later = TimeUnit.HOURS.toNanos(1);

        second.recordFailure(later);

        assertFalse(second.isEjected(later));
    }
}
