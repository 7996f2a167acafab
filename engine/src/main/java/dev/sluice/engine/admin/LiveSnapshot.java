// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.admin;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.sluice.engine.auth.ApiKeyAuthenticator;
import dev.sluice.engine.cluster.Cluster;
import dev.sluice.engine.cluster.EndpointStatus;
import dev.sluice.engine.config.BudgetConfig;
import dev.sluice.engine.config.BudgetWindow;
import dev.sluice.engine.config.GroupConfig;
import dev.sluice.engine.config.KeyConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.config.UsageLimits;
import dev.sluice.engine.observe.RecentExchanges;
import dev.sluice.engine.spi.LedgerAccount;
import dev.sluice.engine.spi.LedgerUse;
import dev.sluice.engine.spi.MetricsSnapshot;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;

/**
 * The snapshots of the page that shows the relay live, as JSON on one line. Times are those of the last ten seconds, as
 * far as the page has been watched for so long.
 *
 * <p><b>Threading:</b> one thread at a time.
 */
final class LiveSnapshot {
    private static final JsonFactory JSON = new JsonFactory();
    private static final double[] RANKS = {0, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 99.95, 99.99, 100};
    private static final int WINDOW = 10;
    /** A longer pause between two snapshots means that the page was not watched. */
    private static final long MAX_PAUSE_MILLIS = 5_000;
    private static final int MAX_ROWS = 200;
    private static final long MIN_AGE_MILLIS = 500;
    /** The time between two looks at the ledger, which may be on another machine. */
    private static final long LEDGER_MILLIS = 5_000;
    private static final int DOLLAR_DIGITS = 6;

    private final AdminSources sources;
    private final String version;
    private final long startedMillis = System.currentTimeMillis();
    private final Deque<Map<String, Histogram>> before = new ArrayDeque<>();
    private long takenMillis;
    private byte[] last;
    private long lastMillis;
    private volatile Map<LedgerAccount, LedgerUse> uses = Map.of();
    private long askedMillis;

    LiveSnapshot(AdminSources sources, String version) {
        this.sources = sources;
        this.version = version;
    }

    /** Takes a snapshot; one that is not half a second old is taken again. */
    byte[] take() {
        long now = System.currentTimeMillis();
        if (last == null || now - lastMillis >= MIN_AGE_MILLIS || now < lastMillis) {
            last = make();
            lastMillis = now;
        }
        return last;
    }

