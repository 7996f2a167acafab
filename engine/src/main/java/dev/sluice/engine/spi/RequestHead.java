// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.spi;

import java.net.SocketAddress;

/** The head of a request, before any of its body. Immutable. */
public interface RequestHead {
    /** Returns the method, in capitals. */
    String method();

    /** Returns the target's path, as it was sent, without the query. */
    String path();

    /** Returns the first value of a header, or null; names are compared without regard to case. */
    String header(String name);

    /** Returns who is connected. */
    SocketAddress remoteAddress();
}
