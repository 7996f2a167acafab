// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.observe;

/** The times that are recorded. */
enum Timer {
    /** The time from the request's head to the first complete event. */
    TIME_TO_FIRST_EVENT("time_to_first_event", "From the request's head to the first complete event."),
    /** The time between the arrivals of two events of one stream. */
    EVENT_GAP("event_gap", "Between the arrival of one event and the next of the same stream."),
    /** The time that the relay itself adds to a read. */
    ADDED_TIME("added_time", "From a read of a response body to the moment its bytes were handed to the system."),
    /** The time from the request's head to the end of the exchange. */
    EXCHANGE_TIME("exchange_time", "From the request's head to the end of the exchange."),
    /** The time for which an exchange waits for permits. */
    QUEUE_TIME("queue_time", "Waiting for permits of the relay and of the cluster, of exchanges that were admitted."),
    /** The time that a new connection to an endpoint takes. */
    CONNECT_TIME("connect_time", "From the look-up of an endpoint's name to its connection, TLS handshake included.");

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
