// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.exchange;

import dev.sluice.engine.affinity.EndpointAffinity;
import dev.sluice.engine.body.ContentDecoder;
import dev.sluice.engine.body.ForwardedHead;
import dev.sluice.engine.body.RequestBody;
import dev.sluice.engine.body.RequestHeadRules;
import dev.sluice.engine.plan.ApiOperation;
import dev.sluice.engine.plan.Plan;
import dev.sluice.engine.response.ResponseHeaders;
import dev.sluice.engine.response.ResponsePath;
import dev.sluice.protocol.error.RelayException;

/** The assembly of the parts that an exchange needs once its request may run. */
final class ExchangeAssembly {
    private ExchangeAssembly() {
    }

    /**
     * Checks the head of the request and makes the parts of both paths.
     *
     * @throws RelayException with the first rule that the head breaks
     */
    static void assemble(ExchangeParts parts, ApiOperation operation, ExchangeLife life, RelayServices relay,
            ActiveConfig config, LoopServices loop, AttemptRunner.Listener attemptListener,
            RequestPath.Listener requestListener) {
        RequestHeadRules.check(operation, parts.request, config.limits());
        boolean isScanned = RequestHeadRules.isScanned(operation, parts.request);
        ContentDecoder decoder = isScanned ? ContentDecoder.of(parts.request.headers().getAll("content-encoding"),
                config.limits().maxBodyBytes()) : null;
        RequestBody body = new RequestBody(isScanned ? loop.scanners().take(config.router().firstTable(operation))
                : null, config.limits(), relay.bodies(), decoder == null ? parts.request.bodyBytes() : -1);
        parts.affinity = !config.isAffinityNeeded() ? null : new EndpointAffinity(relay.affinity(), config.affinity(),
                loop.loop(), loop.ticker()::nanoTime, parts.principal.name(),
                () -> parts.requestPath.onOwnerKnown());
        parts.attempts = new AttemptRunner(life, new ForwardedHead(parts.request, operation.path(), parts.id,
                decoder != null), body, parts.affinity, loop.connector(), loop.ticker(), loop.loop(),
                attemptListener);
        parts.requestPath = new RequestPath(new RequestPath.Call(parts.request, operation, parts.principal),
                parts.source, config, loop.scanners(), relay.bodies(), decoder, body, parts.affinity, parts.admission,
                parts.attempts, requestListener);
    }

    /** Returns the facts that decide how the response is handled. */
    static ResponsePath.Handling handling(ExchangeParts parts, boolean isRequestSent) {
        Plan plan = parts.requestPath.plan();
        return new ResponsePath.Handling(plan.route(),
                new ResponseHeaders.Edits(parts.id, plan.isAliased() ? plan.model() : null),
                parts.requestPath.isCollected(), isRequestSent);
    }
}
