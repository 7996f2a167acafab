// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.engine.config.KeyConfig;
import dev.sluice.engine.spi.Principal;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ApiKeyAuthenticatorTest {

    private static String ask(ApiKeyAuthenticator authenticator, String authorization) {
        Principal found = new Ask(authorization).of(authenticator);
        return found == null ? "refused" : found.name();
    }

    @Test
    void shouldTellKeysApart() {
        List<KeyConfig> keys = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            keys.add(KeyConfig.ofSecret("k" + i, "sk-" + i));
        }
        ApiKeyAuthenticator authenticator = new ApiKeyAuthenticator(keys);

        for (int i = 0; i < 500; i++) {
            assertEquals("k" + i, ask(authenticator, "Bearer sk-" + i));
        }
        for (String wrong : new String[] {null, "", "Bearer", "Bearer ", "Bearer sk-500", "sk-1", "Basic sk-1",
            "Bearer sk-1 sk-2", "Bearer " + "x".repeat(1000)}) {
            assertEquals("refused", ask(authenticator, wrong), String.valueOf(wrong));
        }
    }

    @Test
    void shouldLetEverybodyInWithoutKeys() {
        assertEquals("anonymous", ask(new ApiKeyAuthenticator(List.of()), null));
    }
}
