"""Numbers as visitors type them into the form, with the decimal sign of their language or a point."""

from __future__ import annotations

import re

from app.i18n.formatting import decimal_sign


def number(text: str) -> float | str:
    """Return the number that was typed; the text as it is where it is none, for the check to refuse."""
    point = re.escape(decimal_sign())
    said = re.fullmatch(rf"\s*([0-9]{{1,6}})(?:(?:\.|{point})([0-9]{{1,6}}))?\s*", text, re.ASCII)
    return float(f"{said[1]}.{said[2] or 0}") if said else text


def signed_number(text: str) -> float | str:
    """Return the number that was typed, which may be negative, with a point; the text as it is where it is none."""
    return float(text) if re.fullmatch(r"-?[0-9]{1,6}(?:\.[0-9]{1,6})?", text, re.ASCII) else text


def whole_number(text: str) -> int | str:
    """Return the whole number that was typed; the text as it is where it is none."""
    return int(text) if re.fullmatch(r"\s*[0-9]{1,20}\s*", text, re.ASCII) else text


def written(text: str) -> str:
    """Write a number that was typed as the page's language does; as it stands where it is none."""
    return text.replace(".", decimal_sign()) if isinstance(number(text), float) else text
