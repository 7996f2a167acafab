// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.otel;

import dev.sluice.engine.spi.RequestHead;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import java.util.List;

/** The headers of W3C Trace Context. */
final class TraceHeader {
    static final String PARENT = "traceparent";

    private static final int CHARS = 55;
    private static final TextMapGetter<RequestHead> GETTER = new TextMapGetter<>() {
        @Override
        public String get(RequestHead head, String name) {
            List<String> values = head.headers(name);
            return values.isEmpty() || name.equals(PARENT) && values.size() > 1 ? null : String.join(",", values);
        }
    };

    private TraceHeader() {
    }

    /** Returns whether a request belongs to a trace; allocates nothing. */
    static boolean isPresent(RequestHead head) {
        String value = head.header(PARENT);
        return value != null && value.length() >= CHARS;
    }

    /** Returns whether the trace of a request is sampled; allocates nothing. */
    static boolean isSampled(RequestHead head) {
        String value = head.header(PARENT);
        return value.charAt(CHARS - 3) == '-' && (Character.digit(value.charAt(CHARS - 1), 16) & 1) == 1;
    }

    /** Returns the context to which a request belongs: that of its caller, or none if its headers are malformed. */
    static Context parent(RequestHead head) {
        return W3CTraceContextPropagator.getInstance().extract(Context.root(), head, GETTER);
    }

    /** Returns the header of a request within a span. */
    static String of(SpanContext span) {
        return "00-" + span.getTraceId() + '-' + span.getSpanId() + '-' + span.getTraceFlags().asHex();
    }
}
