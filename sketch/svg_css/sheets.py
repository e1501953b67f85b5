"""The style sheets of a drawing as the renderer reads them: without styles for other media than a screen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NoReturn

from sketch.svg import DEEP, DrawingRefused
from sketch.svg_css import declarations

_QUOTED = re.compile(r""""[^"]*"|'[^']*'""")
_ALWAYS = ("", "all", "screen", "only screen", "not print", "(prefers-color-scheme: light)")
_NEVER = (
    "print", "only print", "speech", "tty", "tv", "projection", "handheld", "braille", "embossed", "aural", "not all",
    "not screen", "(prefers-color-scheme: dark)", "(prefers-contrast: more)", "(forced-colors: active)",
    "(prefers-reduced-motion: reduce)", "(prefers-reduced-motion)",
)  # fmt: skip
_PSEUDO = re.compile(r"::?([\w-]+)")
_STATES = (
    "first-child", "hover", "focus", "focus-visible", "focus-within", "active", "visited", "link", "target",
    "selection",
)  # fmt: skip
"""Pseudo-classes that the renderer reads, or that no picture is ever in."""

_LOST = ("layer", "container", "scope", "starting-style")
"""Rules that hold others, which the renderer skips although a browser heeds them; it may skip ``@supports``."""


def is_for_screens(media: str) -> bool:
    """Return whether a list of media includes a light screen.

    :raises DrawingRefused: when that depends on more than the kind of medium, such as on its size.
    """
    queries = [" ".join(re.sub(r"\s*:\s*", ": ", query.lower()).split()) for query in media.split(",")]
    for query in queries:
        kind = query.removeprefix("only ").removeprefix("screen and ").removeprefix("all and ")
        if kind not in (*_ALWAYS, *_NEVER):
            _refuse(query)
        if kind in _ALWAYS:
            return True
    return False


def simplify(css: str) -> str:
    """Return a style sheet as the renderer reads it.

    :raises DrawingRefused: naming what is not understood.
    """
    return "".join(_rules(declarations.strip_comments(css)))


def _rules(css: str, deep: int = 1) -> Iterator[str]:
    """Yield the rules of a style sheet without comments, each as the renderer reads it."""
    for prelude, block in _split(css):
        name, _, rest = prelude.removeprefix("@").partition(" ")
        name, bracket, more = name.partition("(")  # as in @media(…)
        rest = f"{bracket}{more} {rest}".strip()
        if block is None or not prelude.startswith("@"):
            yield f"{prelude};" if block is None else _rule(prelude, block)
        elif name.lower() == "media":
            if deep == DEEP:
                _refuse(prelude)
            yield from _rules(block, deep + 1) if is_for_screens(rest) else ()
        elif name.lower() in _LOST:
            _refuse(f"@{name}")
        else:
            yield f"{prelude}{{{block}}}"


def _rule(selectors: str, block: str) -> str:
    """Return one rule as the renderer reads it.

    :raises DrawingRefused: when it is for elements that the renderer does not find, or holds other rules.
    """
    if "{" in _QUOTED.sub("", block):
        _refuse(block)
    held = declarations.simplify(declarations.parse(block))
    for match in _PSEUDO.finditer(_QUOTED.sub("", selectors) if held else ""):
        if match[1].lower() not in _STATES:
            _refuse(selectors)
    return f"{selectors}{{{';'.join(map(str, held))}}}"


def _refuse(what: str) -> NoReturn:
    what = " ".join(what.split())[:60]
    raise DrawingRefused("The drawing has styles for %(what)s, which are not understood.", what=what)


def _split(css: str) -> Iterator[tuple[str, str | None]]:
    """Yield each rule's prelude and block; the block is None where a semicolon ends the rule."""
    blank = _QUOTED.sub(lambda match: " " * len(match[0]), css)
    start = depth = opened = 0
    for index, sign in enumerate(blank):
        if sign == "{":
            depth += 1
            opened = index if depth == 1 else opened
        elif sign == "}" and depth:
            depth -= 1
            if not depth:
                yield css[start:opened].strip(), css[opened + 1 : index]
                start = index + 1
        elif sign == ";" and not depth:
            yield css[start:index].strip(), None
            start = index + 1
    if depth:  # CSS closes what is left open
        yield css[start:opened].strip(), css[opened + 1 :]
