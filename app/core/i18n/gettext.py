"""Translate sentences into the page's language. The English sentence is the key, and the result outside of a page.

``make language`` collects the sentences into ``app/core/i18n/translations``; see CONTRIBUTING.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import g

if TYPE_CHECKING:
    from babel.support import NullTranslations


def translations() -> NullTranslations:
    """Return the current page's translations, cached, because flask-babel loads them at each call.

    The cache is in flask-babel's own context, which it discards when the language changes.
    """
    context = g.get("_flask_babel") if g else None
    cached: NullTranslations | None = getattr(context, "babel_translations", None)
    if cached is None:
        import flask_babel  # most commands translate nothing

        cached = flask_babel.get_translations()
        if context is not None:
            context.babel_translations = cached
    return cached


def _(message: str, /, **values: object) -> str:
    """Return a sentence in the page's language, with ``values`` for its placeholders ``%(name)s``."""
    translated = str(translations().ugettext(message))
    return translated % values if values else translated


def ngettext(one: str, many: str, num: int, /, **values: object) -> str:
    """Return the sentence for a count in the page's language; ``num`` and ``values`` fill its placeholders."""
    return str(translations().ungettext(one, many, num)) % {"num": num, **values}


def N_(message: str) -> str:  # noqa: N802 - as gettext names it everywhere
    """Mark a sentence for translation, and return it unchanged; it is translated later."""
    return message


def counted(one: str, many: str) -> tuple[str, str]:
    """Mark the singular and plural of a noun for translation, and return them unchanged."""
    return one, many
