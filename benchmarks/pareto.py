"""Plot speed against distance as SVG, in the site's colours, without a library."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from xml.sax.saxutils import escape

from benchmarks.medians import Median

WIDTH, HEIGHT = 760, 460
LEFT, RIGHT, TOP, BOTTOM = 70, 730, 30, 390
NAME_WIDTH, NAME_HEIGHT = 80, 26
SPEEDS = (1, 2, 5, 10, 20, 50, 100, 200, 500)
STYLE = """
  svg { background: #f7f5f0; color: #1b1a18; }
  text { font: 14px "Libre Franklin", "Franklin Gothic", "Helvetica Neue", Arial, sans-serif; fill: currentColor; }
  .small { font-size: 12px; opacity: .65; }
  .name { font-weight: 600; }
  .hair { stroke: currentColor; stroke-width: 1; }
  .faint { stroke: currentColor; stroke-width: 1; opacity: .14; }
  .front { stroke: currentColor; stroke-width: 1; fill: none; stroke-dasharray: 2 4; }
  .ours { fill: currentColor; stroke: currentColor; stroke-width: 1.5; }
  .other { fill: #f7f5f0; stroke: currentColor; stroke-width: 1.5; }
  @media (prefers-color-scheme: dark) {
    svg { background: #141312; color: #ece8e0; }
    .other { fill: #141312; }
  }
"""


@dataclass(frozen=True, slots=True)
class Point:
    """A contender: its speed relative to P0, its distance from the reference, and whether it is ours."""

    name: str
    faster: Median
    distance: Median
    ours: bool


def front(points: Sequence[Point]) -> list[Point]:
    """Return the points that no other one beats in both speed and distance, from slow to fast.

    The cross-fade is excluded: it generates nothing between its ends.
    """
    best: list[Point] = []
    for point in sorted(
        (each for each in points if each.name != "P4"), key=lambda each: (-each.faster.value, each.distance.value)
    ):
        if not best or point.distance.value < best[-1].distance.value:
            best.append(point)
    return best[::-1]


def drawing(points: Sequence[Point]) -> str:
    """Return the plot as SVG: faster to the right, smaller distance downwards."""
    speeds = [point.faster.value for point in points] or [1.0]
    low, high = math.log(max(min(speeds) / 1.4, 0.5)), math.log(max(speeds) * 1.6)
    most = max([point.distance.high for point in points] or [1.0]) * 1.1

    def x(speed: float) -> float:
        return LEFT + (math.log(speed) - low) / (high - low) * (RIGHT - LEFT)

    def y(distance: float) -> float:
        return BOTTOM - distance / most * (BOTTOM - TOP)

    parts = [_axes(x, y, most, (math.exp(low), math.exp(high)))]
    way = " ".join(f"{x(point.faster.value):.1f},{y(point.distance.value):.1f}" for point in front(points))
    parts.append(f'<polyline class="front" points="{way}"/>')
    below = _find_crowded([(x(point.faster.value), y(point.distance.value)) for point in points])
    for point, is_below in zip(points, below, strict=True):
        cx, cy = x(point.faster.value), y(point.distance.value)
        parts += [
            _hairline(x(point.faster.low), cy, x(point.faster.high), cy),
            _hairline(cx, y(point.distance.low), cx, y(point.distance.high)),
            f'<circle class="{"ours" if point.ours else "other"}" cx="{cx:.1f}" cy="{cy:.1f}" r="5"/>',
            f'<text class="name" x="{cx + 10:.1f}" y="{cy + (19 if is_below else -9):.1f}">{escape(point.name)}</text>',
        ]
    body = "\n  ".join(parts)
    title = "Speed against distance to the reference; ours are filled"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{title}">\n'
        f"  <title>{title}</title>\n  <style>{STYLE}  </style>\n  {body}\n</svg>\n"
    )


def _axes(x: Callable[[float], float], y: Callable[[float], float], most: float, speeds: tuple[float, float]) -> str:
    parts = [_hairline(LEFT, BOTTOM, RIGHT, BOTTOM)]
    for speed in (speed for speed in SPEEDS if speeds[0] <= speed <= speeds[1]):
        at = f"{x(speed):.1f}"
        parts.append(_hairline(x(speed), TOP, x(speed), BOTTOM, kind="faint"))
        parts.append(f'<text class="small" x="{at}" y="{BOTTOM + 20}" text-anchor="middle">{speed} ×</text>')
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100) if most / step <= 8)
    for distance in range(0, math.ceil(most), step):
        place = f'x="{LEFT - 12}" y="{y(distance) + 4:.1f}"'
        parts.append(f'<text class="small" {place} text-anchor="end">{distance}</text>')
    parts.append(f'<text x="{RIGHT}" y="{BOTTOM + 48}" text-anchor="end">faster than the usual loop →</text>')
    parts.append(f'<text x="{LEFT}" y="{TOP - 10}">↑ further from the reference (rms, 0–255)</text>')
    return "\n  ".join(parts)


def _hairline(x1: float, y1: float, x2: float, y2: float, *, kind: str = "hair") -> str:
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _find_crowded(places: Sequence[tuple[float, float]]) -> list[bool]:
    """Return for each point whether its label goes below; of two labels that would overlap, the lower one does."""
    below = [False] * len(places)
    order = sorted(range(len(places)), key=lambda i: places[i])
    for one, other in pairwise(order):
        (left, top), (right, bottom) = places[one], places[other]
        if right - left < NAME_WIDTH and abs(bottom - top) < NAME_HEIGHT and not below[one]:
            below[one if top > bottom else other] = True
    return below
