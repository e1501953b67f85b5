"""Cursors: where a page of a list begins, signed, so that none can be made up."""

from __future__ import annotations

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

from app.errors import InvalidInput

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
        raise _refused("was not made here") from error
    if name != order and isinstance(name, str):
        raise _refused("belongs to another order")
    if name != order or [type(value) for value in values] != list(kinds):
        raise _refused("was not made here")
    return list(values)


def _serializer() -> URLSafeSerializer:
    keys = [*current_app.config["SECRET_KEY_FALLBACKS"], current_app.config["SECRET_KEY"]]
    return URLSafeSerializer(keys, salt="gallery")


def _refused(why: str) -> InvalidInput:
    return InvalidInput.on("cursor", message=f"This cursor {why}. Begin again without one.")
