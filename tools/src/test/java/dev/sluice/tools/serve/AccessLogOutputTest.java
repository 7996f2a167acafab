// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

class AccessLogOutputTest {
    private static final Logger ACCESS = (Logger) LoggerFactory.getLogger("dev.sluice.access");

    @TempDir
    private Path folder;

    @Test
    void shouldSwitchBetweenFilesAndTheStandardOutput() throws Exception {
        Path one = folder.resolve("one.log");
        Path other = folder.resolve("other.log");
        Files.writeString(other, "before\n");
        AccessLogOutput output = new AccessLogOutput();
        Level level = ACCESS.getLevel();
        ACCESS.setLevel(Level.INFO);
        try {
            output.accept(one);
            ACCESS.info("first");
            output.accept(other);
            ACCESS.info("second");
            String message = assertThrows(IllegalArgumentException.class, () -> output.accept(folder.resolve(
                    "none/at.log"))).getMessage();
            assertTrue(message.contains("cannot be written (expected: a file to which lines can be app"), message);
            ACCESS.info("third");
        } finally {
            output.accept(null);
            ACCESS.setLevel(level);
        }
        ACCESS.warn("fourth");

        assertEquals(List.of("first"), Files.readAllLines(one));
        assertEquals(List.of("before", "second", "third"), Files.readAllLines(other));
    }
}
