# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 the Sluice authors
"""The results as Markdown tables and as a page with plots."""
import glob
import html
import json
import os
import platform
import re
import statistics
import subprocess
import zipfile

from .results import quartiles
from .scenarios import GATEWAYS
from .targets import BENCH, HOME, NAMES, binary, java_binary

# The programs whose versions are told: a target, arguments, and a pattern.
VERSIONS = (("nginx", "nginx", ["-v"], r"nginx/(\S+)"),
            ("HAProxy", "haproxy", ["-v"], r"version (\S+?)-"),
            ("Envoy", "envoy", ["--version"], r"version: \w+/(\d+\.\d+\.\d+)/"),
            ("Caddy", "caddy", ["version"], r"v?(\d+\.\d+\.\d+)"),
            ("LiteLLM", "litellm", ["--version"], r"Version = (\S+)"),
            ("SGLang's router", "sglang", ["--version"], r"gateway (\S+)"))


def version(command, pattern):
    try:
        result = subprocess.run(command, capture_output=True, text=True)
        return re.search(pattern, result.stdout + result.stderr).group(1)
    except (OSError, AttributeError):
        return None


def packaged(name):
    """Returns the version of an installed Python package, or None."""
    return version(["pip", "show", name], r"Version: (\S+)")


def commit():
    return subprocess.run(["git", "-C", HOME, "describe", "--always", "--dirty", "--exclude", "*"],
                          capture_output=True, text=True).stdout.strip()


def machine(names):
    """Describes the machine, and the versions of the given targets that are installed."""
    model = "?"
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo") as file:
            found = re.search(r"model name\s*: (.*)", file.read())
            model = found.group(1) if found else "?"
    texts = [model, "%d processors" % os.cpu_count(), "kernel " + platform.release().split("-")[0],
             "JDK %s" % version([java_binary(), "-version"], r'version "([^"]+)"')]
    for label, name, arguments, pattern in VERSIONS:
        program = binary(name) if name in names else None
        found = program and version([program] + arguments, pattern)
        if found:
            texts.append("%s %s" % (label, found))
    if "smg" in names and binary("smg"):
        texts.append("SMG %s" % packaged("smg"))
    return ", ".join(texts)


def number(value):
    return "" if value is None else "%.3g" % value if value < 100 else "%.0f" % value


def ordered(names):
    """Returns names in the order of the tables; those of --try and --base come last."""
    return [name for name in NAMES if name in names] + [name for name in names if name not in NAMES]


def main_tables(results, scenarios):
    """Returns a table for each path."""
    lines = []
    for path in dict.fromkeys(scenario.path_name for scenario in scenarios):
        rows = [scenario for scenario in scenarios if scenario.path_name == path]
        names = [name for name in ordered(results.names()) if name != "direct" and any(
            results.of(scenario, name) for scenario in rows)]
        lines += ["", "%s:" % rows[0].path.what, "", "| | " + " | ".join(names) + " | budget of sluice |",
                  "|---" * (len(names) + 2) + "|"]
        for scenario in rows:
            verdicts = "; ".join("%s%s" % (text, "" if is_met else ": **missed**")
                                 for text, is_met in results.verdicts(scenario))
            lines.append("| %s, %s | %s | %s |" % (scenario.name, scenario.label(), " | ".join(
                number(results.median_cost(scenario, name)) for name in names), verdicts))
    return lines[1:]


