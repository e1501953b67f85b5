"""Draw loss curves of training runs as SVG in the site's colours, one panel per run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 360, 220
LEFT, RIGHT, TOP, BOTTOM = 54, 340, 40, 176
SMOOTHED = 40  # the number of windows of the moving mean in a run
STYLE = """
  svg { background: #f7f5f0; color: #1b1a18; }
  text { font: 12px "Libre Franklin", "Franklin Gothic", "Helvetica Neue", Arial, sans-serif; fill: currentColor; }
  .name { font-size: 14px; font-weight: 600; }
  .hair { stroke: currentColor; stroke-width: 1; opacity: .4; }
  .each { stroke: currentColor; stroke-width: 1; fill: none; opacity: .2; }
  .mean { stroke: currentColor; stroke-width: 1.5; fill: none; }
  @media (prefers-color-scheme: dark) { svg { background: #141312; color: #ece8e0; } }
"""

Curve = Sequence[tuple[int, float]]


def draw_curves(curves: Mapping[str, Curve]) -> str:
    """Return an SVG of the curves (step, loss) by run: each logged loss thinly, and a moving mean."""
    title = "How the loss fell, step by step"
    body = "\n  ".join(_panel(name, curve, at * WIDTH) for at, (name, curve) in enumerate(curves.items()) if curve)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {max(1, len(curves)) * WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{title}">\n  <title>{title}</title>\n  <style>{STYLE}  </style>\n  {body}\n</svg>\n'
    )


def moving_mean(losses: Sequence[float]) -> list[float]:
    """Return the moving mean of losses, over fewer values at both ends."""
    reach = len(losses) // SMOOTHED
    means = []
    for at in range(len(losses)):
        near = losses[max(0, at - reach) : at + reach + 1]
        means.append(sum(near) / len(near))
    return means


def _panel(name: str, curve: Curve, left: float) -> str:
    steps, losses = [step for step, _ in curve], [loss for _, loss in curve]
    means = moving_mean(losses)
    low, high = min(means), max(means)
    spread = (high - low) or 1.0
    low, high = low - 0.08 * spread, high + 0.08 * spread

    def x(step: float) -> float:
        return left + LEFT + step / steps[-1] * (RIGHT - LEFT)

    def y(loss: float) -> float:
        inside = min(max(loss, low), high)  # an outlier must not flatten the curve
        return BOTTOM - (inside - low) / (high - low) * (BOTTOM - TOP)

    def line(kind: str, values: Sequence[float]) -> str:
        places = " ".join(f"{x(step):.1f},{y(value):.1f}" for step, value in zip(steps, values, strict=True))
        return f'<polyline class="{kind}" points="{places}"/>'

    def beside(value: float) -> str:
        return f'<text x="{left + LEFT - 8:.1f}" y="{y(value) + 4:.1f}" text-anchor="end">{value:.3g}</text>'

    return "\n  ".join(
        (
            f'<text class="name" x="{left + LEFT:.1f}" y="{TOP - 16}">{escape(name)}</text>',
            f'<line class="hair" x1="{left + LEFT:.1f}" y1="{BOTTOM}" x2="{left + RIGHT:.1f}" y2="{BOTTOM}"/>',
            line("each", losses), line("mean", means), beside(max(means)), beside(min(means)),
            f'<text x="{left + RIGHT:.1f}" y="{BOTTOM + 20}" text-anchor="end">{steps[-1]:,} steps</text>',
        )
    )  # fmt: skip
