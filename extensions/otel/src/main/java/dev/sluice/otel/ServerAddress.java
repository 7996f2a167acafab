// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.otel;

/** The parts of an endpoint, as the relay names it: a host, which may be an IPv6 address in brackets, and a port. */
final class ServerAddress {
    private ServerAddress() {
    }

    /** Returns the host. */
    static String host(String endpoint) {
        int colon = colon(endpoint);
        return colon < 0 ? endpoint : endpoint.substring(0, colon);
    }

    /** Returns the port, or -1 if it is the one of the scheme. */
    static long port(String endpoint) {
        int colon = colon(endpoint);
        return colon < 0 ? -1 : Long.parseLong(endpoint.substring(colon + 1));
    }

    private static int colon(String endpoint) {
        int colon = endpoint.lastIndexOf(':');
        return colon > endpoint.lastIndexOf(']') ? colon : -1;
    }
}
