// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.admin;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.sluice.engine.cluster.Cluster;
import dev.sluice.engine.cluster.EndpointStatus;
import dev.sluice.engine.observe.Metrics;
import dev.sluice.engine.spi.BudgetLedger;
import dev.sluice.engine.spi.MetricsFormat;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** The relay's own admin pages. */
public final class AdminPages {
    private static final JsonFactory JSON = new JsonFactory();
    private static final int OK = 200;
    private static final int SERVICE_UNAVAILABLE = 503;

    private AdminPages() {
    }

    /** {@return {@code /}: the page that shows the relay live, in a browser} */
    public static AdminPage live() {
        byte[] html;
        try (InputStream resource = AdminPages.class.getResourceAsStream("live.html")) {
            html = resource.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        AdminAnswer answer = new AdminAnswer(OK, "text/html; charset=utf-8", html);
        return page("/", false, request -> answer);
    }

    /** {@return {@code /health/live}: the process runs} */
    public static AdminPage alive() {
        return page("/health/live", true, request -> AdminAnswer.text(OK, "live\n"));
    }

    /**
     * Returns {@code /health/ready}.
     *
     * @param isReady returns whether new exchanges are accepted; false once a drain has started
     * @param notes   returns further lines of the text
     * @return the page, with status 503 while the relay is not ready
     */
    public static AdminPage ready(BooleanSupplier isReady, Supplier<List<String>> notes) {
        return page("/health/ready", true, request -> {
            boolean isReadyNow = isReady.getAsBoolean();
            return AdminAnswer.text(isReadyNow ? OK : SERVICE_UNAVAILABLE, (isReadyNow ? "ready\n" : "draining\n")
                    + String.join("", notes.get().stream().map(note -> note + '\n').toList()));
        });
    }

    /**
     * Returns {@code /metrics}.
     *
     * @param metrics the relay's metrics
     * @param format  writes the page
     * @return the page
     */
    public static AdminPage metrics(Metrics metrics, MetricsFormat format) {
        return page("/metrics", false, request -> {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            format.write(metrics.snapshot(), request.accept(), out);
            return new AdminAnswer(OK, format.contentType(request.accept()), out.toByteArray());
        });
    }

    /**
     * Returns {@code /endpoints}: the state of each endpoint, as a JSON array.
     *
     * @param clusters returns the clusters of the active configuration
     * @param clock    nanoseconds
     * @return the page
     */
    public static AdminPage endpoints(Supplier<Collection<Cluster>> clusters, LongSupplier clock) {
        return page("/endpoints", false, request -> {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            try (JsonGenerator json = JSON.createGenerator(out)) {
                json.writeStartArray();
                for (Cluster cluster : clusters.get()) {
                    for (EndpointStatus endpoint : cluster.statuses(clock.getAsLong())) {
                        write(json, endpoint);
                    }
                }
                json.writeEndArray();
            }
            return AdminAnswer.json(OK, out.toByteArray());
        });
    }

    /** Writes an endpoint as an object. */
    static void write(JsonGenerator json, EndpointStatus endpoint) throws IOException {
        json.writeStartObject();
        json.writeStringField("cluster", endpoint.cluster());
        json.writeStringField("endpoint", endpoint.endpoint());
        json.writeStringField("state", endpoint.state());
        json.writeNumberField("in_flight", endpoint.inFlight());
        json.writeArrayFieldStart("waits");
        Instant now = Instant.now();
        for (EndpointStatus.Wait wait : endpoint.waits()) {
            json.writeStartObject();
            if (wait.model() != null) {
                json.writeStringField("model", wait.model());
            }
            json.writeStringField("cause", wait.cause().label());
            json.writeStringField("until", now.plusNanos(wait.leftNanos()).truncatedTo(ChronoUnit.SECONDS).toString());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    /**
     * Returns {@code /usage}: what keys, groups, routes and models have used in each window, as a JSON array.
     *
     * @param ledger the ledger
     * @return the page; it cannot be made if the ledger does not answer within two seconds
     */
    public static AdminPage usage(BudgetLedger ledger) {
        return page("/usage", false, request -> AdminAnswer.json(OK, new UsagePage(ledger).json()));
    }

    private static AdminPage page(String path, boolean isOpen, Maker maker) {
        return new AdminPage() {
            @Override
            public String path() {
                return path;
            }

            @Override
            public boolean isOpen() {
                return isOpen;
            }

            @Override
            public AdminAnswer answer(AdminRequest request) throws IOException {
                return maker.answer(request);
            }
        };
    }

    private interface Maker {
        AdminAnswer answer(AdminRequest request) throws IOException;
    }
}
