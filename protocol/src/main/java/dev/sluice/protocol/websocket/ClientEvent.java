// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.websocket;

import dev.sluice.protocol.json.JsonCapture;
import dev.sluice.protocol.json.JsonException;
import dev.sluice.protocol.json.JsonKind;
import dev.sluice.protocol.json.JsonLimits;
import dev.sluice.protocol.json.JsonListener;
import dev.sluice.protocol.json.JsonScanner;
import dev.sluice.protocol.json.WatchTable;
import io.netty.buffer.ByteBuf;

/**
 * One message of a client in WebSocket mode: an event of the client, scanned while its bytes arrive. It finds the
 * members of the root object that decide what becomes of the message, and where they lie in its text.
 *
 * <p>The fields are those of the API reference: {@code type} names the event, {@code stream_id} its lane,
 * {@code generate} is false in a warm-up. Everything else in the message is that of a request body, and checked with
 * it.
 *
 * <p><b>Threading:</b> confined to one event loop. <b>Ownership:</b> borrows the buffers that it scans.
 */
public final class ClientEvent implements JsonListener {
    /** The type of the event that asks for a response. */
    public static final String CREATE = "response.create";
    /** Longest name of a lane, in characters. */
    public static final int MAX_LANE_CHARS = 256;

    private static final int CAP_BYTES = 4096;
    private static final WatchTable TABLE;
    private static final int TYPE;
    private static final int MODEL;
    private static final int LANE;
    private static final int PREVIOUS;
    private static final int GENERATE;
    private static final int STORE;
    private static final int STREAM;
    private static final int INPUT;
    private static final int BACKGROUND;
    private static final int TARGET;

    static {
        WatchTable.Builder builder = WatchTable.builder();
        TYPE = builder.watch("type", CAP_BYTES);
        MODEL = builder.watch("model", CAP_BYTES);
        LANE = builder.watch("stream_id", CAP_BYTES);
        PREVIOUS = builder.watch("previous_response_id", CAP_BYTES);
        GENERATE = builder.watchScalar("generate", CAP_BYTES);
        STORE = builder.watchScalar("store", CAP_BYTES);
        STREAM = builder.watch("stream", 0);
        INPUT = builder.watch("input", 0);
        BACKGROUND = builder.watchScalar("background", CAP_BYTES);
        TARGET = builder.watch("response_id", CAP_BYTES);
        TABLE = builder.build();
    }

    private JsonScanner json = new JsonScanner(TABLE, JsonLimits.DEFAULT); // null once the message has ended
    private final Member[] members = new Member[TARGET + 1];
    private JsonException fault;
    private boolean isObject;
    private boolean isRootSeen;
    private long rootStart;
    private String type;
    private String model;
    private String lane;
    private boolean isLaneGiven;
    private String previousResponseId;
    private String responseId;
    private boolean isWarmUp;
    private boolean isUnstored;
    private boolean isBackground;
    private JsonKind inputKind;

    /** Creates the event of a message whose first byte has not arrived. */
    public ClientEvent() {
        json.reset(this);
    }

    /**
     * Scans the next bytes of the message.
     *
     * @param bytes   borrowed; its indices do not change
     * @param from    the index of the first byte
     * @param to      the index after the last byte
     * @param scratch a work array of at least 1 byte; may be shared by all scanners of one thread
     */
    public void scan(ByteBuf bytes, int from, int to, byte[] scratch) {
        long before = json.position();
        for (int i = from; !isRootSeen && i < to; i++) {
            byte b = bytes.getByte(i);
            if (b != ' ' && b != '\n' && b != '\r' && b != '\t') {
                isRootSeen = true;
                isObject = b == '{';
                rootStart = before + i - from;
            }
        }
        if (fault == null) {
            try {
                json.feed(bytes, from, to, scratch);
            } catch (JsonException e) {
                fault = e;
            }
        }
    }

    /** Marks the end of the message. */
    public void end() {
        if (fault == null) {
            try {
                json.end();
            } catch (JsonException e) {
                fault = e;
            }
        }
        json = null;
    }

