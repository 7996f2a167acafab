// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

import dev.sluice.protocol.error.RelayException;
import dev.sluice.protocol.json.JsonCapture;
import dev.sluice.protocol.json.JsonKind;
import java.util.Arrays;

/** The fields of a request body that decide what becomes of it, as far as they have arrived. */
public final class RequestFacts {
    /** Before every row of a profile. */
    private static final int MODEL_RANK = -1;

    private String model;
    private long modelStart = -1;
    private long modelEnd = -1;
    private Boolean stream;
    private final String[] owners = new String[Owner.values().length];

    RequestFacts() {
    }

    void clear() {
        model = null;
        modelStart = -1;
        modelEnd = -1;
        stream = null;
        Arrays.fill(owners, null);
    }

    private void model(String name, long start, long end) {
        model = name;
        modelStart = start;
        modelEnd = end;
    }

    /** The model has come. */
    void onModel(JsonKind kind, long start, long end, JsonCapture value, Violations violations) {
        if (kind != JsonKind.STRING) {
            violations.report(MODEL_RANK, modelRefusal(kind.words()));
            return;
        }
        String name = value.asString();
        if (value.isTruncated() || name.length() > RequestScanner.MAX_MODEL_BYTES) {
            violations.report(MODEL_RANK, modelRefusal("a string over " + RequestScanner.MAX_MODEL_BYTES + " bytes"));
        } else if (name.isEmpty()) {
            violations.report(MODEL_RANK, modelRefusal("an empty string"));
        } else if (hasLoneSurrogate(name)) {
            violations.report(MODEL_RANK, modelRefusal("a string with a lone surrogate"));
        } else {
            model(name, start, end);
        }
    }

    private static boolean hasLoneSurrogate(String text) {
        for (int i = 0; i < text.length(); i += Character.charCount(text.codePointAt(i))) {
            int c = text.codePointAt(i);
            if (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE) {
                return true;
            }
        }
        return false;
    }

    /** The body has ended: a model that was there and wrong has been reported. */
    void onEnd(Violations violations) {
        if (model == null) {
            violations.report(MODEL_RANK, modelRefusal("missing"));
        }
    }

    private static RelayException modelRefusal(String found) {
        return RelayException.refusedField("model", "model: " + found + " (expected: a non-empty string)");
    }

    void stream(Boolean value) {
        stream = value;
    }

    /** A value that names an owner has come; what is no string, or too long to be an id, names none. */
    void onOwner(Owner owner, JsonKind kind, JsonCapture value) {
        owners[owner.ordinal()] = kind == JsonKind.STRING && !value.isTruncated() ? value.asString() : null;
    }

    /** Returns the facts of a request that is not looked at: none. */
    public static RequestFacts none() {
        return new RequestFacts();
    }

    /** Returns the model that is asked for, or null while it has not arrived. */
    public String model() {
        return model;
    }

    /** Returns the offset of the opening quote of the model's value; -1 while it has not arrived. */
    public long modelStart() {
        return modelStart;
    }

    /** Returns the offset after the closing quote of the model's value; -1 while it has not arrived. */
    public long modelEnd() {
        return modelEnd;
    }

    /** Returns the value by which a request belongs to an endpoint, or null where none has arrived. */
    public String owner(Owner owner) {
        return owners[owner.ordinal()];
    }

    /** Returns what the request says of {@code stream}, also by a usual spelling; null where nothing has arrived. */
    public Boolean stream() {
        return stream;
    }

    /** Fields that make a request belong to the endpoint that has seen their value before. */
    public enum Owner {
        /** {@code previous_response_id}. */
        PREVIOUS_RESPONSE("previous_response_id"),
        /** {@code conversation}, as a string. */
        CONVERSATION("conversation"),
        /** {@code conversation.id}, the other way to write it. */
        CONVERSATION_ID("conversation.id"),
        /** {@code prompt_cache_key}. */
        PROMPT_CACHE("prompt_cache_key");

        /** Longest value in bytes, as it is written. */
        static final int MAX_BYTES = 512;

        final String path;

        Owner(String path) {
            this.path = path;
        }
    }
}
