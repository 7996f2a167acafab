// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NettyVersionTest {
    private static final String EXPECTED = " (expected: 4.2 of each module; a BOM may have chosen another one, as that"
            + " of Spring Boot 3 does unless the property netty.version is set)";

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "none", value = {
        "netty-common 4.2.18.Final, netty-transport 4.2.18.Final | true | none",
        "netty-common 4.2.18.Final, netty-tcnative-boringssl-static 2.0.73.Final | true | none",
        "'' | true | none",
        "netty-common 4.1.119.Final, netty-transport 4.1.119.Final | false"
            + " | netty: netty-common 4.1.119.Final, netty-transport 4.1.119.Final",
        "netty-common 4.2.18.Final, netty-codec-http 4.1.119.Final | true | netty: netty-codec-http 4.1.119.Final",
        "netty-common 5.0.0.Alpha5 | true | netty: netty-common 5.0.0.Alpha5",
        "'' | false | netty: older than 4.2"
    })
    void shouldNameTheModulesOfAnotherVersion(String modules, boolean hasIoHandle, String found) {
        List<String> all = modules.isEmpty() ? List.of() : List.of(modules.split(", "));

        assertEquals(found == null ? null : found + EXPECTED, NettyVersion.problem(all, hasIoHandle));
        assertDoesNotThrow(NettyVersion::check);
    }
}
