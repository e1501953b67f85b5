"""Colours as CSS writes them, as the renderer of drawings reads them.

resvg-py 0.5.0 reads names, hexadecimal colours, and ``rgb()`` and ``hsl()`` with numbers alone or with commas; of any
other colour it silently makes black, or no stroke at all.
"""

from __future__ import annotations

import colorsys
import re

from PIL import ImageColor

from sketch.svg_css.numbers import DEGREES, NUMBER

INITIAL = {"fill": "#000", "stroke": "none", "stop-color": "#000", "color": "#000"}
"""The properties that hold colours, each with its initial value."""

_KEYWORDS = {"none": "none", "currentcolor": "currentColor", "transparent": "transparent", "inherit": "inherit"}
_UNREAD_NAMES = {"rebeccapurple": "#663399"}
_LONGEST = 200
_HEX = re.compile(r"#(?:[\da-f]{3,4}|[\da-f]{6}|[\da-f]{8})", re.IGNORECASE)
_PAINT_SERVER = re.compile(r"(url\(\s*[\"']?#[^)\"']*[\"']?\s*\))\s*(.*)", re.IGNORECASE | re.DOTALL)
_FUNCTION = re.compile(r"(rgba?|hsla?|hwb|color)\(([^()]*)\)", re.IGNORECASE)
_LEGACY = re.compile(r"rgba?\((?:\s*\d{1,3}\s*,){2}\s*\d{1,3}\s*(?:,\s*\d*\.?\d+\s*)?\)")
_SHARE = re.compile(rf"({NUMBER})(%?)")
_ANGLE = re.compile(rf"({NUMBER})(deg|grad|rad|turn)?")


def resolve(value: str, name: str) -> str | None:
    """Return a colour of the property `name` as the renderer reads it; None if it cannot be written so exactly.

    A colour that is read already is returned as it is. See CSS Color 4, sections 4, 5, 7, 8 and 10.
    """
    value = value.strip()
    plain = value.lower()
    if plain in _KEYWORDS:
        return _KEYWORDS[plain]
    if plain in ("initial", "unset"):
        return INITIAL[name] if plain == "initial" or name == "stop-color" else "inherit"
    if plain in _UNREAD_NAMES:
        return _UNREAD_NAMES[plain]
    if len(value) > _LONGEST:
        return None
    if plain in ImageColor.colormap or _HEX.fullmatch(value) or _LEGACY.fullmatch(value):
        return value
    if match := _PAINT_SERVER.fullmatch(value):
        other = resolve(match[2], name) if match[2] else ""
        return None if other is None else f"{match[1]} {other}".rstrip()
    if match := _FUNCTION.fullmatch(plain):
        return _converted(match[1], match[2])
    return None


def _converted(function: str, arguments: str) -> str | None:
    """Return the colour of a function as ``#rrggbb`` or ``rgba()``; None if its arguments are malformed."""
    parts, alpha = _arguments(arguments)
    space = parts.pop(0) if function == "color" and parts else ""
    opacity = _share(alpha, 1.0)
    if len(parts) != 3 or opacity is None or (function == "color" and space != "srgb"):
        return None
    if function in ("rgb", "rgba", "color"):
        rgb = [_share(part, 255.0 if function != "color" else 1.0) for part in parts]
    else:
        rgb = _by_hue(function, parts)
    if None in rgb:
        return None
    red, green, blue = (round(255 * min(1.0, max(0.0, each or 0.0))) for each in rgb)
    opacity = min(1.0, max(0.0, opacity))
    if opacity == 1:
        return f"#{red:02x}{green:02x}{blue:02x}"
    return f"rgba({red},{green},{blue},{opacity:.4g})"


def _arguments(text: str) -> tuple[list[str], str]:
    """Return the arguments of a colour function, and its alpha, which is ``1`` where there is none."""
    if "," in text:
        parts = [part.strip() for part in text.split(",")]
        return parts[:3], parts[3] if len(parts) == 4 else "1" if len(parts) == 3 else ""
    colour, slash, alpha = text.partition("/")
    return colour.split(), alpha.strip() if slash else "1"


def _share(text: str, whole: float) -> float | None:
    """Return a number as a share of `whole`, or a percentage as a share of 1; ``none`` is 0, and no number None."""
    if text == "none":
        return 0.0
    match = _SHARE.fullmatch(text)
    return None if match is None else float(match[1]) / (100 if match[2] else whole)


def _by_hue(function: str, parts: list[str]) -> list[float | None]:
    """Return the red, green and blue of ``hsl()`` or ``hwb()``, each 0…1."""
    angle = _ANGLE.fullmatch("0" if parts[0] == "none" else parts[0])
    first, second = (_share(part, 100.0) for part in parts[1:])
    if angle is None or first is None or second is None:
        return [None]
    hue = float(angle[1]) * DEGREES[angle[2] or ""] / 360 % 1
    first, second = max(0.0, min(1.0, first)), max(0.0, min(1.0, second))
    if not function.startswith("hwb"):
        return list(colorsys.hls_to_rgb(hue, second, first))
    white, black = first, second
    if white + black >= 1:
        return [white / (white + black)] * 3
    return [each * (1 - white - black) + white for each in colorsys.hls_to_rgb(hue, 0.5, 1.0)]
