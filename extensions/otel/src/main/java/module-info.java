// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/** Traces and GenAI metrics of a relay, by OpenTelemetry. {@link dev.sluice.otel.OtelExport} sends them by OTLP. */
@SuppressWarnings("requires-transitive-automatic") // no artifact of OpenTelemetry is a named module
module dev.sluice.otel {
    requires transitive dev.sluice.engine;
    requires transitive io.opentelemetry.api;
    requires io.opentelemetry.context;
    requires io.opentelemetry.sdk;
    requires io.opentelemetry.sdk.common;
    requires io.opentelemetry.sdk.metrics;
    requires io.opentelemetry.sdk.trace;
    requires io.opentelemetry.exporter.otlp;

    exports dev.sluice.otel;
}
