// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.load;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The processor time and the memory of a process and of those that it has started, from Linux's /proc. */
final class ProcessWatch {
    /** USER_HZ, which is 100 wherever Linux runs Java. */
    private static final long NANOS_PER_TICK = TimeUnit.SECONDS.toNanos(1) / 100;
    private static final int UTIME = 11;
    private static final int STIME = 12;

    private final long pid;

    ProcessWatch(long pid) {
        this.pid = pid;
    }

    private List<Long> pids() {
        List<Long> all = new ArrayList<>(List.of(pid));
        ProcessHandle.of(pid).ifPresent(process -> process.descendants().forEach(child -> all.add(child.pid())));
        return all;
    }

    /**
     * Returns the time that processors have spent for them so far, in nanoseconds, in steps of 10 ms.
     *
     * @throws IOException where there is no such process
     */
    long cpuNanos() throws IOException {
        long ticks = 0;
        for (long each : pids()) {
            String stat = Files.readString(Path.of("/proc/" + each + "/stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            ticks += Long.parseLong(fields[UTIME]) + Long.parseLong(fields[STIME]);
        }
        return ticks * NANOS_PER_TICK;
    }

    /**
     * Returns how much memory they have resident, in KiB.
     *
     * @throws IOException where there is no such process
     */
    long residentKib() throws IOException {
        long kib = 0;
        for (long each : pids()) {
            for (String line : Files.readAllLines(Path.of("/proc/" + each + "/status"))) {
                if (line.startsWith("VmRSS:")) {
                    kib += Long.parseLong(line.replaceAll("\\D", ""));
                }
            }
        }
        return kib;
    }
}
