// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.observe;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One line of JSON per exchange, at level INFO of the logger {@code dev.sluice.access}. */
public final class AccessLog {
    /** The logger's name. */
    public static final String LOGGER = "dev.sluice.access";

    private static final Logger LOG = LoggerFactory.getLogger(LOGGER);
    private static final JsonFactory JSON = new JsonFactory();
    private static final int MAX_TEXT_CHARS = 256;

    private AccessLog() {
    }

    /** Returns whether anybody reads it. */
    public static boolean isEnabled() {
        return LOG.isInfoEnabled();
    }

    /** Writes the line of one exchange. */
    public static void write(AccessRecord exchange) {
        StringWriter line = new StringWriter(512);
        try (JsonGenerator json = JSON.createGenerator(line)) {
            json.writeStartObject();
            json.writeStringField("time", Instant.now().truncatedTo(ChronoUnit.MILLIS).toString());
            text(json, "id", exchange.id());
            text(json, "remote", exchange.remote());
            text(json, "protocol", exchange.protocol());
            text(json, "method", exchange.method());
            text(json, "path", exchange.path());
            text(json, "principal", exchange.principal());
            text(json, "model", exchange.model());
            text(json, "upstream_model", exchange.upstreamModel());
            text(json, "cluster", exchange.cluster());
            text(json, "endpoint", exchange.endpoint());
            text(json, "upstream_protocol", exchange.upstreamProtocol());
            json.writeNumberField("attempts", exchange.attempts());
            json.writeNumberField("status", exchange.status());
            text(json, "end", exchange.end());
            text(json, "error", exchange.error());
            json.writeNumberField("events", exchange.events());
            json.writeNumberField("request_bytes", exchange.requestBytes());
            json.writeNumberField("response_bytes", exchange.responseBytes());
            if (exchange.firstEventMicros() >= 0) {
                json.writeNumberField("first_event_us", exchange.firstEventMicros());
            }
            json.writeNumberField("duration_us", exchange.micros());
            text(json, "response_id", exchange.responseId());
            text(json, "response_status", exchange.responseStatus());
            writeUsage(json, exchange);
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e); // cannot happen: the target is memory
        }
        LOG.info(line.toString());
    }

    private static void writeUsage(JsonGenerator json, AccessRecord exchange) throws IOException {
        if (exchange.usage() == null) {
            return;
        }
        json.writeObjectFieldStart("usage");
        json.writeNumberField("input_tokens", exchange.usage().inputTokens());
        json.writeNumberField("cached_tokens", exchange.usage().cachedTokens());
        json.writeNumberField("output_tokens", exchange.usage().outputTokens());
        json.writeNumberField("reasoning_tokens", exchange.usage().reasoningTokens());
        json.writeNumberField("total_tokens", exchange.usage().totalTokens());
        if (exchange.usage().isTruncated()) {
            json.writeBooleanField("truncated", true);
        }
        json.writeEndObject();
    }

    private static void text(JsonGenerator json, String name, String value) throws IOException {
        if (value != null) {
            json.writeStringField(name, value.length() <= MAX_TEXT_CHARS ? value : value.substring(0, MAX_TEXT_CHARS));
        }
    }
}
