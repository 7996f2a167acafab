// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.spi;

import java.util.List;
import java.util.function.Predicate;

/** On whose behalf a request comes. Immutable. */
public final class Principal {
    private final String name;
    private final Predicate<String> models;

    private Principal(String name, Predicate<String> models) {
        this.name = name;
        this.models = models;
    }

    /** Somebody who may use every model. */
    public static Principal of(String name) {
        return new Principal(name, model -> true);
    }

    /**
     * Somebody who may use some models.
     *
     * @param name   shown in logs and usage records; never a secret
     * @param models names, or patterns with {@code *} for any run of characters
     */
    public static Principal of(String name, List<String> models) {
        List<Glob> globs = models.stream().map(Glob::new).toList();
        return new Principal(name, model -> globs.stream().anyMatch(glob -> glob.matches(model)));
    }

    /** Returns the name, for logs and usage records. */
    public String name() {
        return name;
    }

    /** Returns whether a model may be used, by the name that the caller asks for. */
    public boolean mayUse(String model) {
        return models.test(model);
    }

    @Override
    public String toString() {
        return name;
    }
}
