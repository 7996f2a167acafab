// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.observe;

import dev.sluice.engine.cluster.EndpointStatus;
import dev.sluice.engine.spi.MetricsSnapshot.Family;
import dev.sluice.engine.spi.MetricsSnapshot.Kind;
import dev.sluice.engine.spi.MetricsSnapshot.Sample;
import java.util.ArrayList;
import java.util.List;

/** The metrics of endpoints. */
final class EndpointFamilies {
    private static final List<String> LABELS = List.of("cluster", "endpoint");

    private EndpointFamilies() {
    }

    static List<Family> of(List<EndpointStatus> endpoints) {
        List<Sample> states = new ArrayList<>();
        List<Sample> inFlight = new ArrayList<>();
        List<Sample> rests = new ArrayList<>();
        for (EndpointStatus endpoint : endpoints) {
            for (String state : EndpointStatus.STATES) {
                states.add(new Sample(List.of(endpoint.cluster(), endpoint.endpoint(), state),
                        state.equals(endpoint.state()) ? 1 : 0));
            }
            inFlight.add(new Sample(List.of(endpoint.cluster(), endpoint.endpoint()), endpoint.inFlight()));
            endpoint.begun().forEach((cause, count) -> rests.add(new Sample(List.of(endpoint.cluster(),
                    endpoint.endpoint(), cause.label()), count)));
        }
        return List.of(
                new Family("endpoint_state", "State of an endpoint: 1 for the one it is in.", Kind.GAUGE,
                        List.of("cluster", "endpoint", "state"), states),
                new Family("endpoint_in_flight", "Requests in flight at an endpoint.", Kind.GAUGE, LABELS, inFlight),
                new Family("endpoint_rests", "Rests of an endpoint, or of a model there, that have begun, by their"
                        + " cause.", Kind.COUNTER, List.of("cluster", "endpoint", "cause"), rests));
    }
}
