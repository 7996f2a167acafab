// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.event;

import dev.sluice.protocol.json.JsonCapture;
import dev.sluice.protocol.json.JsonKind;
import dev.sluice.protocol.json.JsonListener;
import dev.sluice.protocol.json.WatchTable;

/** The values that matter to a relay in one JSON document, which is an event's data or a whole response. */
final class ResponseFacts implements JsonListener {
    private static final int USAGE_CAP_BYTES = 16 * 1024;
    private static final int TEXT_CAP_BYTES = 512;

    private static final Watches OF_EVENT = new Watches("response.");
    private static final Watches OF_DOCUMENT = new Watches("");

    final WatchTable table;
    private final Watches watches;

    private EventType eventType;
    private boolean isTypeKnown;
    private long sequenceNumber;
    private String responseId;
    private String responseModel;
    private String responseStatus;
    private String error;
    private Usage counts;

    private ResponseFacts(Watches watches) {
        this.watches = watches;
        table = watches.table;
        clear();
    }

    /** Creates the facts of an event's data, in which the response is a member. */
    static ResponseFacts ofEvent() {
        return new ResponseFacts(OF_EVENT);
    }

    /** Creates the facts of a response object that is the whole document. */
    static ResponseFacts ofDocument() {
        return new ResponseFacts(OF_DOCUMENT);
    }

    void clear() {
        eventType = EventType.OTHER;
        isTypeKnown = false;
        sequenceNumber = -1;
        responseId = null;
        responseModel = null;
        responseStatus = null;
        error = null;
        counts = null;
    }

    @Override
    public void onValueEnd(int watch, JsonKind kind, long start, long end, JsonCapture value) {
        if (watch == watches.usage) {
            counts = kind == JsonKind.OBJECT ? UsageReader.read(value.bytes(), value.length()) : null;
        } else if (watch == watches.type) {
            isTypeKnown = kind == JsonKind.STRING && !value.isTruncated();
            eventType = isTypeKnown ? EventType.of(value.bytes(), 1, value.length() - 2) : EventType.OTHER;
        } else if (watch == watches.sequence) {
            sequenceNumber = value.asLong(-1);
        } else if (kind == JsonKind.STRING) {
            setText(watch, value.asString());
        }
    }

    private void setText(int watch, String text) {
        if (watch == watches.id) {
            responseId = text;
        } else if (watch == watches.model) {
            responseModel = text;
        } else if (watch == watches.status) {
            responseStatus = text;
        } else if (watch == watches.errorCode || watch == watches.flatErrorCode || watch == watches.nestedErrorCode) {
            error = text;
        }
    }

    EventType eventType() {
        return eventType;
    }

    boolean isTypeKnown() {
        return isTypeKnown;
    }

    /** Returns the event's sequence number, or -1 if unknown. */
    long sequenceNumber() {
        return sequenceNumber;
    }

    String responseId() {
        return responseId;
    }

    String responseModel() {
        return responseModel;
    }

    String responseStatus() {
        return responseStatus;
    }

    String error() {
        return error;
    }

    Usage usage() {
        return counts;
    }

    /** The compiled table of watched paths, with the number of each watch; -1 for a path that is not watched. */
    private static final class Watches {
        final WatchTable table;
        final int type;
        final int sequence;
        final int id;
        final int model;
        final int status;
        final int usage;
        final int errorCode;
        final int flatErrorCode;
        final int nestedErrorCode;

        Watches(String prefix) {
            WatchTable.Builder builder = WatchTable.builder();
            id = builder.watch(prefix + "id", TEXT_CAP_BYTES);
            model = builder.watch(prefix + "model", TEXT_CAP_BYTES);
            status = builder.watch(prefix + "status", TEXT_CAP_BYTES);
            usage = builder.watch(prefix + "usage", USAGE_CAP_BYTES);
            errorCode = builder.watch(prefix + "error.code", TEXT_CAP_BYTES);
            boolean isEvent = !prefix.isEmpty();
            type = isEvent ? builder.watch("type", TEXT_CAP_BYTES) : -1;
            sequence = isEvent ? builder.watch("sequence_number", TEXT_CAP_BYTES) : -1;
            flatErrorCode = isEvent ? builder.watch("code", TEXT_CAP_BYTES) : -1;
            nestedErrorCode = isEvent ? builder.watch("error.code", TEXT_CAP_BYTES) : -1;
            table = builder.build();
        }
    }
}
