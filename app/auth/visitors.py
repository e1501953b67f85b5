"""Who is asking: a visitor's signed cookie, an API caller's token, and the hashes by which walks know their owners."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Any

from flask import Flask, Response, current_app, g, request
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import Row

from app.storage.candidate_models import CandidateSet
from app.storage.walk_models import Walk

COOKIE = "moma_visitor"
YEAR_SECONDS = 31_536_000


class HostSession(SecureCookieSessionInterface):
    """The signed session (it holds the CSRF token), under a ``__Host-`` name over https."""

    def get_cookie_name(self, app: Flask) -> str:
        """Return the cookie's name for this request."""
        return host_name(super().get_cookie_name(app))

    def get_cookie_secure(self, app: Flask) -> bool:  # noqa: ARG002
        """Send the cookie over https only, where there is https."""
        return request.is_secure


def init_app(app: Flask) -> None:
    """Give each visitor who makes or owns something a signed cookie of their own, and keep it good."""
    app.session_interface = HostSession()
    app.after_request(_set_cookie)


def host_name(name: str) -> str:
    """Prefix a cookie's name with ``__Host-`` where the browser will accept that."""
    return f"__Host-{name}" if request.is_secure else name


def known() -> str | None:
    """Return the visitor's secret from their cookie, or ``None`` for a stranger."""
    if "visitor" not in g:
        g.visitor = _read_cookie()
    secret: str | None = g.visitor
    return secret


def current() -> str:
    """Return the visitor's secret; a stranger gets one. The cookie goes with the answer, signed anew, for a year."""
    secret = known()
    if secret is None:
        secret = g.visitor = secrets.token_urlsafe(24)
    g.visitor_is_told = True
    return secret


def digest(secret: str) -> str:
    """Hash a secret for the database."""
    return hashlib.sha256(secret.encode()).hexdigest()


def owns(secret: str | None, owned: Walk | CandidateSet | Row[Any]) -> bool:
    """Tell whether ``secret`` (a cookie's, or a bearer token) is that of the owner of a walk, or of candidates."""
    return secret is not None and hmac.compare_digest(digest(secret), owned.owner_hash)


def new_token() -> str:
    """Draw the token by which a program owns a walk."""
    return secrets.token_hex(32)


def keyed(message: str) -> str:
    """Hash a message with the site's secret, so that nobody else can look it up."""
    return _keyed(message)[0]


def reporters(secret: str) -> list[str]:
    """Name a visitor as their reports do: by the site's secret of today, then by those before it."""
    return _keyed(f"reporter {secret}")


def _keyed(message: str) -> list[str]:
    return [hmac.new(key.encode(), message.encode(), hashlib.sha256).hexdigest() for key in _secrets()]


def _secrets() -> list[str]:
    return [current_app.config["SECRET_KEY"], *current_app.config["SECRET_KEY_FALLBACKS"]]


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(_secrets()[::-1], salt="visitor")  # the last key signs, all verify


def _read_cookie() -> str | None:
    value = request.cookies.get(host_name(COOKIE))
    if not value:
        return None
    try:
        secret = _serializer().loads(value)
    except BadSignature:
        return None
    return secret if isinstance(secret, str) else None


def _set_cookie(response: Response) -> Response:
    if g.get("visitor_is_told"):
        response.set_cookie(
            host_name(COOKIE),
            _serializer().dumps(g.visitor),
            max_age=YEAR_SECONDS,
            httponly=True,
            secure=request.is_secure,
            samesite="Lax",
        )
    return response
