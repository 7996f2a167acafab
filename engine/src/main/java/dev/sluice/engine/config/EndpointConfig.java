// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Objects;

/**
 * One upstream address with its credentials.
 *
 * @param baseUrl {@code http} or {@code https}; its path takes the place of the {@code /v1} of a request's path
 * @param apiKey  sent as {@code Authorization: Bearer}; null sends none
 * @param versions which versions of HTTP it is spoken to in
 * @param weight   its share beside other endpoints, 1 to 1,000
 * @param priority 0 for the first to be used; counts for {@link Balance#PRIORITY}
 * @param maxInFlight requests at one time; 0 for no bound
 */
public record EndpointConfig(URI baseUrl, String apiKey, HttpVersions versions, int weight, int priority,
        int maxInFlight) {
    private static final int MAX_WEIGHT = 1000;

    public EndpointConfig {
        if (baseUrl == null || baseUrl.getHost() == null || !isHttp(baseUrl) || baseUrl.getRawQuery() != null
                || baseUrl.getRawFragment() != null || baseUrl.getRawUserInfo() != null) {
            throw new IllegalArgumentException("endpoint url: " + shown(baseUrl == null ? "" : baseUrl.toString())
                    + " (expected: http:// or https:// with a host, without user, query or fragment)");
        }
        if (apiKey != null && !isHeaderText(apiKey)) {
            throw new IllegalArgumentException("endpoint api_key: empty or not printable ASCII"
                    + " (expected: printable ASCII without spaces)");
        }
        Objects.requireNonNull(versions, "versions");
        Checks.between("endpoint weight", weight, 1, MAX_WEIGHT);
        Checks.between("endpoint priority", priority, 0, MAX_WEIGHT);
        Checks.atLeast("endpoint max_in_flight", maxInFlight, 0);
    }

    /** An endpoint by its base URL, with the key to use there or null. */
    public static EndpointConfig of(String baseUrl, String apiKey) {
        try {
            return new EndpointConfig(new URI(baseUrl), apiKey, HttpVersions.AUTO, 1, 0, 0);
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException("endpoint url: not a URL (expected: http:// or https:// with a host)");
        }
    }

    /** Returns this endpoint, spoken to in other versions of HTTP. */
    public EndpointConfig withVersions(HttpVersions other) {
        return new EndpointConfig(baseUrl, apiKey, other, weight, priority, maxInFlight);
    }

    /** Returns this endpoint with another place among the endpoints of its cluster. */
    public EndpointConfig withPlace(int share, int order, int inFlight) {
        return new EndpointConfig(baseUrl, apiKey, versions, share, order, inFlight);
    }

    private static boolean isHttp(URI url) {
        String scheme = url.getScheme() == null ? "" : url.getScheme().toLowerCase(Locale.ROOT);
        return scheme.equals("http") || scheme.equals("https");
    }

    /** What is before an at sign or after a question mark may be a secret. */
    private static String shown(String url) {
        return url.matches("[^@?#]+") ? url : "one with a user, query or fragment";
    }

    private static boolean isHeaderText(String text) {
        return !text.isEmpty() && text.chars().allMatch(c -> c > 0x20 && c < 0x7f);
    }

    /** Returns whether the endpoint is spoken to through TLS. */
    public boolean isTls() {
        return baseUrl.getScheme().equalsIgnoreCase("https");
    }

    /** Returns the port to connect to. */
    public int port() {
        if (baseUrl.getPort() >= 0) {
            return baseUrl.getPort();
        }
        return isTls() ? 443 : 80;
    }

    /** Never shows the key. */
    @Override
    public String toString() {
        return "EndpointConfig[baseUrl=" + baseUrl + ", apiKey=" + (apiKey == null ? "none" : "set")
                + ", versions=" + versions + ']';
    }
}
