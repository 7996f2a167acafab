// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.http;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** The parameters of a query: {@code name=value} pairs between ampersands, read as servers read them; pure. */
public final class QueryParameters {
    /** The refusal of a request whose query has a key. */
    public static final String KEY_REFUSED = "query: a key, which logs and proxies would keep (expected: the key in"
            + " Authorization: Bearer)";

    private static final Set<String> KEYS = Set.of("key", "api_key", "apikey", "x_api_key", "access_token",
            "auth_token");

    private QueryParameters() {
    }

    /** Returns the parameters as they are written; none for null or an empty query. */
    public static List<String> of(String query) {
        return query == null || query.isEmpty() ? List.of()
                : List.of(query.split("&")).stream().filter(parameter -> !parameter.isEmpty()).toList();
    }

    /**
     * Adds those of some parameters that a query does not have, by their names.
     *
     * @param query with its question mark; empty for none
     */
    public static String add(String query, List<String> parameters) {
        Set<String> names = names(query);
        StringBuilder all = new StringBuilder(query);
        for (String parameter : parameters) {
            if (!names.contains(name(parameter))) {
                all.append(all.length() == 0 ? '?' : all.length() == 1 ? "" : '&').append(parameter);
            }
        }
        return all.toString();
    }

    /**
     * {@return whether a query has a parameter by which some services take a key}
     *
     * @param query with its question mark; empty for none
     */
    public static boolean hasKey(String query) {
        return !query.isEmpty() && names(query).stream().map(name -> name.toLowerCase(Locale.ROOT).replace('-', '_'))
                .anyMatch(KEYS::contains);
    }

    private static Set<String> names(String query) {
        Set<String> names = new HashSet<>();
        of(query.startsWith("?") ? query.substring(1) : query).forEach(parameter -> names.add(name(parameter)));
        return names;
    }

    private static String name(String parameter) {
        int equals = parameter.indexOf('=');
        String name = equals < 0 ? parameter : parameter.substring(0, equals);
        try {
            return URLDecoder.decode(name, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException malformed) {
            return name;
        }
    }
}
