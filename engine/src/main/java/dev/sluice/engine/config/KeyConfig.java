// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/**
 * An API key that may call, known by its hash only.
 *
 * @param label  how logs and metrics call its owner
 * @param sha256 SHA-256 of the key in UTF-8, 64 hexadecimal digits
 * @param models names or patterns with {@code *} of the models it may use; empty for all
 * @param profiles names or patterns with {@code *} of the profiles it may use; empty for all
 * @param expires the key is unknown from then on; null for never
 * @param limits  what its owner may do
 */
public record KeyConfig(String label, String sha256, List<String> models, List<String> profiles, Instant expires,
        KeyLimits limits) {
    public KeyConfig {
        Checks.name("key label", label);
        if (sha256 == null || !sha256.matches("[0-9a-fA-F]{64}")) {
            throw new IllegalArgumentException("key " + label + ": sha256 that is not 64 hexadecimal digits"
                    + " (expected: the output of sha256sum over the key)");
        }
        sha256 = sha256.toLowerCase(Locale.ROOT);
        models = List.copyOf(models);
        profiles = List.copyOf(profiles);
        Objects.requireNonNull(limits, "limits");
    }

    /** Returns this key for some models only. */
    public KeyConfig withModels(String... patterns) {
        return new KeyConfig(label, sha256, List.of(patterns), profiles, expires, limits);
    }

    /** Returns this key for some profiles only. */
    public KeyConfig withProfiles(String... patterns) {
        return new KeyConfig(label, sha256, models, List.of(patterns), expires, limits);
    }

    /** Returns this key with an end. */
    public KeyConfig withExpiry(Instant end) {
        return new KeyConfig(label, sha256, models, profiles, end, limits);
    }

    /** Returns this key with other limits. */
    public KeyConfig withLimits(KeyLimits bounds) {
        return new KeyConfig(label, sha256, models, profiles, expires, bounds);
    }

    /** A key in clear, hashed here, for all models. */
    public static KeyConfig ofSecret(String label, String key) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
            return new KeyConfig(label, HexFormat.of().formatHex(hash), List.of(), List.of(), null,
                    KeyLimits.NONE);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("SHA-256: missing (expected: part of every Java platform)", e);
        }
    }
}
