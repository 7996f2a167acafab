// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.observe;

/** What is timed. */
public enum Timer {
    /** From the request head to the first complete event. */
    TIME_TO_FIRST_EVENT("time_to_first_event", "From the request's head to the first complete event."),
    /** Between events. */
    EVENT_GAP("event_gap", "Between the arrival of one event and the next of the same stream."),
    /** The relay's own share. */
    ADDED_TIME("added_time", "From a read of a response body to the moment its bytes were handed to the system."),
    /** From the request head to the end. */
    EXCHANGE_TIME("exchange_time", "From the request's head to the end of the exchange.");

    private final String label;
    private final String help;

    Timer(String label, String help) {
        this.label = label;
        this.help = help;
    }

    String label() {
        return label;
    }

    String help() {
        return help;
    }
}
