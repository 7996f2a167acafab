// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.upstream;

import dev.sluice.protocol.json.JsonCapture;
import dev.sluice.protocol.json.JsonException;
import dev.sluice.protocol.json.JsonKind;
import dev.sluice.protocol.json.JsonLimits;
import dev.sluice.protocol.json.JsonListener;
import dev.sluice.protocol.json.JsonScanner;
import dev.sluice.protocol.json.WatchTable;
import io.netty.buffer.ByteBuf;

/**
 * A reader of what an event from a WebSocket upstream says about its lane: its type, its lane, and whether it ends the
 * response there. One reader serves all events of a loop, one after the other.
 *
 * <p><b>Threading:</b> confined to one event loop.
 */
final class ServerEvent implements JsonListener {
    private static final int CAP_BYTES = 2048;
    private static final int MAX_NAMES = 32;
    private static final WatchTable TABLE;
    private static final int TYPE;
    private static final int LANE;
    private static final int CODE;
    private static final int REASON;
    private static final int ID;

    static {
        WatchTable.Builder builder = WatchTable.builder();
        TYPE = builder.watch("type", CAP_BYTES);
        LANE = builder.watch("stream_id", CAP_BYTES);
        CODE = builder.watch("error.code", CAP_BYTES);
        REASON = builder.watch("response.incomplete_details.reason", CAP_BYTES);
        ID = builder.watch("response.id", CAP_BYTES);
        TABLE = builder.build();
    }

    private final JsonScanner json = new JsonScanner(TABLE, JsonLimits.DEFAULT);
    private final byte[] scratch;
    private final String[] names = new String[MAX_NAMES];
    private int nextName;
    private boolean isLaneOnly;
    private boolean isBroken;
    private String type;
    private String lane;
    private String code;
    private String reason;
    private String responseId;

    /**
     * @param scratch a work array that no other thread uses
     */
    ServerEvent(byte[] scratch) {
        this.scratch = scratch;
    }

    /**
     * Reads an event, or the known part of one.
     *
     * @param bytes      borrowed; its indices do not change
     * @param isLaneOnly whether only the lane matters, so that nothing is allocated
     */
    void read(ByteBuf bytes, int from, int to, boolean isLaneOnly) {
        begin();
        this.isLaneOnly = isLaneOnly;
        add(bytes, from, to);
    }

    /** Returns another reader, for a message that arrives in parts. */
    ServerEvent another() {
        ServerEvent other = new ServerEvent(scratch);
        other.begin();
        return other;
    }

    private void begin() {
        isLaneOnly = false;
        isBroken = false;
        type = null;
        lane = null;
        code = null;
        reason = null;
        responseId = null;
        json.reset(this);
    }

    /** Reads the next bytes of an event; borrows them. */
    void add(ByteBuf bytes, int from, int to) {
        if (isBroken) {
            return;
        }
        try {
            json.feed(bytes, from, to, scratch);
        } catch (JsonException ignored) {
            isBroken = true; // what was found before the fault counts; the client gets the bytes as they are
        }
    }

    @Override
    public void onValueEnd(int watch, JsonKind kind, long start, long end, JsonCapture value) {
        if (watch == LANE && kind == JsonKind.STRING) {
            lane = nameOf(value);
            return;
        }
        String text = kind == JsonKind.STRING && !isLaneOnly ? value.asString() : null;
        if (watch == TYPE) {
            type = text;
        } else if (watch == CODE) {
            code = text;
        } else if (watch == REASON) {
            reason = text;
        } else if (watch == ID) {
            responseId = text;
        }
    }

    /** Returns a name that was seen before as the same object, because most events are of a few lanes. */
    private String nameOf(JsonCapture value) {
        for (String each : names) {
            if (each != null && value.isString(each)) {
                return each;
            }
        }
        String name = value.asString();
        names[nextName] = name;
        nextName = (nextName + 1) % names.length;
        return name;
    }

    /** Returns the lane; null for the default lane. */
    String lane() {
        return lane;
    }

    /** Returns whether the event ends the response of its lane. */
    boolean isTerminal() {
        return "response.completed".equals(type) || "response.failed".equals(type)
                || "response.incomplete".equals(type) || "response.cancelled".equals(type) || isError();
    }

    /** Returns whether the event reports an error. */
    boolean isError() {
        return "error".equals(type);
    }

    /** Returns the id of the response that the event begins or ends; null for none. */
    String responseId() {
        return responseId;
    }

    /** Returns whether the event begins a response. */
    boolean isCreated() {
        return "response.created".equals(type);
    }

    /** Returns whether the upstream begins another response after this one, without a request for it. */
    boolean isSteered() {
        return "response.incomplete".equals(type) && "steered".equals(reason);
    }

    /** Returns whether the response that was to follow a steered one does not. */
    boolean isSteeringFailed() {
        return "response.steer.failed".equals(type);
    }

    /** Returns whether the event announces that the connection takes no further requests. */
    boolean isConnectionLimit() {
        return isError() && "websocket_connection_limit_reached".equals(code);
    }
}
