// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.auth;

import dev.sluice.engine.config.ConfigException;
import dev.sluice.engine.config.GroupConfig;
import dev.sluice.engine.config.KeyConfig;
import dev.sluice.engine.config.UsageLimits;
import dev.sluice.engine.spi.Principal;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A table of keys by their hashes, which are compared in constant time. Immutable.
 *
 * <p>Candidates are looked up by the first 4 bytes of the hash. The timing of that look-up can reveal only a prefix of
 * a hash that the caller can compute anyway.
 */
final class KeyTable {
    private final Map<Integer, List<Entry>> entries = new HashMap<>();
    private final Set<String> labels;

    KeyTable(List<KeyConfig> keys, List<GroupConfig> groups) {
        Map<String, UsageLimits> limits = new HashMap<>();
        Map<String, UsageLimits> ofGroups = new HashMap<>();
        groups.forEach(group -> ofGroups.put(group.name(), group.limits()));
        for (KeyConfig key : keys) {
            if (!limits.computeIfAbsent(key.label(), label -> key.limits()).equals(key.limits())) {
                throw new ConfigException("keys", "key " + key.label() + ": limits differ from another key with that"
                        + " label (expected: the same limits, because the keys share them)");
            }
            byte[] hash = HexFormat.of().parseHex(key.sha256());
            entries.computeIfAbsent(prefix(hash), p -> new ArrayList<>(1)).add(new Entry(hash, principal(key,
                    ofGroups), key.expires()));
        }
        labels = Set.copyOf(limits.keySet());
    }

    private static Principal principal(KeyConfig key, Map<String, UsageLimits> groups) {
        if (key.group() != null && !groups.containsKey(key.group())) {
            throw new ConfigException("keys", "key " + key.label() + ": group " + key.group()
                    + " (expected: one of " + String.join(", ", groups.keySet()) + ")");
        }
        Principal principal = key.models().isEmpty() ? Principal.of(key.label())
                : Principal.of(key.label(), key.models());
        principal = (key.profiles().isEmpty() ? principal : principal.withProfiles(key.profiles()))
                .withLimits(key.limits());
        return key.group() == null ? principal : principal.withGroup(key.group(), groups.get(key.group()));
    }

    boolean hasLabel(String label) {
        return labels.contains(label);
    }

    boolean isEmpty() {
        return entries.isEmpty();
    }

    /** Returns the owner of the key with this hash, or null if there is none or the key has expired. */
    Principal find(byte[] hash, Instant now) {
        Principal found = null;
        for (Entry entry : entries.getOrDefault(prefix(hash), List.of())) {
            boolean isGood = entry.expires == null || now.isBefore(entry.expires);
            if (MessageDigest.isEqual(entry.hash, hash) && isGood) {
                found = entry.principal;
            }
        }
        return found;
    }

    private static int prefix(byte[] hash) {
        return hash[0] << 24 | (hash[1] & 0xff) << 16 | (hash[2] & 0xff) << 8 | hash[3] & 0xff;
    }

    private record Entry(byte[] hash, Principal principal, Instant expires) {
    }
}
