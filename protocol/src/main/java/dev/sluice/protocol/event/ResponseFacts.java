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
    private static final String[] STATES_AND_TIERS = {"completed", "in_progress", "default", "queued", "failed",
        "incomplete", "cancelled", "auto", "flex", "priority"};

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
    private String serviceTier;
    private String error;
    private String errorType;
    private boolean hasError;
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
        serviceTier = null;
        error = null;
        errorType = null;
        hasError = false;
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
            sequenceNumber = kind == JsonKind.NUMBER ? JsonNumber.asCount(value) : -1;
        } else if (kind == JsonKind.STRING) {
            boolean isListed = watch == watches.status || watch == watches.tier;
            setText(watch, isListed ? listed(value) : value.asString());
        } else if (kind == JsonKind.NUMBER && watches.isErrorCode(watch)) {
            long code = JsonNumber.asCount(value);
            error = code < 0 ? error : Long.toString(code);
        } else if (kind == JsonKind.OBJECT && (watch == watches.nestedError || watch == watches.error)) {
            hasError = true;
        }
    }

    /** Returns a status or tier; no new text for one that the API reference lists. */
    private static String listed(JsonCapture value) {
        for (String known : STATES_AND_TIERS) {
            if (value.isString(known)) {
                return known;
            }
        }
        return value.asString();
    }

    private void setText(int watch, String text) {
        if (watch == watches.id) {
            responseId = text;
        } else if (watch == watches.model) {
            responseModel = text;
        } else if (watch == watches.status) {
            responseStatus = text;
        } else if (watch == watches.tier) {
            serviceTier = text;
        } else if (watches.isErrorCode(watch)) {
            error = text;
        } else if (watch == watches.errorType || watch == watches.nestedErrorType) {
            errorType = text;
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

    String serviceTier() {
        return serviceTier;
    }

    /** Returns the code of the error, otherwise its type; null if there is neither. */
    String error() {
        return error != null ? error : errorType;
    }

    /** Returns whether the document has a member {@code error} that reports one. */
    boolean hasError() {
        return hasError || error() != null;
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
        final int tier;
        final int usage;
        final int errorCode;
        final int flatErrorCode;
        final int nestedErrorCode;
        final int error;
        final int nestedError;
        final int errorType;
        final int nestedErrorType;

        Watches(String prefix) {
            WatchTable.Builder builder = WatchTable.builder();
            id = builder.watch(prefix + "id", TEXT_CAP_BYTES);
            model = builder.watch(prefix + "model", TEXT_CAP_BYTES);
            status = builder.watch(prefix + "status", TEXT_CAP_BYTES);
            tier = builder.watch(prefix + "service_tier", TEXT_CAP_BYTES);
            usage = builder.watch(prefix + "usage", USAGE_CAP_BYTES);
            error = builder.watchScalar(prefix + "error", TEXT_CAP_BYTES);
            errorCode = builder.watch(prefix + "error.code", TEXT_CAP_BYTES);
            errorType = builder.watch(prefix + "error.type", TEXT_CAP_BYTES);
            boolean isEvent = !prefix.isEmpty();
            type = isEvent ? builder.watch("type", TEXT_CAP_BYTES) : -1;
            sequence = isEvent ? builder.watch("sequence_number", TEXT_CAP_BYTES) : -1;
            flatErrorCode = isEvent ? builder.watch("code", TEXT_CAP_BYTES) : -1;
            nestedError = isEvent ? builder.watchScalar("error", TEXT_CAP_BYTES) : -1;
            nestedErrorCode = isEvent ? builder.watch("error.code", TEXT_CAP_BYTES) : -1;
            nestedErrorType = isEvent ? builder.watch("error.type", TEXT_CAP_BYTES) : -1;
            table = builder.build();
        }

        boolean isErrorCode(int watch) {
            return watch == error || watch == errorCode || watch == flatErrorCode || watch == nestedError
                    || watch == nestedErrorCode;
        }
    }
}
