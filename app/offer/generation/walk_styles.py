"""The styles of a walk: those that it is painted in, recorded when it is requested, and their names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from app.offer.generation import offers
from app.offer.generation.model_styles import ModelStyle
from app.storage.walk_models import Stop, Walk


def record(walk: Walk, known: Sequence[ModelStyle]) -> None:
    """Record for each stop without a requested style the one of its scene, among those that its model knows."""
    for stop in walk.stops:
        stop.chosen_style = "" if stop.requested_style else of_arranged(stop, known)


def of_arranged(stop: Stop, known: Sequence[ModelStyle]) -> str:
    """Return the words of the style of a stop that has a scene: the requested one or its scene's; "" without one."""
    return "" if stop.scene is None else stop.requested_style or _of_scene(stop.scene, known)


def _of_scene(scene: dict[str, Any], known: Sequence[ModelStyle]) -> str:
    """Return the words of the style that a scene is painted in; "" if it names none.

    The style comes last in the words for the model. If it is not among them, it is the one style with the marks of the
    composition.
    """
    words, parts = {style.words for style in known}, str(scene.get("words", "")).split(", ")
    if named := next((part for part in reversed(parts) if part in words), ""):
        return named
    marks = (scene.get("composition") or {}).get("marks")
    composed = [style.words for style in known if marks and style.marks == marks]
    return composed[0] if len(composed) == 1 else ""


def words_in(walk: Walk) -> list[str]:
    """Return the words of a walk's styles, each once, in the order of its stops."""
    return _each_once(stop.style for stop in walk.stops)


def names(walk: Walk) -> list[str]:
    """Return the names of a walk's styles as within a sentence; their words if its model does not know them."""
    return _named(walk, words_in(walk))


def detected_names(walk: Walk) -> list[str]:
    """Return the names of the styles that the image encoder detected in stops whose style is not known, each once."""
    return _named(walk, _each_once(stop.detected_style for stop in walk.stops if not stop.style))


def _each_once(words: Iterable[str]) -> list[str]:
    return [each for each in dict.fromkeys(words) if each]


def _named(walk: Walk, words_of: list[str]) -> list[str]:
    known = {style.words: style for style in known_to(walk)} if words_of else {}  # a page shows dozens of walks
    return [known[words].name if words in known else words for words in words_of]


def known_to(walk: Walk) -> tuple[ModelStyle, ...]:
    """Return the styles of the model that renders a walk."""
    return offers.current().of_walk(walk).styles
