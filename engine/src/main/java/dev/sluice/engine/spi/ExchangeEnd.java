// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.spi;

/** The ways in which an exchange can end. */
public enum ExchangeEnd {
    /** The whole response was handed to the downstream, or the downstream left after the terminal event. */
    COMPLETED("completed"),
    /** The upstream answered that the request failed, with an event or a document that was handed to the downstream. */
    FAILED("failed"),
    /** The relay answered with an error of its own. */
    REFUSED("refused"),
    /** The upstream was lost after the commit. */
    UPSTREAM_LOST("upstream_lost"),
    /** The downstream left before the end. */
    DOWNSTREAM_LEFT("downstream_left"),
    /** The downstream did not read for too long. */
    DOWNSTREAM_STALLED("downstream_stalled"),
    /** The relay stopped, and its drain was over. */
    RELAY_STOPPED("relay_stopped"),
    /** The caller's key was removed. */
    KEY_REVOKED("key_revoked");

    private final String label;

    ExchangeEnd(String label) {
        this.label = label;
    }

    /** {@return the name in the access log and in metrics} */
    public String label() {
        return label;
    }
}
