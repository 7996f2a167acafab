// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.observe;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import dev.sluice.engine.spi.ExchangeEnd;
import dev.sluice.engine.spi.ExchangeObserver;
import dev.sluice.engine.spi.ObservedAttempt;
import dev.sluice.engine.spi.ObservedExchange;
import dev.sluice.engine.spi.ObservedSession;
import dev.sluice.protocol.event.Usage;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The observer that writes one line of JSON per exchange to the {@link AccessLog}. Names and numbers only: no header
 * value, no key, no body byte.
 */
final class AccessLogObserver implements ExchangeObserver {
    private static final JsonFactory JSON = JsonFactory.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();
    private static final int MAX_TEXT_CHARS = 256;
    private static final int MAX_LANE_CHARS = 32;
    private static final int FIRST_ERROR = 400;
    private static final int MAX_TRIES = 16;
    private static final int DOLLAR_DIGITS = 6;

    private final AccessLog log;

    /**
     * @param log takes the lines
     */
    AccessLogObserver(AccessLog log) {
        this.log = log;
    }

    /** Notes an attempt, unless it is the only one and has not failed, since the line says that anyway. */
    @Override
    public void onAttemptEnded(ObservedExchange exchange, ObservedAttempt attempt) {
        boolean isPlain = exchange.attempts() == 1 && attempt.failure() == null && attempt.status() < FIRST_ERROR;
        if (isPlain || !log.isEnabled()) {
            return;
        }
        @SuppressWarnings("unchecked")
        List<Try> tries = (List<Try>) exchange.attachment(this);
        if (tries == null) {
            tries = new ArrayList<>(2);
            exchange.attach(this, tries);
        }
        if (tries.size() < MAX_TRIES) {
            tries.add(new Try(attempt.endpoint(), attempt.failure() != null ? attempt.failure()
                    : attempt.status() == 0 ? "cancelled" : Integer.toString(attempt.status()), attempt.isHedge()));
        }
    }

    @Override
    public void onEnded(ObservedExchange exchange) {
        boolean isError = exchange.end() != ExchangeEnd.COMPLETED || exchange.status() >= FIRST_ERROR;
        if (log.isWanted(isError)) {
            log.write(line(exchange, isError));
        }
    }

    @Override
    public void onSessionEnded(ObservedSession session) {
        if (log.isEnabled()) {
            log.write(line(session));
        }
    }

