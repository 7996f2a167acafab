// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.spi;

import java.util.List;
import java.util.function.Predicate;

/** On whose behalf a request comes. Immutable. */
public final class Principal {
    private final String name;
    private final Predicate<String> models;
    private final Predicate<String> profiles;

    private Principal(String name, Predicate<String> models, Predicate<String> profiles) {
        this.name = name;
        this.models = models;
        this.profiles = profiles;
    }

    /** Somebody who may use every model. */
    public static Principal of(String name) {
        return new Principal(name, model -> true, profile -> true);
    }

    /**
     * Somebody who may use some models.
     *
     * @param name   shown in logs and usage records; never a secret
     * @param models names, or patterns with {@code *} for any run of characters
     */
    public static Principal of(String name, List<String> models) {
        return new Principal(name, anyOf(models), profile -> true);
    }

    /**
     * Returns the same caller with some request profiles only.
     *
     * @param patterns names, or patterns with {@code *} for any run of characters
     */
    public Principal withProfiles(List<String> patterns) {
        return new Principal(name, models, anyOf(patterns));
    }

    private static Predicate<String> anyOf(List<String> patterns) {
        List<Glob> globs = patterns.stream().map(Glob::new).toList();
        return text -> globs.stream().anyMatch(glob -> glob.matches(text));
    }

    /** Returns the name, for logs and usage records. */
    public String name() {
        return name;
    }

    /** Returns whether a model may be used, by the name that the caller asks for. */
    public boolean mayUse(String model) {
        return models.test(model);
    }

    /** Returns whether a request profile may be used. */
    public boolean mayUseProfile(String profile) {
        return profiles.test(profile);
    }

    @Override
    public String toString() {
        return name;
    }
}
