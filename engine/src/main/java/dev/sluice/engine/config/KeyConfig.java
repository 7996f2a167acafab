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
 * An accepted API key, of which only the hash is stored.
 *
 * @param label  the caller's name in logs and metrics; 1 to 64 of A-Z a-z 0-9 . _ -
 * @param sha256 SHA-256 of the key in UTF-8, as 64 hexadecimal digits
 * @param models names of the allowed models, or patterns with {@code *}; empty for all models
 * @param profiles names of the allowed profiles, or patterns with {@code *}; empty for all profiles
 * @param expires time from which the key is refused; null for never
 * @param limits  the limits of the caller
 */
public record KeyConfig(String label, String sha256, List<String> models, List<String> profiles, Instant expires,
        KeyLimits limits) {
    public KeyConfig {
        Checks.name("key label", label);
        if (sha256 == null || !sha256.matches("[0-9a-fA-F]{64}")) {
            throw new IllegalArgumentException("key " + label + ": sha256 is not 64 hexadecimal digits"
                    + " (expected: the output of sha256sum over the key)");
        }
        sha256 = sha256.toLowerCase(Locale.ROOT);
        models = List.copyOf(models);
        profiles = List.copyOf(profiles);
        Objects.requireNonNull(limits, "limits");
    }

    /**
     * Returns a copy that is restricted to some models.
     *
     * @param patterns names of the allowed models, or patterns with {@code *}; none for all models
     * @return the copy
     */
    public KeyConfig withModels(String... patterns) {
        return new KeyConfig(label, sha256, List.of(patterns), profiles, expires, limits);
    }

    /**
     * Returns a copy that is restricted to some profiles.
     *
     * @param patterns names of the allowed profiles, or patterns with {@code *}; none for all profiles
     * @return the copy
     */
    public KeyConfig withProfiles(String... patterns) {
        return new KeyConfig(label, sha256, models, List.of(patterns), expires, limits);
    }

    /**
     * Returns a copy with another expiry.
     *
     * @param end time from which the key is refused; null for never
     * @return the copy
     */
    public KeyConfig withExpiry(Instant end) {
        return new KeyConfig(label, sha256, models, profiles, end, limits);
    }

    /**
     * Returns a copy with other limits.
     *
     * @param bounds the limits of the caller
     * @return the copy
     */
    public KeyConfig withLimits(KeyLimits bounds) {
        return new KeyConfig(label, sha256, models, profiles, expires, bounds);
    }

    /**
     * Creates a key from its plain text, for all models and profiles, without expiry and limits.
     *
     * @param label the caller's name in logs and metrics
     * @param key   the key in plain text; only its hash is stored
     * @return the key
     */
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