    @Override
    public void onValueEnd(int watch, JsonKind kind, long start, long end, JsonCapture value) {
        members[watch] = new Member(json.separator() < 0 ? json.nameStart() : json.separator(), start, end,
                json.separator() < 0);
        String text = kind == JsonKind.STRING ? value.asString() : null;
        if (watch == TYPE) {
            type = text;
        } else if (watch == MODEL) {
            model = text;
        } else if (watch == LANE) {
            isLaneGiven = true;
            lane = text;
        } else if (watch == PREVIOUS) {
            previousResponseId = text;
        } else if (watch == TARGET) {
            responseId = text;
        } else if (watch == GENERATE) {
            isWarmUp = kind == JsonKind.FALSE;
        } else if (watch == STORE) {
            isUnstored = kind == JsonKind.FALSE;
        } else if (watch == BACKGROUND) {
            isBackground = kind == JsonKind.TRUE;
        } else if (watch == INPUT) {
            inputKind = kind;
        }
    }

    /**
     * Returns what is wrong with the message as a JSON text.
     *
     * @return a sentence without any of its bytes; null if it is one JSON object
     */
    public String fault() {
        if (fault != null) {
            return "message: " + fault.getMessage();
        }
        return isObject ? null : "message: not a JSON object (expected: one event)";
    }

    /** {@return the type of the event; null if it has none that is a string} */
    public String type() {
        return type;
    }

    /** {@return the requested model; null if there is none that is a string} */
    public String model() {
        return model;
    }

    /** {@return the name of the lane; null for the default lane, or if {@link #isLaneValid} is false} */
    public String lane() {
        return isLaneValid() ? lane : null;
    }

    /** {@return whether the name of the lane is absent, or 1 to 256 of A-Z a-z 0-9 _ . -} */
    public boolean isLaneValid() {
        return !isLaneGiven || lane != null && !lane.isEmpty() && lane.length() <= MAX_LANE_CHARS
                && lane.chars().allMatch(ClientEvent::isLaneChar);
    }

    private static boolean isLaneChar(int c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '.' || c == '-';
    }

    /** {@return the id of the response that this one continues; null for none} */
    public String previousResponseId() {
        return previousResponseId;
    }

    /**
     * Returns the id of an earlier response: the one that a request continues or that a {@code response.steer} changes
     * ({@code previous_response_id}), or to which a {@code response.inject} adds ({@code response_id}).
     *
     * @return the id; null for none
     */
    public String earlierResponseId() {
        return previousResponseId != null ? previousResponseId : responseId;
    }

    /** {@return whether the request only prepares a later one and wants no output} */
    public boolean isWarmUp() {
        return isWarmUp;
    }

    /** {@return whether the response is not to be stored} */
    public boolean isUnstored() {
        return isUnstored;
    }

    /** {@return whether the request asks for a response in the background} */
    public boolean isBackground() {
        return isBackground;
    }

    /** {@return the kind of the input; null if there is none} */
    public JsonKind inputKind() {
        return inputKind;
    }

    /** {@return the offset in the message of the brace that opens it} */
    public long rootStart() {
        return rootStart;
    }

    /** {@return where the input lies; null if there is none} */
    public Member input() {
        return members[INPUT];
    }

    /** {@return where {@code previous_response_id} lies; null if it is absent} */
    public Member previous() {
        return members[PREVIOUS];
    }

    /** {@return where {@code type} lies; null if it is absent} */
    public Member typeMember() {
        return members[TYPE];
    }

    /**
     * Returns the members that a request over HTTP does not have, or that it has with another value: {@code type},
     * {@code stream_id}, {@code generate} and {@code stream}.
     *
     * @return an array of 4; null for each that is absent
     */
    public Member[] ofTheMessage() {
        return new Member[] {members[TYPE], members[LANE], members[GENERATE], members[STREAM]};
    }

    /**
     * The place of a member of the root object.
     *
     * @param from    offset of the comma before it, or of its name if it is the first member
     * @param start   offset of the first byte of its value
     * @param end     offset after the last byte of its value
     * @param isFirst whether it is the first member, so that no comma is before it
     */
    public record Member(long from, long start, long end, boolean isFirst) {
    }
}
