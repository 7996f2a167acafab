// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.plan;

import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.spi.Glob;
import dev.sluice.engine.spi.Principal;
import dev.sluice.protocol.error.ErrorCode;
import dev.sluice.protocol.error.RelayException;
import dev.sluice.protocol.request.RequestFacts;
import java.util.List;

/** Finds the route of a model: the first whose pattern matches, in the order of the configuration. Immutable. */
public final class Router {
    private static final int MAX_SHOWN_CHARS = 128;

    private final List<Entry> entries;

    /** Creates a router. */
    public Router(List<RouteConfig> routes) {
        entries = routes.stream().map(route -> new Entry(new Glob(route.model()), route)).toList();
    }

    /**
     * Returns the plan for a request whose model is known.
     *
     * @throws RelayException where no route takes the model, or the caller may not use it
     */
    public Plan plan(RequestFacts facts, Principal principal) {
        String model = facts.model();
        if (!principal.mayUse(model)) {
            throw new RelayException(ErrorCode.MODEL_NOT_ALLOWED, "model",
                    "This API key does not have access to model '" + shown(model) + "'");
        }
        for (Entry entry : entries) {
            if (entry.glob.matches(model)) {
                return Plan.of(entry.route, facts);
            }
        }
        throw unknown(model);
    }

    /** A refusal of a model that no route takes. */
    public static RelayException unknown(String model) {
        return new RelayException(ErrorCode.MODEL_NOT_FOUND, "model",
                "The model '" + shown(model) + "' does not exist here (expected: one of GET /v1/models)");
    }

    /** A model name may be shown if it is printable ASCII and not too long. */
    private static String shown(String model) {
        boolean isPrintable = model.chars().allMatch(c -> c >= 0x20 && c < 0x7f);
        if (!isPrintable) {
            return "(not printable)";
        }
        return model.length() <= MAX_SHOWN_CHARS ? model : model.substring(0, MAX_SHOWN_CHARS);
    }

    /** Returns the routes with a literal model name that a caller may use: what {@code GET /v1/models} lists. */
    public List<RouteConfig> listed(Principal principal) {
        return entries.stream().filter(entry -> entry.glob.isLiteral() && principal.mayUse(entry.route.model()))
                .map(Entry::route).toList();
    }

    private record Entry(Glob glob, RouteConfig route) {
    }
}
