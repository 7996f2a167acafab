#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Draws the pictures of the documentation from their data.

architecture.svg comes from architecture.dot, costs.svg from the tables in bench/results/compare.md, which
`bench/compare` writes, latency.svg from the table of the workload 'trickle' of an earlier run, and demo.svg from a run
of `./sluice demo` on this machine. Needs Graphviz and the Python packages matplotlib and rich.
Usage: draw.py [architecture] [latency] [costs] [demo]
"""
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
RESULTS = HERE.parent.parent / "bench" / "results" / "compare.md"
WITH_DIRECT = RESULTS.with_name("compare-3ade72f.md")  # the latest run of all that has measured without a relay, too
NAMES = {"sluice": "Sluice", "nginx": "nginx", "haproxy": "HAProxy", "envoy": "Envoy", "caddy": "Caddy",
         "sglang": "SGLang's router", "smg": "SMG", "litellm": "LiteLLM", "pipe": "a raw TCP pipe"}
PROXIES = {"nginx": ("s", "#7a6fac"), "haproxy": ("D", "#3f7fbf"), "envoy": ("^", "#b58a2a"), "caddy": ("v", "#9aa3aa")}


def latencies(text):
    """Returns the added times in microseconds by peer: (median, 99th percentile), each beyond that without a relay."""
    table = text.split("**trickle**", 1)[1].split("\n**", 1)[0]
    rows, at = {}, None
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if "p50 of an event, us" in cells:
            at = cells.index("p50 of an event, us")
        elif at is not None and len(cells) > at and re.fullmatch(r"[\d.]+", cells[at]):
            rows[cells[0]] = (float(cells[at]), float(cells[at + 1]))
    direct = rows.pop("direct")
    return {name: (p50 - direct[0], p99 - direct[1]) for name, (p50, p99) in rows.items()}


def machine(text):
    """Returns the line that names the machine and the commit."""
    return next(line for line in text.splitlines() if "commit" in line).split(". `")[0]


def costs(text):
    """Returns, by scenario whose unit is processor time, the cost of each relay."""
    rows, names = {}, []
    for line in text.split("\n**", 1)[0].splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if cells[-1] == "budget of sluice":
            names = cells[1:-1]
        elif ", us per " in cells[0]:
            values = {name: float(cell) for name, cell in zip(names, cells[1:]) if re.fullmatch(r"[\d.]+", cell)}
            rows[cells[0].split(",")[0]] = values
    return rows


def draw_costs():
    import matplotlib
    matplotlib.use("svg")
    from matplotlib import pyplot

    matplotlib.rcParams["svg.hashsalt"] = "sluice"
    matplotlib.rcParams["font.family"] = "sans-serif"
    text = RESULTS.read_text()
    rows = {name: values for name, values in costs(text).items() if "sluice" in values and PROXIES.keys() & values}
    figure, axes = pyplot.subplots(figsize=(8, 0.27 * len(rows) + 1.6))
    for at, values in enumerate(reversed(rows.values())):
        for name, (marker, color) in PROXIES.items():
            if name in values:
                axes.scatter([values[name] / values["sluice"]], [at], marker=marker, color=color, s=26, zorder=3,
                             label=NAMES[name])
        axes.scatter([1], [at], color="#2f7d54", s=40, zorder=4, label="Sluice")
    axes.set_yticks(range(len(rows)), list(reversed(rows)), fontsize=8)
    axes.set_xscale("log", base=2)
    ticks = [0.5, 0.7, 1, 1.4, 2, 3, 4]
    axes.set_xticks(ticks, ["%g" % tick for tick in ticks])
    axes.minorticks_off()
    axes.set_xlabel("processor time as a multiple of Sluice's: to the right, a relay costs more", fontsize=9)
    axes.grid(axis="x", color="#e3e7ea")
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.tick_params(axis="y", length=0)
    handles, labels = axes.get_legend_handles_labels()
    known = dict(zip(labels, handles))
    axes.legend(known.values(), known.keys(), loc="upper center", bbox_to_anchor=(0.5, 1.09), ncol=5, frameon=False,
                fontsize=8)
    figure.text(0.01, 0.01, machine(text), fontsize=5, color="#6b767e")
    figure.tight_layout(rect=(0, 0.03, 1, 1))
    figure.savefig(HERE / "costs.svg", metadata={"Date": None, "Creator": None})


def draw_latency():
    import matplotlib
    matplotlib.use("svg")
    from matplotlib import pyplot, ticker

    matplotlib.rcParams["svg.hashsalt"] = "sluice"  # the same file from the same data
    matplotlib.rcParams["font.family"] = "sans-serif"
    text = WITH_DIRECT.read_text()
    times = latencies(text)
    order = sorted((name for name in times if name in NAMES), key=lambda name: -times[name][0])
    figure, axes = pyplot.subplots(figsize=(8, 0.46 * len(order) + 1.5))
    for row, name in enumerate(order):
        median, p99 = times[name]
        color = "#2f7d54" if name == "sluice" else "#8a959d"
        axes.plot([median, p99], [row, row], color=color, linewidth=2, solid_capstyle="round")
        axes.scatter([median], [row], color=color, s=46, zorder=3)
        axes.scatter([p99], [row], facecolors="white", edgecolors=color, s=46, zorder=3)
        axes.annotate(f"{median:,.0f} µs", (median, row), textcoords="offset points", xytext=(0, 7), ha="center",
                      fontsize=8, color="#1d252c")
    axes.set_yticks(range(len(order)), [NAMES[name] for name in order])
    for label, name in zip(axes.get_yticklabels(), order):
        label.set_fontweight("bold" if name == "sluice" else "normal")
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.set_xlabel("time added to an event, µs: median (filled) and 99th percentile (open); one stream, an event each ms",
                    fontsize=9)
    axes.set_ylim(-0.6, len(order) - 0.2)
    axes.grid(axis="x", color="#e3e7ea")
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.tick_params(axis="y", length=0)
    figure.text(0.01, 0.01, machine(text), fontsize=6, color="#6b767e")
    figure.tight_layout(rect=(0, 0.04, 1, 1))
    figure.savefig(HERE / "latency.svg", metadata={"Date": None, "Creator": None})


def draw_architecture():
    subprocess.run(["dot", "-Tsvg", "-o", HERE / "architecture.svg", HERE / "architecture.dot"], check=True)


def draw_demo():
    import rich.console
    import rich.text

    run = subprocess.run([HERE.parent.parent / "sluice", "demo"], check=True, capture_output=True, text=True)
    console = rich.console.Console(record=True, width=100, file=open("/dev/null", "w"))
    console.print(rich.text.Text.assemble(("$ ", "bold green"), ("./sluice demo", "bold")))
    lines = run.stdout.replace(" 中文 🚀", "").splitlines()  # the fonts of many systems lack these
    for line in lines[:-1]:
        console.print(rich.text.Text(line))
    console.print(rich.text.Text(lines[-1], "green"))
    picture = console.export_svg(title="sluice", unique_id="demo")
    # No font from another site: the viewer's own monospaced one.
    picture = re.sub(r"@font-face \{.*?\}", "", picture, flags=re.DOTALL).replace("Fira Code", "ui-monospace")
    (HERE / "demo.svg").write_text(picture)


PICTURES = {"architecture": draw_architecture, "latency": draw_latency, "costs": draw_costs, "demo": draw_demo}

if __name__ == "__main__":
    if not set(sys.argv[1:]) <= set(PICTURES):
        sys.exit(__doc__)
    for name in sys.argv[1:] or PICTURES:
        PICTURES[name]()
