// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.config;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * One upstream address with its credentials.
 *
 * @param baseUrl {@code http} or {@code https}; its path takes the place of the {@code /v1} of a request's path
 * @param apiKey  sent as {@code Authorization: Bearer}; null sends none
 * @param apiKeyFile a file with that key instead, read again whenever it changes; null for none
 * @param versions which versions of HTTP it is spoken to in
 * @param weight   its share beside other endpoints, 1 to 1,000
 * @param priority 0 for the first to be used; counts for {@link Balance#PRIORITY}
 * @param maxInFlight requests at one time; 0 for no bound
 * @param warmConnections idle connections that each event loop keeps ready, with the handshake done; with HTTP/2 one is
 *                 enough. 0 to connect when there is a request
 * @param headers  sent with each request, in the place of what the downstream sent by these names
 * @param maxConnections connections of HTTP/2 at one time, for each event loop; 0 for what {@link Http2UpstreamConfig}
 *                 says. Of HTTP/1.1 there are as many as requests at one time
 * @param maxStreams requests at one time on one of them; 0 for the same
 */
public record EndpointConfig(URI baseUrl, String apiKey, Path apiKeyFile, HttpVersions versions, int weight,
        int priority, int maxInFlight, int warmConnections, Map<String, String> headers, int maxConnections,
        int maxStreams) {
    private static final int MAX_WEIGHT = 1000;
    private static final int MAX_PARALLEL = 10_000;
    private static final int MAX_KEY_FILE_BYTES = 8 * 1024;

    public EndpointConfig {
        if (baseUrl == null || baseUrl.getHost() == null || !isHttp(baseUrl) || baseUrl.getRawQuery() != null
                || baseUrl.getRawFragment() != null || baseUrl.getRawUserInfo() != null) {
            throw new IllegalArgumentException("endpoint url: " + shown(baseUrl == null ? "" : baseUrl.toString())
                    + " (expected: http:// or https:// with a host, without user, query or fragment)");
        }
        if (apiKey != null) {
            checkKey("api_key", apiKey);
        }
        if (apiKey != null && apiKeyFile != null) {
            throw new IllegalArgumentException("endpoint api_key and api_key_file: both (expected: one of them)");
        }
        if (apiKeyFile != null) {
            readKey(apiKeyFile);
        }
        Objects.requireNonNull(versions, "versions");
        Checks.between("endpoint weight", weight, 1, MAX_WEIGHT);
        Checks.between("endpoint priority", priority, 0, MAX_WEIGHT);
        Checks.atLeast("endpoint max_in_flight", maxInFlight, 0);
        Checks.between("endpoint warm_connections", warmConnections, 0, MAX_WEIGHT);
        Checks.between("endpoint max_connections", maxConnections, 0, MAX_PARALLEL);
        Checks.between("endpoint max_streams", maxStreams, 0, MAX_PARALLEL);
        headers = Map.copyOf(headers);
        for (Map.Entry<String, String> header : headers.entrySet()) {
            checkHeader(header.getKey(), header.getValue(), apiKey != null || apiKeyFile != null);
        }
    }

    /** An endpoint by its base URL, with the key to use there or null. */
    public static EndpointConfig of(String baseUrl, String apiKey) {
        try {
            return new EndpointConfig(new URI(baseUrl), apiKey, null, HttpVersions.AUTO, 1, 0, 0, 0, Map.of(), 0, 0);
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException("endpoint url: not a URL (expected: http:// or https:// with a host)");
        }
    }

    /** Returns this endpoint, spoken to in other versions of HTTP. */
    public EndpointConfig withVersions(HttpVersions other) {
        return new EndpointConfig(baseUrl, apiKey, apiKeyFile, other, weight, priority, maxInFlight,
                warmConnections, headers, maxConnections, maxStreams);
    }

    /** Returns this endpoint with another place among the endpoints of its cluster. */
    public EndpointConfig withPlace(int share, int order, int inFlight) {
        return new EndpointConfig(baseUrl, apiKey, apiKeyFile, versions, share, order, inFlight,
                warmConnections, headers, maxConnections, maxStreams);
    }

    /** Returns this endpoint with connections that are kept ready. */
    public EndpointConfig withWarmConnections(int count) {
        return new EndpointConfig(baseUrl, apiKey, apiKeyFile, versions, weight, priority, maxInFlight, count,
                headers, maxConnections, maxStreams);
    }

    /** Returns this endpoint with headers that are sent with each request. */
    public EndpointConfig withHeaders(Map<String, String> sent) {
        return new EndpointConfig(baseUrl, apiKey, apiKeyFile, versions, weight, priority, maxInFlight,
                warmConnections, sent, maxConnections, maxStreams);
    }

    /** Returns this endpoint with other bounds of HTTP/2. */
    public EndpointConfig withCapacity(int connections, int streams) {
        return new EndpointConfig(baseUrl, apiKey, apiKeyFile, versions, weight, priority, maxInFlight,
                warmConnections, headers, connections, streams);
    }

    /** Returns this endpoint with its key in a file. */
    public EndpointConfig withApiKeyFile(Path file) {
        return new EndpointConfig(baseUrl, null, file, versions, weight, priority, maxInFlight,
                warmConnections, headers, maxConnections, maxStreams);
    }

    /**
     * Returns the key in a file, without the white space around it.
     *
     * @throws IllegalArgumentException where the file cannot be read or is no key; says nothing of what is in it
     */
    public static String readKey(Path file) {
        String key;
        try {
            if (Files.size(file) > MAX_KEY_FILE_BYTES) {
                throw new IOException("over " + MAX_KEY_FILE_BYTES + " bytes");
            }
            key = Files.readString(file, StandardCharsets.ISO_8859_1).trim();
        } catch (IOException e) {
            throw new IllegalArgumentException("endpoint api_key_file: " + file + " cannot be read (expected: a file"
                    + " with a key)", e);
        }
        checkKey("api_key_file", key);
        return key;
    }

    private static void checkKey(String field, String key) {
        if (!isHeaderText(key)) {
            throw new IllegalArgumentException("endpoint " + field + ": empty or not printable ASCII"
                    + " (expected: printable ASCII without spaces)");
        }
    }

    private static void checkHeader(String name, String value, boolean hasKey) {
        HeaderRule.check("endpoint headers", name, value);
        if (hasKey && name.equalsIgnoreCase("authorization")) {
            throw new IllegalArgumentException("endpoint headers: authorization beside a key (expected: one of them)");
        }
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
        return "EndpointConfig[baseUrl=" + baseUrl + ", apiKey=" + (apiKey == null && apiKeyFile == null
                ? "none" : "set")
                + ", versions=" + versions + ']';
    }
}
