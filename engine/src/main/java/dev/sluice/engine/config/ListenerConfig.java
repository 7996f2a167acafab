// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

/**
 * An address to serve.
 *
 * @param host address or name of this machine
 * @param port 0 lets the system choose
 * @param tls  certificate and key; null for plain text
 */
public record ListenerConfig(String host, int port, TlsConfig tls) {
    public ListenerConfig {
        Checks.text("listener host", host);
        Checks.port("listener port", port);
    }
}
