// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.observe;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.sluice.engine.cluster.Cluster;
import dev.sluice.engine.spi.BudgetLedger;
import dev.sluice.engine.spi.MetricsFormat;
import io.netty.channel.ChannelHandler;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** The relay's own admin pages. */
public final class AdminPages {
    private static final JsonFactory JSON = new JsonFactory().disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
    private static final int OK = 200;
    private static final int SERVICE_UNAVAILABLE = 503;

    private AdminPages() {
    }

    /**
     * Returns a handler that serves pages. It belongs last in a pipeline, after an HTTP codec and an aggregator, on a
     * loop that relays nothing.
     *
     * @param pages in the order in which the answer to an unknown path lists them
     * @return a handler for one connection
     */
    public static ChannelHandler newHandler(List<AdminPage> pages) {
        return new AdminHandler(pages);
    }

    /** {@return {@code /health/live}: the process runs} */
    public static AdminPage live() {
        return text("/health/live", () -> true, () -> "live\n");
    }

    /**
     * Returns {@code /health/ready}.
     *
     * @param isReady returns whether new exchanges are accepted; false once a drain has started
     * @param notes   returns further lines of the text
     * @return the page, with status 503 while the relay is not ready
     */
    public static AdminPage ready(BooleanSupplier isReady, Supplier<List<String>> notes) {
        return text("/health/ready", isReady, () -> (isReady.getAsBoolean() ? "ready\n" : "draining\n")
                + String.join("", notes.get().stream().map(note -> note + '\n').toList()));
    }

    private static AdminPage text(String path, BooleanSupplier isGood, Supplier<String> text) {
        return new AdminPage() {
            @Override
            public String path() {
                return path;
            }

            @Override
            public String contentType() {
                return "text/plain; charset=utf-8";
            }

            @Override
            public int status() {
                return isGood.getAsBoolean() ? OK : SERVICE_UNAVAILABLE;
            }

            @Override
            public void write(OutputStream out) throws IOException {
                out.write(text.get().getBytes(StandardCharsets.UTF_8));
            }
        };
    }

    /**
     * Returns {@code /metrics}.
     *
     * @param metrics the relay's metrics
     * @param format  writes the page
     * @return the page
     */
    public static AdminPage metrics(Metrics metrics, MetricsFormat format) {
        return new AdminPage() {
            @Override
            public String path() {
                return "/metrics";
            }

            @Override
            public String contentType() {
                return format.contentType();
            }

            @Override
            public void write(OutputStream out) throws IOException {
                format.write(metrics.snapshot(), out);
            }
        };
    }

    /**
     * Returns {@code /endpoints}: the state of each endpoint, as a JSON array.
     *
     * @param clusters returns the clusters of the active configuration
     * @param clock    nanoseconds
     * @return the page
     */
    public static AdminPage endpoints(Supplier<Collection<Cluster>> clusters, LongSupplier clock) {
        return new AdminPage() {
            @Override
            public String path() {
                return "/endpoints";
            }

            @Override
            public String contentType() {
                return "application/json";
            }

            @Override
            public void write(OutputStream out) throws IOException {
                try (JsonGenerator json = JSON.createGenerator(out)) {
                    json.writeStartArray();
                    for (Cluster cluster : clusters.get()) {
                        cluster.describe(clock.getAsLong(), (name, endpoint, state, inFlight) ->
                                writeEndpoint(json, name, endpoint, state, inFlight));
                    }
                    json.writeEndArray();
                    json.writeRaw('\n');
                } catch (UncheckedIOException e) {
                    throw e.getCause();
                }
            }
        };
    }

    /**
     * Returns {@code /usage}: what keys, groups, routes and models have used in each window, as a JSON array.
     *
     * @param ledger the ledger
     * @return the page; it cannot be written if the ledger does not answer within two seconds
     */
    public static AdminPage usage(BudgetLedger ledger) {
        return new UsagePage(ledger);
    }

    private static void writeEndpoint(JsonGenerator json, String cluster, String endpoint, String state,
            int inFlight) {
        try {
            json.writeStartObject();
            json.writeStringField("cluster", cluster);
            json.writeStringField("endpoint", endpoint);
            json.writeStringField("state", state);
            json.writeNumberField("in_flight", inFlight);
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
