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

/** The processor time and the memory of a process and of those that it has started, from Linux's /proc. */
final class ProcessWatch {
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
     * Returns the time that processors have spent for them so far, in nanoseconds, from each thread's schedstat. The
     * process's own stat counts in steps of 10 ms, which is too coarse for little work in a short time.
     *
     * @throws IOException where there is no such process, or a kernel without CONFIG_SCHED_INFO
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
            String stat = Files.readString(task.resolve("schedstat"));
            threads.put(task, Long.parseLong(stat.substring(0, stat.indexOf(' '))));
        } catch (IOException e) {
            if (Files.exists(task)) {
                throw e;
            } // otherwise it has ended since it was listed
        }
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
