"""The languages that pages speak, and the one that the page at hand speaks."""

from __future__ import annotations

from babel import Locale
from flask_babel import get_locale

ENGLISH = Locale("en", "GB")
LOCALES = {"en": ENGLISH, "de": Locale("de")}
NAMES = {"en": "English", "de": "Deutsch"}  # each in itself, for those who read no other


def here() -> Locale:
    """Return what the page at hand speaks; English where there is none."""
    return get_locale() or ENGLISH


def tag() -> str:
    """Name the page's language as HTML does: ``en-GB``."""
    return str(here()).replace("_", "-")
