"""Lettering as a drawing: short words in letters of our own strokes, which a drawing's ID carries itself.

Such a drawing is in no library: its ID is :data:`PREFIX` and the text in hexadecimal digits, so that a scene with it
can be drawn anywhere, for as long as the letters here stay as they are. Other letters need another prefix.
"""

from __future__ import annotations

import re
import textwrap
import unicodedata
from functools import lru_cache
from types import MappingProxyType

PREFIX = "letters1x"
MOST = 27
"""The largest number of characters of a lettering; the ID of a drawing has at most 64."""

KIND = "lettering"
INK, RIM = "1f2a44", "fbf3dc"
"""The colours of the letters, and of the rim around them, which sets them off from all that is behind."""

STROKE, RIM_STROKE = 1.25, 3.1
GAP, SPACE, LINE = 2.2, 3.4, 9.0
"""The widths of a letter's stroke and of its rim, the gaps between letters and between words, and the distance of
lines, in the units in which a letter is six high."""

SIDE = 256
MARGIN = 4.0

_LOOP = "M2.2,0Q0,0 0,3Q0,6 2.2,6Q4.4,6 4.4,3Q4.4,0 2.2,0Z"
_P = "M0,6L0,0L2.2,0Q4,0 4,1.7Q4,3.4 2.2,3.4L0,3.4"
_SIX = "M3.4,0.8Q2.8,0 2,0Q0,0 0,3.6Q0,6 1.9,6Q3.8,6 3.8,4.2Q3.8,2.5 1.9,2.5Q0.4,2.5 0,4"
STROKES = MappingProxyType({
    "A": (4, "M0,6L2,0L4,6M0.8,4L3.2,4"),
    "B": (4, "M0,0L0,6L2.3,6Q4,6 4,4.5Q4,3 2.3,3L0,3M0,0L2.1,0Q3.7,0 3.7,1.5Q3.7,3 2.1,3"),
    "C": (4, "M4,1.1Q3.4,0 2.1,0Q0,0 0,3Q0,6 2.1,6Q3.4,6 4,4.9"),
    "D": (4, "M0,0L0,6L1.6,6Q4,6 4,3Q4,0 1.6,0Z"),
    "E": (3.4, "M3.4,0L0,0L0,6L3.4,6M0,3L2.8,3"),
    "F": (3.4, "M3.4,0L0,0L0,6M0,3L2.8,3"),
    "G": (4.2, "M4,1.1Q3.4,0 2.1,0Q0,0 0,3Q0,6 2.1,6Q4.2,6 4.2,3.4L2.5,3.4"),
    "H": (4, "M0,0L0,6M4,0L4,6M0,3L4,3"),
    "I": (0, "M0,0L0,6"),
    "J": (3, "M3,0L3,4.3Q3,6 1.5,6Q0,6 0,4.6"),
    "K": (4, "M0,0L0,6M3.8,0L0,3.6M1.4,2.4L4,6"),
    "L": (3.2, "M0,0L0,6L3.2,6"),
    "M": (5, "M0,6L0,0L2.5,4L5,0L5,6"),
    "N": (4, "M0,6L0,0L4,6L4,0"),
    "O": (4.4, _LOOP),
    "P": (4, _P),
    "Q": (4.6, f"{_LOOP}M2.9,4.2L4.6,6.2"),
    "R": (4, f"{_P}M1.9,3.4L4,6"),
    "S": (3.8, "M3.7,1.1Q3.2,0 1.9,0Q0.1,0 0.1,1.5Q0.1,2.8 1.9,3Q3.8,3.2 3.8,4.5Q3.8,6 1.9,6Q0.5,6 0,4.9"),
    "T": (4, "M0,0L4,0M2,0L2,6"),
    "U": (4, "M0,0L0,4Q0,6 2,6Q4,6 4,4L4,0"),
    "V": (4, "M0,0L2,6L4,0"),
    "W": (6, "M0,0L1.5,6L3,1.4L4.5,6L6,0"),
    "X": (4, "M0,0L4,6M4,0L0,6"),
    "Y": (4, "M0,0L2,3L4,0M2,3L2,6"),
    "Z": (4, "M0,0L4,0L0,6L4,6"),
    "0": (3.8, "M1.9,0Q0,0 0,3Q0,6 1.9,6Q3.8,6 3.8,3Q3.8,0 1.9,0Z"),
    "1": (1.5, "M0,1.3L1.5,0L1.5,6"),
    "2": (3.8, "M0,1.5Q0.2,0 1.9,0Q3.7,0 3.7,1.7Q3.7,2.9 0,6L3.8,6"),
    "3": (3.8, "M0.1,0.9Q0.8,0 1.9,0Q3.6,0 3.6,1.5Q3.6,2.9 1.4,2.9M1.4,2.9Q3.8,2.9 3.8,4.4Q3.8,6 1.8,6Q0.5,6 0,5"),
    "4": (4, "M3,6L3,0L0,4.2L4,4.2"),
    "5": (3.8, "M3.5,0L0.5,0L0.3,2.8Q1,2.3 1.9,2.3Q3.8,2.3 3.8,4.1Q3.8,6 1.8,6Q0.5,6 0,5"),
    "6": (3.8, _SIX),
    "7": (3.8, "M0,0L3.8,0L1.3,6"),
    "8": (3.8, "M1.9,2.9Q0.2,2.9 0.2,1.5Q0.2,0 1.9,0Q3.6,0 3.6,1.5Q3.6,2.9 1.9,2.9Q0,2.9 0,4.4Q0,6 1.9,6"
               "Q3.8,6 3.8,4.4Q3.8,2.9 1.9,2.9Z"),
    "9": (3.8, "M0.4,5.2Q1,6 1.8,6Q3.8,6 3.8,2.4Q3.8,0 1.9,0Q0,0 0,1.8Q0,3.5 1.9,3.5Q3.4,3.5 3.8,2"),
    "!": (0, "M0,0L0,3.7M0,5.9L0,6"),
    "?": (3.6, "M0,1.4Q0.2,0 1.8,0Q3.6,0 3.6,1.6Q3.6,2.7 1.8,3.2L1.8,4M1.8,5.9L1.8,6"),
    ".": (0, "M0,5.9L0,6"),
    ",": (0.5, "M0.5,5.6L0,6.8"),
    ":": (0, "M0,2L0,2.1M0,5.4L0,5.5"),
    "'": (0, "M0,0L0,1.2"),
    "-": (2, "M0,3.2L2,3.2"),
    "+": (3, "M0,3.2L3,3.2M1.5,1.7L1.5,4.7"),
    "&": (4.4, "M4.4,6L0.8,1.8Q0.4,0 1.9,0Q3.4,0 3.1,1.5Q2.8,2.5 1.2,3.2Q0,3.8 0,4.7Q0,6 1.6,6Q3.6,6 4.2,3.6"),
})  # fmt: skip
"""The letters: the width of each, and its strokes as path data, six units high."""

