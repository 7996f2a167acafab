// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.otel;

import dev.sluice.engine.spi.ExchangeObserver;
import dev.sluice.engine.spi.ObservedAttempt;
import dev.sluice.engine.spi.ObservedExchange;
import dev.sluice.engine.spi.RequestHead;
import dev.sluice.protocol.event.Usage;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The observer that records a span for each exchange, one for each of its attempts, and the GenAI metrics.
 *
 * <p>An exchange belongs to the trace of its caller, if it has a {@code traceparent} (W3C Trace Context), and is
 * recorded if that trace is sampled. Otherwise it begins a trace, and a share of them is recorded. For a recorded
 * exchange, the endpoint gets the {@code traceparent} of the attempt in place of the caller's; {@code tracestate}, and
 * both headers of all others, pass unchanged. An exchange that is not recorded allocates nothing here; nothing is done
 * for each event.
 *
 * <p><b>Threading:</b> as {@link ExchangeObserver}; it never blocks, as long as the span processor does not.
 */
public final class ExchangeTelemetry implements ExchangeObserver {
    private final Tracer tracer;
    private final GenAiMetrics metrics;
    private final double sample;

    private ExchangeTelemetry(Tracer tracer, GenAiMetrics metrics, double sample) {
        this.tracer = tracer;
        this.metrics = metrics;
        this.sample = sample;
    }

    /**
     * Creates an observer.
     *
     * @param telemetry the tracers and meters to use; its sampler should keep what it gets, because this decides before
     * @param sample    the share of exchanges without a trace of their caller's that begin a recorded one, 0 to 1
     * @return the observer, for {@link dev.sluice.engine.spi.Extensions.Builder#observer}
     * @throws IllegalArgumentException if the share is out of its range
     */
    public static ExchangeTelemetry of(OpenTelemetry telemetry, double sample) {
        if (!(sample >= 0 && sample <= 1)) {
            throw new IllegalArgumentException("sample: " + sample + " (expected: 0 to 1)");
        }
        return new ExchangeTelemetry(telemetry.getTracer(Names.SCOPE), new GenAiMetrics(telemetry.getMeter(
                Names.SCOPE)), sample);
    }

    private boolean isRecorded(RequestHead head) {
        return TraceHeader.isPresent(head) ? TraceHeader.isSampled(head)
                : sample > 0 && ThreadLocalRandom.current().nextDouble() < sample;
    }

    @Override
    public void onStarted(ObservedExchange exchange) {
        RequestHead head = exchange.request();
        if (isRecorded(head)) {
            Operation operation = Operation.of(exchange);
            Span span = tracer.spanBuilder(operation == Operation.OTHER ? head.method() : operation.label())
                    .setSpanKind(SpanKind.CLIENT).setParent(TraceHeader.parent(head)).startSpan();
            exchange.attach(this, new Trace(span, Context.root().with(span), operation));
        }
    }

    @Override
    public void onAttemptBegan(ObservedExchange exchange, ObservedAttempt attempt) {
        Trace trace = (Trace) exchange.attachment(this);
        if (trace == null) {
            return;
        }
        SpanBuilder builder = tracer.spanBuilder(exchange.request().method()).setSpanKind(SpanKind.CLIENT)
                .setParent(trace.context).setAttribute(Names.METHOD, exchange.request().method());
        builder.setAttribute(Names.SERVER_ADDRESS, ServerAddress.host(attempt.endpoint()));
        if (ServerAddress.port(attempt.endpoint()) >= 0) {
            builder.setAttribute(Names.SERVER_PORT, ServerAddress.port(attempt.endpoint()));
        }
        if (attempt.number() > 1) {
            builder.setAttribute(Names.RESEND_COUNT, (long) attempt.number() - 1);
        }
        if (attempt.isHedge()) {
            builder.setAttribute(Names.HEDGE, true);
        }
        Span span = builder.startSpan();
        trace.add(attempt, span);
        attempt.setHeader(TraceHeader.PARENT, TraceHeader.of(span.getSpanContext()));
    }

