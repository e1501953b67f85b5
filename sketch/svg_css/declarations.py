"""The declarations of a style attribute or rule, those that the renderer of drawings misreads rewritten.

CSS ignores a declaration that it cannot read; the renderer lets it replace one that it could.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NoReturn

from sketch.svg import DrawingRefused
from sketch.svg_css import colours, transforms
from sketch.svg_css.numbers import NUMBER

_COMMENT = re.compile(r"""("[^"]*"|'[^']*')|/\*.*?(?:\*/|\Z)""", re.DOTALL)
_PIECE = re.compile(r"""(?:"[^"]*"|'[^']*'|\([^()]*(?:\([^()]*\)[^()]*)*\)|[^;"'(]|["'(])+""", re.DOTALL)
_IMPORTANT = re.compile(r"\s*!\s*important\s*$", re.IGNORECASE)
_SEPARATE = ("translate", "rotate", "scale")
_NUMBERED = {
    **dict.fromkeys(("opacity", "fill-opacity", "stroke-opacity", "stop-opacity"), "%"),
    "stroke-width": "px|pt|pc|mm|cm|in|em|ex|%",
}
_LONGEST = 60
_GLOBAL = ("inherit", "initial", "unset")


@dataclass(frozen=True, slots=True)
class Declaration:
    """A property's name in small letters, its value, and whether it is important."""

    name: str
    value: str
    important: bool = False

    def __str__(self) -> str:
        return f"{self.name}:{self.value}{' !important' if self.important else ''}"


def strip_comments(css: str) -> str:
    """Return CSS with a space for each of its comments; comments within quotes are text."""
    return _COMMENT.sub(lambda match: match[1] or " ", css)


def parse(block: str) -> list[Declaration]:
    """Return the declarations of a style attribute or of a rule's block, without those that have no name or value."""
    parsed = []
    for piece in _PIECE.findall(strip_comments(block)):
        name, value = (part.strip() for part in piece.partition(":")[::2])
        plain = _IMPORTANT.sub("", value).strip()
        if re.fullmatch(r"[-\w]+", name) and plain:
            parsed.append(Declaration(name.lower(), plain, plain != value))
    return parsed


def simplify(declarations: list[Declaration], attributes: Mapping[str, str] | None = None) -> list[Declaration]:
    """Return declarations as the renderer reads them, without those that it cannot read and without variables.

    `attributes` are those of the element whose style they are: what they hold counts where no declaration is read.

    :raises DrawingRefused: naming the value, where none of a property's values is read.
    """
    read = {each: value for each in declarations if (value := resolve(each.name, each.value)) is not None}
    names = {each.name for each in read}
    for each in declarations:
        held = (attributes or {}).get(each.name)
        if each.name not in names and (held is None or resolve(each.name, held) is None):
            refuse(each.name, each.value)
    _check_box(declarations)
    return [replace(each, value=read[each]) for each in declarations if each in read and not each.name.startswith("--")]


def resolve(name: str, value: str) -> str | None:
    """Return a property's value as the renderer reads it; None if it reads none like it."""
    if name in colours.INITIAL:
        return colours.resolve(value, name)
    if name == "transform":
        return transforms.resolve(value)
    if name in _SEPARATE:
        return value if value.lower() == "none" else None
    if name in _NUMBERED and value.lower() not in _GLOBAL:
        if len(value) > _LONGEST:
            return None
        return value if re.fullmatch(rf"{NUMBER}(?:{_NUMBERED[name]})?", value.strip(), re.IGNORECASE) else None
    return value


def refuse(name: str, value: str) -> NoReturn:
    """Refuse a drawing because of a property's value.

    :raises DrawingRefused: always.
    """
    values = {"name": name, "value": value[:60]}
    if name in colours.INITIAL:
        raise DrawingRefused(
            "The drawing's %(name)s holds the colour %(value)s, which is not understood: write it as in #d02020.",
            **values,
        )
    raise DrawingRefused("The drawing's %(name)s holds %(value)s, which is not understood.", **values)


def _check_box(declarations: list[Declaration]) -> None:
    """Check that no transform relates to the box of its element, of which the renderer knows nothing.

    :raises DrawingRefused: naming the box.
    """
    held = {each.name: each.value.lower() for each in declarations}
    if held.get("transform", "none") != "none" and held.get("transform-box", "view-box") != "view-box":
        refuse("transform-box", held["transform-box"])
