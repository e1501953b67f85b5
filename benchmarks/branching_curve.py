"""Plot the distance of branched walks to full ones against their UNet evaluations, as SVG."""

from __future__ import annotations

import math
from collections.abc import Mapping
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 760, 420
LEFT, RIGHT, TOP, BOTTOM = 60, 720, 40, 360


def drawing(points: Mapping[str, tuple[float, float]]) -> str:
    """Return the plot as SVG: evaluations per frame to the right, distance to the full walk upwards."""
    most_passes = math.ceil(max(passes for passes, _ in points.values())) + 1
    most = max(distance for _, distance in points.values()) * 1.1
    parts = [
        f'<path d="M{LEFT} {TOP}V{BOTTOM}H{RIGHT}" fill="none" stroke="currentColor"/>',
        f'<text x="{RIGHT}" y="{BOTTOM + 40}" text-anchor="end">network passes a frame →</text>',
        f'<text x="{LEFT}" y="{TOP - 16}">distance to the walk in full (rms, 0–255)</text>',
    ]
    for number in range(0, most_passes + 1, 2):
        x = LEFT + number / most_passes * (RIGHT - LEFT)
        parts.append(f'<text x="{x:.1f}" y="{BOTTOM + 20}" text-anchor="middle">{number}</text>')
    for number in range(math.floor(most) + 1):
        y = BOTTOM - number / most * (BOTTOM - TOP)
        parts.append(f'<text x="{LEFT - 10}" y="{y + 4:.1f}" text-anchor="end">{number}</text>')
    rising = sorted(points.items(), key=lambda point: point[1])
    for place, (name, (passes, distance)) in enumerate(
        rising
    ):  # labels alternate above and below, so that they do not overlap
        x, y = LEFT + passes / most_passes * (RIGHT - LEFT), BOTTOM - distance / most * (BOTTOM - TOP)
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5"/>')
        beside = y + (22 if place % 2 else -12)
        parts.append(f'<text x="{x:.1f}" y="{beside:.1f}" text-anchor="middle">{escape(name)}</text>')
    body = "\n  ".join(parts)
    style = 'style="background:#f7f5f0;color:#1b1a18" font-family="Libre Franklin, Arial, sans-serif" font-size="13"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" {style}>\n  {body}\n</svg>\n'
