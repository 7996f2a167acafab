// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

/** The fields of a request body that decide what becomes of it, as far as they have arrived. */
public final class RequestFacts {
    private String model;
    private long modelStart = -1;
    private long modelEnd = -1;
    private Boolean stream;

    RequestFacts() {
    }

    void clear() {
        model = null;
        modelStart = -1;
        modelEnd = -1;
        stream = null;
    }

    void model(String name, long start, long end) {
        model = name;
        modelStart = start;
        modelEnd = end;
    }

    void stream(Boolean value) {
        stream = value;
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

    /** Returns what the request says of {@code stream}, also by a usual spelling; null where nothing has arrived. */
    public Boolean stream() {
        return stream;
    }
}
