// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.exchange;

import dev.sluice.engine.plan.Plan;
import dev.sluice.engine.request.Attempt;
import dev.sluice.engine.response.BodyObserver;
import dev.sluice.engine.spi.ExchangeEnd;
import dev.sluice.engine.spi.ExchangeObserver;
import dev.sluice.engine.spi.ObservedExchange;
import dev.sluice.engine.spi.RequestHead;
import dev.sluice.protocol.event.Usage;
import java.util.IdentityHashMap;
import java.util.Map;

/** One exchange, as its observers see it. */
final class ExchangeView implements ObservedExchange {
    private final ExchangeContext exchange;
    private Map<ExchangeObserver, Object> attachments;
    private int ownStatus;
    private ExchangeEnd end;
    private String error;
    private long durationNanos;

    ExchangeView(ExchangeContext exchange) {
        this.exchange = exchange;
    }

    /** Records the status of an answer of the relay's own. */
    void answer(int status) {
        ownStatus = status;
    }

    /** Makes all values final. */
    void end(ExchangeEnd how, String code) {
        durationNanos = durationNanos();
        end = how;
        error = code;
    }

    private Plan plan() {
        return exchange.requestPath == null ? null : exchange.requestPath.plan();
    }

    private BodyObserver body() {
        return exchange.responsePath == null ? null : exchange.responsePath.body();
    }

    private Attempt connected() {
        Attempt attempt = exchange.attempt();
        return attempt == null || attempt.connection() == null ? null : attempt;
    }

    @Override
    public String id() {
        return exchange.id;
    }

    @Override
    public RequestHead request() {
        return exchange.request;
    }

    @Override
    public String protocol() {
        return exchange.source.protocol();
    }

    @Override
    public String session() {
        return exchange.message == null ? null : exchange.message.session().id();
    }

    @Override
    public String lane() {
        return exchange.message == null ? null : exchange.message.lane();
    }

    @Override
    public String principal() {
        return exchange.principal == null ? null : exchange.principal.name();
    }

    @Override
    public String group() {
        return exchange.principal == null ? null : exchange.principal.group();
    }

    @Override
    public String route() {
        return plan() == null ? null : plan().route().model();
    }

    @Override
    public String servedModel() {
        return body() == null ? null : body().responseModel();
    }

    @Override
    public String serviceTier() {
        return body() == null ? null : body().serviceTier();
    }

    @Override
    public String tls() {
        return exchange.source.tls();
    }

    @Override
    public String upstreamTls() {
        return connected() == null ? null : connected().tls();
    }

    @Override
    public String upstreamRequestId() {
        return exchange.responsePath == null ? null : exchange.responsePath.requestId();
    }

    @Override
    public String traceId() {
        return exchange.request.traceId();
    }

    @Override
    public long queuedNanos() {
        return exchange.queuedNanos();
    }

    @Override
    public long microDollars() {
        return exchange.microDollars();
    }

    @Override
    public String model() {
        return exchange.requestPath == null ? null : exchange.requestPath.model();
    }

    @Override
    public String upstreamModel() {
        return plan() == null ? null : plan().upstreamModel();
    }

    @Override
    public String cluster() {
        return plan() == null ? null : plan().route().cluster();
    }

    @Override
    public int attempts() {
        return exchange.requestPath == null ? 0 : exchange.requestPath.attempts().count();
    }

    @Override
    public String endpoint() {
        return connected() == null ? null : connected().endpoint();
    }

    @Override
    public String upstreamProtocol() {
        return connected() == null ? null : connected().protocol();
    }

    @Override
    public int status() {
        return ownStatus != 0 ? ownStatus : exchange.responsePath == null ? 0 : exchange.responsePath.status();
    }

    @Override
    public ExchangeEnd end() {
        return end;
    }

    @Override
    public String error() {
        if (error != null || body() == null) {
            return error;
        }
        String code = body().errorCode();
        return code == null && end == ExchangeEnd.FAILED ? "error" : code;
    }

    @Override
    public long events() {
        return body() == null ? 0 : body().eventCount();
    }

    @Override
    public long requestBytes() {
        return exchange.requestPath == null ? 0 : exchange.requestPath.receivedBytes();
    }

    @Override
    public long responseBytes() {
        return body() == null ? 0 : body().bodyBytes();
    }

    @Override
    public long firstEventNanos() {
        return body() == null || body().firstEventNanos() == 0 ? -1 : body().firstEventNanos() - exchange.startedNanos;
    }

    @Override
    public long durationNanos() {
        return end != null ? durationNanos : exchange.services.ticker().nanoTime() - exchange.startedNanos;
    }

    @Override
    public String responseId() {
        return body() == null ? null : body().responseId();
    }

    @Override
    public String responseStatus() {
        return body() == null ? null : body().responseStatus();
    }

    @Override
    public Usage usage() {
        return body() == null ? null : body().usage();
    }

    @Override
    public boolean isComplete() {
        return end == ExchangeEnd.COMPLETED || end == ExchangeEnd.FAILED || body() != null && body().isTerminalSeen();
    }

    @Override
    public Object attachment(ExchangeObserver owner) {
        return attachments == null ? null : attachments.get(owner);
    }

    @Override
    public void attach(ExchangeObserver owner, Object state) {
        if (attachments == null) {
            attachments = new IdentityHashMap<>(4);
        }
        attachments.put(owner, state);
    }
}
