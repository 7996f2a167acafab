// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.plan;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.protocol.request.RequestFacts;
import dev.sluice.protocol.rewrite.Edit;
import java.nio.charset.StandardCharsets;

/**
 * The result of routing one exchange.
 *
 * @param route the route that took the model
 * @param model the model that was asked for
 * @param edit  what changes in the body; null for nothing
 */
public record Plan(RouteConfig route, String model, Edit edit) {

    static Plan of(RouteConfig route, RequestFacts facts) {
        String upstreamModel = route.upstreamModel();
        if (upstreamModel == null || upstreamModel.equals(facts.model())) {
            return new Plan(route, facts.model(), null);
        }
        String quoted = '"' + new String(JsonStringEncoder.getInstance().quoteAsString(upstreamModel)) + '"';
        return new Plan(route, facts.model(),
                new Edit(facts.modelStart(), facts.modelEnd(), quoted.getBytes(StandardCharsets.UTF_8)));
    }

    /** Returns the model that the upstream is asked for. */
    public String upstreamModel() {
        return route.upstreamModel() == null ? model : route.upstreamModel();
    }

    /** Returns whether the upstream is asked for another model than the relay was. */
    public boolean isAliased() {
        return edit != null;
    }
}