DOTS = "M1,-1.9L1,-1.8M3,-1.9L3,-1.8"
DOTTED = MappingProxyType({"Ä": "A", "Ö": "O", "Ü": "U"})
QUOTES = MappingProxyType({ord("’"): "'", ord("‘"): "'", ord("ʼ"): "'", ord("–"): "-", ord("—"): "-", ord("‑"): "-"})
LARGEST = 24.0
"""The largest number of pixels of a unit, so that one letter does not fill the square."""

_POINT = re.compile(r"(-?[0-9.]+),(-?[0-9.]+)")
_CODE = re.compile(f"{PREFIX}((?:[0-9a-f]{{2}})+)(?![\\s\\S])")


def code(text: str) -> str:
    """Return the ID of the drawing of a text in letters, or ``""`` if it has none that can be drawn.

    Letters are capitals; accents that no letter here has are left out, as are other characters. Of more than
    :data:`MOST` characters, whole words from the beginning are kept.
    """
    kept = shown(text)
    return f"{PREFIX}{kept.encode('latin-1').hex()}" if kept else ""


def shown(text: str) -> str:
    """Return what is drawn of a text: its first words, in capitals, at most :data:`MOST` characters."""
    folded = text[: 8 * MOST].translate(QUOTES).replace("ß", "ss").upper()
    letters = "".join(_letter(each) for each in unicodedata.normalize("NFC", folded))
    words, kept = letters.split(), ""
    for word in words:
        longer = f"{kept} {word}".strip()
        if len(longer) > MOST:
            break
        kept = longer
    return kept if any(each.isalnum() for each in kept) else ""


