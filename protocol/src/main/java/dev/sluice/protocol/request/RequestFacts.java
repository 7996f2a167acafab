// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

import dev.sluice.protocol.error.RelayException;
import dev.sluice.protocol.json.JsonCapture;
import dev.sluice.protocol.json.JsonKind;
import java.util.Arrays;

/** The fields of a request body that decide its routing, as far as they have arrived. */
public final class RequestFacts {
    /**
     * Longest model name, in UTF-16 code units after escapes are decoded. A name may take up to six times as many bytes
     * as written between its quotes.
     */
    public static final int MAX_MODEL_CHARS = 256;
    /** The rank of a violation of the model, which precedes every row. */
    private static final int MODEL_RANK = -1;

    private String model;
    private long modelStart = -1;
    private long modelEnd = -1;
    private Boolean stream;
    private final String[] owners = new String[Owner.values().length];
    private final boolean[] areTooLong = new boolean[Owner.values().length];

    RequestFacts() {
    }

    void clear() {
        model = null;
        modelStart = -1;
        modelEnd = -1;
        stream = null;
        Arrays.fill(owners, null);
        Arrays.fill(areTooLong, false);
    }

    private void model(String name, long start, long end) {
        model = name;
        modelStart = start;
        modelEnd = end;
    }

    /** Records the model, or reports a violation if it is not a valid name. */
    void onModel(JsonKind kind, long start, long end, JsonCapture value, Violations violations) {
        if (kind != JsonKind.STRING) {
            violations.report(MODEL_RANK, modelRefusal(kind.words()));
            return;
        }
        String name = value.asString();
        if (value.isTruncated() || name.length() > MAX_MODEL_CHARS) {
            violations.report(MODEL_RANK, modelRefusal("a string over " + MAX_MODEL_CHARS + " bytes"));
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

    /** Reports a missing model at the end of the body. An invalid one was reported earlier and takes precedence. */
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

    /** Records the value of an owner field. A value that is not a string is ignored. */
    void onOwner(Owner owner, JsonKind kind, JsonCapture value) {
        String text = kind == JsonKind.STRING && !value.isTruncated() ? value.asString() : null;
        boolean isTooLong = kind == JsonKind.STRING && (text == null || text.length() > Owner.MAX_CHARS);
        owners[owner.ordinal()] = isTooLong ? null : text;
        areTooLong[owner.ordinal()] = isTooLong;
    }

    /** {@return empty facts, for a request that is not scanned} */
    public static RequestFacts none() {
        return new RequestFacts();
    }

    /** {@return the requested model; null until it arrives, or if it is invalid} */
    public String model() {
        return model;
    }

    /** {@return the offset in the body of the opening quote of the model; -1 while {@link #model()} is null} */
    public long modelStart() {
        return modelStart;
    }

    /** {@return the offset in the body after the closing quote of the model; -1 while {@link #model()} is null} */
    public long modelEnd() {
        return modelEnd;
    }

    /**
     * Returns the value of a field that ties the request to an endpoint.
     *
     * @param owner the field
     * @return the decoded string; null if none has arrived, or if it is not a string of at most 512 characters
     */
    public String owner(Owner owner) {
        return owners[owner.ordinal()];
    }

    /**
     * Returns whether the value of a field that ties the request to an endpoint is over its limit, so that it is not
     * known.
     *
     * @param owner the field
     */
    public boolean isTooLong(Owner owner) {
        return areTooLong[owner.ordinal()];
    }

    /** {@return the value of {@code stream}, possibly from a usual spelling; null if absent so far or not a boolean} */
    public Boolean stream() {
        return stream;
    }

    /** The fields that tie a request to the endpoint that has seen their value before. */
    public enum Owner {
        /** {@code previous_response_id}. */
        PREVIOUS_RESPONSE("previous_response_id"),
        /** {@code conversation}, as a string. */
        CONVERSATION("conversation"),
        /** {@code conversation.id}, the alternative form. */
        CONVERSATION_ID("conversation.id"),
        /** {@code prompt_cache_key}. */
        PROMPT_CACHE("prompt_cache_key"),
        /** {@code client_metadata.x-codex-turn-state}, where the Codex CLI names its turn on a WebSocket. */
        TURN_STATE("client_metadata.x-codex-turn-state");

        /** Longest value, in UTF-16 code units after escapes are decoded. */
        static final int MAX_CHARS = 512;
        /** Longest value as written between its quotes, where an escape takes six bytes. */
        static final int MAX_BYTES = 6 * MAX_CHARS;

        final String path;

        Owner(String path) {
            this.path = path;
        }

        /** {@return the path of the field, with a dot before each member} */
        public String path() {
            return path;
        }
    }
}
