// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.plan;

import dev.sluice.engine.config.RouteConfig;
import dev.sluice.protocol.request.Profile;
import dev.sluice.protocol.request.RuleTable;
import java.time.Duration;

/**
 * The result of routing one exchange.
 *
 * @param route         the route that matches the model
 * @param model         the requested model; null if the request names none
 * @param upstreamModel the model name to send upstream; null if the request names none
 * @param table         the rules that check and change the request; null if its body is not scanned
 * @param face          the profile that the downstream sees
 * @param dialect       the profile that the upstream needs
 */
public record Plan(RouteConfig route, String model, String upstreamModel, RuleTable table, Profile face,
        Profile dialect) {

    /** Returns this plan with another silence after which a keep-alive event is added. */
    public Plan withKeepAlive(Duration silence) {
        return new Plan(route.toBuilder().keepAlive(silence).build(), model, upstreamModel, table, face, dialect);
    }

    /** {@return whether the model name that is sent upstream differs from the requested one} */
    public boolean isAliased() {
        return model != null && !model.equals(upstreamModel);
    }

    /**
     * Returns whether an event stream must be collected into one JSON document.
     *
     * @param stream the value of {@code stream} in the request; null if it is absent
     */
    public boolean collects(Boolean stream) {
        boolean isEventsOnly = face.answers() == Profile.Answers.EVENTS || dialect.answers() == Profile.Answers.EVENTS;
        return isEventsOnly && !wantsEvents(stream);
    }

    /** Returns whether the request asks for events and the upstream never sends any. */
    public boolean lacksEvents(Boolean stream) {
        return dialect.answers() == Profile.Answers.JSON && wantsEvents(stream);
    }

    private boolean wantsEvents(Boolean stream) {
        return stream == null ? face.streamsByDefault() : stream;
    }
}
