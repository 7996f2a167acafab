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

/** A meter for the CPU time and memory of a process and its descendants. It reads Linux's /proc. */
final class ProcessWatch {
    /** Nanoseconds per clock tick. USER_HZ is 100 on every Linux that runs Java. */
    private static final long NANOS_PER_TICK = TimeUnit.SECONDS.toNanos(1) / 100;
    private static final int UTIME = 11;
    private static final int STIME = 12;

    private final long pid;
    /** The CPU time of each thread. The entry of an ended thread stays, so that its time still counts. */
    private final Map<Path, Cpu> threads = new HashMap<>();

    /**
     * CPU time, of a thread, of processes, or spent between two readings.
     *
     * @param nanos  all of it, in nanoseconds
     * @param user   the part in user mode as the kernel samples it, in nanoseconds but in steps of 10 ms
     * @param kernel the part in kernel mode, likewise
     */
    record Cpu(long nanos, long user, long kernel) {
        Cpu plus(Cpu other) {
            return new Cpu(nanos + other.nanos, user + other.user, kernel + other.kernel);
        }

        Cpu minus(Cpu other) {
            return new Cpu(nanos - other.nanos, user - other.user, kernel - other.kernel);
        }

        /**
         * Returns the part in user mode: the sampled share of the exact time. The kernel's part is mostly the transfer
         * over loopback, which no relay can make cheaper.
         */
        long userNanos() {
            return user + kernel == 0 ? nanos : Math.round((double) nanos * user / (user + kernel));
        }
    }

    ProcessWatch(long pid) {
        this.pid = pid;
    }

    private List<Long> pids() {
        List<Long> all = new ArrayList<>(List.of(pid));
        ProcessHandle.of(pid).ifPresent(process -> process.descendants().forEach(child -> all.add(child.pid())));
        return all;
    }

    /**
     * Returns the CPU time of the processes so far. It comes from each thread's schedstat, or from its stat in steps of
     * 10 ms if the kernel does not maintain schedstat (CONFIG_SCHED_INFO). The share of user mode is that of stat
     * between two readings.
     *
     * @throws IOException if the process does not exist
     */
    Cpu cpu() throws IOException {
        for (long each : pids()) {
            try (DirectoryStream<Path> tasks = Files.newDirectoryStream(Path.of("/proc/" + each + "/task"))) {
                for (Path task : tasks) {
                    read(task);
                }
            }
        }
        return threads.values().stream().reduce(new Cpu(0, 0, 0), Cpu::plus);
    }

    private void read(Path task) throws IOException {
        try {
            long[] stat = fromStat(task);
            long nanos = Math.max(fromSchedstat(task), stat[0] + stat[1]);
            threads.put(task, new Cpu(nanos, stat[0], stat[1]));
        } catch (IOException e) {
            if (Files.exists(task)) {
                throw e;
            } // otherwise the thread has ended since it was listed
        }
    }

    private static long fromSchedstat(Path task) throws IOException {
        Path file = task.resolve("schedstat");
        return Files.exists(file) ? Long.parseLong(Files.readString(file).split(" ")[0]) : 0;
    }

    /** Returns the time in user mode and that in the kernel. */
    private static long[] fromStat(Path task) throws IOException {
        String stat = Files.readString(task.resolve("stat"));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return new long[] {Long.parseLong(fields[UTIME]) * NANOS_PER_TICK,
            Long.parseLong(fields[STIME]) * NANOS_PER_TICK};
    }

    /**
     * Returns the resident memory of the processes, in KiB.
     *
     * @throws IOException if the process does not exist
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
