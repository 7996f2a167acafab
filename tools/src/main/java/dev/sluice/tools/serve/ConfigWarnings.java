// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.serve;

import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.KeyConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.spi.Glob;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Finds parts of a valid configuration that have no effect, or hardly the intended one. */
final class ConfigWarnings {
    private final List<Warning> found = new ArrayList<>();
    private final Set<String> labels = new HashSet<>();

    private ConfigWarnings() {
    }

    /**
     * A part of a configuration that deserves a look.
     *
     * @param path    position of the setting, such as {@code routes[2].model}
     * @param message what was found and what is expected
     */
    record Warning(String path, String message) {
    }

    /**
     * Returns the warnings of a configuration, in the order of its sections.
     *
     * @param fileKeys the keys of the key file
     * @param now      the time that tells whether a key has expired
     */
    static List<Warning> of(RelayConfig config, List<KeyConfig> fileKeys, Instant now) {
        ConfigWarnings warnings = new ConfigWarnings();
        config.clusters().forEach(cluster -> warnings.checkCluster(cluster, config));
        for (int i = 0; i < config.routes().size(); i++) {
            warnings.checkRoute(i, config.routes());
        }
        for (int i = 0; i < config.keys().size(); i++) {
            warnings.checkKey("keys[" + i + "].label", "keys[" + i + "].expires", config.keys().get(i), now);
        }
        fileKeys.forEach(key -> warnings.checkKey("key_file", "key_file", key, now));
        return warnings.found;
    }

    private void checkCluster(ClusterConfig cluster, RelayConfig config) {
        boolean isUsed = cluster.name().equals(config.defaultCluster())
                || config.routes().stream().anyMatch(route -> route.cluster().equals(cluster.name()));
        if (!isUsed) {
            add("clusters." + cluster.name(), "cluster " + cluster.name() + ": not used (expected: a route to it)");
        }
    }

    private void checkRoute(int index, List<RouteConfig> routes) {
        String model = routes.get(index).model();
        for (int i = 0; i < index; i++) {
            // A * of the later pattern is matched by a * of the earlier one only, so a match means that it covers all.
            if (new Glob(routes.get(i).model()).matches(model)) {
                add("routes[" + index + "].model", "route " + model + ": never used, because the earlier route "
                        + routes.get(i).model() + " matches all its models (expected: the narrower pattern first)");
                return;
            }
        }
    }

    private void checkKey(String labelPath, String expiryPath, KeyConfig key, Instant now) {
        if (!labels.add(key.label())) {
            add(labelPath, "key " + key.label() + ": a second key with this label (expected: a label of its own, unless"
                    + " both belong to one caller, who then has one set of limits)");
        }
        if (key.expires() != null && !key.expires().isAfter(now)) {
            add(expiryPath, "key " + key.label() + ": expired at " + key.expires() + " (expected: a later time)");
        }
    }

    private void add(String path, String message) {
        found.add(new Warning(path, message));
    }
}
