// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.event;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** Writes the one event that a relay may add to a stream whose upstream was lost: {@code response.failed}. */
public final class FailedEvent {
    private static final JsonFactory JSON = new JsonFactory();

    private FailedEvent() {
    }

    /**
     * Returns the event with its blank line, in the stream's own line ends, in UTF-8; or null where the stream does not
     * stand where one can be added: not between two events, no id known, no sequence number known, over already, or
     * not understood.
     *
     * @param stream    what was observed of the stream, told of its end
     * @param code      {@code response.error.code}, such as {@code server_error}
     * @param message   {@code response.error.message}
     * @param createdAt seconds since the epoch
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
            throw new UncheckedIOException(e); // cannot happen: the target is memory
        }
        return out.toString(StandardCharsets.UTF_8);
    }
}
