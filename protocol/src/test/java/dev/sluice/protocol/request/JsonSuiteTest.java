// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.request;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sluice.protocol.Cuts;
import dev.sluice.protocol.JsonSuite;
import dev.sluice.protocol.error.RelayException;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Tests that JSON texts pass unchanged and all other texts are refused, however they are cut. */
class JsonSuiteTest {
    static List<JsonSuite.Case> cases() {
        return JsonSuite.all();
    }

    private static byte[] edit(byte[] body, int chunkBytes) {
        return EditedBody.of(Profiles.standard(), Profiles.standard(), Cuts.even(body, chunkBytes));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void shouldTellAsTheValueOfAnUnknownField(JsonSuite.Case text) {
        byte[] body = text.asField();
        for (int chunkBytes : Cuts.chunkBytes()) {
            if (text.isJson()) {
                assertArrayEquals(body, edit(body, chunkBytes));
            } else {
                RelayException refusal = assertThrows(RelayException.class, () -> edit(body, chunkBytes));
                assertEquals("invalid_json", refusal.code().code());
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void shouldRefuseAsAWholeBody(JsonSuite.Case text) {
        for (int chunkBytes : Cuts.chunkBytes()) {
            RelayException refusal = assertThrows(RelayException.class, () -> edit(text.text(), chunkBytes));
            assertEquals(400, refusal.code().status());
        }
    }
}
