# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 the Sluice authors
"""How one round is run, and what is read from it."""
import glob
import json
import os
import re
import shutil
import signal
import subprocess
import threading
import time
import urllib.request
import ssl

from .scenarios import GATEWAYS, QUIET_STREAMS, SUSTAINED_LIMIT_MICROS, SUSTAINED_STEP
from .targets import SLUICE, WITHOUT_OPTIONS

# A JVM is warm after RESTING_LAPS consecutive laps with at most this share of its processor time in its compilers.
RESTING_SHARE, RESTING_LAPS = 0.02, 3
MAX_SUSTAINED_STREAMS = 2000


class Loader:
    """The load generator: one `sluice load` JVM for all rounds, because a cold JVM would measure its own warm-up."""

    def __init__(self, folder, errors):
        self.result = os.path.join(folder, "round.json")
        self.process = subprocess.Popen([SLUICE, "load", "--batch"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=errors, text=True, bufsize=1, start_new_session=True,
                                        env=WITHOUT_OPTIONS)

    def run(self, bench, target, arguments, seconds, warmup):
        """Runs one round and returns its figures, or None if it produced none."""
        if os.path.exists(self.result):
            os.remove(self.result)
        command = "--url %s --seconds %d --warmup %d --json %s %s%s" % (
            bench.url(target.port), seconds, warmup, self.result, arguments, bench.load_arguments())
        if target.process is not None:
            command += " --pid %d" % target.process.pid
        if target.key is not None:
            command += " --key " + target.key
        self.process.stdin.write(command + "\n")
        status = self.process.stdout.readline().strip()
        if not os.path.exists(self.result):
            print("  %s: no result, status %s" % (target.name, status or "unknown: the load has exited"), flush=True)
            return None
        with open(self.result) as file:
            figures = json.load(file)
        return {key: value for key, value in figures.items() if key not in ("each_second", "curves", "machine",
                                                                            "command", "parameters")}

    def stop(self):
        self.process.stdin.close()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def fault(scenario, name, figures):
    """Returns the reason why a round does not count, or None if it counts."""
    if figures is None:
        return "no result"
    if scenario.unit == "start":
        return None
    if figures["errors"]:
        return ", ".join("%d %s" % (count, kind) for kind, count in figures["errors"].items())
    if figures["wrong"] and name not in GATEWAYS:
        return "%d answers differ from the mock's" % figures["wrong"]
    if scenario.unit == "stream":
        return None if figures["open"] == QUIET_STREAMS else "%d streams open" % figures["open"]
    if not figures["events"] and not figures["answers"]:
        return "no events and no answers"
    if figures["unverified"] and name not in GATEWAYS:
        return "%d answers without the mock's hash" % figures["unverified"]
    return None


def cost(figures, unit, of="cpu_seconds"):
    """Returns the cost of a round in its unit, of all processor time or of another; None if it was not measured."""
    if unit in ("storm", "start", "hour", "stream"):
        if of != "cpu_seconds":
            return None
        if unit == "storm":
            return figures["micros"]["first_event"]["p99"]
        if unit == "start":
            return figures["start_ms"]
        if unit == "hour":
            return hour_growth(figures)
        return (figures["resident_kib"] - figures["resident_before_kib"]) / QUIET_STREAMS
    if of not in figures:
        return None
    count = {"event": figures["events"], "answer": figures["answers"], "MB": figures["answers"] * 10.0}[unit]
    return figures[of] * 1e6 / count if count else None


def processes(target):
    children = subprocess.run(["pgrep", "-P", str(target.process.pid)], capture_output=True, text=True).stdout.split()
    return [str(target.process.pid)] + children


def resident_kib(target):
    total = 0
    for pid in processes(target):
        with open("/proc/%s/status" % pid) as file:
            total += int(re.search(r"VmRSS:\s+(\d+)", file.read()).group(1))
    return total


def processor_ticks(target):
    """Returns the processor time of all threads of a process and that of its compiler threads, in ticks of /proc."""
    everything = compiling = 0
    for path in glob.glob("/proc/%d/task/*/stat" % target.process.pid):
        try:
            with open(path) as file:
                stat = file.read()
        except OSError:
            continue  # the thread has ended meanwhile
        name, fields = stat[stat.index("(") + 1:stat.rindex(")")], stat[stat.rindex(")") + 2:].split()
        ticks = int(fields[11]) + int(fields[12])
        everything += ticks
        compiling += ticks if re.match("C[12] Compiler", name) else 0
    return everything, compiling


def warm(loader, bench, target, arguments, seconds, least):
    """
    Warms up a JVM for one scenario, in laps as long as a round, so that the code that runs when a load begins and ends
    is compiled too; otherwise that code would be recompiled during the rounds. Returns once the compilers have come to
    rest, but not before `least` seconds and at the latest after four times as long.
    """
    if target.is_warm_at_once:
        loader.run(bench, target, arguments, min(seconds, 3), 0)
        return
    begun, resting = time.monotonic(), 0
    while time.monotonic() - begun < (least if resting >= RESTING_LAPS else 4 * least):
        everything, compiling = processor_ticks(target)
        loader.run(bench, target, arguments, seconds, 0)
        everything_then, compiling_then = processor_ticks(target)
        is_resting = compiling_then - compiling <= RESTING_SHARE * (everything_then - everything)
        resting = resting + 1 if is_resting else 0
    print("  %s: warmed for %d s%s" % (target.name, time.monotonic() - begun,
                                       "" if resting >= RESTING_LAPS else ", compilers still busy"), flush=True)


def quiet_round(loader, bench, target, arguments, seconds, errors):
    """Runs one round of quiet streams through a newly started relay, because memory does not shrink again."""
    target.stop()
    target.start(errors)
    loader.run(bench, target, "--streams 200 --events 20 --pace-ms 10", 3, 0)  # allocates what every request needs
    before = resident_kib(target)
    figures = loader.run(bench, target, arguments, seconds, 6)
    if figures is not None:
        figures["resident_before_kib"] = before
    return figures


def start_round(bench, target, errors, launcher=None):
    """Starts a relay anew and returns the time until it has relayed an answer."""
    target.stop()
    begun = time.monotonic()
    target.start(errors, launcher)
    body = b'{"model":"gpt-5.2-codex","input":"hi"}'
    headers = {"content-type": "application/json", **({"authorization": "Bearer " + target.key} if target.key else {})}
    trusted = ssl.create_default_context(cafile=bench.certificate) if bench.path.is_tls_down else None
    while True:
        try:
            request = urllib.request.Request(bench.url(target.port) + "/responses", body, headers)
            with urllib.request.urlopen(request, timeout=30, context=trusted) as answer:
                answer.read()
            return {"start_ms": (time.monotonic() - begun) * 1000}
        except OSError:
            if time.monotonic() - begun > 90:
                return None
            time.sleep(0.01)


def hour_round(loader, bench, target, arguments, seconds):
    """Runs one long round, and samples the resident memory in each of its hundred parts."""
    samples, is_over = [], threading.Event()

    def sample():
        while not is_over.wait(seconds / 100):
            samples.append(resident_kib(target))

    sampler = threading.Thread(target=sample)
    sampler.start()
    try:
        figures = loader.run(bench, target, arguments, seconds, 10)
    finally:
        is_over.set()
        sampler.join()
    if figures is not None:
        figures["resident_samples_kib"] = samples
        print("  %s: resident in KiB, in ten parts: %s" % (target.name, ", ".join(
            "{:,}".format(sum(samples[i:i + 10]) // len(samples[i:i + 10])) for i in range(0, len(samples), 10))))
        print("  %s: %d events, %d answers, %d wrong, errors: %s" % (
            target.name, figures["events"], figures["answers"], figures["wrong"], figures["errors"] or "none"))
    return figures


def hour_growth(figures):
    """Returns by how many KiB the last tenth's average memory exceeds the second's; in the first, a relay warms up."""
    samples = figures["resident_samples_kib"]
    tenth = max(1, len(samples) // 10)
    last, second = samples[-tenth:], samples[tenth:2 * tenth]
    return sum(last) / len(last) - sum(second) / len(second)


def sustained(loader, bench, target, scenario):
    """
    Returns the largest number of streams, in steps, at which of 1,000 events at most one is late: arrives after the
    next one was due. Doubles the number until that fails, and then halves the interval; stops at 2,000.
    """
    arguments = " ".join(scenario.load.split()[2:])

    def is_in_time(streams):
        figures = loader.run(bench, target, "--streams %d %s" % (streams, arguments), 3, 1)
        return figures is not None and fault(scenario, target.name, figures) is None and (
            figures["micros"]["event"]["p99.9"] <= SUSTAINED_LIMIT_MICROS)

    low, high = 0, SUSTAINED_STEP
    while is_in_time(high):
        if high == MAX_SUSTAINED_STREAMS:
            return high
        low, high = high, min(2 * high, MAX_SUSTAINED_STREAMS)
    while high - low > SUSTAINED_STEP:
        middle = (low + high) // (2 * SUSTAINED_STEP) * SUSTAINED_STEP
        low, high = (middle, high) if is_in_time(middle) else (low, middle)
    return low


def can_perf():
    """Returns whether perf can count system calls here; it slows the process down far less than strace."""
    return shutil.which("perf") is not None and subprocess.run(
        ["perf", "stat", "-e", "raw_syscalls:sys_enter", "true"], stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL).returncode == 0


def system_calls(loader, bench, target, arguments):
    """
    Returns the system calls per event, counted by perf or strace in a separate run; None if neither works. Both counts
    are rates: of the calls in 4 s, and of the events in the 8 s around them, because a counter needs time to start.
    Under strace a relay is slower, so there the load runs only as long as the counter.
    """
    counts = os.path.join(bench.folder, "calls")
    pids = processes(target)
    seconds = 4
    if can_perf():
        counter = "sleep 2; exec perf stat -x ' ' -o %s -e raw_syscalls:sys_enter -p %s -- sleep %d" % (
            counts, ",".join(pids), seconds)
        pattern, load_seconds = r"^(\d+) .*raw_syscalls:sys_enter", 8
    elif shutil.which("strace") is not None:
        counter = "sleep 1; exec timeout -s INT %d strace -f -c -o %s %s" % (seconds, counts,
                                                                           " ".join("-p " + pid for pid in pids))
        pattern, load_seconds = r"^\S+\s+\S+\s+\S*\s+(\d+)\s.*total$", seconds
    else:
        return None
    counting = subprocess.Popen(["sh", "-c", counter], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        figures = loader.run(bench, target, arguments, load_seconds, 1)
    finally:
        counting.wait(30)
    if figures is None or not figures["events"] or not os.path.exists(counts):
        return None
    with open(counts) as file:
        total = re.search(pattern, file.read(), re.M)
    os.remove(counts)
    return int(total.group(1)) / seconds / (figures["events"] / figures["seconds"]) if total else None
