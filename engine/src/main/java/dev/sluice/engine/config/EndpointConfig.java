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

/**
 * One upstream address with its credentials.
 *
 * @param baseUrl {@code http} or {@code https} URL; its path replaces the {@code /v1} of the request path
 * @param apiKey  key that is sent as {@code Authorization: Bearer}; null to send none
 * @param apiKeyFile file that contains the key instead, reread when it changes; null for none
 * @param versions HTTP versions that are used for the endpoint
 * @param weight   share of the requests relative to other endpoints, 1 to 1,000
 * @param priority rank for {@link Balance#PRIORITY}, 0 to 1,000; 0 is used first
 * @param maxInFlight number of requests in flight; 0 for no limit
 * @param warmConnections number of idle connections, with the handshake complete, that each event loop keeps ready, 0
 *                 to 1,000. With HTTP/2, any number above 0 keeps one. 0 connects on demand
 * @param headers  headers that are sent with each request; they replace the downstream's headers of the same name
 * @param maxConnections number of HTTP/2 connections per event loop, up to 10,000; 0 for the value of
 *                 {@link Http2UpstreamConfig}. HTTP/1.1 has one connection per request in flight
 * @param maxStreams number of requests in flight on one HTTP/2 connection, up to 10,000; 0 for the value of
 *                 {@link Http2UpstreamConfig}
 */
