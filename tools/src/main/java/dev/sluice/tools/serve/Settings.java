// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.serve;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.commons.text.similarity.LevenshteinDistance;

/**
 * The names of all settings of a configuration file, by the section that contains them. In the name of a section,
 * {@code []} stands for an element of a list and {@code *} for a name that the operator chooses.
 */
final class Settings {
    private static final int MAX_DISTANCE = 2;
    private static final Map<String, List<String>> BY_SECTION = bySection();

    private Settings() {
    }

    private static Map<String, List<String>> bySection() {
        Map<String, List<String>> sections = new LinkedHashMap<>();
        add(sections, "", "listeners", "admin", "clusters", "routes", "keys", "key_file", "groups", "prices",
                "budget_zone", "profiles", "relayed_paths", "default_cluster", "via", "affinity", "limits", "timeouts",
                "http2", "transport", "state", "access_log", "on_revoke",
                "otel");
        add(sections, "otel", "endpoint", "headers_file", "service_name", "sample", "interval");
        add(sections, "state", "file", "interval", "redis");
        add(sections, "state.redis", "url", "cluster", "password_file", "ca_file", "on_store_loss", "timeout",
                "prefix");
        add(sections, "groups.*", "max_in_flight", "requests_per_minute", "tokens_per_minute", "budgets");
        add(sections, "keys[].budgets[]", "window", "usd", "tokens");
        add(sections, "prices[]", "model", "tier", "input", "cached_input", "output");
        add(sections, "admin", "address", "tls", "token_file", "hosts", "key_metrics");
        add(sections, "admin.tls", "certificate", "key", "client_ca");
        add(sections, "access_log", "level", "sample", "file");
        add(sections, "http2", "downstream", "upstream");
        add(sections, "listeners[]", "address", "tls");
        add(sections, "listeners[].tls", "certificate", "key", "client_ca");
        add(sections, "clusters.*", "endpoints", "ca_file", "certificate", "key", "content_length", "dialect",
                "balance", "health", "max_in_flight", "websocket");
        add(sections, "clusters.*.endpoints[]", "url", "api_key", "api_key_file", "http", "weight", "priority",
                "max_in_flight", "warm_connections", "headers", "max_connections", "max_streams");
        add(sections, "clusters.*.health", "max_failures", "error_percent", "min_answers", "ejection", "max_ejection",
                "max_rest", "panic_percent", "check");
        add(sections, "clusters.*.health.check", "path", "interval", "timeout");
        add(sections, "routes[]", "model", "cluster", "upstream_model", "profile", "on_upstream_loss",
                "on_downstream_leave", "retry", "keep_alive", "max_in_flight", "requests_per_minute",
                "tokens_per_minute", "budgets");
        add(sections, "routes[].retry", "reused_connection", "idempotent", "statuses", "hedge_quantile");
        add(sections, "keys[]", "label", "sha256", "models", "profiles", "expires", "max_in_flight",
                "requests_per_minute", "tokens_per_minute", "budgets", "group");
        add(sections, "affinity", "max_entries", "id_ttl", "session_ttl", "unknown_ids", "on_store_loss");
        add(sections, "limits", "max_body_bytes", "max_held_bytes", "hold_bytes", "replay_bytes", "max_exchanges",
                "max_queued", "max_queue_time", "max_head_bytes", "max_target_bytes", "drain_bytes",
                "held_memory_share", "on_quota_loss", "max_websockets", "max_websockets_per_caller",
                "ratelimit_headers");
        add(sections, "timeouts", "request_head", "body_grace", "connect", "tls_handshake", "response_head",
                "first_event", "between_reads", "exchange", "write_stall", "websocket_idle", "downstream_idle",
                "upstream_idle", "upstream_lifetime", "quota", "affinity", "drain");
        add(sections, "http2.downstream", "max_streams", "stream_window_bytes", "connection_window_bytes",
                "max_header_list_bytes", "max_resets", "max_control_frames");
        add(sections, "http2.upstream", "max_streams", "max_connections", "max_queued", "max_queue_time",
                "stream_window_bytes", "connection_window_bytes", "max_header_list_bytes", "ping_interval",
                "ping_timeout");
        add(sections, "transport", "kind", "loops", "spin");
        return sections;
    }

    private static void add(Map<String, List<String>> sections, String section, String... names) {
        sections.put(section, List.of(names));
    }

    /** Returns the names of the settings by their section. */
    static Map<String, List<String>> bySections() {
        return BY_SECTION;
    }

    /**
     * Returns the names of the settings in a section.
     *
     * @param section name of the section, such as {@code clusters.*.endpoints[]}; empty for the top level
     */
    static List<String> names(String section) {
        return BY_SECTION.get(section);
    }

    /**
     * Returns what is expected in place of an unknown name: the setting that is spelled nearly so, the section to which
     * the setting belongs, or all settings of this section.
     *
     * @param section name of the section in which the name was found
     */
    static String expected(String section, String name) {
        LevenshteinDistance distance = new LevenshteinDistance(MAX_DISTANCE);
        List<String> near = names(section).stream().filter(known -> distance.apply(known, name) >= 0)
                .sorted(Comparator.comparing(known -> distance.apply(known, name))).toList();
        if (!near.isEmpty() && near.get(0).length() > MAX_DISTANCE) {
            return "(did you mean '" + near.get(0) + "'?)";
        }
        String homes = BY_SECTION.entrySet().stream().filter(entry -> entry.getValue().contains(name))
                .map(entry -> entry.getKey().isEmpty() ? "the top level" : "'" + entry.getKey() + "'")
                .collect(Collectors.joining(" or "));
        return homes.isEmpty() ? "(expected: " + String.join(", ", names(section)) + ")"
                : "(expected: in " + homes + ")";
    }
}
