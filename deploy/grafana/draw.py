"""Draws the panels of clawdbot.json with data of Prometheus, for the picture in docs/monitoring.md. It is not Grafana.

    python deploy/grafana/draw.py http://127.0.0.1:9090 docs/images/dashboard-metrics.png --minutes 10

Needs matplotlib, which the product does not install.
"""

from __future__ import annotations

import argparse
import json
import re
import time
import urllib.parse
import urllib.request  # noqa: TID251  a tool for documents
from pathlib import Path
from typing import Any

BOARD = Path(__file__).with_name("clawdbot.json")
STEP_S = 5
_SCALES = {
    "bytes": (2**20, "MiB"),
    "s": (1.0, "s"),
    "percentunit": (0.01, "%"),
    "reqps": (1.0, "/s"),
    "short": (1.0, ""),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("prometheus")
    parser.add_argument("picture", type=Path)
    parser.add_argument("--minutes", type=float, default=10)
    arguments = parser.parse_args()
    panels = json.loads(BOARD.read_text("utf8"))["panels"]
    draw(panels, arguments.prometheus, arguments.picture, arguments.minutes)


def draw(panels: list[dict[str, Any]], prometheus: str, picture: Path, minutes: float) -> None:
    """Draws each panel at its place of the grid."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    rows = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in panels)
    figure = pyplot.figure(figsize=(18, rows * 0.36), dpi=70)
    grid = figure.add_gridspec(rows, 24, hspace=3.2, wspace=6)
    for panel in panels:
        place = panel["gridPos"]
        axes = figure.add_subplot(grid[place["y"] : place["y"] + place["h"] - 1, place["x"] : place["x"] + place["w"]])
        axes.set_title(panel["title"], fontsize=10, loc="left")
        scale, unit = _SCALES[panel["fieldConfig"]["defaults"]["unit"]]
        lines = [line for target in panel["targets"] for line in series(prometheus, target, minutes)]
        if panel["type"] == "stat":
            text = f"{lines[0][2][-1] / scale:.4g} {unit}" if lines else "no data"
            axes.text(0.5, 0.4, text, ha="center", va="center", fontsize=18)
            axes.set_axis_off()
            continue
        if not lines:
            axes.text(0.5, 0.5, "no data in this run", ha="center", va="center", fontsize=9, color="gray")
        for name, times, values in lines:
            axes.plot([t - time.time() for t in times], [value / scale for value in values], label=name, linewidth=1.2)
        axes.set_ylim(bottom=0)
        axes.tick_params(labelsize=7)
        axes.set_ylabel(unit, fontsize=8)
        if lines:
            axes.legend(fontsize=6, loc="upper left", ncols=2, framealpha=0.6)
    figure.savefig(picture, bbox_inches="tight")


def series(prometheus: str, target: dict[str, Any], minutes: float) -> list[tuple[str, list[float], list[float]]]:
    """Returns the lines of one expression: name, times and values."""
    text = re.sub(r"\$(bot|platform)\b", ".*", target["expr"].replace("$__rate_interval", "60s"))
    now = time.time()
    query = urllib.parse.urlencode({"query": text, "start": now - minutes * 60, "end": now, "step": STEP_S})
    with urllib.request.urlopen(f"{prometheus}/api/v1/query_range?{query}", timeout=30) as answer:  # noqa: S310, TID251
        found = json.load(answer)["data"]["result"]
    lines = []
    for one in found:
        name = re.sub(r"\{\{(\w+)\}\}", lambda match: one["metric"].get(match[1], ""), target["legendFormat"])  # noqa: B023
        points = [(float(at), float(value)) for at, value in one["values"] if value not in ("NaN", "+Inf")]
        if points:
            lines.append((name, [at for at, _value in points], [value for _at, value in points]))
    return lines


if __name__ == "__main__":
    main()