    @Override
    public void onAttemptEnded(ObservedExchange exchange, ObservedAttempt attempt) {
        Trace trace = (Trace) exchange.attachment(this);
        Span span = trace == null ? null : trace.remove(attempt);
        if (span == null) {
            return;
        }
        put(span, Names.PROTOCOL, attempt.protocol());
        if (attempt.status() > 0) {
            span.setAttribute(Names.STATUS, (long) attempt.status());
        }
        String error = attempt.failure() != null ? attempt.failure()
                : attempt.status() >= 400 ? Integer.toString(attempt.status()) : null;
        if (error != null) {
            span.setAttribute(Names.ERROR_TYPE, error);
            span.setStatus(StatusCode.ERROR);
        }
        span.end();
    }

    @Override
    public void onEnded(ObservedExchange exchange) {
        Trace trace = (Trace) exchange.attachment(this);
        metrics.onEnded(exchange, trace == null ? Operation.of(exchange) : trace.operation);
        if (trace == null) {
            return;
        }
        Span span = trace.span;
        if (trace.operation != Operation.OTHER) {
            if (exchange.model() != null) {
                span.updateName(trace.operation.label() + ' ' + exchange.model());
            }
            span.setAttribute(Names.OPERATION, trace.operation.label());
            span.setAttribute(Names.PROVIDER, Names.OPENAI);
            span.setAttribute(Names.API_TYPE, Names.RESPONSES);
        }
        put(span, Names.REQUEST_MODEL, exchange.model());
        put(span, Names.RESPONSE_MODEL, exchange.servedModel());
        put(span, Names.RESPONSE_ID, exchange.responseId());
        put(span, Names.SERVICE_TIER, exchange.serviceTier());
        put(span, Names.EXCHANGE_ID, exchange.id());
        put(span, Names.KEY, exchange.principal());
        put(span, Names.ROUTE, exchange.route());
        put(span, Names.CLUSTER, exchange.cluster());
        span.setAttribute(Names.END, exchange.end().label());
        span.setAttribute(Names.ATTEMPTS, (long) exchange.attempts());
        span.setAttribute(Names.EVENTS, exchange.events());
        if (exchange.status() > 0) {
            span.setAttribute(Names.STATUS, (long) exchange.status());
        }
        Usage usage = exchange.usage();
        if (usage != null && trace.operation == Operation.CHAT) {
            span.setAttribute(Names.USAGE_INPUT, usage.inputTokens());
            span.setAttribute(Names.USAGE_OUTPUT, usage.outputTokens());
            span.setAttribute(Names.USAGE_CACHE_READ, usage.cachedTokens());
            span.setAttribute(Names.USAGE_REASONING, usage.reasoningTokens());
        }
        String error = GenAiMetrics.errorType(exchange);
        if (error != null) {
            span.setAttribute(Names.ERROR_TYPE, error);
            span.setStatus(StatusCode.ERROR);
        }
        span.end();
    }

    private static void put(Span span, AttributeKey<String> key, String value) {
        if (value != null) {
            span.setAttribute(key, value);
        }
    }

    /** The spans of one recorded exchange. Confined to the exchange's loop. */
    private static final class Trace {
        private final Span span;
        private final Context context;
        private final Operation operation;
        /** The attempts in flight: two if one is a hedge. */
        private final ObservedAttempt[] attempts = new ObservedAttempt[2];
        private final Span[] spans = new Span[2];

        Trace(Span span, Context context, Operation operation) {
            this.span = span;
            this.context = context;
            this.operation = operation;
        }

        void add(ObservedAttempt attempt, Span of) {
            int free = attempts[0] == null ? 0 : 1;
            attempts[free] = attempt;
            spans[free] = of;
        }

        Span remove(ObservedAttempt attempt) {
            for (int i = 0; i < attempts.length; i++) {
                if (attempts[i] == attempt) {
                    attempts[i] = null;
                    return spans[i];
                }
            }
            return null;
        }
    }
}
