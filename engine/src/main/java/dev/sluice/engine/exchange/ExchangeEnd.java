// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.exchange;

import dev.sluice.engine.observe.Counter;

/** How an exchange ended. */
enum ExchangeEnd {
    /** The whole response was handed to the downstream, or enough of it that the downstream had all it wanted. */
    COMPLETED("completed", Counter.EXCHANGES_COMPLETED),
    /** Answered with an error of the relay's own. */
    REFUSED("refused", Counter.EXCHANGES_REFUSED),
    /** The upstream was lost after the commit. */
    UPSTREAM_LOST("upstream_lost", Counter.UPSTREAMS_LOST),
    /** The downstream left before the end. */
    DOWNSTREAM_LEFT("downstream_left", Counter.DOWNSTREAMS_LEFT),
    /** The downstream took nothing for too long. */
    DOWNSTREAM_STALLED("downstream_stalled", Counter.DOWNSTREAMS_LEFT);

    private final String label;
    private final Counter counter;

    ExchangeEnd(String label, Counter counter) {
        this.label = label;
        this.counter = counter;
    }

    String label() {
        return label;
    }

    Counter counter() {
        return counter;
    }
}
