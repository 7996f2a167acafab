// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.mock;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Option;

/**
 * What the mock answers with. Each option but {@code --max-streams} can also be set by the {@code metadata} of a
 * request, where {@code --pace-ms 5} is written {@code "mock_pace_ms": "5"}.
 */
public final class MockOptions implements Cloneable {
    /** What an answer consists of. */
    public enum Kind {
        /** One message. */
        TEXT,
        /** A reasoning item with a summary, then one message. */
        REASONING,
        /** One call of the first function tool of the request. */
        FUNCTION_CALL,
        /** One call of the tool that is named, and a message once the request has its output: a coding agent's turn. */
        TOOL_TURN
    }

    /** How a stream's body is framed. */
    public enum Framing {
        /** One chunk per event. */
        CHUNKED,
        /** Ends with the connection. */
        CLOSE
    }

    /** How a stream goes wrong. */
    public enum Fault {
        /** Not at all. */
        NONE,
        /** The connection is closed without the end of the body; with HTTP/2 all of its streams go with it. */
        CLOSE,
        /** The connection is reset; with HTTP/2 only the stream. */
        RESET,
        /** Nothing more is sent. */
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
            description = "For tool_turn: the function or custom tool to call, wherever the request has it.")
    String tool = "";

    @Option(names = "--tool-input", paramLabel = "TEXT",
            description = "For tool_turn: the arguments, JSON for a function. Default: ${DEFAULT-VALUE}")
    String toolInput = "{}";

    @Option(names = "--events", paramLabel = "N", description = "Deltas of an answer. Default: ${DEFAULT-VALUE}")
    int events = 32;

    @Option(names = "--delta-bytes", paramLabel = "N",
            description = "Bytes of each delta; 0 for one word. Default: ${DEFAULT-VALUE}")
    int deltaBytes;

    @Option(names = "--pace-ms", paramLabel = "MS",
            description = "Pause before each event; 0 for as fast as they go. Default: ${DEFAULT-VALUE}")
    int paceMillis;

    @Option(names = "--head-delay-ms", paramLabel = "MS",
            description = "Pause before the response head. Default: ${DEFAULT-VALUE}")
    int headDelayMillis;

    @Option(names = "--cut", paramLabel = "BYTES",
            description = "Bytes to a write, cutting events anywhere; 0 for whole events. Default: ${DEFAULT-VALUE}")
    int cutBytes;

    @Option(names = "--glue", paramLabel = "N", description = "Events to a write. Default: ${DEFAULT-VALUE}")
    int glueEvents = 1;

    @Option(names = "--framing", description = "chunked or close. Default: ${DEFAULT-VALUE}")
    Framing framing = Framing.CHUNKED;

    @Option(names = "--done", description = "End streams with 'data: [DONE]'.")
    boolean isDoneSent;

    @Option(names = "--status", paramLabel = "CODE",
            description = "Answer with an error of this status; 200 for none. Default: ${DEFAULT-VALUE}")
    int status = 200;

    @Option(names = "--fault",
            description = "none, close, reset, stall, failed_event or truncate. Default: ${DEFAULT-VALUE}")
    Fault fault = Fault.NONE;

    @Option(names = "--fault-after", paramLabel = "N",
            description = "Events before the fault. Default: ${DEFAULT-VALUE}")
    int faultAfterEvents = 10;

    @Option(names = "--max-streams", paramLabel = "N",
            description = "Requests at one time on an HTTP/2 connection. Default: ${DEFAULT-VALUE}")
    int maxStreams = 100;

    @Option(names = "--stamp", description = "Put into each delta when it was sent, and into the last event the SHA-256"
            + " of the whole answer, with zeros for its own digits.")
    boolean isStamped;

    @Option(names = "--fault-in-event", description = "Send half of one more event before the fault.")
    boolean isFaultInEvent;

    /** Creates options with every default. */
    public MockOptions() {
    }

    /**
     * Returns these options with those that a request's metadata sets.
     *
     * @throws IllegalArgumentException where one is unknown or wrong
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

    /** Sets one option by its name with underscores, as a request's metadata does. */
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
                case "stamp" -> isStamped = Boolean.parseBoolean(value);
                case "fault_in_event" -> isFaultInEvent = Boolean.parseBoolean(value);
                default -> throw new IllegalArgumentException("unknown");
            }
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("metadata.mock_" + name + ": unknown option or wrong value"
                    + " (expected: an option of 'sluice mock --help')", e);
        }
        return this;
    }
}
