// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.observe;

import dev.sluice.engine.spi.ExchangeEnd;
import dev.sluice.engine.spi.MetricsSnapshot.Family;
import dev.sluice.engine.spi.MetricsSnapshot.Kind;
import dev.sluice.engine.spi.MetricsSnapshot.Sample;
import dev.sluice.engine.spi.ObservedAttempt;
import dev.sluice.engine.spi.ObservedExchange;
import dev.sluice.protocol.event.Usage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * The counts of one event loop by route, endpoint, caller and outcome. A route is named by its model pattern, as
 * configured; the model in a request never becomes a label.
 *
 * <p><b>Threading:</b> written on the loop without locks; read on any thread.
 */
final class Breakdown {
    private static final String OTHER = "(other)";
    private static final String[] STATUSES = {"", "1xx", "2xx", "3xx", "4xx", "5xx"};
    private static final List<String> UPSTREAM_LABELS = List.of("route", "cluster", "endpoint");
    private static final double MICRO = 1e-6;

    private static final int EVENTS = 0;
    private static final int REQUEST_BYTES = 1;
    private static final int RESPONSE_BYTES = 2;
    private static final int UPSTREAM_USE = 3;
    private static final int KEY_USE = ExchangeEnd.values().length;
    private static final List<String> TOKEN_TYPES = List.of("input", "cached", "output", "reasoning");
    private static final int USE_WIDTH = TOKEN_TYPES.size() + 1; // and the cost

    private final LabelledCounts<Ending> endings = new LabelledCounts<>(1, new Ending(OTHER, "", "", "", ""));
    private final LabelledCounts<Upstream> upstreams = new LabelledCounts<>(UPSTREAM_USE + USE_WIDTH,
            new Upstream(OTHER, "", ""));
    private final LabelledCounts<Tried> attempts = new LabelledCounts<>(1, new Tried(OTHER, "", ""));
    private final LabelledCounts<String> keys = new LabelledCounts<>(KEY_USE + USE_WIDTH, OTHER);
    private final LabelledCounts<String> refusals = new LabelledCounts<>(1, OTHER);

    void onAttemptEnded(ObservedExchange exchange, ObservedAttempt attempt) {
        String outcome = attempt.failure() != null ? attempt.failure()
                : attempt.status() == 0 ? "cancelled" : statusClass(attempt.status());
        LabelledCounts.add(attempts.row(new Tried(text(exchange.cluster()), attempt.endpoint(), outcome)), 0, 1);
    }

    void onEnded(ObservedExchange exchange) {
        String route = text(exchange.route());
        String cluster = text(exchange.cluster());
        String endpoint = text(exchange.endpoint());
        LabelledCounts.add(endings.row(new Ending(route, cluster, endpoint, statusClass(exchange.status()),
                exchange.end().label())), 0, 1);
        if (exchange.end() == ExchangeEnd.REFUSED) {
            LabelledCounts.add(refusals.row(text(exchange.error())), 0, 1);
        }
        if (!endpoint.isEmpty()) {
            long[] row = upstreams.row(new Upstream(route, cluster, endpoint));
            LabelledCounts.add(row, EVENTS, exchange.events());
            LabelledCounts.add(row, REQUEST_BYTES, exchange.requestBytes());
            LabelledCounts.add(row, RESPONSE_BYTES, exchange.responseBytes());
            addUse(row, UPSTREAM_USE, exchange);
        }
        if (exchange.principal() != null) {
            long[] row = keys.row(exchange.principal());
            LabelledCounts.add(row, exchange.end().ordinal(), 1);
            addUse(row, KEY_USE, exchange);
        }
    }

    private static void addUse(long[] row, int at, ObservedExchange exchange) {
        Usage usage = exchange.usage();
        if (usage != null) {
            LabelledCounts.add(row, at, usage.inputTokens());
            LabelledCounts.add(row, at + 1, usage.cachedTokens());
            LabelledCounts.add(row, at + 2, usage.outputTokens());
            LabelledCounts.add(row, at + 3, usage.reasoningTokens());
        }
        LabelledCounts.add(row, at + TOKEN_TYPES.size(), exchange.microDollars());
    }

    private static String statusClass(int status) {
        return status < 100 || status > 599 ? "" : STATUSES[status / 100];
    }

    private static String text(String value) {
        return value == null ? "" : value;
    }

