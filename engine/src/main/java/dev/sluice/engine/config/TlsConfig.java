// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

import java.nio.file.Path;

/**
 * The certificate and the key of one side of a TLS connection.
 *
 * @param certificate PEM file with the certificate, followed by its chain
 * @param key         PEM file with the private key in PKCS #8, not encrypted
 * @param clientCa    PEM file of the authorities that sign the certificates of callers, which are then required; null
 *                    to request none
 */
public record TlsConfig(Path certificate, Path key, Path clientCa) {
    public TlsConfig {
        Checks.readable("tls certificate", certificate);
        Checks.readable("tls key", key);
        if (clientCa != null) {
            Checks.readable("tls client_ca", clientCa);
        }
    }

    /**
     * Creates a configuration that requests no certificates of callers.
     *
     * @param certificate PEM file with the certificate, followed by its chain
     * @param key         PEM file with the private key in PKCS #8, not encrypted
     */
    public TlsConfig(Path certificate, Path key) {
        this(certificate, key, null);
    }
}
