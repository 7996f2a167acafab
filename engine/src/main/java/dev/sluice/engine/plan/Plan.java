// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.plan;

import dev.sluice.engine.config.RouteConfig;
import dev.sluice.protocol.request.Profile;
import dev.sluice.protocol.request.RuleTable;

/**
 * The result of routing one exchange.
 *
 * @param route         the route that took the model
 * @param model         the model that was asked for; null where the request names none
 * @param upstreamModel the model that the upstream is asked for; null where the request names none
 * @param table         what the request may be and how it is changed; null where it is not looked at
 * @param face          the profile that the downstream sees
 * @param dialect       the profile that the upstream needs
 */
public record Plan(RouteConfig route, String model, String upstreamModel, RuleTable table, Profile face,
        Profile dialect) {

    /** Returns whether the upstream is asked for another model than the relay was. */
    public boolean isAliased() {
        return model != null && !model.equals(upstreamModel);
    }

    /**
     * Returns whether an event stream must be collected to one JSON document.
     *
     * @param stream what the request says of streaming; null where it says nothing
     */
    public boolean collects(Boolean stream) {
        boolean isEventsOnly = face.answers() == Profile.Answers.EVENTS || dialect.answers() == Profile.Answers.EVENTS;
        return isEventsOnly && !wantsEvents(stream);
    }

    /** Returns whether the request wants events and the upstream never has any. */
    public boolean lacksEvents(Boolean stream) {
        return dialect.answers() == Profile.Answers.JSON && wantsEvents(stream);
    }

    private boolean wantsEvents(Boolean stream) {
        return stream == null ? face.streamsByDefault() : stream;
    }
}
