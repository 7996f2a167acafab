// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.error;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class ErrorBodyTest {

    @Test
    void shouldHaveAllFourMembers() {
        String body = new String(ErrorBody.of(RelayException.refusedField("model", "model: \"q\"")), UTF_8);

        assertEquals("{\"error\":{\"message\":\"model: \\\"q\\\"\",\"type\":\"invalid_request_error\","
                + "\"code\":\"invalid_request_error\",\"param\":\"model\"}}", body);
    }

    @Test
    void shouldWriteAnAbsentParamAsNull() {
        String body = new String(ErrorBody.of(RelayException.of(ErrorCode.RELAY_DRAINING, "stopping")), UTF_8);

        assertEquals("{\"error\":{\"message\":\"stopping\",\"type\":\"service_unavailable\",\"code\":\"draining\","
                + "\"param\":null}}", body);
    }
}
