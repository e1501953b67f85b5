"""Sentences in the page's language. The English sentence is the key; outside of a page it is what is said.

``make language`` collects them into ``app/i18n/translations``; CONTRIBUTING.md says more.
"""

from __future__ import annotations

import flask_babel


def _(message: str, /, **values: object) -> str:
    """Say a sentence; ``%(name)s`` in it stands for one of ``values``."""
    return str(flask_babel.gettext(message, **values))


def ngettext(one: str, many: str, num: int, /, **values: object) -> str:
    """Say the sentence for a count."""
    return str(flask_babel.ngettext(one, many, num, **values))


def N_(message: str) -> str:  # noqa: N802 - as gettext names it everywhere
    """Mark a sentence that is said later."""
    return message


def counted(one: str, many: str) -> tuple[str, str]:
    """Mark a noun that is counted later."""
    return one, many
