// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.admin;

import java.io.IOException;
import java.util.Set;

/** A page of the admin listener. It is made on a loop that relays nothing, which it must not block for long. */
public interface AdminPage {
    /** {@return the path, such as {@code /metrics}; with a slash at its end, also every path below it} */
    String path();

    /** {@return the methods that are served} */
    default Set<String> methods() {
        return Set.of("GET");
    }

    /** {@return whether the page is served without the token, because it tells nothing but the state of the process} */
    default boolean isOpen() {
        return false;
    }

    /**
     * Answers a request.
     *
     * @param request a request whose path and method this page serves
     * @return the answer
     * @throws IOException if the page cannot be made, for a reason that is logged
     */
    AdminAnswer answer(AdminRequest request) throws IOException;
}
