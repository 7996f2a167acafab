// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

import dev.sluice.protocol.json.JsonTree;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A parser of key files. Each line is one JSON object: {@code {"label": "alice", "sha256": "...", "models": ["gpt-5*"],
 * "profiles": ["..."], "expires": "2027-01-01T00:00:00Z", "max_in_flight": 50, "requests_per_minute": 600,
 * "tokens_per_minute": 2000000, "group": "backend-team"}}. Only the first two members are required. Blank
 * lines and lines that begin with {@code #} are skipped.
 */
public final class KeyFile {
    private static final long MAX_BYTES = 16L * 1024 * 1024;
    private static final List<String> MEMBERS = List.of("label", "sha256", "models", "profiles", "expires",
            "max_in_flight", "requests_per_minute", "tokens_per_minute", "budgets", "group");
    private static final List<String> BUDGET_MEMBERS = List.of("window", "usd", "tokens");

    private KeyFile() {
    }

    /**
     * Reads a file.
     *
     * @param file the file, of at most 16 MiB
     * @return the keys, in the order of the lines
     * @throws IllegalArgumentException if a line is not a valid key; the message names the line
     * @throws IOException              if the file cannot be read
     */
    public static List<KeyConfig> read(Path file) throws IOException {
        List<KeyConfig> keys = new ArrayList<>();
        Set<String> hashes = new HashSet<>();
        int number = 0;
        if (!Files.isRegularFile(file) || Files.size(file) > MAX_BYTES) {
            throw new IOException(file + ": not a file, or over " + MAX_BYTES + " bytes (expected: a file of keys)");
        }
        for (String line : Files.readAllLines(file)) {
            number++;
            if (line.isBlank() || line.startsWith("#")) {
                continue;
            }
            try {
                KeyConfig key = parse(line);
                if (!hashes.add(key.sha256())) {
                    throw new IllegalArgumentException("sha256: the same as on another line (expected: each key once)");
                }
                keys.add(key);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(file.getFileName() + ", line " + number + ": " + e.getMessage());
            }
        }
        return keys;
    }

    /**
     * Parses a line.
     *
     * @param line one JSON object
     * @return the key
     * @throws IllegalArgumentException if it is not a valid key; the message names the member
     */
    public static KeyConfig parse(String line) {
        try {
            return key(line);
        } catch (DateTimeException e) {
            throw new IllegalArgumentException("expires: not a time (expected: such as 2027-01-01T00:00:00Z)", e);
        }
    }

    private static KeyConfig key(String line) {
        if (!(JsonTree.readUnique(line.getBytes(StandardCharsets.UTF_8)) instanceof Map<?, ?> members)) {
            throw new IllegalArgumentException("not an object (expected: label, sha256 and more)");
        }
        for (Object name : members.keySet()) {
            if (!MEMBERS.contains(name)) {
                throw new IllegalArgumentException(name + ": unknown (expected: one of "
                        + String.join(", ", MEMBERS) + ")");
            }
        }
        String expires = text(members, "expires");
        return new KeyConfig(text(members, "label"), text(members, "sha256"), texts(members, "models"),
                texts(members, "profiles"), expires == null ? null : Instant.parse(expires),
                new UsageLimits(Math.toIntExact(count(members, "max_in_flight")),
                        Math.toIntExact(count(members, "requests_per_minute")),
                        count(members, "tokens_per_minute"), budgets(members.get("budgets"))), text(members, "group"));
    }

    private static List<BudgetConfig> budgets(Object value) {
        if (value != null && !(value instanceof List<?>)) {
            throw new IllegalArgumentException("budgets: not a list (expected: a list of objects with window, and usd"
                    + " or tokens)");
        }
        List<BudgetConfig> budgets = new ArrayList<>();
        for (Object each : value == null ? List.of() : (List<?>) value) {
            if (!(each instanceof Map<?, ?> members) || !BUDGET_MEMBERS.containsAll(members.keySet())) {
                throw new IllegalArgumentException("budgets: not an object, or an unknown member (expected: window, and"
                        + " usd or tokens)");
            }
            budgets.add(new BudgetConfig(new BudgetWindow(text(members, "window")), microDollars(members.get("usd")),
                    whole(members, "tokens", Long.MAX_VALUE)));
        }
        return budgets;
    }

    private static long microDollars(Object value) {
        if (value == null) {
            return 0;
        }
        if (value instanceof JsonTree.Literal literal && literal.text().matches("\\d{1,12}(\\.\\d{1,6})?")) {
            return new BigDecimal(literal.text()).movePointRight(6).longValueExact();
        }
        throw new IllegalArgumentException("usd: not such a number (expected: US dollars with at most 6 decimals)");
    }

    private static long count(Map<?, ?> members, String name) {
        return whole(members, name, Integer.MAX_VALUE);
    }

    private static long whole(Map<?, ?> members, String name, long max) {
        Object value = members.get(name);
        if (value == null) {
            return 0;
        }
        if (value instanceof JsonTree.Literal literal && literal.text().matches("\\d{1,18}")) {
            long count = Long.parseLong(literal.text());
            if (count <= max) {
                return count;
            }
        }
        String found = value instanceof JsonTree.Literal literal && literal.text().length() <= 20 ? literal.text()
                : "not a number";
        throw new IllegalArgumentException(name + ": " + found + " (expected: an integer from 0 to " + max
                + ", 0 for no limit)");
    }

    private static String text(Map<?, ?> members, String name) {
        Object value = members.get(name);
        if (value != null && !(value instanceof String)) {
            throw new IllegalArgumentException(name + ": not a string (expected: a string)");
        }
        return (String) value;
    }

    private static List<String> texts(Map<?, ?> members, String name) {
        Object value = members.get(name);
        if (value == null) {
            return List.of();
        }
        if (!(value instanceof List<?> list) || !list.stream().allMatch(String.class::isInstance)) {
            throw new IllegalArgumentException(name + ": not a list of strings (expected: names or patterns)");
        }
        if (list.isEmpty()) {
            throw new IllegalArgumentException(name
                    + ": an empty list (expected: at least one pattern, or no list for all)");
        }
        return list.stream().map(String.class::cast).toList();
    }
}