def text_of(digest: str) -> str:
    """Return the text of a lettering by its drawing's ID; ``""`` if it is no lettering, or written in another way."""
    match = _CODE.match(digest)
    text = bytes.fromhex(match.group(1)).decode("latin-1") if match else ""
    return text if text and shown(text) == text else ""


@lru_cache(maxsize=64)
def lines_of(text: str) -> tuple[str, ...]:
    """Return a text in the lines in which its letters are largest within a square."""
    words = text.split(" ")
    return max((_broken(words, count) for count in range(1, len(words) + 1)), key=_scale)


def height(digest: str) -> float:
    """Return the height of a lettering as a share of its square's side; 0 if it is none."""
    if not (text := text_of(digest)):
        return 0.0
    lines = lines_of(text)
    return _high(lines) * _scale(lines) / SIDE


@lru_cache(maxsize=64)
def svg(digest: str) -> str:
    """Return the drawing of a lettering as SVG.

    :raises KeyError: when the ID is that of no lettering.
    """
    text = text_of(digest)
    if not text:
        raise KeyError(digest)
    lines = lines_of(text)
    scale, paths = _scale(lines), list[str]()
    top = (SIDE - scale * _high(lines)) / 2 + scale * RIM_STROKE / 2
    for line in lines:
        top += scale * _raised(line)
        left = (SIDE - scale * _wide(line)) / 2
        paths += [_moved(_strokes(letter), left + scale * at, top, scale) for at, letter in _placed(line)]
        top += scale * LINE
    data = "".join(paths)
    drawn = "".join(
        f'<path d="{data}" fill="none" stroke="#{tone}" stroke-width="{width * scale:.1f}" stroke-linecap="round" '
        'stroke-linejoin="round"/>'
        for tone, width in ((RIM, RIM_STROKE), (INK, STROKE))
    )
    size = f'width="{SIDE}" height="{SIDE}" viewBox="0 0 {SIDE} {SIDE}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{drawn}</svg>'


def _letter(letter: str) -> str:
    """Return a character as it is drawn: itself, without its accent, a space for a space, or nothing."""
    if letter in STROKES or letter in DOTTED:
        return letter
    plain = unicodedata.normalize("NFD", letter)[:1]
    return " " if letter.isspace() else plain if plain in STROKES else ""


def _width(letter: str) -> float:
    return STROKES[DOTTED.get(letter, letter)][0]


def _strokes(letter: str) -> str:
    return STROKES[DOTTED.get(letter, letter)][1] + (DOTS if letter in DOTTED else "")


def _placed(line: str) -> list[tuple[float, str]]:
    """Return the letters of a line, each with its left edge, in units."""
    placed, at = [], 0.0
    for letter in line:
        if letter == " ":
            at += SPACE
            continue
        placed.append((at, letter))
        at += _width(letter) + GAP
    return placed


def _wide(line: str) -> float:
    """Return the width of a line between the middles of its outermost strokes, in units."""
    at, letter = _placed(line)[-1]
    return at + _width(letter)


def _raised(line: str) -> float:
    """Return the room above a line for the dots of umlauts, in units."""
    return 1.9 if set(line) & set(DOTTED) else 0.0


def _high(lines: tuple[str, ...]) -> float:
    """Return the height of lines with their rims, in units."""
    return LINE * (len(lines) - 1) + 6 + RIM_STROKE + sum(map(_raised, lines))


def _scale(lines: tuple[str, ...]) -> float:
    """Return how many pixels of the square a unit has, so that lines fill it."""
    wide = max(map(_wide, lines)) + RIM_STROKE
    return min((SIDE - 2 * MARGIN) / wide, (SIDE - 2 * MARGIN) / _high(lines), LARGEST)


def _broken(words: list[str], count: int) -> tuple[str, ...]:
    """Return words in about ``count`` lines, none much longer than the others."""
    most = max(*map(len, words), sum(map(len, words)) // count + 1)
    return tuple(textwrap.wrap(" ".join(words), most, break_on_hyphens=False))


def _moved(strokes: str, left: float, top: float, scale: float) -> str:
    """Return path data scaled, and moved to a place."""

    def moved(match: re.Match[str]) -> str:
        x, y = map(float, match.groups())
        return f"{left + scale * x:.1f},{top + scale * y:.1f}"

    return _POINT.sub(moved, strokes)
