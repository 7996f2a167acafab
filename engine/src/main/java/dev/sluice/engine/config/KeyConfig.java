// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;

/**
 * An accepted API key, of which only the hash is stored.
 *
 * @param label  the caller's name in logs and metrics; 1 to 64 of A-Z a-z 0-9 . _ -
 * @param sha256 SHA-256 of the key in UTF-8, as 64 hexadecimal digits
 * @param models names of the allowed models, or patterns with {@code *}; empty for all models
 * @param profiles names of the allowed profiles, or patterns with {@code *}; empty for all profiles
 * @param expires time from which the key is refused; null for never
 * @param limits  the limits of the caller
 * @param group   the name of the group whose limits count in addition; null for none
 */
public record KeyConfig(String label, String sha256, List<String> models, List<String> profiles, Instant expires,
        UsageLimits limits, String group) {
    public KeyConfig {
        Checks.name("key label", label);
        if (sha256 == null || !sha256.matches("[0-9a-fA-F]{64}")) {
            throw new ConfigException("sha256", "key " + label + ": sha256 is not 64 hexadecimal digits"
                    + " (expected: the output of sha256sum over the key)");
        }
        sha256 = sha256.toLowerCase(Locale.ROOT);
        models = Checks.list("key " + label + ": models", models);
        profiles = Checks.list("key " + label + ": profiles", profiles);
        Checks.present("key " + label + ": limits", limits);
        if (group != null) {
            Checks.name("key group", group);
        }
    }

    /**
     * Returns a copy that is restricted to some models.
     *
     * @param patterns names of the allowed models, or patterns with {@code *}; none for all models
     * @return the copy
     */
    public KeyConfig withModels(String... patterns) {
        return toBuilder().models(patterns == null ? null : Arrays.asList(patterns)).build();
    }

    /**
     * Returns a copy that is restricted to some profiles.
     *
     * @param patterns names of the allowed profiles, or patterns with {@code *}; none for all profiles
     * @return the copy
     */
    public KeyConfig withProfiles(String... patterns) {
        return toBuilder().profiles(patterns == null ? null : Arrays.asList(patterns)).build();
    }

    /**
     * Returns a copy with another expiry.
     *
     * @param end time from which the key is refused; null for never
     * @return the copy
     */
    public KeyConfig withExpiry(Instant end) {
        return toBuilder().expires(end).build();
    }

    /**
     * Returns a copy with other limits.
     *
     * @param bounds the limits of the caller
     * @return the copy
     */
    public KeyConfig withLimits(UsageLimits bounds) {
        return toBuilder().limits(bounds).build();
    }

    /**
     * Returns a copy that belongs to a group.
     *
     * @param name the name of the group; null for none
     * @return the copy
     */
    public KeyConfig withGroup(String name) {
        return toBuilder().group(name).build();
    }

    /**
     * Creates a key from its plain text, for all models and profiles, without expiry and limits.
     *
     * @param label the caller's name in logs and metrics
     * @param key   the key in plain text; only its hash is stored
     * @return the key
     */
    public static KeyConfig ofSecret(String label, String key) {
        Checks.text("key " + label + ": secret", key);
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
            return new KeyConfig(label, HexFormat.of().formatHex(hash), List.of(), List.of(), null,
                    UsageLimits.NONE, null);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("SHA-256: missing (expected: part of every Java platform)", e);
        }
    }

    /** {@return a builder that starts with the values of this configuration} */
    public Builder toBuilder() {
        return new Builder(this);
    }

    /** A builder of {@link KeyConfig}. Not thread-safe. */
    public static final class Builder {
        private String label;
        private String sha256;
        private List<String> models;
        private List<String> profiles;
        private Instant expires;
        private UsageLimits limits;
        private String group;

        private Builder(KeyConfig from) {
            label = from.label;
            sha256 = from.sha256;
            models = from.models;
            profiles = from.profiles;
            expires = from.expires;
            limits = from.limits;
            group = from.group;
        }

        /**
         * Sets {@link KeyConfig#label}.
         *
         * @param value the caller's name in logs and metrics; 1 to 64 of A-Z a-z 0-9 . _ -
         * @return this builder
         */
        public Builder label(String value) {
            label = value;
            return this;
        }

        /**
         * Sets {@link KeyConfig#sha256}.
         *
         * @param value SHA-256 of the key in UTF-8, as 64 hexadecimal digits
         * @return this builder
         */
        public Builder sha256(String value) {
            sha256 = value;
            return this;
        }

        /**
         * Sets {@link KeyConfig#models}.
         *
         * @param value names of the allowed models, or patterns with {@code *}; empty for all models
         * @return this builder
         */
        public Builder models(List<String> value) {
            models = value;
            return this;
        }

        /**
         * Sets {@link KeyConfig#profiles}.
         *
         * @param value names of the allowed profiles, or patterns with {@code *}; empty for all profiles
         * @return this builder
         */
        public Builder profiles(List<String> value) {
            profiles = value;
            return this;
        }

        /**
         * Sets {@link KeyConfig#expires}.
         *
         * @param value time from which the key is refused; null for never
         * @return this builder
         */
        public Builder expires(Instant value) {
            expires = value;
            return this;
        }

        /**
         * Sets {@link KeyConfig#limits}.
         *
         * @param value the limits of the caller
         * @return this builder
         */
        public Builder limits(UsageLimits value) {
            limits = value;
            return this;
        }

        /**
         * Sets {@link KeyConfig#group}.
         *
         * @param value the name of the group whose limits count in addition; null for none
         * @return this builder
         */
        public Builder group(String value) {
            group = value;
            return this;
        }

        /**
         * Returns the configuration.
         *
         * @return the configuration
         * @throws IllegalArgumentException if a value is out of its range
         */
        public KeyConfig build() {
            return new KeyConfig(label, sha256, models, profiles, expires, limits, group);
        }
    }
}
