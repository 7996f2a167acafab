// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

import java.nio.file.Path;

/**
 * The access log.
 *
 * @param level  which exchanges have a line
 * @param sample the share of exchanges without an error that have a line, above 0 and up to 1; those with an error all
 *               have one
 * @param file   the file to which lines are appended; null for the output that the logging of the process decides
 */
public record AccessLogConfig(Level level, double sample, Path file) {
    /** A line for each exchange. */
    public static final AccessLogConfig DEFAULT = new AccessLogConfig(Level.ALL, 1, null);

    public AccessLogConfig {
        Checks.present("access_log level", level);
        if (!(sample > 0 && sample <= 1)) {
            throw new ConfigException("sample", "access_log sample: " + sample + " (expected: above 0, at most 1)");
        }
    }

    /** The exchanges that have a line. */
    public enum Level {
        /** All exchanges, as far as they are in the sample. */
        ALL,
        /** Exchanges with an error: those that did not complete, or whose status is 400 or above. */
        ERRORS,
        /** None. */
        OFF
    }
}
