"""Sizes that data from outside must keep before anything looks at its parts."""

from typing import Any

from app.core.errors import FieldError, InvalidInput
from app.core.i18n.formatting import number
from app.core.i18n.gettext import _

VALUES_MAX = 50_000
"""The most values in a JSON document, lists and objects among them; the recipe of a long walk has some thousands."""
TEXT_MAX = 10_000
"""The most characters of one of its texts; a prompt has far fewer."""
NAMES_SHOWN = 4  # of a path in a message


def check(document: Any) -> None:
    """Check how many values a parsed JSON document has, and how long its texts and names are.

    :raises InvalidInput: naming the text, or the document, and the limit.
    """
    count, todo = 1, list[tuple[tuple[str | int, ...], Any]]([((), document)])
    while todo:
        path, value = todo.pop()
        if isinstance(value, str):
            _check_text(path, value)
            continue
        parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        count += len(value) if parts else 0
        if count > VALUES_MAX:
            message = _("The document has more than %(most)s values; more are not read.", most=number(VALUES_MAX))
            raise InvalidInput([FieldError((), message)])
        for name, part in parts:
            if isinstance(name, str):
                _check_text((*path, name[:60]), name)
            if isinstance(part, (str, list, dict)):
                todo.append(((*path, name), part))


def _check_text(path: tuple[str | int, ...], text: str) -> None:
    if len(text) <= TEXT_MAX:
        return
    message = _(
        "%(field)s has %(count)s characters; at most %(most)s are read.",
        field=".".join(str(part) for part in path[-NAMES_SHOWN:]) or "The document",
        count=number(len(text)),
        most=number(TEXT_MAX),
    )
    raise InvalidInput([FieldError(path, message)])
