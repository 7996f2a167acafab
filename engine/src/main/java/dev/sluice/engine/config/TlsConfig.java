// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What one side of a TLS connection proves itself with.
 *
 * @param certificate PEM file: the certificate, then its chain
 * @param key         PEM file: its private key in PKCS #8, not encrypted
 * @param clientCa    PEM file of the authorities that sign callers' certificates, required then; null for none
 */
public record TlsConfig(Path certificate, Path key, Path clientCa) {
    public TlsConfig {
        requireReadable("tls certificate", certificate);
        requireReadable("tls key", key);
        if (clientCa != null) {
            requireReadable("tls client_ca", clientCa);
        }
    }

    /** A certificate and its key, with none of callers. */
    public TlsConfig(Path certificate, Path key) {
        this(certificate, key, null);
    }

    static void requireReadable(String field, Path file) {
        if (file == null || !Files.isReadable(file)) {
            throw new IllegalArgumentException(field + ": " + file + " (expected: a readable file)");
        }
    }
}
