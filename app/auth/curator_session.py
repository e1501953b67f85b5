"""Who may open the curator's pages: whoever knows the password whose hash stands in the settings.

The sign-in is a signed cookie of its own. It ends an hour after the last page, twelve hours after it began, when the
password is changed, and at once when the curator signs out: the audit log remembers that.
"""

from __future__ import annotations

import hashlib
import secrets
import time

from flask import Response, current_app, g, request
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.security import check_password_hash, generate_password_hash

from app.auth.visitors import host_name
from app.errors import InvalidInput
from app.moderation import audit_log

COOKIE = "moma_curator"
IDLE_SECONDS = 3600
WHOLE_SECONDS = 12 * 3600
PASSWORD_MIN = 12
SIGNED_OUT = "signed out"


def hash_of(password: str) -> str:
    """Hash a password for the settings, with scrypt and a salt of its own.

    :raises InvalidInput: when it is too short.
    """
    if len(password) < PASSWORD_MIN:
        raise InvalidInput.on("password", message=f"The password must have at least {PASSWORD_MIN} characters.")
    return generate_password_hash(password)


def is_open() -> bool:
    """Tell whether this site has curator's pages at all."""
    return bool(current_app.config["CURATOR_HASH"])


def matches(password: str) -> bool:
    """Tell whether this is the password, in a time that does not depend on how much of it is right."""
    return check_password_hash(current_app.config["CURATOR_HASH"], password)


def begin(response: Response) -> None:
    """Sign the curator in with this answer."""
    told = (secrets.token_urlsafe(16), int(time.time()))
    _set(response, told)
    audit_log.note("signed in", _name(told))


def end(response: Response) -> None:
    """Sign the curator out: the cookie goes, and a copy of it is worth nothing from now on."""
    if (told := current()) is not None:
        audit_log.note(SIGNED_OUT, _name(told))
    g.curator = None
    response.delete_cookie(host_name(COOKIE), secure=request.is_secure, httponly=True, samesite="Strict")


def current() -> tuple[str, int] | None:
    """Return the sign-in of this request, ``None`` without a good one."""
    if "curator" not in g:
        g.curator = _read()
    told: tuple[str, int] | None = g.curator
    return told


def renew(response: Response) -> Response:
    """Count the hour anew from this page."""
    if g.get("curator"):
        _set(response, g.curator)
    return response


def _read() -> tuple[str, int] | None:
    try:
        name, begun = _serializer().loads(request.cookies.get(host_name(COOKIE), ""), max_age=IDLE_SECONDS)
        told = str(name), int(begun)
    except (BadSignature, ValueError, TypeError):
        return None
    if time.time() - told[1] > WHOLE_SECONDS or audit_log.is_noted(SIGNED_OUT, _name(told)):
        return None
    return told


def _set(response: Response, told: tuple[str, int]) -> None:
    response.set_cookie(
        host_name(COOKIE),
        _serializer().dumps(told),
        max_age=IDLE_SECONDS,
        httponly=True,
        secure=request.is_secure,
        samesite="Strict",
    )


def _serializer() -> URLSafeTimedSerializer:
    config = current_app.config
    password = hashlib.sha256(config["CURATOR_HASH"].encode()).hexdigest()  # a new password ends every sign-in
    return URLSafeTimedSerializer([*config["SECRET_KEY_FALLBACKS"], config["SECRET_KEY"]], salt=f"curator {password}")


def _name(told: tuple[str, int]) -> str:
    """Name a sign-in in the audit log, without giving its cookie away."""
    return hashlib.sha256(told[0].encode()).hexdigest()[:16]
