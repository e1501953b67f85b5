"""Layouts of stops: chosen by the style or by the request, and recorded in the composition of the scene."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sketch import scene
from sketch.compositions import composing
from sketch.compositions.composition import LAYOUTS, PAINTED, Composition
from sketch.compositions.register import STYLES
from sketch.scene import Scene

AUTO = "auto"
"""The layout of a stop that is left to the style."""


def apply_layout(original: Scene, layout: str | None, *, walk_seed: int) -> Scene:
    """Return a composed scene in the requested layout if its style offers that, else the scene unchanged."""
    composition = original.composition
    if composition is None or layout is None or layout == composition.layout or composition.marks not in STYLES:
        return original
    style = STYLES[composition.marks]
    options = [each for each in style.layouts if each[0] == layout]
    if not options:
        return original
    rng = random.Random(f"layout:{walk_seed}")  # noqa: S311 - seeded on purpose
    _, rows, columns, _ = rng.choices(options, [share for *_, share in options])[0]
    tilt = rng.choice((-1, 1)) * rng.uniform(*style.tilts) if layout == "tilted" else 0.0
    return replace(original, composition=replace(composition, layout=layout, rows=rows, columns=columns, tilt=tilt))


def requested_layout(record: Mapping[str, Any] | None, *, walk_seed: int) -> str:
    """Return the layout that was requested for a recorded scene; "" if it is its style's own choice."""
    composition = (record or {}).get("composition")
    if not composition or composition["marks"] not in STYLES:
        return ""
    layout = str(composition.get("layout", LAYOUTS[0]))
    return "" if layout == _own_layout(composition["marks"], record or {}, walk_seed) else layout


def _own_layout(marks: str, record: Mapping[str, Any], walk_seed: int) -> str:
    if len(record.get("things", ())) > 1:  # several things are shown once
        return LAYOUTS[0]
    return composing.choose(marks, seed=0, walk_seed=walk_seed).layout


def recompose(record: Mapping[str, Any], marks: str, *, seed: int, walk_seed: int) -> dict[str, Any]:
    """Return a recorded scene composed in the marks of another style; a requested layout stays if that offers it."""
    if not marks and not record.get("composition"):
        return dict(record)
    parsed = scene.read_scene(record)
    if parsed.composition is not None and parsed.composition.marks == marks:
        return dict(record)
    own = LAYOUTS[0] if len(parsed.things) > 1 else None
    layout = requested_layout(record, walk_seed=walk_seed) or own
    return apply_layout(
        replace(parsed, composition=_compose(marks, seed, walk_seed)), layout, walk_seed=walk_seed
    ).as_json()


def _compose(marks: str, seed: int, walk_seed: int) -> Composition | None:
    if marks == PAINTED:
        return Composition.of_painting(seed)
    return composing.choose(marks, seed=seed, walk_seed=walk_seed) if marks in STYLES else None
