// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.event;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** A writer of {@code response.failed}, the one event that a relay may add to a stream whose upstream was lost. */
public final class FailedEvent {
    private static final JsonFactory JSON = new JsonFactory();

    private FailedEvent() {
    }

    /**
     * Writes the event, with the stream's own line ends. If the last event lacks only its blank line, that line is
     * written first.
     *
     * @param stream    the observer of the stream, after its {@link ResponseObserver#end}
     * @param code      {@code response.error.code}, such as {@code server_error}
     * @param message   {@code response.error.message}
     * @param createdAt {@code response.created_at}, in seconds since the epoch
     * @return the event with its blank line, in UTF-8; null if no event can be added, because the stream does not end
     *         between two events, its response id or sequence number is unknown, it has a terminal event already, or
     *         the observer has given up
     */
    public static byte[] of(ResponseObserver stream, String code, String message, long createdAt) {
        boolean lacksBlankLine = stream.isBlankLineMissing();
        if (!lacksBlankLine && !stream.isAtEventBoundary() || stream.responseId() == null
                || stream.nextSequenceNumber() < 0 || stream.terminal() != null || stream.hasGivenUp()) {
            return null;
        }
        long sequence = stream.nextSequenceNumber();
        String lineEnd = stream.lineEnd();
        String event = (lacksBlankLine ? lineEnd : "") + "event: response.failed" + lineEnd + "data: "
                + data(stream, code, message, createdAt, sequence) + lineEnd + lineEnd;
        return event.getBytes(StandardCharsets.UTF_8);
    }

    private static String data(ResponseObserver stream, String code, String message, long createdAt, long sequence) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(512);
        try (JsonGenerator json = JSON.createGenerator(out)) {
            json.writeStartObject();
            json.writeStringField("type", EventType.FAILED.wireName());
            json.writeNumberField("sequence_number", sequence);
            json.writeObjectFieldStart("response");
            json.writeStringField("id", stream.responseId());
            json.writeStringField("object", "response");
            json.writeNumberField("created_at", createdAt);
            json.writeStringField("model", stream.responseModel());
            json.writeStringField("status", "failed");
            json.writeObjectFieldStart("error");
            json.writeStringField("code", code);
            json.writeStringField("message", message);
            json.writeEndObject();
            json.writeArrayFieldStart("output");
            json.writeEndArray();
            json.writeArrayFieldStart("tools");
            json.writeEndArray();
            json.writeStringField("tool_choice", "auto");
            json.writeBooleanField("parallel_tool_calls", true);
            json.writeNullField("usage");
            json.writeEndObject();
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e); // cannot happen, because the target is memory
        }
        return out.toString(StandardCharsets.UTF_8);
    }
}
