"""Plot the 99th percentile over time of runs of the mixed load, as SVG without a library.

``python -m benchmarks.mixed_load_plot NAME=RESULT.json … > docs/pictures/mixed-load.svg``
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from benchmarks.mixed_load import AIM_P99
from benchmarks.pareto import STYLE

WIDTH, HEIGHT = 760, 340
LEFT, RIGHT, TOP, BOTTOM = 80, 620, 40, 280
LOAD = "commissions"
DASHES = ("2 4", "", "7 4")
Point = tuple[float, float]
"""A moment in seconds, and a time in milliseconds."""


def main() -> None:
    """Print the plot of the results that the command line names."""
    lines = {}
    for argument in sys.argv[1:]:
        name, _, path = argument.partition("=")
        rows = json.loads(Path(path).read_text("utf-8"))["loads"][LOAD]["over_time"]
        lines[name] = [(row["second"] - rows[0]["second"], row["p99"]) for row in rows]
    sys.stdout.write(drawing(lines))


def drawing(lines: Mapping[str, Sequence[Point]]) -> str:
    """Return the plot as SVG; times are logarithmic."""
    points = [point for line in lines.values() for point in line]
    last = max(second for second, _ in points)
    least = math.floor(math.log10(min(time for _, time in points)))
    most = math.ceil(math.log10(max(time for _, time in points)))

    def x(second: float) -> float:
        return LEFT + second / last * (RIGHT - LEFT)

    def y(time: float) -> float:
        return BOTTOM - (math.log10(time) - least) / (most - least) * (BOTTOM - TOP)

    parts = []
    for power in range(least, most + 1):
        parts.append(_line("faint", y(10**power)))
        parts.append(
            f'<text class="small" x="{LEFT - 10}" y="{y(10**power) + 4:.1f}" text-anchor="end">{10**power:,}</text>'
        )
    parts += [
        _line("front", y(AIM_P99)),
        f'<text class="small" x="{LEFT + 6}" y="{y(AIM_P99) - 6:.1f}">aim: {AIM_P99}</text>',
    ]
    step = next(step for step in (10, 30, 60, 120, 300) if last / step <= 8)
    for second in range(0, int(last) + 1, step):
        parts.append(f'<text class="small" x="{x(second):.1f}" y="{BOTTOM + 20}" text-anchor="middle">{second}</text>')
    for (name, line), dashes in zip(lines.items(), DASHES, strict=False):
        way = " ".join(f"{x(second):.1f},{y(time):.1f}" for second, time in line)
        parts.append(f'<polyline class="hair" fill="none" stroke-dasharray="{dashes}" points="{way}"/>')
        parts.append(f'<text class="name" x="{RIGHT + 8}" y="{y(line[-1][1]) + 4:.1f}">{escape(name)}</text>')
    parts.append(f'<text x="{RIGHT}" y="{BOTTOM + 48}" text-anchor="end">seconds →</text>')
    parts.append(f'<text x="{LEFT}" y="{TOP - 16}">↑ p99 of requests for walks, ms, of every ten seconds</text>')
    title = "The 99th percentile of requests for walks over time"
    body = "\n  ".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{title}">\n'
        f"  <title>{title}</title>\n  <style>{STYLE}  </style>\n  {body}\n</svg>\n"
    )


def _line(kind: str, height: float) -> str:
    return f'<line class="{kind}" x1="{LEFT}" y1="{height:.1f}" x2="{RIGHT}" y2="{height:.1f}"/>'


if __name__ == "__main__":
    main()
