// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.otel;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * The settings of an export by OTLP over HTTP, in protobuf.
 *
 * @param endpoint    the base URL of the collector, such as {@code http://127.0.0.1:4318}; {@code /v1/traces} and
 *                    {@code /v1/metrics} are added
 * @param headersFile file with headers of each export, such as {@code authorization: Bearer ...}, one on a line; read
 *                    before each export. Null for none
 * @param serviceName the name of the service (resource attribute {@code service.name})
 * @param sample      the share of exchanges without a trace of their caller's that are traced, 0 to 1
 * @param interval    the time between two exports of metrics, at least 1 s
 */
public record OtelSettings(URI endpoint, Path headersFile, String serviceName, double sample, Duration interval) {
    public OtelSettings {
        if (endpoint == null || endpoint.getHost() == null || !"http".equals(endpoint.getScheme())
                && !"https".equals(endpoint.getScheme())) {
            throw new IllegalArgumentException("endpoint: " + endpoint + " (expected: a URL such as"
                    + " http://127.0.0.1:4318)");
        }
        if (headersFile != null && !Files.isReadable(headersFile)) {
            throw new IllegalArgumentException("headers_file: " + headersFile + " (expected: a readable file)");
        }
        if (serviceName == null || serviceName.isBlank()) {
            throw new IllegalArgumentException("service_name: empty (expected: a name)");
        }
        if (!(sample >= 0 && sample <= 1)) {
            throw new IllegalArgumentException("sample: " + sample + " (expected: 0 to 1)");
        }
        if (interval == null || interval.compareTo(Duration.ofSeconds(1)) < 0) {
            throw new IllegalArgumentException("interval: " + interval + " (expected: at least 1 s)");
        }
    }

    /**
     * Returns the settings of an export without headers, of a service named {@code sluice}: each exchange is traced,
     * and metrics go out once a minute.
     *
     * @param endpoint the base URL of the collector
     * @return the settings
     */
    public static OtelSettings of(String endpoint) {
        return new OtelSettings(URI.create(endpoint), null, "sluice", 1, Duration.ofMinutes(1));
    }
}
