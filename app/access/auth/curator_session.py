"""The curator's sign-in, with the password whose hash is in the setting ``CURATOR_HASH``.

A sign-in is a signed cookie. It ends an hour after the last page, twelve hours after it began, when the password
changes, and when the curator signs out; the audit log records the sign-out, so that a copy of the cookie is refused.
"""

import hashlib
import secrets
import time

from flask import Response, current_app, g, request
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.security import check_password_hash, generate_password_hash

from app.access.auth import cookies
from app.collection.moderation import audit_log
from app.core.errors import InvalidInput

IDLE_SECONDS = 3600
WHOLE_SECONDS = 12 * 3600
PASSWORD_MIN = 12
SIGNED_OUT = "signed out"
SignIn = tuple[str, int]  # a random id, and the Unix time when it began


def hash_of(password: str) -> str:
    """Return the salted scrypt hash of a password, for the settings.

    :raises InvalidInput: when the password has fewer than ``PASSWORD_MIN`` characters.
    """
    if len(password) < PASSWORD_MIN:
        raise InvalidInput.on("password", message=f"The password must have at least {PASSWORD_MIN} characters.")
    return generate_password_hash(password)


def is_open() -> bool:
    """Return whether this site has curator pages: whether ``CURATOR_HASH`` is set."""
    return bool(current_app.config["CURATOR_HASH"])


def matches(password: str) -> bool:
    """Return whether this is the curator's password; the comparison takes constant time."""
    return check_password_hash(current_app.config["CURATOR_HASH"], password)


def begin(response: Response) -> None:
    """Sign the curator in: set the cookie on the response, and record it in the audit log."""
    sign_in = (secrets.token_urlsafe(16), int(time.time()))
    _set_cookie(response, sign_in)
    audit_log.note("signed in", _name(sign_in))


def end(response: Response) -> None:
    """Sign the curator out: delete the cookie, and record it in the audit log, which invalidates copies of it."""
    if (sign_in := current()) is not None:
        audit_log.note(SIGNED_OUT, _name(sign_in))
    g.curator = None
    for name in cookies.names(cookies.CURATOR):
        if _sign_in(request.cookies.get(name, "")):  # under the name of release 1.1.0 it may be another site's
            response.delete_cookie(
                name, path=cookies.path(), secure=request.is_secure, httponly=True, samesite="Strict"
            )


def current() -> SignIn | None:
    """Return the request's sign-in; ``None`` if it has none, or an invalid one."""
    if "curator" not in g:
        g.curator = _load()
    sign_in: SignIn | None = g.curator
    return sign_in


def renew(response: Response) -> Response:
    """Restart the idle period of a signed-in curator; return the response, with the cookie signed again."""
    if g.get("curator"):
        _set_cookie(response, g.curator)
    return response


def _load() -> SignIn | None:
    for value in cookies.values(cookies.CURATOR):
        sign_in = _sign_in(value)
        if sign_in is None or time.time() - sign_in[1] > WHOLE_SECONDS:
            continue
        if not audit_log.is_noted(SIGNED_OUT, _name(sign_in)):
            return sign_in
    return None


def _sign_in(cookie: str) -> SignIn | None:
    """Return the sign-in of a cookie that this site has signed within the last hour, or None."""
    try:
        name, begun = _serializer().loads(cookie, max_age=IDLE_SECONDS)
        return str(name), int(begun)
    except (BadSignature, ValueError, TypeError):
        return None


def _set_cookie(response: Response, sign_in: SignIn) -> None:
    value = str(_serializer().dumps(sign_in))
    cookies.put(response, cookies.CURATOR, value, max_age=IDLE_SECONDS, samesite="Strict")


def _serializer() -> URLSafeTimedSerializer:
    config = current_app.config
    password = hashlib.sha256(config["CURATOR_HASH"].encode()).hexdigest()  # a new password ends every sign-in
    return URLSafeTimedSerializer([*config["SECRET_KEY_FALLBACKS"], config["SECRET_KEY"]], salt=f"curator {password}")


def _name(sign_in: SignIn) -> str:
    """Return a sign-in's name for the audit log: a hash, from which the cookie cannot be derived."""
    return hashlib.sha256(sign_in[0].encode()).hexdigest()[:16]