    /** Returns the metrics of several loops. */
    static List<Family> families(List<Breakdown> loops, boolean areKeysShown) {
        Map<Ending, long[]> endings = sum(loops, each -> each.endings);
        Map<Upstream, long[]> upstreams = sum(loops, each -> each.upstreams);
        Map<Tried, long[]> attempts = sum(loops, each -> each.attempts);
        Map<String, long[]> refusals = sum(loops, each -> each.refusals);
        List<Family> families = new ArrayList<>();
        families.add(counter("exchanges", "Exchanges that have ended.",
                List.of("route", "cluster", "endpoint", "status", "end"), endings, (labels, row) ->
                List.of(new Sample(List.of(labels.route, labels.cluster, labels.endpoint, labels.status, labels.end),
                        row[0]))));
        families.add(upstream("upstream_events", "Server-sent events of an endpoint.", upstreams, EVENTS));
        families.add(upstream("upstream_request_bytes", "Bytes of request bodies for an endpoint.", upstreams,
                REQUEST_BYTES));
        families.add(upstream("upstream_response_bytes", "Bytes of response bodies of an endpoint.", upstreams,
                RESPONSE_BYTES));
        families.add(counter("upstream_tokens", "Tokens reported by an endpoint. Cached ones are a part of the input,"
                + " reasoning ones of the output.", and(UPSTREAM_LABELS, "type"), upstreams, (labels, row) ->
                tokens(labels.values(), row, UPSTREAM_USE)));
        families.add(counter("upstream_cost_usd", "Cost of what an endpoint reported, by the configured prices.",
                UPSTREAM_LABELS, upstreams, (labels, row) -> List.of(new Sample(labels.values(),
                row[UPSTREAM_USE + TOKEN_TYPES.size()] * MICRO))));
        families.add(counter("attempts", "Attempts that have ended, by the status class of the response, or the way in"
                + " which they failed.", List.of("cluster", "endpoint", "outcome"), attempts, (labels, row) ->
                List.of(new Sample(List.of(labels.cluster, labels.endpoint, labels.outcome), row[0]))));
        families.add(counter("refusals", "Exchanges answered with an error of the relay's own, by its code.",
                List.of("code"), refusals, (code, row) -> List.of(new Sample(List.of(code), row[0]))));
        families.addAll(keys(areKeysShown ? sum(loops, each -> each.keys) : Map.of()));
        return families;
    }

    private static List<Family> keys(Map<String, long[]> keys) {
        return List.of(counter("key_exchanges", "Exchanges of a caller that have ended.", List.of("key", "end"), keys,
                (key, row) -> {
                    List<Sample> samples = new ArrayList<>();
                    for (ExchangeEnd end : ExchangeEnd.values()) {
                        if (row[end.ordinal()] > 0) {
                            samples.add(new Sample(List.of(key, end.label()), row[end.ordinal()]));
                        }
                    }
                    return samples;
                }),
                counter("key_tokens", "Tokens used by a caller, as reported by endpoints.", List.of("key", "type"),
                        keys, (key, row) -> tokens(List.of(key), row, KEY_USE)),
                counter("key_cost_usd", "Cost of what a caller used, by the configured prices.", List.of("key"), keys,
                        (key, row) -> List.of(new Sample(List.of(key), row[KEY_USE + TOKEN_TYPES.size()] * MICRO))));
    }

    private static <K> Map<K, long[]> sum(List<Breakdown> loops, Function<Breakdown, LabelledCounts<K>> table) {
        Map<K, long[]> sums = new HashMap<>();
        loops.forEach(loop -> table.apply(loop).addTo(sums));
        return sums;
    }

    private static Family upstream(String name, String help, Map<Upstream, long[]> rows, int column) {
        return counter(name, help, UPSTREAM_LABELS, rows, (labels, row) -> List.of(new Sample(labels.values(),
                row[column])));
    }

    private static List<Sample> tokens(List<String> labels, long[] row, int at) {
        List<Sample> samples = new ArrayList<>();
        for (int i = 0; i < TOKEN_TYPES.size(); i++) {
            samples.add(new Sample(and(labels, TOKEN_TYPES.get(i)), row[at + i]));
        }
        return samples;
    }

    private static List<String> and(List<String> labels, String last) {
        List<String> all = new ArrayList<>(labels);
        all.add(last);
        return all;
    }

    private static <K> Family counter(String name, String help, List<String> labels, Map<K, long[]> rows,
            Rows<K> samples) {
        List<Sample> all = new ArrayList<>();
        rows.forEach((key, row) -> all.addAll(samples.of(key, row)));
        return new Family(name, help, Kind.COUNTER, labels, all);
    }

    private interface Rows<K> {
        List<Sample> of(K labels, long[] row);
    }

    private record Ending(String route, String cluster, String endpoint, String status, String end) {
    }

    private record Upstream(String route, String cluster, String endpoint) {
        List<String> values() {
            return List.of(route, cluster, endpoint);
        }
    }

    private record Tried(String cluster, String endpoint, String outcome) {
    }
}
