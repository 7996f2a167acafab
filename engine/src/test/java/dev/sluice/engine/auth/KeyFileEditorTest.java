// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.config.KeyConfig;
import dev.sluice.engine.config.KeyFile;
import dev.sluice.protocol.json.JsonTree;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KeyFileEditorTest {
    private static final String ALICE = "{ \"label\":\"alice\",  \"sha256\":\"" + "a".repeat(64)
            + "\", \"requests_per_minute\": 5}";
    private static final String BOB = "{\"label\":\"bob\",\"sha256\":\"" + "b".repeat(64) + "\"}";

    @TempDir
    private Path folder;
    private Path file;
    private ApiKeyAuthenticator keys;

    @BeforeEach
    void create() throws IOException {
        file = folder.resolve("keys.jsonl");
        Files.writeString(file, "# the first\n" + ALICE + "\n\n" + BOB + '\n');
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
        keys = new ApiKeyAuthenticator(List.of(KeyConfig.ofSecret("fixed", "sk-fixed")), file, List.of(),
                Clock.systemUTC());
    }

    private static Map<?, ?> object(String json) {
        return (Map<?, ?>) JsonTree.read(json.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void shouldChangeOnlyTheLinesOfALabel() throws IOException {
        assertEquals(1, keys.editor().change("bob", object("{\"tokens_per_minute\": 7, \"models\": [\"gpt-*\"]}")));
        String changed = BOB.replace("}", ",\"tokens_per_minute\":7,\"models\":[\"gpt-*\"]}");
        assertEquals(List.of("# the first", ALICE, "", changed), Files.readAllLines(file));

        assertEquals(1, keys.editor().change("bob", object("{\"tokens_per_minute\": null, \"models\": null}")));
        assertEquals(List.of("# the first", ALICE, "", BOB), Files.readAllLines(file));

        assertEquals(1, keys.editor().remove("alice"));
        assertEquals(0, keys.editor().remove("alice"));
        assertEquals(0, keys.editor().change("carol", object("{}")));
        assertEquals(List.of("# the first", "", BOB), Files.readAllLines(file));
        assertEquals("rw-r-----", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    }

    @Test
    void shouldAddAKey() throws IOException {
        keys.editor().add(object("{\"label\": \"carol\", \"sha256\": \"" + "c".repeat(64) + "\"}"));

        assertEquals(List.of("alice", "bob", "carol"), KeyFile.read(file).stream().map(KeyConfig::label).toList());
        keys.refresh();
        assertEquals(3, keys.ofFile().size());
    }

    /** A file that could not be used never takes the place of one that can, and nothing is left behind. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "{\"label\": \"b a d\", \"sha256\": \"C\"}|key label: b a d",
        "{\"label\": \"carol\", \"sha256\": \"short\"}|key carol: sha256 is not 64",
        "{\"label\": \"carol\", \"sha256\": \"C\", \"limit\": 3}|limit: unknown (expected: ",
        "{\"label\": \"carol\", \"sha256\": \"C\", \"expires\": \"soon\"}|expires: ",
        "{\"label\": \"carol\", \"sha256\": \"C\", \"group\": \"none\"}|key carol: group none (expected: ",
        "{\"label\": \"carol\", \"sha256\": \"B\"}|sha256: the same as on another line",
        "{\"label\": \"bob\", \"sha256\": \"C\", \"max_in_flight\": 3}|key bob: limits differ",
        "{\"label\": \"carol\"}|key carol: sha256 is not 64"
    })
    void shouldRefuseAKeyThatCannotBeUsed(String line, String expected) throws IOException {
        String before = Files.readString(file);
        Map<?, ?> members = object(line.replace("\"C\"", '"' + "c".repeat(64) + '"').replace("\"B\"", '"'
                + "b".repeat(64) + '"'));

        String message = assertThrows(IllegalArgumentException.class, () -> keys.editor().add(members)).getMessage();

        assertEquals(expected, message.substring(0, Math.min(expected.length(), message.length())), message);
        assertEquals(before, Files.readString(file));
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(List.of(file), files.toList());
        }
    }

    @Test
    void shouldFollowASymbolicLink() throws IOException {
        Path link = Files.createSymbolicLink(folder.resolve("link.jsonl"), file);
        ApiKeyAuthenticator linked = new ApiKeyAuthenticator(List.of(), link, List.of(), Clock.systemUTC());

        linked.editor().remove("bob");

        assertEquals(List.of("# the first", ALICE, ""), Files.readAllLines(file));
        assertEquals(file, Files.readSymbolicLink(link));
    }

    /** What another program writes meanwhile is not lost. */
    @Test
    void shouldNotOverwriteAnotherChange() throws IOException {
        KeyFileEditor editor = new KeyFileEditor(file, candidate -> append("# of another program\n"));

        String message = assertThrows(IllegalArgumentException.class, () -> editor.remove("bob")).getMessage();

        assertTrue(message.startsWith("key_file: changed by another program meanwhile"), message);
        assertEquals(List.of("# the first", ALICE, "", BOB, "# of another program"), Files.readAllLines(file));
    }

    private void append(String line) {
        try {
            Files.writeString(file, line, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
