"""The languages of the site's pages, and the language of the current page."""

from babel import Locale
from flask_babel import get_locale

ENGLISH = Locale("en", "GB")
LOCALES = {"en": ENGLISH, "de": Locale("de")}
NAMES = {"en": "English", "de": "Deutsch"}  # each in its own language


def here() -> Locale:
    """Return the locale of the current page; British English outside of a page."""
    return get_locale() or ENGLISH


def tag() -> str:
    """Return the page's language as a tag for HTML: ``en-GB``."""
    return str(here()).replace("_", "-")
