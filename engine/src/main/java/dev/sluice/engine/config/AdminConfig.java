// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

import java.nio.file.Path;
import java.util.List;

/**
 * The admin listener: health, metrics, the state of endpoints and keys, and a page that shows them live.
 *
 * <p>An address that other machines can reach needs a token, or certificates of callers.
 *
 * @param host          address or host name of this machine
 * @param port          TCP port, 0 to 65535; 0 lets the system choose
 * @param tls           certificate and key; null for plain text
 * @param tokenFile     file with the token that requests must present, 16 to 512 printable characters of ASCII; read
 *                      again when it changes. Null for none: then nothing can be changed through the listener
 * @param hosts         names by which the listener is asked, besides IP addresses, {@code localhost} and its own host
 * @param hasKeyMetrics whether {@code /metrics} has counts for each caller
 */
public record AdminConfig(String host, int port, TlsConfig tls, Path tokenFile, List<String> hosts,
        boolean hasKeyMetrics) {
    public AdminConfig {
        Checks.text("admin host", host);
        Checks.port("admin port", port);
        if (tokenFile != null) {
            Checks.readable("admin token_file", tokenFile);
        }
        hosts = Checks.list("admin hosts", hosts);
    }

    /**
     * Creates a listener in plain text, without a token, with counts for each caller.
     *
     * @param host address or host name of this machine
     * @param port TCP port, 0 to 65535; 0 lets the system choose
     */
    public AdminConfig(String host, int port) {
        this(host, port, null, null, List.of(), true);
    }

    /**
     * Returns a copy that requires a token.
     *
     * @param file file with the token
     * @return the copy
     */
    public AdminConfig withTokenFile(Path file) {
        return new AdminConfig(host, port, tls, file, hosts, hasKeyMetrics);
    }

    /** {@return whether a caller must present a token or a certificate} */
    boolean isProtected() {
        return tokenFile != null || tls != null && tls.clientCa() != null;
    }
}
