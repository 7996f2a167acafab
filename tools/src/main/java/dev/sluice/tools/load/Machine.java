// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.load;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/** The machine on which a result was measured, as far as it tells. */
final class Machine {
    private Machine() {
    }

    /** Adds what is known. */
    static void describe(ObjectNode node) {
        node.put("processor", line(Path.of("/proc/cpuinfo"), "model name"))
                .put("processors", Runtime.getRuntime().availableProcessors())
                .put("memory", line(Path.of("/proc/meminfo"), "MemTotal"))
                .put("system", System.getProperty("os.name") + ' ' + System.getProperty("os.version") + ", "
                        + System.getProperty("os.arch"))
                .put("java", System.getProperty("java.vm.name") + ' ' + System.getProperty("java.runtime.version"))
                .put("load_average", ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
    }

    /** Returns the first value with a name in a file of the kernel; null if there is none, or no such file. */
    private static String line(Path file, String name) {
        try {
            return Files.readAllLines(file).stream().filter(line -> line.startsWith(name)).findFirst()
                    .map(line -> line.substring(line.indexOf(':') + 1).strip()).orElse(null);
        } catch (IOException e) {
            return null; // another system than Linux
        }
    }
}
