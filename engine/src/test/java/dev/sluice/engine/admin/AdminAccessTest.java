// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.config.AdminConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The decision whether a request to the admin listener is let in. */
class AdminAccessTest {
    private static final String TOKEN = "a-token-of-the-operator";
    private static final int LET_IN = 0;

    @TempDir
    private Path folder;

    private Path token(String text) throws IOException {
        return Files.writeString(folder.resolve("token"), text);
    }

    private static AdminPage page(boolean isOpen) {
        return new AdminPage() {
            @Override
            public String path() {
                return "/page";
            }

            @Override
            public boolean isOpen() {
                return isOpen;
            }

            @Override
            public AdminAnswer answer(AdminRequest request) {
                throw new AssertionError("not asked");
            }
        };
    }

    private static int status(AdminAccess access, boolean isOpen, String method, String host,
            List<String> credentials) {
        AdminAnswer refusal = access.refusal(page(isOpen), method, host == null ? List.of() : List.of(host.split(",")),
                credentials);
        return refusal == null ? LET_IN : refusal.status();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "localhost|0", "LOCALHOST:9090|0", "127.0.0.1|0", "127.0.0.1:9090|0", "10.1.2.3:9090|0", "[::1]|0",
        "[::1]:9090|0", "relay.example|0", "Relay.Example:443|0", "relay.internal|0",
        "evil.example|421", "localhost.evil.example|421", "127.0.0.1.evil.example|421", "127.0.0.1:x|421",
        "localhost:123456|421", "[::1|421", "[::1]x|421", "::1|421", "|421", "localhost,localhost|421"
    })
    void shouldKnowItsNames(String host, int expected) {
        AdminAccess access = new AdminAccess(new AdminConfig("relay.internal", 0, null, null, List.of("relay.example"),
                true));

        assertEquals(expected, status(access, false, "GET", host, List.of()));
        assertEquals(expected, status(access, true, "GET", host, List.of()));
    }

    /** Without a token, everything can be read and nothing changed. */
    @ParameterizedTest
    @CsvSource({
        "false, true,  GET,    none,   0",
        "false, false, GET,    none,   0",
        "false, false, POST,   none,   403",
        "false, true,  DELETE, bearer, 403",
        "true,  true,  GET,    none,   0",
        "true,  true,  POST,   none,   401",
        "true,  false, GET,    none,   401",
        "true,  false, GET,    bearer, 0",
        "true,  false, GET,    basic,  0",
        "true,  false, GET,    wrong,  401",
        "true,  false, GET,    twice,  401",
        "true,  false, GET,    broken, 401",
        "true,  false, GET,    digest, 401",
        "true,  false, PUT,    bearer, 0",
        "true,  false, PATCH,  basic,  401", // a browser sends Basic credentials by itself
        "true,  false, DELETE, wrong,  401"
    })
    void shouldAskForTheToken(boolean hasToken, boolean isOpen, String method, String credentials, int expected)
            throws IOException {
        AdminConfig config = new AdminConfig("127.0.0.1", 0);
        AdminAccess access = new AdminAccess(hasToken ? config.withTokenFile(token(TOKEN + "\n")) : config);
        String basic = Base64.getEncoder().encodeToString(("any:" + TOKEN).getBytes());
        List<String> headers = switch (credentials) {
            case "bearer" -> List.of("Bearer " + TOKEN);
            case "basic" -> List.of("Basic " + basic);
            case "wrong" -> List.of("Bearer " + TOKEN + "x");
            case "twice" -> List.of("Bearer " + TOKEN, "Bearer " + TOKEN);
            case "broken" -> List.of("Basic ???");
            case "digest" -> List.of("Digest " + TOKEN);
            default -> List.of();
        };

        assertEquals(expected, status(access, isOpen, method, "127.0.0.1", headers));
    }

    @Test
    void shouldFollowTheTokenFile() throws Exception {
        Path file = token(TOKEN);
        AdminAccess access = new AdminAccess(new AdminConfig("127.0.0.1", 0).withTokenFile(file));

        Files.writeString(file, "another-token-of-the-operator");
        access.refresh();

        assertEquals(401, status(access, false, "GET", "localhost", List.of("Bearer " + TOKEN)));
        assertEquals(LET_IN, status(access, false, "GET", "localhost",
                List.of("Bearer another-token-of-the-operator")));
        Files.writeString(file, "short"); // not usable: the previous one stays
        access.refresh();
        assertEquals(LET_IN, status(access, false, "GET", "localhost",
                List.of("Bearer another-token-of-the-operator")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "too-short", "with a space in it", "with-\u00e4-in-it-somewhere"})
    void shouldRefuseAPoorToken(String text) throws IOException {
        AdminConfig config = new AdminConfig("127.0.0.1", 0).withTokenFile(token(text));

        String message = assertThrows(IllegalArgumentException.class, () -> new AdminAccess(config)).getMessage();

        assertTrue(message.contains("(expected: 16 to 512 printable characters of ASCII)"), message);
    }
}
