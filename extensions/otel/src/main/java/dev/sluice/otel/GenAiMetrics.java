// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.otel;

import dev.sluice.engine.spi.ExchangeEnd;
import dev.sluice.engine.spi.ObservedExchange;
import dev.sluice.protocol.event.Usage;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.api.metrics.LongCounter;
import io.opentelemetry.api.metrics.Meter;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The GenAI metrics: one record for each exchange, with attributes that are made once for each combination of their
 * values. The model is that of the route, as configured: what callers send never becomes an attribute.
 */
final class GenAiMetrics {
    private static final int MAX_ATTRIBUTES = 2_000;
    private static final double NANOS_PER_SECOND = 1e9;
    /** The boundaries that the conventions advise. */
    private static final List<Double> SECONDS = List.of(0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12,
            10.24, 20.48, 40.96, 81.92);
    private static final List<Double> CHUNK_SECONDS = List.of(0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5,
            0.75, 1.0, 2.5);

    private final Map<Key, Attributes> known = new ConcurrentHashMap<>();
    private final DoubleHistogram duration;
    private final DoubleHistogram firstChunk;
    private final DoubleHistogram outputChunk;
    private final LongCounter inputTokens;
    private final LongCounter outputTokens;
    private final LongCounter cacheReadTokens;
    private final LongCounter reasoningTokens;

    GenAiMetrics(Meter meter) {
        duration = histogram(meter, Names.DURATION, "From the request's head to the end of the exchange.", SECONDS);
        firstChunk = histogram(meter, Names.FIRST_CHUNK, "From the request's head to the first event.", SECONDS);
        outputChunk = histogram(meter, Names.OUTPUT_CHUNK, "Mean time of an event after the first one.",
                CHUNK_SECONDS);
        inputTokens = counter(meter, Names.INPUT_TOKENS, "Input tokens, as reported upstream.");
        outputTokens = counter(meter, Names.OUTPUT_TOKENS, "Output tokens, as reported upstream.");
        cacheReadTokens = counter(meter, Names.CACHE_READ_TOKENS, "Cached ones of the input tokens.");
        reasoningTokens = counter(meter, Names.REASONING_TOKENS, "Reasoning ones of the output tokens.");
    }

    private static DoubleHistogram histogram(Meter meter, String name, String description, List<Double> boundaries) {
        return meter.histogramBuilder(name).setUnit("s").setDescription(description)
                .setExplicitBucketBoundariesAdvice(boundaries).build();
    }

    private static LongCounter counter(Meter meter, String name, String description) {
        return meter.counterBuilder(name).setUnit("{token}").setDescription(description).build();
    }

    void onEnded(ObservedExchange exchange, Operation operation) {
        if (operation == Operation.OTHER) {
            return;
        }
        String endpoint = exchange.endpoint();
        Attributes attributes = attributes(new Key(operation, text(exchange.route()), text(endpoint),
                text(errorType(exchange))));
        duration.record(exchange.durationNanos() / NANOS_PER_SECOND, attributes);
        if (operation != Operation.CHAT) {
            return;
        }
        if (exchange.firstEventNanos() >= 0) {
            firstChunk.record(exchange.firstEventNanos() / NANOS_PER_SECOND, attributes);
            if (exchange.events() > 1) {
                outputChunk.record((exchange.durationNanos() - exchange.firstEventNanos()) / NANOS_PER_SECOND
                        / (exchange.events() - 1), attributes);
            }
        }
        Usage usage = exchange.usage();
        if (usage != null) {
            inputTokens.add(usage.inputTokens(), attributes);
            outputTokens.add(usage.outputTokens(), attributes);
            cacheReadTokens.add(usage.cachedTokens(), attributes);
            reasoningTokens.add(usage.reasoningTokens(), attributes);
        }
    }

    /** Returns the kind of error of an exchange: its code, its status, or the way in which it ended; null for none. */
    static String errorType(ObservedExchange exchange) {
        if (exchange.error() != null) {
            return exchange.error();
        }
        if (exchange.end() != ExchangeEnd.COMPLETED) {
            return exchange.end().label();
        }
        return exchange.status() >= 400 ? Integer.toString(exchange.status()) : null;
    }

    private static String text(String value) {
        return value == null ? "" : value;
    }

    private Attributes attributes(Key key) {
        Attributes made = known.get(key);
        if (made != null) {
            return made;
        }
        // The code of an error can come from an upstream, so the number of combinations is bounded.
        Key bounded = known.size() < MAX_ATTRIBUTES ? key : new Key(key.operation, "", "", key.error.isEmpty() ? ""
                : "_OTHER");
        return known.computeIfAbsent(bounded, GenAiMetrics::make);
    }

    private static Attributes make(Key key) {
        AttributesBuilder builder = Attributes.builder().put(Names.OPERATION, key.operation.label())
                .put(Names.PROVIDER, Names.OPENAI).put(Names.API_TYPE, Names.RESPONSES);
        put(builder, key);
        return builder.build();
    }

    private static void put(AttributesBuilder builder, Key key) {
        if (!key.route.isEmpty()) {
            builder.put(Names.REQUEST_MODEL, key.route);
        }
        if (!key.endpoint.isEmpty()) {
            builder.put(Names.SERVER_ADDRESS, ServerAddress.host(key.endpoint));
            if (ServerAddress.port(key.endpoint) >= 0) {
                builder.put(Names.SERVER_PORT, Long.valueOf(ServerAddress.port(key.endpoint)));
            }
        }
        if (!key.error.isEmpty()) {
            builder.put(Names.ERROR_TYPE, key.error);
        }
    }

    private record Key(Operation operation, String route, String endpoint, String error) {
    }
}
