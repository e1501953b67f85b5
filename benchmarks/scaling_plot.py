"""Plot a site's needs against its size, both logarithmic, as SVG without a library."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

from benchmarks.pareto import STYLE

WIDTH, HEIGHT = 760, 460
LEFT, RIGHT, TOP, BOTTOM = 80, 620, 40, 390
NAME_HEIGHT = 18
DASHES = ("", "7 4", "2 4", "10 4 2 4")


def drawing(sizes: Sequence[float], lines: Mapping[str, Sequence[float]], *, limit: float) -> str:
    """Return the plot as SVG; values below one are drawn as one, and ``limit`` is one database server's capacity."""
    most = math.ceil(math.log10(max(value for values in lines.values() for value in values)))
    first, last = math.log10(sizes[0]), math.log10(sizes[-1])

    def x(size: float) -> float:
        return LEFT + (math.log10(size) - first) / (last - first) * (RIGHT - LEFT)

    def y(value: float) -> float:
        return BOTTOM - math.log10(max(value, 1.0)) / most * (BOTTOM - TOP)

    parts = []
    for power in range(most + 1):
        parts.append(f'<line class="faint" x1="{LEFT}" y1="{y(10**power):.1f}" x2="{RIGHT}" y2="{y(10**power):.1f}"/>')
        parts.append(
            f'<text class="small" x="{LEFT - 10}" y="{y(10**power) + 4:.1f}" text-anchor="end">{10**power:,}</text>'
        )
    for power in range(math.ceil(first), math.floor(last) + 1):
        parts.append(
            f'<text class="small" x="{x(10**power):.1f}" y="{BOTTOM + 20}" text-anchor="middle">{10**power:,}</text>'
        )
    parts.append(f'<line class="front" x1="{LEFT}" y1="{y(limit):.1f}" x2="{RIGHT}" y2="{y(limit):.1f}"/>')
    parts.append(
        f'<text class="small" x="{LEFT + 6}" y="{y(limit) - 6:.1f}">one database server (assumed): {limit:g}</text>'
    )
    ends = _apart({name: y(values[-1]) for name, values in lines.items()})
    for (name, values), dashes in zip(lines.items(), DASHES, strict=False):
        way = " ".join(f"{x(size):.1f},{y(value):.1f}" for size, value in zip(sizes, values, strict=True))
        parts.append(f'<polyline class="hair" fill="none" stroke-dasharray="{dashes}" points="{way}"/>')
        parts.append(f'<text class="name" x="{RIGHT + 8}" y="{ends[name] + 4:.1f}">{escape(name)}</text>')
    parts.append(f'<text x="{RIGHT}" y="{BOTTOM + 48}" text-anchor="end">walks an hour →</text>')
    parts.append(f'<text x="{LEFT}" y="{TOP - 16}">↑ needed at the busiest moment</text>')
    title = "What a site needs, from ten to ten million walks an hour"
    body = "\n  ".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{title}">\n'
        f"  <title>{title}</title>\n  <style>{STYLE}  </style>\n  {body}\n</svg>\n"
    )


def _apart(places: Mapping[str, float]) -> dict[str, float]:
    """Return the labels' positions, moved down where they would overlap."""
    moved: dict[str, float] = {}
    for name, place in sorted(places.items(), key=lambda each: each[1]):
        moved[name] = max([place, *(other + NAME_HEIGHT for other in moved.values())])
    return moved
