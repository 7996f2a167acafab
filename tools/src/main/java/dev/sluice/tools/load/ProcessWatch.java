// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.load;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The processor time and the memory of a process and of those that it has started, from Linux's /proc. */
final class ProcessWatch {
    /** USER_HZ, which is 100 wherever Linux runs Java. */
    private static final long NANOS_PER_TICK = TimeUnit.SECONDS.toNanos(1) / 100;
    private static final int UTIME = 11;
    private static final int STIME = 12;

    private final long pid;
    /** What each thread was seen to have used, in nanoseconds: what one has used does not go when it ends. */
    private final Map<Path, Long> threads = new HashMap<>();

    ProcessWatch(long pid) {
        this.pid = pid;
    }

    private List<Long> pids() {
        List<Long> all = new ArrayList<>(List.of(pid));
        ProcessHandle.of(pid).ifPresent(process -> process.descendants().forEach(child -> all.add(child.pid())));
        return all;
    }

    /**
     * Returns the time that processors have spent for them so far, in nanoseconds, from each thread's schedstat; from
     * its stat, in steps of 10 ms, where the kernel keeps none (CONFIG_SCHED_INFO).
     *
     * @throws IOException where there is no such process
     */
    long cpuNanos() throws IOException {
        for (long each : pids()) {
            try (DirectoryStream<Path> tasks = Files.newDirectoryStream(Path.of("/proc/" + each + "/task"))) {
                for (Path task : tasks) {
                    read(task);
                }
            }
        }
        return threads.values().stream().mapToLong(Long::longValue).sum();
    }

    private void read(Path task) throws IOException {
        try {
            threads.put(task, Math.max(fromSchedstat(task), fromStat(task)));
        } catch (IOException e) {
            if (Files.exists(task)) {
                throw e;
            } // otherwise it has ended since it was listed
        }
    }

    private static long fromSchedstat(Path task) throws IOException {
        Path file = task.resolve("schedstat");
        return Files.exists(file) ? Long.parseLong(Files.readString(file).split(" ")[0]) : 0;
    }

    private static long fromStat(Path task) throws IOException {
        String stat = Files.readString(task.resolve("stat"));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return (Long.parseLong(fields[UTIME]) + Long.parseLong(fields[STIME])) * NANOS_PER_TICK;
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
