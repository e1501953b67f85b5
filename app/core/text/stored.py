"""The texts of requests as they are stored: normalised, readable, of a bounded length."""

import unicodedata

from pydantic import ValidationInfo

from app.core.i18n.gettext import N_, _
from app.core.text import lookalikes

UNREADABLE = N_("contains characters that could not be read. Send it as UTF-8.")
RAW = 10
"""How many times its limit a text may be long before spaces are left out."""
REPLACED = "\N{REPLACEMENT CHARACTER}"
OVERRIDES = "\N{LEFT-TO-RIGHT OVERRIDE}\N{RIGHT-TO-LEFT OVERRIDE}"
"""Characters that change the display order of others."""


def check_words(text: str, info: ValidationInfo) -> str:
    """Return a visitor's text for other visitors: normalised, not too long, and not empty.

    :raises ValueError: with the rule that it breaks.
    """
    return visible_text(text, _prompt_max(info))


def clean_words(text: str, info: ValidationInfo) -> str:
    """Return a visitor's text, normalised and not too long.

    :raises ValueError: with the rule that it breaks.
    """
    return clean_text(text, _prompt_max(info))


def _prompt_max(info: ValidationInfo) -> int:
    return info.context.prompt_max if info.context else 300


def visible_text(text: str, most: int) -> str:
    """Return a text as it is stored, with at least one visible character and at most ``most`` characters.

    :raises ValueError: with the rule that it breaks.
    """
    text = clean_text(text, most)
    if not lookalikes.has_visible(text):
        raise ValueError(_("is empty. Write at least one word."))
    return text


def clean_text(text: str, most: int) -> str:
    """Return a text as it is stored: in NFC, one space between words, at most ``most`` characters.

    :raises ValueError: with the rule that it breaks.
    """
    if len(text) > RAW * most:  # before it is normalised, which takes long for long texts
        raise ValueError(_too_long(len(text), most))
    text = " ".join(unicodedata.normalize("NFC", text).split())
    check_readable(text)
    if any(unicodedata.category(character) == "Cc" or character in OVERRIDES for character in text):
        raise ValueError(_("contains control characters. Use letters, digits and punctuation only."))
    if len(text) > most:
        raise ValueError(_too_long(len(text), most))
    return text


def _too_long(count: int, most: int) -> str:
    return _("is %(count)s characters long; at most %(most)s are read.", count=count, most=most)


def check_readable(text: str) -> None:
    """Check that a text was decoded without loss.

    :raises ValueError: with the encoding to use.
    """
    if REPLACED in text or any(unicodedata.category(character) == "Cs" for character in text):
        raise ValueError(_(UNREADABLE))