    private static String line(ObservedSession session) {
        StringWriter line = new StringWriter(512);
        try (JsonGenerator json = JSON.createGenerator(line)) {
            json.writeStartObject();
            json.writeStringField("time", Instant.now().truncatedTo(ChronoUnit.MILLIS).toString());
            text(json, "session", session.id());
            text(json, "remote", addressOf(session.remoteAddress()));
            text(json, "protocol", "websocket");
            text(json, "path", session.path());
            text(json, "principal", session.principal());
            json.writeNumberField("responses", session.responses());
            json.writeNumberField("lanes", session.lanes());
            json.writeNumberField("received_messages", session.receivedMessages());
            json.writeNumberField("received_bytes", session.receivedBytes());
            json.writeNumberField("sent_messages", session.sentMessages());
            json.writeNumberField("sent_bytes", session.sentBytes());
            json.writeNumberField("close_status", session.closeStatus());
            json.writeStringField("closed_by", session.isClosedHere() ? "relay" : "downstream");
            json.writeNumberField("duration_us", TimeUnit.NANOSECONDS.toMicros(session.durationNanos()));
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e); // cannot happen: the target is memory
        }
        return line.toString().replace("\u007f", "\\u007f"); // it occurs within strings only
    }

    private String line(ObservedExchange exchange, boolean isError) {
        StringWriter line = new StringWriter(512);
        try (JsonGenerator json = JSON.createGenerator(line)) {
            json.writeStartObject();
            json.writeStringField("time", Instant.now().truncatedTo(ChronoUnit.MILLIS).toString());
            text(json, "id", exchange.id());
            text(json, "remote", addressOf(exchange.request().remoteAddress()));
            text(json, "protocol", exchange.protocol());
            text(json, "tls", exchange.tls());
            text(json, "method", exchange.request().method());
            text(json, "path", exchange.request().path());
            text(json, "session", exchange.session());
            text(json, "lane", cut(exchange.lane()));
            text(json, "principal", exchange.principal());
            text(json, "group", exchange.group());
            text(json, "trace_id", exchange.traceId());
            text(json, "route", exchange.route());
            text(json, "model", exchange.model());
            text(json, "upstream_model", exchange.upstreamModel());
            text(json, "served_model", exchange.servedModel());
            text(json, "service_tier", exchange.serviceTier());
            text(json, "cluster", exchange.cluster());
            text(json, "endpoint", exchange.endpoint());
            text(json, "upstream_protocol", exchange.upstreamProtocol());
            text(json, "upstream_tls", exchange.upstreamTls());
            text(json, "upstream_request_id", exchange.upstreamRequestId());
            json.writeNumberField("attempts", exchange.attempts());
            writeTries(json, exchange);
            json.writeNumberField("status", exchange.status());
            text(json, "end", exchange.end().label());
            text(json, "error", exchange.error());
            json.writeNumberField("events", exchange.events());
            json.writeNumberField("request_bytes", exchange.requestBytes());
            json.writeNumberField("response_bytes", exchange.responseBytes());
            if (exchange.queuedNanos() > 0) {
                json.writeNumberField("queue_us", TimeUnit.NANOSECONDS.toMicros(exchange.queuedNanos()));
            }
            if (exchange.firstEventNanos() >= 0) {
                json.writeNumberField("first_event_us", TimeUnit.NANOSECONDS.toMicros(exchange.firstEventNanos()));
            }
            json.writeNumberField("duration_us", TimeUnit.NANOSECONDS.toMicros(exchange.durationNanos()));
            text(json, "response_id", exchange.responseId());
            text(json, "response_status", exchange.responseStatus());
            writeUsage(json, exchange.usage());
            if (exchange.microDollars() > 0) {
                json.writeNumberField("cost_usd", BigDecimal.valueOf(exchange.microDollars(), DOLLAR_DIGITS));
            }
            if (!isError && log.config().sample() < 1) {
                json.writeNumberField("sample", log.config().sample());
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e); // cannot happen: the target is memory
        }
        return line.toString().replace("\u007f", "\\u007f"); // it occurs within strings only
    }

    private void writeTries(JsonGenerator json, ObservedExchange exchange) throws IOException {
        List<?> tries = (List<?>) exchange.attachment(this);
        if (tries == null) {
            return;
        }
        json.writeArrayFieldStart("tries");
        for (Object each : tries) {
            Try tried = (Try) each;
            json.writeStartObject();
            text(json, "endpoint", tried.endpoint);
            text(json, "outcome", tried.outcome);
            if (tried.isHedge) {
                json.writeBooleanField("hedge", true);
            }
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static String cut(String lane) {
        return lane == null || lane.length() <= MAX_LANE_CHARS ? lane : lane.substring(0, MAX_LANE_CHARS);
    }

    private static String addressOf(SocketAddress remote) {
        return remote instanceof InetSocketAddress address
                ? address.getAddress().getHostAddress() + ':' + address.getPort() : String.valueOf(remote);
    }

    private static void writeUsage(JsonGenerator json, Usage usage) throws IOException {
        if (usage == null) {
            return;
        }
        json.writeObjectFieldStart("usage");
        json.writeNumberField("input_tokens", usage.inputTokens());
        json.writeNumberField("cached_tokens", usage.cachedTokens());
        json.writeNumberField("output_tokens", usage.outputTokens());
        json.writeNumberField("reasoning_tokens", usage.reasoningTokens());
        json.writeNumberField("total_tokens", usage.totalTokens());
        if (usage.isTruncated()) {
            json.writeBooleanField("truncated", true);
        }
        json.writeEndObject();
    }

    private static void text(JsonGenerator json, String name, String value) throws IOException {
        if (value != null) {
            json.writeStringField(name, value.length() <= MAX_TEXT_CHARS ? value : value.substring(0, MAX_TEXT_CHARS));
        }
    }

    /** An attempt, as its line shows it. */
    private record Try(String endpoint, String outcome, boolean isHedge) {
    }
}
