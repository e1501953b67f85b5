"""Cursors: the position at which a page of a list begins, signed, so that clients cannot forge one."""

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

from app.core.errors import InvalidInput
from app.core.i18n.gettext import _

Value = str | int | float | bool


def encode(*values: Value) -> str:
    """Return a signed cursor with these values; the first one is the name of the list's order."""
    text = _serializer().dumps(values)
    return text if isinstance(text, str) else text.decode()


def decode(text: str, order: str, *kinds: type) -> list[Value]:
    """Return the values of a cursor, without the name of its order.

    :param order: the order that the cursor must be of.
    :param kinds: the types that the values must have.
    :raises InvalidInput: when the signature, order or types do not match.
    """
    try:
        name, *values = _serializer().loads(text)
    except (BadSignature, ValueError, TypeError) as error:
        raise invalid_cursor() from error
    if name != order and isinstance(name, str):
        raise InvalidInput.on("cursor", message=_("This cursor belongs to another order. Begin again without one."))
    if name != order or [type(value) for value in values] != list(kinds):
        raise invalid_cursor()
    return list(values)


def invalid_cursor() -> InvalidInput:
    """Return the error for a cursor that this site did not sign."""
    return InvalidInput.on("cursor", message=_("This cursor was not made here. Begin again without one."))


def _serializer() -> URLSafeSerializer:
    keys = [*current_app.config["SECRET_KEY_FALLBACKS"], current_app.config["SECRET_KEY"]]
    return URLSafeSerializer(keys, salt="gallery")
