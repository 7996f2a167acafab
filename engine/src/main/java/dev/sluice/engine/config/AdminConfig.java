// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

/**
 * The address of the admin pages (health, metrics and endpoint states). They are served in plain HTTP and without
 * authentication, so the address must be an internal one.
 *
 * @param host address or host name of this machine
 * @param port TCP port, 0 to 65535; 0 lets the system choose
 */
public record AdminConfig(String host, int port) {
    public AdminConfig {
        Checks.text("admin host", host);
        Checks.port("admin port", port);
    }
}
