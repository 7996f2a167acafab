// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

import java.util.Objects;

/**
 * A value of the configuration that cannot be used. The message names the setting, what was found and what is expected;
 * {@link #path} is the position of the setting, by which a reader of files can name the line.
 */
public final class ConfigException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    private final String path;

    /**
     * Creates an exception.
     *
     * @param path    position of the setting in the object that is checked, in the names of the configuration file,
     *                such as {@code routes[2].cluster}
     * @param message what was found and what is expected
     */
    public ConfigException(String path, String message) {
        this(path, message, null);
    }

    /**
     * Creates an exception with a cause.
     *
     * @param path    position of the setting in the object that is checked, in the names of the configuration file,
     *                such as {@code routes[2].cluster}
     * @param message what was found and what is expected
     * @param cause   why the value cannot be used; null if the message says all
     */
    public ConfigException(String path, String message, Throwable cause) {
        super(message, cause);
        this.path = Objects.requireNonNull(path, "path");
    }

    /**
     * Returns this exception for the object that contains the checked one.
     *
     * @param parent position of the checked object, such as {@code listeners[0]}
     * @return an exception with the same message, whose path begins with that position
     */
    public ConfigException within(String parent) {
        return new ConfigException(parent + '.' + path, getMessage(), this);
    }

    /** {@return the position of the setting, such as {@code routes[2].cluster}} */
    public String path() {
        return path;
    }
}
