// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.observe;

/** The counters of a relay. */
public enum Counter {
    /** Exchanges that began. */
    EXCHANGES_STARTED("exchanges_started", "Requests whose head was accepted."),
    /** Exchanges that ended cleanly. */
    EXCHANGES_COMPLETED("exchanges_completed", "Exchanges whose whole response was handed to the downstream."),
    /** Exchanges whose response reports a failure. */
    EXCHANGES_FAILED("exchanges_failed", "Exchanges whose response reports a failure under a status of success."),
    /** Exchanges that the relay answered with an error of its own. */
    EXCHANGES_REFUSED("exchanges_refused", "Exchanges answered with an error of the relay's own."),
    /** Exchanges whose upstream was lost during the response. */
    UPSTREAMS_LOST("upstreams_lost", "Committed responses whose upstream was lost before their end."),
    /** Exchanges whose downstream left during the response. */
    DOWNSTREAMS_LEFT("downstreams_left", "Exchanges whose downstream left, or was cut off by the stop of the relay,"
            + " before the end of its response."),
    /** Requests refused for their head, before an exchange began. */
    HEADS_REFUSED("heads_refused", "Requests refused for their head."),
    /** WebSockets of downstreams that have ended. */
    WEBSOCKETS_ENDED("websockets_ended", "WebSockets of downstreams that have ended."),
    /** WebSockets that the relay closed first. */
    WEBSOCKETS_CLOSED("websockets_closed", "WebSockets that the relay closed first, for any reason."),
    /** Messages from downstreams. */
    WEBSOCKET_MESSAGES("websocket_messages", "Messages received on WebSockets that have ended."),
    /** Attempts beside one that was slow to answer. */
    HEDGES("hedges", "Second endpoints asked because the first took long to answer."),
    /** Attempts after one that failed. */
    RETRIES("retries", "Attempts after the first of an exchange."),
    /** Events relayed. */
    EVENTS("events", "Server-sent events relayed."),
    /** Bytes of request bodies received. */
    REQUEST_BYTES("request_bytes", "Bytes of request bodies received."),
    /** Bytes of response bodies relayed. */
    RESPONSE_BYTES("response_bytes", "Bytes of response bodies relayed."),
    /** Bytes on upstream connections that belong to no response. */
    UNSOLICITED_BYTES("unsolicited_bytes", "Bytes that upstreams sent and that belong to no response."),
    /** Input tokens that upstreams reported. */
    INPUT_TOKENS("input_tokens", "Input tokens reported by upstreams."),
    /** Output tokens that upstreams reported. */
    OUTPUT_TOKENS("output_tokens", "Output tokens reported by upstreams."),
    /** Cached input tokens that upstreams reported. */
    CACHED_TOKENS("cached_tokens", "Cached input tokens reported by upstreams, as a part of the input tokens."),
    /** Reasoning tokens that upstreams reported. */
    REASONING_TOKENS("reasoning_tokens", "Reasoning tokens reported by upstreams, as a part of the output tokens.");

    private final String label;
    private final String help;

    Counter(String label, String help) {
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
