"""Identify visitors by a signed cookie and API callers by a token, and hash these secrets to record ownership."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Any

from flask import Flask, Response, current_app, g, request
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import Row

from app import addresses
from app.storage.candidate_models import CandidateSet
from app.storage.walk_models import Walk

COOKIE = "moma_visitor"
YEAR_SECONDS = 31_536_000


class HostSession(SecureCookieSessionInterface):
    """The signed session (it holds the CSRF token), with the name and path of the site's other cookies."""

    def get_cookie_name(self, app: Flask) -> str:
        """Return the cookie's name for this request."""
        return host_name(super().get_cookie_name(app))

    def get_cookie_path(self, app: Flask) -> str:  # noqa: ARG002
        """Return the path below which browsers send the cookie."""
        return cookie_path()

    def get_cookie_secure(self, app: Flask) -> bool:  # noqa: ARG002
        """Return whether the cookie is limited to https: if this request uses https."""
        return request.is_secure


def init_app(app: Flask) -> None:
    """Set up the session's cookie, and the visitor cookie after each request that needs it."""
    app.session_interface = HostSession()
    app.after_request(_set_cookie)


def host_name(name: str) -> str:
    """Return a cookie's name, over https with the prefix by which browsers protect it (RFC 6265bis, section 4.1.3).

    They accept ``__Host-`` for a whole host only; a site below a path has ``__Secure-``.
    """
    if not request.is_secure:
        return name
    return f"__Secure-{name}" if addresses.prefix() else f"__Host-{name}"


def cookie_path() -> str:
    """Return the path below which browsers send the site's cookies."""
    return addresses.prefix() or "/"


def known() -> str | None:
    """Return the visitor's secret from their cookie; ``None`` without a valid cookie."""
    if "visitor" not in g:
        g.visitor = _read_cookie()
    secret: str | None = g.visitor
    return secret


def current() -> str:
    """Return the visitor's secret, creating one if needed; the response sets the cookie for another year."""
    secret = known()
    if secret is None:
        secret = g.visitor = secrets.token_urlsafe(24)
    g.sets_visitor_cookie = True
    return secret


def digest(secret: str) -> str:
    """Return the SHA-256 of a secret, as the database stores it."""
    return hashlib.sha256(secret.encode()).hexdigest()


def owns(secret: str | None, owned: Walk | CandidateSet | Row[Any]) -> bool:
    """Return whether ``secret``, from a cookie or a bearer token, belongs to the owner of a walk or candidate set."""
    return secret is not None and hmac.compare_digest(digest(secret), owned.owner_hash)


def new_token() -> str:
    """Return a new random token by which a program owns a walk."""
    return secrets.token_hex(32)


def keyed(message: str) -> str:
    """Return the HMAC of a message with the site's secret, so that the message cannot be guessed from it."""
    return keyed_by_all_secrets(message)[0]


def report_hashes(secret: str) -> list[str]:
    """Return the hashes that identify a visitor's reports: with the site's current secret, then with earlier ones."""
    return keyed_by_all_secrets(f"reporter {secret}")


def keyed_by_all_secrets(message: str) -> list[str]:
    """Return the HMACs of a message with the site's current secret, then with earlier ones."""
    return [hmac.new(key.encode(), message.encode(), hashlib.sha256).hexdigest() for key in _secrets()]


def _secrets() -> list[str]:
    return [current_app.config["SECRET_KEY"], *current_app.config["SECRET_KEY_FALLBACKS"]]


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(_secrets()[::-1], salt="visitor")  # the last key signs, and all keys verify


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
    if g.get("sets_visitor_cookie"):
        response.set_cookie(
            host_name(COOKIE),
            _serializer().dumps(g.visitor),
            path=cookie_path(),
            max_age=YEAR_SECONDS,
            httponly=True,
            secure=request.is_secure,
            samesite="Lax",
        )
    return response
