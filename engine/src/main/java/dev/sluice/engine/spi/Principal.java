// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.spi;

import dev.sluice.engine.config.KeyLimits;
import java.util.List;

/** On whose behalf a request comes. Immutable. */
public final class Principal {
    private final String name;
    private static final List<Glob> ALL = List.of(new Glob("*"));

    private final List<Glob> models;
    private final List<Glob> profiles;
    private final KeyLimits limits;

    private Principal(String name, List<Glob> models, List<Glob> profiles, KeyLimits limits) {
        this.name = name;
        this.models = models;
        this.profiles = profiles;
        this.limits = limits;
    }

    /** Somebody who may use every model. */
    public static Principal of(String name) {
        return new Principal(name, ALL, ALL, KeyLimits.NONE);
    }

    /**
     * Somebody who may use some models.
     *
     * @param name   shown in logs and usage records; never a secret
     * @param models names, or patterns with {@code *} for any run of characters
     */
    public static Principal of(String name, List<String> models) {
        return new Principal(name, globs(models), ALL, KeyLimits.NONE);
    }

    /**
     * Returns the same caller with some request profiles only.
     *
     * @param patterns names, or patterns with {@code *} for any run of characters
     */
    public Principal withProfiles(List<String> patterns) {
        return new Principal(name, models, globs(patterns), limits);
    }

    /** Returns the same caller with bounds of what it may do. */
    public Principal withLimits(KeyLimits bounds) {
        return new Principal(name, models, profiles, bounds);
    }

    private static List<Glob> globs(List<String> patterns) {
        return patterns.stream().map(Glob::new).toList();
    }

    /** Returns the name, for logs and usage records. */
    public String name() {
        return name;
    }

    /** Returns whether a model may be used, by the name that the caller asks for. */
    public boolean mayUse(String model) {
        return matches(models, model);
    }

    /** Returns the patterns of the models that may be used. */
    public List<Glob> models() {
        return models;
    }

    /** Returns the bounds of what it may do, which a {@link RequestQuota} counts. */
    public KeyLimits limits() {
        return limits;
    }

    /** Returns whether a request profile may be used. */
    public boolean mayUseProfile(String profile) {
        return matches(profiles, profile);
    }

    private static boolean matches(List<Glob> patterns, String name) {
        for (Glob pattern : patterns) {
            if (pattern.matches(name)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public String toString() {
        return name;
    }
}
