// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.otel;

import dev.sluice.engine.spi.ObservedExchange;

/** What a request asks for, as the conventions name it. */
enum Operation {
    /** A response is made. */
    CHAT(Names.CHAT),
    /** A stored response is read. */
    FETCH_RESPONSE(Names.FETCH_RESPONSE),
    /** Anything else, such as the list of models. */
    OTHER(null);

    private static final String RESPONSES = "/responses";

    private final String label;

    Operation(String label) {
        this.label = label;
    }

    /** Returns the name, or null for none. */
    String label() {
        return label;
    }

    static Operation of(ObservedExchange exchange) {
        String path = exchange.request().path();
        String method = exchange.request().method();
        boolean isMade = method.equals("POST") && path.endsWith(RESPONSES) || exchange.session() != null;
        int at = path.indexOf(RESPONSES + '/');
        boolean isFetched = method.equals("GET") && at >= 0
                && path.indexOf('/', at + RESPONSES.length() + 1) < 0;
        return isMade ? CHAT : isFetched ? FETCH_RESPONSE : OTHER;
    }
}
