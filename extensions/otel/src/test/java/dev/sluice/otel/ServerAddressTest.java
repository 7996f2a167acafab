// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.otel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServerAddressTest {

    @ParameterizedTest
    @CsvSource({
        "api.openai.com,     api.openai.com, -1",
        "127.0.0.1:8080,     127.0.0.1,      8080",
        "[::1]:8080,         [::1],          8080",
        "[2001:db8::1],      [2001:db8::1],  -1"
    })
    void shouldTellHostAndPort(String endpoint, String host, long port) {
        assertEquals(host, ServerAddress.host(endpoint));
        assertEquals(port, ServerAddress.port(endpoint));
    }
}
