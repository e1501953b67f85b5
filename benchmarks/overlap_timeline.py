"""Draw a timeline of threads and their tasks: a row per thread, a colour per walk, without a library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

WIDTH, LEFT, RIGHT = 1100, 130, 1080
LANE, GAP, TOP = 30, 46, 34
COLOURS = ("#2f6fb0", "#c8642d", "#3f8f4f", "#8a5ab0", "#b03a5b")


def drawing(runs: Mapping[str, Sequence[Any]]) -> str:
    """Return the runs' spans as SVG, below each other on one axis in seconds; writing is drawn pale."""
    last = max(span.end for spans in runs.values() for span in spans)
    parts, y = [], TOP
    for name, spans in runs.items():
        threads = sorted({span.thread for span in spans})
        walks = sorted({span.walk for span in spans})
        parts.append(f'<text x="{LEFT}" y="{y - 8}" class="name">{escape(name)}</text>')
        for lane, thread in enumerate(threads):
            top = y + lane * LANE
            parts.append(f'<text x="{LEFT - 8}" y="{top + 17}" text-anchor="end">{escape(thread)}</text>')
            parts += [_bar(span, walks.index(span.walk), top, last) for span in spans if span.thread == thread]
        y += len(threads) * LANE + GAP
    parts += _axis(last, y - GAP + 6)
    style = "text{font:12px sans-serif;fill:#222}.name{font-weight:bold}.in{font-size:10px;fill:#fff}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" width="{WIDTH}" height="{y}">'
        f'<style>{style}</style><rect width="{WIDTH}" height="{y}" fill="#fff"/>{"".join(parts)}</svg>\n'
    )


def _bar(span: Any, walk: int, top: int, last: float) -> str:
    x, width = _x(span.begin, last), max(0.8, _x(span.end, last) - _x(span.begin, last))
    opacity, colour = (1.0 if span.what == "paint" else 0.55), COLOURS[walk % len(COLOURS)]
    words = f"{span.what} {span.piece}"
    shown = f'<text x="{x + 3:.1f}" y="{top + 16}" class="in">{escape(words)}</text>' if width > 6 * len(words) else ""
    title = escape(f"walk {walk + 1}: {words}, {span.begin:.2f}–{span.end:.2f} s")
    return (
        f'<g><title>{title}</title><rect x="{x:.1f}" y="{top}" width="{width:.1f}" height="{LANE - 6}" fill="{colour}" '
        f'fill-opacity="{opacity}" stroke="#fff" stroke-width="0.5"/>{shown}</g>'
    )


def _axis(last: float, y: int) -> list[str]:
    step = next(step for step in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60, 600) if last / step <= 12)
    return [
        f'<text x="{_x(tick * step, last):.1f}" y="{y + 14}" text-anchor="middle">{tick * step:g} s</text>'
        for tick in range(int(last / step) + 1)
    ]


def _x(seconds: float, last: float) -> float:
    return LEFT + seconds / last * (RIGHT - LEFT)
