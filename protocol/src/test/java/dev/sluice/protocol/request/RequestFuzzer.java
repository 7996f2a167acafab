// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;

/**
 * A fuzzer that checks the properties of {@link RequestFuzzTest} with inputs that Jazzer finds by coverage. It is not
 * part of the build and runs with {@code JAZZER_FUZZ=1 ./mvnw -pl protocol test -Dtest=RequestFuzzer}. Each input that
 * fails becomes a named test.
 */
class RequestFuzzer {
    @FuzzTest(maxDuration = "30m")
    @Timeout(value = 40, unit = TimeUnit.MINUTES)
    void shouldHoldForAnyBytes(byte[] data) throws IOException {
        int[] at = new int[1];
        RandomBody.Choices choices = bound -> at[0] < data.length ? Byte.toUnsignedInt(data[at[0]++]) % bound : 0;
        boolean isStructured = choices.next(4) > 0;
        byte[] body = isStructured ? new RandomBody(choices).make().getBytes(UTF_8)
                : Arrays.copyOfRange(data, Math.min(1, data.length), data.length);
        RequestFuzzTest.check(body, choices);
    }
}
