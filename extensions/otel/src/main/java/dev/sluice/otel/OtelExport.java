// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.otel;

import dev.sluice.engine.spi.ExchangeObserver;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.exporter.otlp.http.metrics.OtlpHttpMetricExporter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.common.export.MemoryMode;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.export.PeriodicMetricReader;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * An OpenTelemetry SDK that exports spans and metrics by OTLP, and the observer that feeds it. Exports run on threads
 * of their own. If the collector is slow or gone, spans wait in a bounded queue, and those beyond it are dropped; no
 * exchange waits.
 *
 * <p><b>Threading:</b> any.
 */
public final class OtelExport implements AutoCloseable {
    private static final int MAX_QUEUED_SPANS = 4096;
    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final long MAX_CLOSE_SECONDS = 2;

    private final OpenTelemetrySdk sdk;
    private final ExchangeTelemetry telemetry;

    private OtelExport(OpenTelemetrySdk sdk, double sample) {
        this.sdk = sdk;
        telemetry = ExchangeTelemetry.of(sdk, sample);
    }

    /**
     * Starts to export; the collector need not be there yet.
     *
     * @param settings the settings
     * @return the export, to be closed after the relay
     */
    public static OtelExport open(OtelSettings settings) {
        String base = settings.endpoint().toString().replaceFirst("/+$", "");
        Supplier<Map<String, String>> headers = () -> headers(settings);
        Resource resource = Resource.getDefault().merge(Resource.create(Attributes.of(
                AttributeKey.stringKey("service.name"), settings.serviceName())));
        SdkTracerProvider traces = SdkTracerProvider.builder().setResource(resource)
                .addSpanProcessor(BatchSpanProcessor.builder(OtlpHttpSpanExporter.builder()
                        .setEndpoint(base + "/v1/traces").setHeaders(headers).setTimeout(TIMEOUT)
                        .setMemoryMode(MemoryMode.REUSABLE_DATA).build()).setMaxQueueSize(MAX_QUEUED_SPANS)
                        .setExporterTimeout(TIMEOUT).build()).build();
        SdkMeterProvider metrics = SdkMeterProvider.builder().setResource(resource)
                .registerMetricReader(PeriodicMetricReader.builder(OtlpHttpMetricExporter.builder()
                        .setEndpoint(base + "/v1/metrics").setHeaders(headers).setTimeout(TIMEOUT)
                        .setMemoryMode(MemoryMode.REUSABLE_DATA).build()).setInterval(settings.interval()).build())
                .build();
        return new OtelExport(OpenTelemetrySdk.builder().setTracerProvider(traces).setMeterProvider(metrics).build(),
                settings.sample());
    }

    /** Reads the headers; called on the threads of the exporters. */
    private static Map<String, String> headers(OtelSettings settings) {
        Map<String, String> headers = new LinkedHashMap<>();
        if (settings.headersFile() == null) {
            return headers;
        }
        try {
            for (String line : Files.readAllLines(settings.headersFile())) {
                int colon = line.indexOf(':');
                if (colon > 0 && !line.startsWith("#")) {
                    headers.put(line.substring(0, colon).strip(), line.substring(colon + 1).strip());
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return headers;
    }

    /** {@return the observer, for {@link dev.sluice.engine.spi.Extensions.Builder#observer}} */
    public ExchangeObserver observer() {
        return telemetry;
    }

    /** Exports what is left, for at most two seconds each for spans and metrics, and stops; idempotent. */
    @Override
    public void close() {
        sdk.getSdkTracerProvider().shutdown().join(MAX_CLOSE_SECONDS, TimeUnit.SECONDS);
        sdk.getSdkMeterProvider().shutdown().join(MAX_CLOSE_SECONDS, TimeUnit.SECONDS);
    }
}
