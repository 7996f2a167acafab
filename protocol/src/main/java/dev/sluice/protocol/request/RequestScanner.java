// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

import dev.sluice.protocol.error.RelayException;
import dev.sluice.protocol.json.JsonCapture;
import dev.sluice.protocol.json.JsonException;
import dev.sluice.protocol.json.JsonKind;
import dev.sluice.protocol.json.JsonLimits;
import dev.sluice.protocol.json.JsonListener;
import dev.sluice.protocol.json.JsonScanner;
import dev.sluice.protocol.json.WatchTable;
import io.netty.buffer.ByteBuf;

/**
 * Scans one request body as it arrives: checks that it is one strict JSON object in which no top-level name occurs
 * twice, and finds the fields that decide routing.
 *
 * <p>A body that is not JSON is refused at once. A broken rule about a field is remembered and reported at the end of
 * the document, so that the caller is told of the worst fault ({@link #violation}); from the moment it is known nothing
 * more of the body may be forwarded.
 *
 * <p><b>Threading:</b> confined to one event loop; reusable through {@link #reset}. <b>Ownership:</b> borrows what it
 * is fed.
 */
public final class RequestScanner implements JsonListener {
    /** Limit of a model name, in bytes as it is written between its quotes (escapes count as they stand). */
    public static final int MAX_MODEL_BYTES = 256;

    private static final WatchTable TABLE;
    private static final int MODEL;
    private static final int STREAM;

    static {
        WatchTable.Builder builder = WatchTable.builder();
        MODEL = builder.watch("model", 6 * MAX_MODEL_BYTES + 2);
        STREAM = builder.watch("stream", 0);
        TABLE = builder.build();
    }

    private final JsonScanner json;
    private final byte[] scratch;
    private final RequestFacts facts = new RequestFacts();
    private boolean isRootChecked;
    private RelayException violation;

    /**
     * @param limits  what the JSON may be
     * @param scratch any array; may be shared by all scanners of one thread; its size is the step of the scan
     */
    public RequestScanner(JsonLimits limits, byte[] scratch) {
        this.json = new JsonScanner(TABLE, limits);
        this.scratch = scratch;
        reset();
    }

    /** Makes ready for a new body. */
    public void reset() {
        json.reset(this);
        facts.clear();
        isRootChecked = false;
        violation = null;
    }

    /**
     * Scans on.
     *
     * @throws RelayException where the body is not a JSON object in UTF-8
     */
    public void feed(ByteBuf body) {
        try {
            checkRoot(body);
            json.feed(body, body.readerIndex(), body.writerIndex(), scratch);
        } catch (JsonException e) {
            throw notJson(e);
        }
    }

    /**
     * Says that the body has ended.
     *
     * @throws RelayException where it is not a complete JSON object, or breaks a rule
     */
    public void end() {
        try {
            json.end();
        } catch (JsonException e) {
            throw notJson(e);
        }
        if (violation == null && facts.model() == null) {
            violation = modelRefusal("missing");
        }
        if (violation != null) {
            throw violation;
        }
    }

    /** The root's kind is known from its first byte: a body that is not an object is refused there. */
    private void checkRoot(ByteBuf body) {
        if (isRootChecked) {
            return;
        }
        for (int i = body.readerIndex(); i < body.writerIndex(); i++) {
            byte b = body.getByte(i);
            if (b != ' ' && b != '\n' && b != '\r' && b != '\t') {
                isRootChecked = true;
                if (b != '{') {
                    throw RelayException.invalidJson("body: not a JSON object (expected: a JSON object in UTF-8)");
                }
                return;
            }
        }
    }

    private static RelayException notJson(JsonException e) {
        return RelayException.invalidJson("body: " + e.getMessage());
    }

    @Override
    public void onValueEnd(int watch, JsonKind kind, long start, long end, JsonCapture value) {
        if (watch == STREAM) {
            facts.streaming(kind == JsonKind.TRUE);
        } else if (watch == MODEL) {
            onModel(kind, start, end, value);
        }
    }

    private void onModel(JsonKind kind, long start, long end, JsonCapture value) {
        if (kind != JsonKind.STRING) {
            violation = modelRefusal(kind.words());
            return;
        }
        String model = value.asString();
        if (value.isTruncated() || model.length() > MAX_MODEL_BYTES) {
            violation = modelRefusal("a string over " + MAX_MODEL_BYTES + " bytes");
        } else if (model.isEmpty()) {
            violation = modelRefusal("an empty string");
        } else if (model.codePoints().anyMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE)) {
            violation = modelRefusal("a string with a lone surrogate");
        } else {
            facts.model(model, start, end);
        }
    }

    private static RelayException modelRefusal(String found) {
        return RelayException.refusedField("model", "model: " + found + " (expected: a non-empty string)");
    }

    /** Returns the fields found so far. */
    public RequestFacts facts() {
        return facts;
    }

    /** Returns how many bytes were scanned. */
    public long scannedBytes() {
        return json.position();
    }

    /** Returns the rule that the body is known to break, or null. */
    public RelayException violation() {
        return violation;
    }
}
