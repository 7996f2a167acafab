// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.bench.exchange.HeapPerEvent;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * A check that the heap of an event, of an exchange and of a quiet stream stays within its budget. The heap is counted,
 * not timed. The check runs in a separate JVM, because the tests' leak detection keeps a record of every buffer on the
 * heap.
 */
@EnabledOnOs(OS.LINUX)
class HeapBudgetIT {
    @Test
    void shouldKeepTheBudgets(@TempDir Path folder) throws Exception {
        Path output = folder.resolve("output");
        Process check = new ProcessBuilder(ProcessHandle.current().info().command().orElseThrow(),
                "-Dio.netty.leakDetection.level=disabled", "-XX:+UseSerialGC", "-cp",
                System.getProperty("java.class.path"), HeapPerEvent.class.getName(), "--check")
                .redirectErrorStream(true).redirectOutput(output.toFile()).start();
        try {
            assertTrue(check.waitFor(5, TimeUnit.MINUTES), () -> "check: timed out after 5 min: " + read(output));
            assertEquals(0, check.exitValue(), () -> read(output));
        } finally {
            check.destroyForcibly();
        }
    }

    private static String read(Path output) {
        try {
            return Files.readString(output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
