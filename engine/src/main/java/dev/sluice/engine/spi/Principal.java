// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.spi;

import dev.sluice.engine.config.UsageLimits;
import java.util.List;
import java.util.Objects;

/** An identified caller with its permissions and limits. Immutable. */
public final class Principal {
    private static final List<Glob> ALL = List.of(new Glob("*"));

    private final String name;
    private final List<Glob> models;
    private final List<Glob> profiles;
    private final UsageLimits limits;
    private final String group;
    private final UsageLimits groupLimits;

    private Principal(String name, List<Glob> models, List<Glob> profiles, UsageLimits limits, String group,
            UsageLimits groupLimits) {
        if (name == null || name.isBlank()) {
            throw new IllegalArgumentException("name: " + name + " (expected: the caller's name in logs)");
        }
        if (limits == null) {
            throw new IllegalArgumentException("limits: null (expected: UsageLimits.NONE, or limits)");
        }
        this.name = name;
        this.models = models;
        this.profiles = profiles;
        this.limits = limits;
        this.group = group;
        this.groupLimits = groupLimits;
    }

    /**
     * Creates a caller that may use all models and profiles, without limits.
     *
     * @param name name in logs, metrics and usage records; must not be a secret
     * @return the caller
     */
    public static Principal of(String name) {
        return new Principal(name, ALL, ALL, UsageLimits.NONE, null, UsageLimits.NONE);
    }

    /**
     * Creates a caller that may use some models and all profiles, without limits.
     *
     * @param name   name in logs, metrics and usage records; must not be a secret
     * @param models names of the allowed models, or patterns in which {@code *} matches any run of characters
     * @return the caller
     */
    public static Principal of(String name, List<String> models) {
        return new Principal(name, globs("models", models), ALL, UsageLimits.NONE, null,
                UsageLimits.NONE);
    }

    /**
     * Returns a copy that is restricted to some request profiles.
     *
     * @param patterns names of the allowed profiles, or patterns in which {@code *} matches any run of characters
     * @return the copy
     */
    public Principal withProfiles(List<String> patterns) {
        return new Principal(name, models, globs("profiles", patterns), limits, group, groupLimits);
    }

    /**
     * Returns a copy with other limits.
     *
     * @param bounds the limits, which a {@link RequestQuota} enforces
     * @return the copy
     */
    public Principal withLimits(UsageLimits bounds) {
        return new Principal(name, models, profiles, bounds, group, groupLimits);
    }

    /**
     * Returns a copy that belongs to a group of callers.
     *
     * @param groupName the name of the group
     * @param bounds    the limits of all callers of the group together, which a {@link RequestQuota} enforces
     * @return the copy
     */
    public Principal withGroup(String groupName, UsageLimits bounds) {
        if (groupName == null || groupName.isBlank() || bounds == null) {
            throw new IllegalArgumentException("group: " + groupName + ", limits: " + bounds
                    + " (expected: a name, and UsageLimits.NONE or limits)");
        }
        return new Principal(name, models, profiles, limits, groupName, bounds);
    }

    private static List<Glob> globs(String what, List<String> patterns) {
        if (patterns == null || patterns.stream().anyMatch(Objects::isNull)) {
            throw new IllegalArgumentException(what + ": null, or a null in it (expected: names or patterns)");
        }
        return patterns.stream().map(Glob::new).toList();
    }

    /** {@return the name of the caller in logs, metrics and usage records} */
    public String name() {
        return name;
    }

    /**
     * Returns whether the caller may use a model.
     *
     * @param model the model name in the request
     * @return whether the model is allowed
     */
    public boolean mayUse(String model) {
        return matches(models, model);
    }

    /** {@return the patterns of the allowed models} */
    public List<Glob> models() {
        return models;
    }

    /** {@return the name of the caller's group; null for none} */
    public String group() {
        return group;
    }

    /** {@return the limits of all callers of the group together} */
    public UsageLimits groupLimits() {
        return groupLimits;
    }

    /** {@return the limits of the caller, which a {@link RequestQuota} enforces} */
    public UsageLimits limits() {
        return limits;
    }

    /**
     * Returns whether the caller may use a request profile.
     *
     * @param profile the name of the profile
     * @return whether the profile is allowed
     */
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
