// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.exchange;

import dev.sluice.engine.admission.Admission;
import dev.sluice.engine.affinity.EndpointAffinity;
import dev.sluice.engine.http.DownstreamRequest;
import dev.sluice.engine.http.RequestSource;
import dev.sluice.engine.response.ResponsePath;
import dev.sluice.engine.spi.Principal;

/** The parts of one exchange, each null until it is needed. The exchange sets them; its views read them. */
final class ExchangeParts {
    final String id;
    final DownstreamRequest request;
    final RequestSource source;
    final long startedNanos;
    Principal principal;
    Admission admission;
    EndpointAffinity affinity;
    AttemptRunner attempts;
    RequestPath requestPath;
    ResponsePath responsePath;

    ExchangeParts(String id, DownstreamRequest request, RequestSource source, long startedNanos) {
        this.id = id;
        this.request = request;
        this.source = source;
        this.startedNanos = startedNanos;
    }
}
