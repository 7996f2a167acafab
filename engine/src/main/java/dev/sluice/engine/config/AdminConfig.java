// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

/**
 * Where health and metrics are served, in plain HTTP and without authentication: keep it on an internal address.
 *
 * @param host address or name of this machine
 * @param port 0 lets the system choose
 */
public record AdminConfig(String host, int port) {
    public AdminConfig {
        Checks.text("admin host", host);
        Checks.port("admin port", port);
    }
}
