"""Cursors: where a page of a list begins, signed, so that none can be made up."""

from __future__ import annotations

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

from app.errors import InvalidInput
from app.i18n.gettext import _

Value = str | int | float | bool


def write(*values: Value) -> str:
    """Write a cursor; the first of its values names the order that it belongs to."""
    text = _serializer().dumps(values)
    return text if isinstance(text, str) else text.decode()


def read(text: str, order: str, *kinds: type) -> list[Value]:
    """Return the values of a cursor behind the name of its order.

    :raises InvalidInput: when it was not made here, by an earlier version, or for another order.
    """
    try:
        name, *values = _serializer().loads(text)
    except (BadSignature, ValueError, TypeError) as error:
        raise foreign() from error
    if name != order and isinstance(name, str):
        raise InvalidInput.on("cursor", message=_("This cursor belongs to another order. Begin again without one."))
    if name != order or [type(value) for value in values] != list(kinds):
        raise foreign()
    return list(values)


def foreign() -> InvalidInput:
    """Make the error for a cursor that is none of ours."""
    return InvalidInput.on("cursor", message=_("This cursor was not made here. Begin again without one."))


def _serializer() -> URLSafeSerializer:
    keys = [*current_app.config["SECRET_KEY_FALLBACKS"], current_app.config["SECRET_KEY"]]
    return URLSafeSerializer(keys, salt="gallery")
