// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.serve;

import dev.sluice.engine.config.ConfigException;
import dev.sluice.engine.config.RelayConfig;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * A configuration, with the positions of its settings in the file from which it was read.
 *
 * @param config    the configuration
 * @param positions from the path of a setting to its position, such as {@code sluice.yaml, line 7}
 */
record LoadedConfig(RelayConfig config, UnaryOperator<String> positions) {
    /**
     * Uses the configuration.
     *
     * @param use what to do with it
     * @return the result
     * @throws SettingException if a setting cannot be used; the message names its position
     */
    <T> T use(Function<RelayConfig, T> use) {
        try {
            return use.apply(config);
        } catch (ConfigException e) {
            throw new SettingException(positions.apply(e.path()), e.getMessage());
        }
    }
}
