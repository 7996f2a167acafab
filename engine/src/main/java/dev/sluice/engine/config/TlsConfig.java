// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What a listener proves itself with.
 *
 * @param certificate PEM file: the certificate, then its chain
 * @param key         PEM file: its private key in PKCS #8, not encrypted
 */
public record TlsConfig(Path certificate, Path key) {
    public TlsConfig {
        requireReadable("tls certificate", certificate);
        requireReadable("tls key", key);
    }

    static void requireReadable(String field, Path file) {
        if (file == null || !Files.isReadable(file)) {
            throw new IllegalArgumentException(field + ": " + file + " (expected: a readable file)");
        }
    }
}