    private byte[] make() {
        ByteArrayOutputStream out = new ByteArrayOutputStream(16 * 1024);
        try (JsonGenerator json = JSON.createGenerator(out)) {
            json.writeStartObject();
            json.writeStringField("version", version);
            json.writeNumberField("started", startedMillis);
            json.writeNumberField("now", System.currentTimeMillis());
            json.writeBooleanField("ready", sources.isReady().getAsBoolean());
            json.writeArrayFieldStart("notes");
            for (String note : sources.notes().get()) {
                json.writeString(note);
            }
            json.writeEndArray();
            MetricsSnapshot metrics = sources.metrics().snapshot();
            writeValues(json, metrics);
            writeTimings(json);
            writeEndpoints(json);
            writeLimits(json, metrics);
            writeRefusals(json, metrics);
            writeRecent(json);
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e); // cannot happen: the target is memory
        }
        return out.toByteArray();
    }

    private static void writeValues(JsonGenerator json, MetricsSnapshot metrics) throws IOException {
        json.writeObjectFieldStart("values");
        for (MetricsSnapshot.Value value : metrics.counters()) {
            json.writeNumberField(value.name(), value.value());
        }
        for (MetricsSnapshot.Value value : metrics.gauges()) {
            json.writeNumberField(value.name(), value.value());
        }
        MemoryUsage heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
        json.writeNumberField("heap_bytes", heap.getUsed());
        json.writeNumberField("max_heap_bytes", heap.getMax());
        json.writeEndObject();
    }

    private void writeTimings(JsonGenerator json) throws IOException {
        long now = System.currentTimeMillis();
        if (now - takenMillis > MAX_PAUSE_MILLIS) {
            before.clear();
        }
        takenMillis = now;
        Map<String, Histogram> totals = sources.metrics().totals();
        Map<String, Histogram> oldest = before.peekFirst();
        json.writeObjectFieldStart("times");
        for (Map.Entry<String, Histogram> total : totals.entrySet()) {
            Histogram recent = total.getValue().copy();
            if (oldest != null) {
                recent.subtract(oldest.get(total.getKey()));
            }
            json.writeObjectFieldStart(total.getKey());
            json.writeNumberField("count", recent.getTotalCount());
            json.writeArrayFieldStart("curve");
            for (double rank : recent.getTotalCount() == 0 ? new double[0] : RANKS) {
                json.writeStartArray();
                json.writeNumber(rank);
                json.writeNumber(recent.getValueAtPercentile(rank) / 1000.0);
                json.writeEndArray();
            }
            json.writeEndArray();
            json.writeEndObject();
        }
        json.writeEndObject();
        before.addLast(totals);
        if (before.size() > WINDOW) {
            before.removeFirst();
        }
    }

    private void writeEndpoints(JsonGenerator json) throws IOException {
        json.writeArrayFieldStart("endpoints");
        for (Cluster cluster : sources.clusters().get()) {
            for (EndpointStatus endpoint : cluster.statuses(sources.clock().getAsLong())) {
                AdminPages.write(json, endpoint);
            }
        }
        json.writeEndArray();
    }

    /** Writes the keys, groups and routes, with their limits and what was used of them. */
    private void writeLimits(JsonGenerator json, MetricsSnapshot metrics) throws IOException {
        RelayConfig config = sources.config().get();
        long now = System.currentTimeMillis();
        if (now - askedMillis >= LEDGER_MILLIS || now < askedMillis) {
            askedMillis = now;
            sources.ledger().list(answer -> uses = answer); // at once, or for a later snapshot
        }
        Map<String, long[]> counts = counts(metrics);
        ApiKeyAuthenticator keys = sources.keys().get();
        List<KeyConfig> all = keys == null ? List.of() : Stream.concat(keys.configured().stream(),
                keys.ofFile().stream()).toList();
        Map<String, KeyConfig> byLabel = new LinkedHashMap<>();
        all.forEach(key -> byLabel.putIfAbsent(key.label(), key));
        List<String> labels = new ArrayList<>(Stream.concat(counts.keySet().stream(), byLabel.keySet().stream())
                .distinct().toList());
        labels.sort(Comparator.comparingLong((String label) -> counts.getOrDefault(label, new long[4])[0]).reversed()
                .thenComparing(label -> label));
        json.writeNumberField("keys", labels.size());
        json.writeNumberField("usd_today", BigDecimal.valueOf(today(config, uses), DOLLAR_DIGITS));
        json.writeArrayFieldStart("limits");
        for (String label : labels.subList(0, Math.min(labels.size(), MAX_ROWS))) {
            KeyConfig key = byLabel.get(label);
            json.writeStartObject();
            json.writeStringField("kind", "key");
            json.writeStringField("name", label);
            if (key != null && key.group() != null) {
                json.writeStringField("group", key.group());
            }
            long[] count = counts.getOrDefault(label, new long[4]);
            json.writeNumberField("requests", count[0]);
            json.writeNumberField("refused", count[1]);
            json.writeNumberField("tokens", count[2]);
            writeLimits(json, key == null ? UsageLimits.NONE : key.limits(), LedgerAccount.Kind.KEY, label, config,
                    uses);
            json.writeEndObject();
        }
        for (GroupConfig group : config.groups()) {
            writeRow(json, LedgerAccount.Kind.GROUP, group.name(), group.limits(), config, uses);
        }
        for (RouteConfig route : config.routes()) {
            if (!route.limits().equals(UsageLimits.NONE)) {
                writeRow(json, LedgerAccount.Kind.ROUTE, route.model(), route.limits(), config, uses);
            }
        }
        json.writeEndArray();
    }

    private static long today(RelayConfig config, Map<LedgerAccount, LedgerUse> uses) {
        Instant start = BudgetWindow.DAY.at(Instant.now(), config.budgetZone()).start();
        return uses.entrySet().stream().filter(each -> each.getKey().kind() == LedgerAccount.Kind.KEY
                && each.getKey().window().equals(BudgetWindow.DAY.name()) && each.getKey().start().equals(start))
                .mapToLong(each -> each.getValue().microDollars()).sum();
    }

    /** Returns for each caller: exchanges, refused ones, tokens. */
    private static Map<String, long[]> counts(MetricsSnapshot metrics) {
        Map<String, long[]> counts = new HashMap<>();
        for (MetricsSnapshot.Family family : metrics.families()) {
            for (MetricsSnapshot.Sample sample : family.samples()) {
                if (family.name().equals("key_exchanges")) {
                    long[] row = counts.computeIfAbsent(sample.labels().get(0), key -> new long[4]);
                    row[0] += (long) sample.value();
                    row[1] += sample.labels().get(1).equals("refused") ? (long) sample.value() : 0;
                } else if (family.name().equals("key_tokens") && !sample.labels().get(1).equals("cached")
                        && !sample.labels().get(1).equals("reasoning")) {
                    counts.computeIfAbsent(sample.labels().get(0), key -> new long[4])[2] += (long) sample.value();
                }
            }
        }
        return counts;
    }

    private static void writeRow(JsonGenerator json, LedgerAccount.Kind kind, String name, UsageLimits limits,
            RelayConfig config, Map<LedgerAccount, LedgerUse> uses) throws IOException {
        json.writeStartObject();
        json.writeStringField("kind", kind.name().toLowerCase(Locale.ROOT));
        json.writeStringField("name", name);
        writeLimits(json, limits, kind, name, config, uses);
        json.writeEndObject();
    }

    private static void writeLimits(JsonGenerator json, UsageLimits limits, LedgerAccount.Kind kind, String name,
            RelayConfig config, Map<LedgerAccount, LedgerUse> uses) throws IOException {
        json.writeNumberField("requests_per_minute", limits.requestsPerMinute());
        json.writeNumberField("tokens_per_minute", limits.tokensPerMinute());
        json.writeNumberField("max_in_flight", limits.maxInFlight());
        json.writeArrayFieldStart("budgets");
        for (BudgetConfig budget : limits.budgets()) {
            BudgetWindow.Span span = budget.window().at(Instant.now(), config.budgetZone());
            LedgerUse use = uses.get(new LedgerAccount(kind, name, budget.window().name(),
                    span.start(), span.end()));
            boolean isTokens = budget.tokens() > 0;
            json.writeStartObject();
            json.writeStringField("window", budget.window().name());
            json.writeStringField("unit", isTokens ? "tokens" : "usd");
            json.writeNumberField("limit", isTokens ? BigDecimal.valueOf(budget.tokens())
                    : BigDecimal.valueOf(budget.microDollars(), DOLLAR_DIGITS));
            json.writeNumberField("used", use == null ? BigDecimal.ZERO : isTokens ? BigDecimal.valueOf(use.tokens())
                    : BigDecimal.valueOf(use.microDollars(), DOLLAR_DIGITS));
            json.writeStringField("ends", span.end().toString());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static void writeRefusals(JsonGenerator json, MetricsSnapshot metrics) throws IOException {
        json.writeObjectFieldStart("refusals");
        for (MetricsSnapshot.Family family : metrics.families()) {
            if (family.name().equals("refusals")) {
                for (MetricsSnapshot.Sample sample : family.samples()) {
                    json.writeNumberField(sample.labels().get(0), (long) sample.value());
                }
            }
        }
        json.writeEndObject();
    }

    private void writeRecent(JsonGenerator json) throws IOException {
        json.writeArrayFieldStart("recent");
        for (RecentExchanges.Entry entry : sources.recent().latest()) {
            json.writeStartObject();
            json.writeNumberField("at", entry.endedMillis());
            json.writeStringField("id", entry.id());
            json.writeStringField("key", entry.key());
            json.writeStringField("model", entry.model());
            json.writeStringField("endpoint", entry.endpoint());
            json.writeNumberField("status", entry.status());
            json.writeStringField("end", entry.end());
            json.writeStringField("error", entry.error());
            json.writeNumberField("attempts", entry.attempts());
            json.writeNumberField("events", entry.events());
            json.writeNumberField("first_us", entry.firstNanos() < 0 ? -1 : entry.firstNanos() / 1000);
            json.writeNumberField("us", entry.nanos() / 1000);
            json.writeEndObject();
        }
        json.writeEndArray();
    }
}
