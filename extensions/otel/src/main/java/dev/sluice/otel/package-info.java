// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
/**
 * Traces and metrics by OpenTelemetry, in the names of its conventions for generative AI.
 * {@link dev.sluice.otel.ExchangeTelemetry} is an observer for an OpenTelemetry SDK of the embedder's own;
 * {@link dev.sluice.otel.OtelExport} brings an SDK that exports by OTLP. No prompt and no output is ever recorded.
 */
package dev.sluice.otel;
