// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.mock;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Option;

/**
 * The options of the mock's answers. A request can set each option except {@code --max-streams} in its
 * {@code metadata}, where {@code --pace-ms 5} is written {@code "mock_pace_ms": "5"}.
 */
public final class MockOptions implements Cloneable {
    /** The content of an answer. */
    public enum Kind {
        /** One message. */
        TEXT,
        /** A reasoning item with a summary, then one message. */
        REASONING,
        /** One call of the request's first function tool. */
        FUNCTION_CALL,
        /**
         * A coding agent's turn: one call of the tool that {@code --tool} names, or a message if the request already
         * contains a tool's output.
         */
        TOOL_TURN
    }

    /** The framing of a stream's body in HTTP/1.1. */
    public enum Framing {
        /** One chunk per event. */
        CHUNKED,
        /** No framing; the end of the connection ends the body. */
        CLOSE
    }

    /** The fault of a stream. */
    public enum Fault {
        /** No fault. */
        NONE,
        /** The connection is closed before the body ends; with HTTP/2 this ends all of its streams. */
        CLOSE,
        /** The connection is reset; with HTTP/2 only the stream is. */
        RESET,
        /** Nothing more is sent, and the connection stays open. */
        STALL,
        /** A {@code response.failed} event ends the stream. */
        FAILED_EVENT,
        /** The body ends cleanly, without a terminal event. */
        TRUNCATE
    }

    @Option(names = "--kind",
            description = "text, reasoning, function_call or tool_turn. Default: ${DEFAULT-VALUE}")
    Kind kind = Kind.TEXT;

    @Option(names = "--tool", paramLabel = "NAME",
            description = "For tool_turn: function or custom tool to call. The whole request is searched for it.")
    String tool = "";

    @Option(names = "--tool-input", paramLabel = "TEXT",
            description = "For tool_turn: input of the call; JSON for a function. Default: ${DEFAULT-VALUE}")
    String toolInput = "{}";

    @Option(names = "--events", paramLabel = "N", description = "Deltas per answer. Default: ${DEFAULT-VALUE}")
    int events = 32;

    @Option(names = "--delta-bytes", paramLabel = "N",
            description = "Bytes per delta; 0 for one word. Default: ${DEFAULT-VALUE}")
    int deltaBytes;

    @Option(names = "--pace-ms", paramLabel = "MS",
            description = "Pause between two writes of events; 0 for none. Default: ${DEFAULT-VALUE}")
    int paceMillis;

    @Option(names = "--head-delay-ms", paramLabel = "MS",
            description = "Pause before the response head. Default: ${DEFAULT-VALUE}")
    int headDelayMillis;

    @Option(names = "--cut", paramLabel = "BYTES",
            description = "Bytes per write, which may cut events; 0 for whole events. Default: ${DEFAULT-VALUE}")
    int cutBytes;

    @Option(names = "--glue", paramLabel = "N", description = "Events per write. Default: ${DEFAULT-VALUE}")
    int glueEvents = 1;

    @Option(names = "--framing", description = "chunked or close. Default: ${DEFAULT-VALUE}")
    Framing framing = Framing.CHUNKED;

    @Option(names = "--done", description = "End streams with 'data: [DONE]'.")
    boolean isDoneSent;

    @Option(names = "--status", paramLabel = "CODE",
            description = "Answer with an error of this status; 200 for no error. Default: ${DEFAULT-VALUE}")
    int status = 200;

    @Option(names = "--fault",
            description = "none, close, reset, stall, failed_event or truncate. Default: ${DEFAULT-VALUE}")
    Fault fault = Fault.NONE;

    @Option(names = "--fault-after", paramLabel = "N",
            description = "Events before the fault. Default: ${DEFAULT-VALUE}")
    int faultAfterEvents = 10;

    @Option(names = "--max-streams", paramLabel = "N",
            description = "Concurrent requests per HTTP/2 connection. Default: ${DEFAULT-VALUE}")
    int maxStreams = 100;

    @Option(names = "--websocket", description = "Accept WebSockets at /responses, with lanes, warm-ups and steering.")
    boolean isWebSocket;

    @Option(names = "--max-responses", paramLabel = "N", description = "Responses after which a WebSocket has reached"
            + " its limit; 0 for no limit. Default: ${DEFAULT-VALUE}")
    int maxResponses;

    @Option(names = "--stamp", description = "Add the send time to each delta, and to the last event the SHA-256 of the"
            + " whole answer, computed with zeros in place of its own digits.")
    boolean isStamped;

    @Option(names = "--fault-in-event", description = "Send half of one more event before the fault.")
    boolean isFaultInEvent;

    /** Creates options with the default values. */
    public MockOptions() {
    }

    /**
     * Returns a copy of these options, overridden by those in a request's metadata.
     *
     * @throws IllegalArgumentException if an option is unknown or its value is invalid
     */
    MockOptions with(JsonNode metadata) {
        MockOptions merged;
        try {
            merged = (MockOptions) clone();
        } catch (CloneNotSupportedException e) {
            throw new AssertionError(e);
        }
        for (Map.Entry<String, JsonNode> entry : metadata.properties()) {
            if (entry.getKey().startsWith("mock_")) {
                merged.set(entry.getKey().substring("mock_".length()), entry.getValue().asText());
            }
        }
        return merged;
    }

    /**
     * Sets one option.
     *
     * @param name  the name as in a request's metadata but without {@code mock_}, such as {@code pace_ms}
     * @param value the value as text
     * @return this object
     * @throws IllegalArgumentException if the option is unknown or the value is invalid
     */
    public MockOptions set(String name, String value) {
        try {
            switch (name) {
                case "kind" -> kind = Kind.valueOf(value.toUpperCase(Locale.ROOT));
                case "tool" -> tool = value;
                case "tool_input" -> toolInput = value;
                case "events" -> events = Integer.parseInt(value);
                case "delta_bytes" -> deltaBytes = Integer.parseInt(value);
                case "pace_ms" -> paceMillis = Integer.parseInt(value);
                case "head_delay_ms" -> headDelayMillis = Integer.parseInt(value);
                case "cut" -> cutBytes = Integer.parseInt(value);
                case "glue" -> glueEvents = Math.max(1, Integer.parseInt(value));
                case "framing" -> framing = Framing.valueOf(value.toUpperCase(Locale.ROOT));
                case "done" -> isDoneSent = Boolean.parseBoolean(value);
                case "status" -> status = Integer.parseInt(value);
                case "fault" -> fault = Fault.valueOf(value.toUpperCase(Locale.ROOT));
                case "fault_after" -> faultAfterEvents = Integer.parseInt(value);
                case "websocket" -> isWebSocket = Boolean.parseBoolean(value);
                case "max_responses" -> maxResponses = Integer.parseInt(value);
                case "stamp" -> isStamped = Boolean.parseBoolean(value);
                case "fault_in_event" -> isFaultInEvent = Boolean.parseBoolean(value);
                default -> throw new IllegalArgumentException("unknown");
            }
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("metadata.mock_" + name + ": unknown option or invalid value"
                    + " (expected: an option of 'sluice mock --help')", e);
        }
        return this;
    }
}
