// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.spi;

import java.net.SocketAddress;
import java.util.List;

/** The head of a request. Immutable. */
public interface RequestHead {
    /** {@return the method, in capital letters} */
    String method();

    /** {@return the path of the target as it was sent, without the query} */
    String path();

    /**
     * Returns the first value of a header.
     *
     * @param name the name, in any case
     * @return the value, or null for none
     */
    String header(String name);

    /**
     * Returns all values of a header.
     *
     * @param name the name, in any case
     * @return the values, in order; none if the header is missing
     */
    default List<String> headers(String name) {
        String first = header(name);
        return first == null ? List.of() : List.of(first);
    }

    /** {@return the target's query as it was sent, with its question mark; empty for none} */
    default String query() {
        return "";
    }

    /** {@return the address of the downstream} */
    SocketAddress remoteAddress();
}
