"""Read the fields of JSON that anybody may have written; each error names the field and the limit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

COUNT_MOST = 2**31 - 1


class SceneError(ValueError):
    """A scene breaks a limit or is of another version; the message names the field and the limit."""


def mapping(told: object, where: str, known: set[str]) -> Mapping[str, Any]:
    """Return an object whose fields are all known.

    :raises SceneError: otherwise.
    """
    if not isinstance(told, Mapping):
        raise SceneError(f"{where}: an object is wanted.")
    if unknown := sorted(set(map(str, told)) - known):
        raise SceneError(f"{where}.{unknown[0][:40]}: there is no such field.")
    return told


def number(fields: Mapping[str, Any], where: str, name: str, low: float, high: float, *, default: float) -> float:
    """Return a number within limits; true and false are none.

    :raises SceneError: otherwise.
    """
    value = fields.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:  # no number is false
        raise SceneError(f"{where}.{name}: a number from {low:g} to {high:g} is wanted.")
    return float(value)


def count(value: object, where: str) -> int:
    """Return a whole number from 0 to :data:`COUNT_MOST`.

    :raises SceneError: otherwise.
    """
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= COUNT_MOST:
        raise SceneError(f"{where}: it must be a whole number from 0 to {COUNT_MOST}.")
    return value


def one_of(fields: Mapping[str, Any], where: str, name: str, known: Sequence[str], *, default: str) -> str:
    """Return one of some texts.

    :raises SceneError: otherwise.
    """
    value = fields.get(name, default)
    if value not in known:
        raise SceneError(f"{where}.{name}: one of {', '.join(each or 'nothing' for each in known)} is wanted.")
    return str(value)


def is_tone(value: object) -> bool:
    """Return whether a value is a colour as six hexadecimal digits."""
    return isinstance(value, str) and len(value) == 6 and all(each in "0123456789abcdef" for each in value)
