// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.config.BudgetConfig;
import dev.sluice.engine.config.BudgetWindow;
import dev.sluice.engine.config.GroupConfig;
import dev.sluice.engine.config.KeyConfig;
import dev.sluice.engine.config.UsageLimits;
import dev.sluice.engine.spi.Principal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeyFileTest {
    private static final Instant NOW = Instant.parse("2026-11-21T00:00:00Z");

    @TempDir
    private Path folder;

    private static String line(String label, String key, String more) {
        return "{\"label\":\"" + label + "\",\"sha256\":\"" + KeyConfig.ofSecret(label, key).sha256() + '"' + more
                + "}\n";
    }

    private Path file(String text) throws IOException {
        Path fresh = Files.writeString(folder.resolve("fresh"), text);
        return Files.move(fresh, folder.resolve("keys"), StandardCopyOption.REPLACE_EXISTING);
    }

    private static Principal ask(ApiKeyAuthenticator authenticator, String key) {
        return new Ask("Bearer " + key).of(authenticator);
    }

    private ApiKeyAuthenticator authenticator(Path file) {
        return new ApiKeyAuthenticator(List.of(KeyConfig.ofSecret("root", "sk-root")), file, List.of(),
                Clock.fixed(NOW, ZoneOffset.UTC));
    }

    @Test
    void shouldKnowTheKeysOfTheFileAndOfTheConfiguration() throws IOException {
        ApiKeyAuthenticator keys = authenticator(file("# staff\n\n" + line("alice", "sk-a",
                ",\"models\":[\"gpt-5*\"],\"profiles\":[\"k*\"],\"expires\":\"2026-11-21T00:00:01Z\"")));

        assertEquals("root", ask(keys, "sk-root").name());
        Principal alice = ask(keys, "sk-a");
        assertTrue(alice.mayUse("gpt-5.2") && !alice.mayUse("o3"));
        assertTrue(alice.mayUseProfile("kie") && !alice.mayUseProfile("openai"));
        assertNull(ask(keys, "sk-b"));
    }

    @Test
    void shouldReadTheLimitsOfAKey() throws IOException {
        ApiKeyAuthenticator keys = authenticator(file(line("a", "sk-a", ",\"max_in_flight\":50,\"requests_per_minute\":"
                + "600,\"tokens_per_minute\":2147483647") + line("b", "sk-b", ",\"tokens_per_minute\": 0")));

        assertEquals(new UsageLimits(50, 600, Integer.MAX_VALUE), ask(keys, "sk-a").limits());
        assertEquals(UsageLimits.NONE, ask(keys, "sk-b").limits());
    }

    @Test
    void shouldReadTheBudgetsAndTheGroupOfAKey() throws IOException {
        Path keys = file(line("a", "sk-a", ",\"group\":\"team\",\"budgets\":[{\"window\":\"day\",\"usd\":0.25},"
                + "{\"window\":\"7d\",\"tokens\":50000000000}]"));
        Principal caller = ask(new ApiKeyAuthenticator(List.of(), keys, List.of(new GroupConfig("team",
                UsageLimits.NONE)), Clock.fixed(NOW, ZoneOffset.UTC)), "sk-a");

        assertEquals("team", caller.group());
        assertEquals(List.of(new BudgetConfig(BudgetWindow.DAY, 250_000, 0), new BudgetConfig(new BudgetWindow("7d"), 0,
                50_000_000_000L)), caller.limits().budgets());
        assertThrows(IllegalArgumentException.class, () -> authenticator(keys)); // no such group
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "[1]", "[{\"window\":\"day\"}]", "[{\"window\":\"day\",\"usd\":\"1\"}]",
        "[{\"window\":\"day\",\"usd\":0.0000001}]", "[{\"window\":\"day\",\"usd\":1,\"euro\":1}]", "[{\"usd\":1}]"})
    void shouldRefuseABudgetThatIsNone(String budgets) throws IOException {
        Path keys = file(line("a", "sk-a", ",\"budgets\":" + budgets));

        assertThrows(IllegalArgumentException.class, () -> authenticator(keys));
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "1.5", "1e3", "2147483648", "99999999999999999999999", "\"3\"", "null", "true", "[]"})
    void shouldRefuseALimitThatIsNoCount(String limit) throws IOException {
        Path file = file(line("a", "sk-a", ",\"requests_per_minute\":" + limit));

        String message = assertThrows(IllegalArgumentException.class, () -> authenticator(file)).getMessage();
        assertTrue(message.startsWith("key_file: keys, line 1: requests_per_minute: ") && message.endsWith(
                " (expected: an integer from 0 to 2147483647, 0 for no limit)"), message);
    }

    @Test
    void shouldForgetAKeyWhenItExpires() throws IOException {
        assertNull(ask(authenticator(file(line("a", "sk-a", ",\"expires\":\"2026-11-21T00:00:00Z\""))), "sk-a"));
    }

    @Test
    void shouldReadTheFileAgainWhenItChanges() throws IOException {
        Path file = file(line("a", "sk-a", ""));
        ApiKeyAuthenticator keys = authenticator(file);

        file(line("b", "sk-b", ""));
        keys.refresh();
        assertNull(ask(keys, "sk-a"));
        assertNotNull(ask(keys, "sk-b"));

        file(line("c", "sk-c", "") + "nonsense\n");
        keys.refresh();
        assertNotNull(ask(keys, "sk-b"), "a bad file changes nothing");

        Files.delete(file);
        keys.refresh();
        assertNotNull(ask(keys, "sk-b"), "nor does a missing one");

        file("");
        keys.refresh();
        assertNull(ask(keys, "sk-b"), "an empty file knows nobody");
        assertNull(ask(keys, ""), "and lets nobody in");
    }

    @ParameterizedTest
    @ValueSource(strings = {"nonsense", "[]", "{}", "{\"label\":\"a\",\"sha256\":\"12\"}",
        "{\"label\":\"a\",\"key\":\"sk-secret\"}", "{\"label\":\"a\"}, \"expires\":\"2020-01-01T00:00:00Z\"}",
        "{\"label\":\"a\",\"models\":[\"a\"],\"models\":[]}"})
    void shouldNameTheLineThatIsNoKey(String wrong) throws IOException {
        Path file = file(line("a", "sk-a", "") + wrong);

        String message = assertThrows(IllegalArgumentException.class, () -> authenticator(file)).getMessage();

        assertTrue(message.startsWith("key_file: keys, line 2: "), message);
        assertTrue(!message.contains("sk-secret"), message);
    }

    @Test
    void shouldReadAgainWhatCouldNotBeRead() throws IOException {
        Path file = file(line("a", "sk-a", ""));
        ApiKeyAuthenticator keys = authenticator(file);

        Files.delete(file);
        Files.createDirectory(file);
        keys.refresh();
        Files.delete(file);
        file(line("b", "sk-b", ""));
        keys.refresh();

        assertNotNull(ask(keys, "sk-b"));
    }

    @Test
    void shouldNotLetTheFileWidenAConfiguredKey() throws IOException {
        Path file = file(line("root2", "sk-root", ""));

        assertThrows(IllegalArgumentException.class, () -> authenticator(file));
    }

    @Test
    void shouldRefuseTheSameKeyTwiceAndAFileThatIsNotThere() throws IOException {
        Path file = file(line("a", "sk-a", "") + line("b", "sk-a", ""));

        assertThrows(IllegalArgumentException.class, () -> authenticator(file));
        assertThrows(IllegalArgumentException.class, () -> authenticator(folder.resolve("none")));
    }
}
