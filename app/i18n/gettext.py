"""Sentences in the page's language. The English sentence is the key; outside of a page it is what is said.

``make language`` collects them into ``app/i18n/translations``; CONTRIBUTING.md says more.
"""

from __future__ import annotations

import flask_babel
from babel.support import NullTranslations
from flask import g


def translations() -> NullTranslations:
    """Return the sentences of the page at hand, found once: flask-babel looks for them each time.

    They are kept where it keeps the page's language, and forgets both when that changes.
    """
    kept = g.get("_flask_babel") if g else None
    found: NullTranslations | None = getattr(kept, "babel_translations", None)
    if found is None:
        found = flask_babel.get_translations()
        if kept is not None:
            kept.babel_translations = found
    return found


def _(message: str, /, **values: object) -> str:
    """Say a sentence; ``%(name)s`` in it stands for one of ``values``."""
    said = str(translations().ugettext(message))
    return said % values if values else said


def ngettext(one: str, many: str, num: int, /, **values: object) -> str:
    """Say the sentence for a count."""
    return str(translations().ungettext(one, many, num)) % {"num": num, **values}


def N_(message: str) -> str:  # noqa: N802 - as gettext names it everywhere
    """Mark a sentence that is said later."""
    return message


def counted(one: str, many: str) -> tuple[str, str]:
    """Mark a noun that is counted later."""
    return one, many
