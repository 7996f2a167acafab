# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 the Sluice authors
"""All rounds, and the figures derived from them."""
import json
import os
import statistics

from .rounds import cost
from .scenarios import GATEWAYS, PROXIES

LEAST_MOVE = 0.02


def quartiles(values):
    if len(values) < 2:
        return values[0], values[0], values[0]
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, middle, high


class Results:
    """Rounds by scenario, target and number. Scenarios and targets are given by their names in the file."""

    def __init__(self, run):
        """run: what identifies this run; rounds of another one cannot be continued."""
        self.run = run
        self.rounds = {}
        self.extras = {}
        self.left_out = {}
        self.finished = []
        self.wrong = 0

    def add(self, scenario, name, i, figures):
        self.rounds.setdefault((scenario.name, name), {})[i] = figures

    def leave_out(self, scenario, name, i, why):
        print("  left out: round %d of %s: %s" % (i + 1, name, why), flush=True)
        self.left_out.setdefault((scenario.name, name), {})[i] = why

    def forget(self, scenario):
        """Drops the rounds of a scenario that was interrupted."""
        for table in self.rounds, self.extras, self.left_out:
            for key in [key for key in table if key[0] == scenario.name]:
                del table[key]

    def set_extra(self, scenario, name, what, value):
        """Keeps a figure that is measured once, not in each round: `calls` or `sustained`."""
        self.extras.setdefault((scenario.name, name), {})[what] = value

    def extra(self, scenario, name, what):
        return self.extras.get((scenario.name, name), {}).get(what)

    def save(self, path):
        keys = sorted(set(self.rounds) | set(self.left_out) | set(self.extras))
        text = json.dumps({"run": self.run, "finished": self.finished, "wrong": self.wrong, "rows": [
            {"scenario": key[0], "target": key[1], "extras": self.extras.get(key, {}),
             "rounds": self.rounds.get(key, {}), "left_out": self.left_out.get(key, {})} for key in keys]})
        with open(path + ".new", "w") as file:
            file.write(text)
        os.replace(path + ".new", path)

    def resume(self, path):
        """Takes over the finished scenarios of an interrupted run; returns a reason if it was not the same run."""
        if not os.path.exists(path):
            return "%s: not found (expected: the results of an interrupted run)" % path
        with open(path) as file:
            saved = json.load(file)
        for what, value in self.run.items():
            if what != "commit" and saved["run"].get(what) != value:  # a commit may change no source
                return "%s: %s %s (expected: %s, as in this run)" % (path, what, saved["run"].get(what), value)
        self.finished = saved["finished"]
        self.wrong = saved["wrong"]
        for row in saved["rows"]:
            key = row["scenario"], row["target"]
            self.rounds[key] = {int(i): figures for i, figures in row["rounds"].items()}
            self.extras[key] = row["extras"]
            self.left_out[key] = {int(i): why for i, why in row["left_out"].items()}
        return None

    def names(self, scenario=None):
        """Returns the targets with rounds in a scenario, or in any."""
        found = []
        for where, name in list(self.rounds) + list(self.left_out):
            if name not in found and (scenario is None or where == scenario.name):
                found.append(name)
        return found

    def of(self, scenario, name):
        return list(self.rounds.get((scenario.name, name), {}).values())

    def costs(self, scenario, name, of="cpu_seconds"):
        """Returns the costs by round, of all processor time or of that in user mode (`cpu_user_seconds`)."""
        found = ((i, cost(r, scenario.unit, of)) for i, r in self.rounds.get((scenario.name, name), {}).items())
        return {i: c for i, c in found if c is not None}

    def median_cost(self, scenario, name, of="cpu_seconds"):
        costs = list(self.costs(scenario, name, of).values())
        return statistics.median(costs) if costs else None

    def moved(self, scenario):
        """
        Returns the quartiles of the ratio of sluice's time in user mode to that of base, round by round, and whether it
        has moved by more than the noise: the middle half of the rounds agree on the direction, by at least 2 %.
        """
        base = self.costs(scenario, "base", "cpu_user_seconds")
        pairs = [c / base[i] for i, c in self.costs(scenario, "sluice", "cpu_user_seconds").items() if base.get(i)]
        if not pairs:
            return None
        low, middle, high = quartiles(pairs)
        return low, middle, high, (low > 1 or high < 1) and abs(middle - 1) >= LEAST_MOVE

    def ratios(self, scenario, name, other, of="cpu_seconds"):
        """Returns the quartiles of the ratio of two costs, round by round; None if they have no round in common."""
        if name in GATEWAYS or other in GATEWAYS:
            return None
        others = self.costs(scenario, other, of)
        pairs = [c / others[i] for i, c in self.costs(scenario, name, of).items() if others.get(i)]
        return quartiles(pairs) if pairs else None

    def cheapest(self, scenario):
        """Returns the cheapest proxy of a scenario, or None if none was measured."""
        costs = {name: self.median_cost(scenario, name) for name in PROXIES}
        known = [name for name, value in costs.items() if value is not None]
        return min(known, key=costs.get) if known else None

    def latency(self, scenario, name, rank, time="event"):
        """Returns the median over the rounds of a rank (`p50`, `p99`) of a time, in us; None if it was not measured."""
        times = [r["micros"][time] for r in self.of(scenario, name) if r.get("micros", {}).get(time, {}).get("count")]
        return statistics.median(t[rank] for t in times) if times else None

    def best_latency(self, scenario, rank, among):
        known = [value for value in (self.latency(scenario, name, rank) for name in among) if value is not None]
        return min(known) if known else None

    def verdicts(self, scenario):
        """Returns for each budget of a scenario with a measured value: a text with the value, and whether it is met."""
        found = []
        for what, limit in scenario.budgets():
            value, text = self.measured(scenario, what)
            if value is not None:
                met = value >= limit if what == "gateways" else value <= limit
                found.append((text % (value, limit), met))
        return found

    def measured(self, scenario, what):
        """Returns the value that a budget limits, or None, and a text with room for the value and the limit."""
        if what == "calls":
            return self.extra(scenario, "sluice", what), "%.2f system calls an event (at most %.1f)"
        if what == "KiB":
            return self.median_cost(scenario, "sluice"), "%.1f KiB a stream (below %d)"
        if what == "ms":
            return self.median_cost(scenario, "sluice"), "%.0f ms (below %d)"
        if what == "gateways":
            costs = [c for c in (self.median_cost(scenario, name) for name in GATEWAYS) if c is not None]
            ours = self.median_cost(scenario, "sluice")
            return min(costs) / ours if costs and ours else None, "%.1f x cheaper than the best gateway (at least %d)"
        if what in ("p50", "p99"):
            own, best = self.latency(scenario, "sluice", what), self.best_latency(scenario, what, PROXIES)
            return own / best if own and best else None, what + " %.2f x the best (at most %.1f)"
        if what.startswith("p50 over"):
            own, best = self.latency(scenario, "sluice", "p50"), self.best_latency(scenario, "p50", PROXIES)
            return own - best if own and best else None, "p50 %.1f us over the best (at most %d)"
        cheapest = self.cheapest(scenario)
        ratio = cheapest and self.ratios(scenario, "sluice", cheapest)
        return ratio and ratio[1], "%.2f x " + str(cheapest) + " (at most %.2f)"