public record EndpointConfig(URI baseUrl, String apiKey, Path apiKeyFile, HttpVersions versions, int weight,
        int priority, int maxInFlight, int warmConnections, Map<String, String> headers, int maxConnections,
        int maxStreams) {
    private static final int MAX_WEIGHT = 1000;
    private static final int MAX_PARALLEL = 10_000;
    private static final int MAX_KEY_FILE_BYTES = 8 * 1024;

    public EndpointConfig {
        if (baseUrl == null || baseUrl.getHost() == null || !isHttp(baseUrl)
                || baseUrl.getRawFragment() != null || baseUrl.getRawUserInfo() != null) {
            throw new ConfigException("url", "endpoint url: " + shown(baseUrl == null ? "" : baseUrl.toString())
                    + " (expected: http:// or https:// with a host, without user or fragment)");
        }
        if (apiKey != null) {
            checkKey("api_key", apiKey);
        }
        if (apiKey != null && apiKeyFile != null) {
            throw new ConfigException("api_key_file",
                    "endpoint api_key and api_key_file: both (expected: one of them)");
        }
        if (apiKeyFile != null) {
            readKey(apiKeyFile);
        }
        Checks.present("endpoint http", versions);
        Checks.between("endpoint weight", weight, 1, MAX_WEIGHT);
        Checks.between("endpoint priority", priority, 0, MAX_WEIGHT);
        Checks.atLeast("endpoint max_in_flight", maxInFlight, 0);
        Checks.between("endpoint warm_connections", warmConnections, 0, MAX_WEIGHT);
        Checks.between("endpoint max_connections", maxConnections, 0, MAX_PARALLEL);
        Checks.between("endpoint max_streams", maxStreams, 0, MAX_PARALLEL);
        headers = Checks.map("endpoint headers", headers);
        for (Map.Entry<String, String> header : headers.entrySet()) {
            checkHeader(header.getKey(), header.getValue(), apiKey != null || apiKeyFile != null);
        }
    }

    /**
     * Creates an endpoint with all defaults.
     *
     * @param baseUrl {@code http} or {@code https} URL
     * @param apiKey  key that is sent as {@code Authorization: Bearer}; null to send none
     * @return the endpoint
     * @throws IllegalArgumentException if the URL or the key is not valid
     */
    public static EndpointConfig of(String baseUrl, String apiKey) {
        Checks.text("endpoint url", baseUrl);
        try {
            return new EndpointConfig(new URI(baseUrl), apiKey, null, HttpVersions.AUTO, 1, 0, 0, 0, Map.of(), 0, 0);
        } catch (URISyntaxException e) {
            throw new ConfigException("url", "endpoint url: not a URL (expected: http:// or https:// with a host)");
        }
    }

    /**
     * Returns a copy with other HTTP versions.
     *
     * @param other HTTP versions that are used for the endpoint
     * @return the copy
     */
    public EndpointConfig withVersions(HttpVersions other) {
        return toBuilder().versions(other).build();
    }

    /**
     * Returns a copy with another rank among the endpoints of its cluster.
     *
     * @param share    weight, 1 to 1,000
     * @param order    priority, 0 to 1,000; 0 is used first
     * @param inFlight number of requests in flight; 0 for no limit
     * @return the copy
     */
    public EndpointConfig withPlace(int share, int order, int inFlight) {
        return toBuilder().weight(share).priority(order).maxInFlight(inFlight).build();
    }

    /**
     * Returns a copy with another number of connections that are kept ready.
     *
     * @param count number of idle connections per event loop, 0 to 1,000; 0 connects on demand
     * @return the copy
     */
    public EndpointConfig withWarmConnections(int count) {
        return toBuilder().warmConnections(count).build();
    }

    /**
     * Returns a copy with other headers.
     *
     * @param sent headers that are sent with each request
     * @return the copy
     */
    public EndpointConfig withHeaders(Map<String, String> sent) {
        return toBuilder().headers(sent).build();
    }

    /**
     * Returns a copy with other HTTP/2 limits.
     *
     * @param connections number of connections per event loop, up to 10,000; 0 for the value of
     *                    {@link Http2UpstreamConfig}
     * @param streams     number of requests in flight on one connection, up to 10,000; 0 for the value of
     *                    {@link Http2UpstreamConfig}
     * @return the copy
     */
    public EndpointConfig withCapacity(int connections, int streams) {
        return toBuilder().maxConnections(connections).maxStreams(streams).build();
    }

    /**
     * Returns a copy that reads its key from a file.
     *
     * @param file file that contains the key
     * @return the copy
     */
    public EndpointConfig withApiKeyFile(Path file) {
        return toBuilder().apiKey(null).apiKeyFile(file).build();
    }

    /**
     * Reads a key from a file and removes the white space around it.
     *
     * @param file file of at most 8 KiB
     * @return the key
     * @throws IllegalArgumentException if the file cannot be read or does not contain a key; the message shows nothing
     *                                  of its content
     */
    public static String readKey(Path file) {
        String key;
        try {
            if (Files.size(file) > MAX_KEY_FILE_BYTES) {
                throw new IOException("over " + MAX_KEY_FILE_BYTES + " bytes");
            }
            key = Files.readString(file, StandardCharsets.ISO_8859_1).trim();
        } catch (IOException e) {
            throw new ConfigException("api_key_file", "endpoint api_key_file: " + file
                    + " cannot be read (expected: a file with a key)", e);
        }
        checkKey("api_key_file", key);
        return key;
    }

    private static void checkKey(String field, String key) {
        if (!isHeaderText(key)) {
            throw new ConfigException(field, "endpoint " + field + ": empty or not printable ASCII"
                    + " (expected: printable ASCII without spaces)");
        }
    }

    private static void checkHeader(String name, String value, boolean hasKey) {
        HeaderRule.check("endpoint headers", name, value);
        if (hasKey && name.equalsIgnoreCase("authorization")) {
            throw new ConfigException("headers",
                    "endpoint headers: authorization beside a key (expected: one of them)");
        }
    }

    private static boolean isHttp(URI url) {
        String scheme = url.getScheme() == null ? "" : url.getScheme().toLowerCase(Locale.ROOT);
        return scheme.equals("http") || scheme.equals("https");
    }

    /** Returns a URL for a message. The part before an at sign or after a question mark may be a secret. */
    private static String shown(String url) {
        return url.matches("[^@?#]+") ? url : "not shown, because it has a user, query or fragment";
    }

    private static boolean isHeaderText(String text) {
        return !text.isEmpty() && text.chars().allMatch(c -> c > 0x20 && c < 0x7f);
    }

    /** {@return whether connections to the endpoint use TLS} */
    public boolean isTls() {
        return baseUrl.getScheme().equalsIgnoreCase("https");
    }

    /** {@return the port to connect to; 80 or 443 if the URL names none} */
    public int port() {
        if (baseUrl.getPort() >= 0) {
            return baseUrl.getPort();
        }
        return isTls() ? 443 : 80;
    }

    /** {@return the URL and the versions, and whether a key is set; never the key} */
    @Override
    public String toString() {
        return "EndpointConfig[baseUrl=" + baseUrl + ", apiKey=" + (apiKey == null && apiKeyFile == null
                ? "none" : "set")
                + ", versions=" + versions + ']';
    }

    /** {@return a builder that starts with the values of this configuration} */
    public Builder toBuilder() {
        return new Builder(this);
    }

    /** A builder of {@link EndpointConfig}. Not thread-safe. */
    public static final class Builder {
        private URI baseUrl;
        private String apiKey;
        private Path apiKeyFile;
        private HttpVersions versions;
        private int weight;
        private int priority;
        private int maxInFlight;
        private int warmConnections;
        private Map<String, String> headers;
        private int maxConnections;
        private int maxStreams;

        private Builder(EndpointConfig from) {
            baseUrl = from.baseUrl;
            apiKey = from.apiKey;
            apiKeyFile = from.apiKeyFile;
            versions = from.versions;
            weight = from.weight;
            priority = from.priority;
            maxInFlight = from.maxInFlight;
            warmConnections = from.warmConnections;
            headers = from.headers;
            maxConnections = from.maxConnections;
            maxStreams = from.maxStreams;
        }

        /**
         * Sets {@link EndpointConfig#baseUrl}.
         *
         * @param value {@code http} or {@code https} URL; its path replaces the {@code /v1} of the request path
         * @return this builder
         */
        public Builder baseUrl(URI value) {
            baseUrl = value;
            return this;
        }

        /**
         * Sets {@link EndpointConfig#apiKey}.
         *
         * @param value key that is sent as {@code Authorization: Bearer}; null to send none
         * @return this builder
         */
        public Builder apiKey(String value) {
            apiKey = value;
            return this;
        }

        /**
         * Sets {@link EndpointConfig#apiKeyFile}.
         *
         * @param value file that contains the key instead, reread when it changes; null for none
         * @return this builder
         */
        public Builder apiKeyFile(Path value) {
            apiKeyFile = value;
            return this;
        }

        /**
         * Sets {@link EndpointConfig#versions}.
         *
         * @param value HTTP versions that are used for the endpoint
         * @return this builder
         */
        public Builder versions(HttpVersions value) {
            versions = value;
            return this;
        }

        /**
         * Sets {@link EndpointConfig#weight}.
         *
         * @param value share of the requests relative to other endpoints, 1 to 1,000
         * @return this builder
         */
        public Builder weight(int value) {
            weight = value;
            return this;
        }

        /**
         * Sets {@link EndpointConfig#priority}.
         *
         * @param value rank for {@link Balance#PRIORITY}, 0 to 1,000; 0 is used first
         * @return this builder
         */
        public Builder priority(int value) {
            priority = value;
            return this;
        }

        /**
         * Sets {@link EndpointConfig#maxInFlight}.
         *
         * @param value number of requests in flight; 0 for no limit
         * @return this builder
         */
        public Builder maxInFlight(int value) {
            maxInFlight = value;
            return this;
        }

        /**
         * Sets {@link EndpointConfig#warmConnections}.
         *
         * @param value number of idle connections, with the handshake complete, that each event loop keeps ready, 0
         *               to 1,000. With HTTP/2, any number above 0 keeps one. 0 connects on demand
         * @return this builder
         */
        public Builder warmConnections(int value) {
            warmConnections = value;
            return this;
        }

        /**
         * Sets {@link EndpointConfig#headers}.
         *
         * @param value headers that are sent with each request; they replace the downstream's headers of the same
         *               name
         * @return this builder
         */
        public Builder headers(Map<String, String> value) {
            headers = value;
            return this;
        }

        /**
         * Sets {@link EndpointConfig#maxConnections}.
         *
         * @param value number of HTTP/2 connections per event loop, up to 10,000; 0 for the value of {@link
         *               Http2UpstreamConfig}. HTTP/1.1 has one connection per request in flight
         * @return this builder
         */
        public Builder maxConnections(int value) {
            maxConnections = value;
            return this;
        }

        /**
         * Sets {@link EndpointConfig#maxStreams}.
         *
         * @param value number of requests in flight on one HTTP/2 connection, up to 10,000; 0 for the value of
         *               {@link Http2UpstreamConfig}
         * @return this builder
         */
        public Builder maxStreams(int value) {
            maxStreams = value;
            return this;
        }

        /**
         * Returns the configuration.
         *
         * @return the configuration
         * @throws IllegalArgumentException if a value is out of its range
         */
        public EndpointConfig build() {
            return new EndpointConfig(baseUrl, apiKey, apiKeyFile, versions, weight, priority, maxInFlight,
                    warmConnections, headers, maxConnections, maxStreams);
        }
    }
}