def detail_table(results, scenario):
    names = ordered(results.names(scenario))
    others = [other for other in ("pipe", "nginx", "haproxy") if other in names] or ["sluice"]
    is_sustained = any(results.extra(scenario, name, "sustained") is not None for name in names)
    columns = ["", scenario.label() + ", median (quartiles)", "in user mode"] + [
        "ratio to " + other for other in others] + [
        "p50 of an event, us", "p99", "p50 of the first event, us", "p99", "answers/s", "answers compared",
        "system calls per event"] + ["streams sustained"] * is_sustained + ["rounds"]
    lines = ["", "**%s**: %s" % (scenario.name, scenario.what), "", "| " + " | ".join(columns) + " |",
             "|---" * len(columns) + "|"]
    for name in names:
        rounds = results.of(scenario, name)
        left_out = results.left_out.get((scenario.name, name), {})
        costs = list(results.costs(scenario, name).values())
        spread = "%s (%s to %s)" % tuple(number(quartiles(costs)[i]) for i in (1, 0, 2)) if costs else ""
        ratios = [results.ratios(scenario, name, other) if name != other else None for other in others]
        compared = sum(r.get("compared", 0) for r in rounds)
        is_anew = any(r.get("unverified") or r.get("wrong") for r in rounds)
        calls = results.extra(scenario, name, "calls")
        cells = [name, spread, number(results.median_cost(scenario, name, "cpu_user_seconds"))]
        cells += ["%.2f (%.2f to %.2f)" % (r[1], r[0], r[2]) if r else "" for r in ratios]
        cells += [number(results.latency(scenario, name, rank, time)) for time in ("event", "first_event")
                  for rank in ("p50", "p99")]
        cells += [number(statistics.median(r["answers"] / r["seconds"] for r in rounds))
                  if rounds and scenario.unit != "start" else "",
                  "written anew" if is_anew else number(compared) if compared else "-",
                  "%.2f" % calls if calls else ""]
        streams = results.extra(scenario, name, "sustained")
        cells += ["" if streams is None else str(streams)] * is_sustained
        lines.append("| " + " | ".join(cells + ["%d of %d" % (len(rounds), len(rounds) + len(left_out))]) + " |")
    for (where, name), rounds in results.left_out.items():
        if where == scenario.name and rounds:
            lines += ["", "Left out of %s: %s." % (name, "; ".join("round %d, %s" % (i + 1, why)
                                                                   for i, why in sorted(rounds.items())))]
    return lines


def tables(results, scenarios, title):
    lines = main_tables(results, scenarios)
    for scenario in scenarios:
        lines += detail_table(results, scenario)
    return title + "\n\n" + "\n".join(lines) + "\n"


def page(results, scenarios, title):
    """Returns a self-contained HTML page with a bar for each target, from its lower to its upper quartile."""
    jar = glob.glob(os.path.join(HOME, "tools", "target", "lib", "chart.js-*.jar"))[0]
    with zipfile.ZipFile(jar) as archive:
        script = next(name for name in archive.namelist() if name.endswith("/chart.umd.js"))
        library = archive.read(script).decode()
    charts = []
    for scenario in scenarios:
        # A gateway that is slower by orders of magnitude would hide the others here; it is in the tables.
        names = [name for name in ordered(results.names(scenario)) if name not in GATEWAYS]
        for label, values in (
                (scenario.label(), {name: list(results.costs(scenario, name).values()) for name in names}),
                ("p50 of an event, us", {name: [r["micros"]["event"]["p50"] for r in results.of(scenario, name)
                                                if r.get("micros", {}).get("event", {}).get("count")]
                                         for name in names})):
            shown = {name: quartiles(v) for name, v in values.items() if v}
            if shown:
                charts.append({"title": "%s: %s" % (scenario.name, scenario.what), "label": label,
                               "names": list(shown), "quartiles": list(shown.values())})
    with open(os.path.join(BENCH, "peers", "compare.html")) as file:
        text = file.read()
    return text.replace("@title@", html.escape(title)).replace("@overview@", json.dumps(overview(
        results, scenarios))).replace("@charts@", json.dumps(charts)).replace("@library@", library)


def overview(results, scenarios):
    """Returns the ratio of sluice's cost to that of the cheapest proxy, with quartiles, for each scenario with one."""
    found = []
    for scenario in scenarios:
        cheapest = results.cheapest(scenario)
        ratio = cheapest and results.ratios(scenario, "sluice", cheapest)
        if ratio:
            found.append({"name": "%s (%s)" % (scenario.name, cheapest), "quartiles": ratio})
    return found
