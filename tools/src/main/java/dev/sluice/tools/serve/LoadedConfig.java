// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.serve;

import dev.sluice.engine.config.ConfigException;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.otel.OtelSettings;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * A configuration, with the positions of its settings in the file from which it was read.
 *
 * @param config    the configuration
 * @param state     the places where limits and budgets are counted
 * @param otel      the export of traces and metrics; null for none
 * @param positions from the path of a setting to its position, such as {@code sluice.yaml, line 7}
 */
record LoadedConfig(RelayConfig config, StateConfig state, OtelSettings otel, UnaryOperator<String> positions) {
    /**
     * Uses the configuration.
     *
     * @param use what to do with it
     * @return the result
     * @throws SettingException if a setting cannot be used; the message names its position
     */
    <T> T use(Function<RelayConfig, T> use) {
        return at(() -> use.apply(config));
    }

    /**
     * Opens the stores.
     *
     * @throws SettingException if a store cannot be used; the message names its position
     */
    StateStores openStores() {
        return at(() -> new StateStores(state));
    }

    private <T> T at(Supplier<T> step) {
        try {
            return step.get();
        } catch (ConfigException e) {
            throw new SettingException(positions.apply(e.path()), e.getMessage());
        }
    }
}
