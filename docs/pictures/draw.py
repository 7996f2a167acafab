#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Draws the pictures of the documentation from their data.

architecture.svg comes from architecture.dot, latency.svg from the table of the workload 'trickle' in
bench/results/compare.md, which `bench/compare` writes, and demo.svg from a run of `./sluice demo` on this machine.
Needs Graphviz and the Python packages matplotlib and rich. Usage: draw.py [architecture] [latency] [demo]
"""
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
RESULTS = HERE.parent.parent / "bench" / "results" / "compare.md"
NAMES = {"sluice": "Sluice", "nginx": "nginx", "haproxy": "HAProxy", "envoy": "Envoy", "sglang": "SGLang's router",
         "litellm": "LiteLLM", "pipe": "a raw TCP pipe"}


def latencies(text):
    """Returns the added times in microseconds by peer: (median, 99th percentile), each beyond that without a relay."""
    table = text.split("**trickle**", 1)[1].split("\n**", 1)[0]
    rows = {}
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.strip("| ").split("|")]
        if len(cells) > 6 and re.fullmatch(r"[\d.]+", cells[4]):
            rows[cells[0]] = (float(cells[4]), float(cells[5]))
    direct = rows.pop("direct")
    return {name: (p50 - direct[0], p99 - direct[1]) for name, (p50, p99) in rows.items()}


def machine(text):
    """Returns the line that names the machine and the commit."""
    return next(line for line in text.splitlines() if "commit" in line).split(". `")[0]


def draw_latency():
    import matplotlib
    matplotlib.use("svg")
    from matplotlib import pyplot, ticker

    matplotlib.rcParams["svg.hashsalt"] = "sluice"  # the same file from the same data
    matplotlib.rcParams["font.family"] = "sans-serif"
    text = RESULTS.read_text()
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


PICTURES = {"architecture": draw_architecture, "latency": draw_latency, "demo": draw_demo}

if __name__ == "__main__":
    if not set(sys.argv[1:]) <= set(PICTURES):
        sys.exit(__doc__)
    for name in sys.argv[1:] or PICTURES:
        PICTURES[name]()
