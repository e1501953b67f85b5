"""Parse numbers that visitors type into the form, with their language's decimal sign or a point."""

import re

from app.core.i18n.formatting import decimal_sign


def number(text: str) -> float | str:
    """Return a typed number; if the text is not a number, the text itself, for validation to refuse."""
    point = re.escape(decimal_sign())
    match = re.fullmatch(rf"\s*([0-9]{{1,6}})(?:(?:\.|{point})([0-9]{{1,6}}))?\s*", text, re.ASCII)
    return float(f"{match[1]}.{match[2] or 0}") if match else text


def signed_number(text: str) -> float | str:
    """Return a typed number, which may be negative, with a decimal point; the text itself if it is not a number."""
    return float(text) if re.fullmatch(r"-?[0-9]{1,6}(?:\.[0-9]{1,6})?", text, re.ASCII) else text


def whole_number(text: str) -> int | str:
    """Return a typed whole number; the text itself if it is not a whole number."""
    return int(text) if re.fullmatch(r"\s*[0-9]{1,20}\s*", text, re.ASCII) else text


def localised(text: str) -> str:
    """Return a typed number with the page language's decimal sign; the text itself if it is not a number."""
    return text.replace(".", decimal_sign()) if isinstance(number(text), float) else text
