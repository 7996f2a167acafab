// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.event;

import dev.sluice.protocol.error.ErrorBody;
import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.error.RelayException;
import dev.sluice.protocol.framing.BodyRuns;
import dev.sluice.protocol.json.JsonTree;
import dev.sluice.protocol.json.JsonTree.Literal;
import io.netty.buffer.ByteBuf;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A collector that turns an event stream into the single document that answers a request without {@code stream}: the
 * response object of the first terminal event, or the error. If the response object has no output, the output is built
 * from the events of its parts ({@link OutputItems}).
 *
 * <p><b>Threading:</b> confined to one event loop. <b>Ownership:</b> borrows the added buffers.
 */
public final class ResponseCollector implements EventListener {
    private static final byte[] LINE_FEED = {'\n'};
    private static final int HTTP_UNAUTHORIZED = 401;

    private final EventScanner scanner = new EventScanner(this, true);
    private final long maxBytes;
    private final ByteArrayOutputStream data = new ByteArrayOutputStream(1024);
    private final OutputItems items = new OutputItems();
    private EventType nameType = EventType.OTHER;
    private int eventsRead;
    private Answer answer;

    /**
     * Creates a collector of one event stream.
     *
     * @param maxBytes the limit in bytes, which applies separately to the finished items and to one event's data
     */
    public ResponseCollector(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    /**
     * A collected answer.
     *
     * @param status  the HTTP status
     * @param body    the JSON document, in UTF-8
     * @param error   the error's code; null if the answer is not an error
     * @param failure what the upstream tells about its failure; null if the answer is not an error of the upstream's
     * @param isFirst whether the answer is the stream's first event
     * @param isWhole whether the upstream ended its answer itself; false if the stream has no terminal event, or a
     *                {@code response.completed} or {@code response.incomplete} without a response object
     */
    public record Answer(int status, byte[] body, String error, Failure failure, boolean isFirst, boolean isWhole) {
    }

    /** {@return the number of bytes that are kept: the finished items and the data of the current event} */
    public long keptBytes() {
        return items.keptBytes() + data.size();
    }

    /**
     * Adds the body bytes of one received buffer. Bytes after a terminal event are ignored.
     *
     * @param bytes   borrowed; its indices do not change
     * @param runs    the ranges of the body's bytes in the buffer
     * @param scratch a work array of at least 1 byte; its length is the number of bytes copied per step
     * @throws RelayException with {@link ErrorCode#UPSTREAM_ANSWER_TOO_LARGE} if the answer exceeds the limit, or an
     *                        event has more values than a {@link JsonTree} may have
     */
    @SuppressWarnings("exports") // for the engine
    public void add(ByteBuf bytes, BodyRuns runs, byte[] scratch) {
        for (int i = 0; i < runs.count() && answer == null; i++) {
            for (int from = runs.start(i); from < runs.end(i); from += scratch.length) {
                int step = Math.min(scratch.length, runs.end(i) - from);
                bytes.getBytes(from, scratch, 0, step);
                scanner.scan(scratch, 0, step);
            }
        }
    }

    /** {@return the answer, or null if no terminal event has arrived} */
    public Answer answer() {
        return answer;
    }

    /**
     * Marks the body as ended. A last event without its blank line is evaluated now.
     *
     * @return the answer; an error with {@link ErrorCode#UPSTREAM_TRUNCATED} if there was no terminal event
     * @throws RelayException with {@link ErrorCode#UPSTREAM_ANSWER_TOO_LARGE} if the answer exceeds the limit, or the
     *                        last event has more values than a {@link JsonTree} may have
     */
    public Answer end() {
        if (answer == null && scanner.isMidEvent()) {
            onEvent(true);
        }
        return answer != null ? answer : failure(ErrorCode.UPSTREAM_TRUNCATED,
                "The upstream ended its event stream before a terminal event");
    }

    private static Answer failure(ErrorCode code, String message) {
        return new Answer(code.status(), ErrorBody.of(code, message, null), code.code(), null, false, false);
    }

    @Override
    public void onDataLine(EventType type, boolean isFirst) {
        nameType = type;
        if (isFirst) {
            data.reset();
        } else {
            data.write(LINE_FEED, 0, 1);
        }
    }

    @Override
    public boolean onData(byte[] bytes, int from, int to) {
        if (answer != null) {
            return false;
        }
        if (data.size() + (to - from) > maxBytes) {
            throw tooLarge();
        }
        data.write(bytes, from, to - from);
        return true;
    }

    @Override
    public void onEvent(boolean wasOffered) {
        if (answer != null || data.size() == 0) {
            return;
        }
        eventsRead++;
        Object event;
        try {
            event = JsonTree.read(data.toByteArray());
        } catch (IllegalArgumentException e) {
            if (e.getCause() == null) {
                throw tooLarge(); // more values than a tree may have
            }
            return; // [DONE], or other data that is not JSON and cannot be terminal
        }
        if (event instanceof Map<?, ?> members) {
            onEvent(Failure.typeOf(members, nameType), members);
        }
        data.reset();
    }

    private void onEvent(String type, Map<?, ?> event) {
        switch (type) {
            case "response.completed", "response.incomplete", "response.cancelled" -> answer = whole(event);
            case "response.failed" -> answer = failed(event.get("response") instanceof Map<?, ?> response
                    ? response.get("error") : null, event);
            case "error" -> {
                Object nested = event.get("error");
                answer = failed(nested == null || nested.equals(Literal.NULL) ? event : nested, event);
            }
            default -> {
                items.add(type, event);
                if (items.keptBytes() > maxBytes) {
                    throw tooLarge();
                }
            }
        }
    }

    private Answer whole(Map<?, ?> event) {
        if (!(event.get("response") instanceof Map<?, ?> response)) {
            return failure(ErrorCode.UPSTREAM_MALFORMED, "The upstream's terminal event has no response");
        }
        if (response.get("output") instanceof List<?> listed && !listed.isEmpty()) {
            return new Answer(200, JsonTree.write(response), null, null, eventsRead == 1, true);
        }
        List<Object> output = items.items("incomplete".equals(response.get("status")));
        if (output.isEmpty() && hasOutputTokens(response)) {
            return failure(ErrorCode.UPSTREAM_MALFORMED,
                    "The upstream's stream reports output tokens but has no output");
        }
        Map<Object, Object> filled = new LinkedHashMap<>(response);
        if (!output.isEmpty()) {
            filled.put("output", output);
        }
        return new Answer(200, JsonTree.write(filled), null, null, eventsRead == 1, true);
    }

    private static boolean hasOutputTokens(Map<?, ?> response) {
        return response.get("usage") instanceof Map<?, ?> usage && usage.get("output_tokens") instanceof Literal tokens
                && tokens.text().matches("\\d[\\d.eE+-]{0,30}") && Double.parseDouble(tokens.text()) > 0;
    }

    private RelayException tooLarge() {
        return RelayException.of(ErrorCode.UPSTREAM_ANSWER_TOO_LARGE, "The upstream's answer is over " + maxBytes
                + " bytes or has too many parts to be collected (expected: \"stream\": true for such answers)");
    }

    private Answer failed(Object error, Map<?, ?> event) {
        Map<?, ?> members = error instanceof Map<?, ?> map ? map : Map.of();
        Failure failure = Failure.of(error, event);
        String code = failure.code();
        String type = failure.type();
        int status = failure.status();
        Map<String, Object> told = new LinkedHashMap<>();
        String message = members.get("message") instanceof String text ? text : "The upstream failed";
        // An upstream that refuses a key may quote it in its message, and the key is the relay's, not the caller's.
        told.put("message", status == HTTP_UNAUTHORIZED ? "The upstream refused the relay's credentials" : message);
        told.put("type", type != null ? type : typeOf(status));
        told.put("code", code == null ? Literal.NULL : code);
        told.put("param", members.get("param") instanceof String text ? text : Literal.NULL);
        return new Answer(status, JsonTree.text(Map.of("error", told)).getBytes(StandardCharsets.UTF_8),
                code == null ? "error" : code, failure, eventsRead == 1, true);
    }

    private static String typeOf(int status) {
        return switch (status) {
            case 503 -> "service_unavailable";
            case 429 -> "rate_limit_error";
            case 401 -> "authentication_error";
            case 400 -> "invalid_request_error";
            default -> "upstream_error";
        };
    }
}
