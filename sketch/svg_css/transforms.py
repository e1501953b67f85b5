"""Transforms as CSS writes them, as the renderer of drawings reads them: without units."""

from __future__ import annotations

import math
import re

from sketch.svg_css.numbers import DEGREES, NUMBER

_FUNCTION = re.compile(r"\s*([a-z]+)\s*\(([^()]*)\)\s*,?", re.IGNORECASE)
_ARGUMENT = re.compile(rf"({NUMBER})(px|deg|grad|rad|turn|%)?", re.IGNORECASE)
_COUNTS = {
    "matrix": (6,), "translate": (1, 2), "translatex": (1,), "translatey": (1,), "scale": (1, 2), "scalex": (1,),
    "scaley": (1,), "rotate": (1, 3), "skew": (1, 2), "skewx": (1,), "skewy": (1,),
}  # fmt: skip
_UNITS = {"translate": ("", "px"), "scale": ("", "%"), "rotate": tuple(DEGREES), "skew": tuple(DEGREES)}
_READ = ("matrix", "translate", "scale", "rotate", "skewX", "skewY")
_LONGEST = 60


def resolve(value: str) -> str | None:
    """Return a list of transforms as the renderer reads it; None if it cannot be written so.

    One that is read already, or ``none``, is returned as it is. Percentages of a box, lengths in other units than
    pixels and transforms in space have no such form.
    """
    value = value.strip()
    if value.lower() == "none":
        return value
    functions, written, end = [], [], 0
    while match := _FUNCTION.match(value, end):
        functions.append((match[1], match[2]))
        written.append(_function(*functions[-1]))
        end = match.end()
    if end < len(value) or None in written:
        return None
    read = all(
        name in _READ and not re.search(r"px|deg|grad|rad|turn|%", text, re.IGNORECASE) for name, text in functions
    )
    return value if read else " ".join(filter(None, written))


def _function(name: str, text: str) -> str | None:
    """Return one transform with plain numbers; None if it is unknown or malformed."""
    name = name.lower()
    parts = [part for part in re.split(r"[\s,]+", text) if part]
    if len(parts) not in _COUNTS.get(name, ()) or max(map(len, parts)) > _LONGEST:
        return None
    kind = name if name == "matrix" else name.rstrip("xy")
    numbers = []
    for argument in map(_ARGUMENT.fullmatch, parts):
        unit = (argument[2] or "").lower() if argument else ""
        if argument is None or unit not in _UNITS.get(kind, ("",)):
            return None
        factor = 0.01 if unit == "%" else DEGREES[unit] if kind in ("rotate", "skew") else 1.0
        numbers.append(float(argument[1]) * factor)
    return _written(name, kind, numbers)


def _written(name: str, kind: str, numbers: list[float]) -> str:
    """Return a transform by its numbers, as the ``transform`` attribute of SVG 1.1 has it."""
    if kind == "skew":
        across, down = (0.0, *numbers) if name == "skewy" else (*numbers, 0.0)[:2]
        tangents = (math.tan(math.radians(down)), math.tan(math.radians(across)))
        name, numbers = "matrix", [1.0, *tangents, 1.0, 0.0, 0.0]
    elif name != kind:  # translateX, scaleY and the like
        rest = 1.0 if kind == "scale" else 0.0
        name, numbers = kind, [*numbers, rest] if name.endswith("x") else [rest, *numbers]
    return f"{name}({','.join(f'{number:.9g}' for number in numbers)})"
