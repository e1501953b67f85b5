"""Identify visitors by a signed cookie and API callers by a token, and hash these secrets to record ownership.

What belongs to a visitor carries the hash of the secret in their cookie. A browser that shares what another one has
has two such hashes: that of all that is shared, which new things get too, and its own (``docs/decisions``, 84).
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from flask import Flask, Request, Response, g, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import Row

from app.access.auth import browsers, cookies
from app.storage.candidate_models import CandidateSet
from app.storage.collection_models import Collection
from app.storage.walk_models import Walk

Owned = Walk | CandidateSet | Collection | Row[Any]


class HostSession(SecureCookieSessionInterface):
    """The signed session (it holds the CSRF token), with the name and path of the site's other cookies."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:  # noqa: ARG002
        """Return the session of the first of the request's cookies that this site has signed, or an empty one."""
        serializer = self.get_signing_serializer(app)
        if serializer is None:
            return None
        for value in cookies.values(cookies.SESSION):
            with suppress(BadSignature):
                return self.session_class(serializer.loads(value))
        return self.session_class()

    def get_cookie_name(self, app: Flask) -> str:  # noqa: ARG002
        """Return the cookie's name for this request."""
        return cookies.name(cookies.SESSION)

    def get_cookie_path(self, app: Flask) -> str:  # noqa: ARG002
        """Return the path below which browsers send the cookie."""
        return cookies.path()

    def get_cookie_secure(self, app: Flask) -> bool:  # noqa: ARG002
        """Return whether the cookie is limited to https: if this request uses https."""
        return request.is_secure


def init_app(app: Flask) -> None:
    """Set up the session's cookie, and the visitor cookie after each request that needs it."""
    app.session_interface = HostSession()
    app.after_request(_set_cookie)


def known() -> str | None:
    """Return the visitor's secret from their cookie; ``None`` without a valid cookie."""
    if "visitor" not in g:
        secret = _read_cookie()
        g.visitor_owners = () if secret is None else owners_of(secret)
        g.visitor = secret if g.visitor_owners else None
    known_secret: str | None = g.visitor
    return known_secret


def current() -> str:
    """Return the visitor's secret, creating one if needed; the response sets the cookie for another year."""
    secret = known()
    if secret is None:
        secret = secrets.token_urlsafe(24)
        g.visitor, g.visitor_owners = secret, (digest(secret),)
    g.sets_visitor_cookie = True
    return secret


def replace(secret: str) -> None:
    """Give the visitor another secret: the response sets the cookie."""
    g.visitor, g.visitor_owners, g.sets_visitor_cookie = secret, owners_of(secret), True


def owners() -> tuple[str, ...]:
    """Return the hashes that the visitor's belongings carry, that of new ones first; none without a valid cookie."""
    known()
    hashes: tuple[str, ...] = g.visitor_owners
    return hashes


def owner() -> str:
    """Return the hash that new belongings of the visitor get; the response sets the cookie."""
    current()
    return owners()[0]


def known_owner() -> str | None:
    """Return the hash that new belongings of the visitor get; ``None`` without a valid cookie."""
    return next(iter(owners()), None)


def owners_of(secret: str) -> tuple[str, ...]:
    """Return the hashes that belongings of a secret's holder carry, that of new ones first; none if it was ended."""
    return browsers.owners_of(digest(secret))


def owner_of(secret: str) -> str:
    """Return the hash that new belongings of a secret's holder get; one that only the secret has if it was ended."""
    return next(iter(owners_of(secret)), digest(secret))


def digest(secret: str) -> str:
    """Return the SHA-256 of a secret, as the database stores it."""
    return hashlib.sha256(secret.encode()).hexdigest()


def owns(token: str | None, owned: Owned) -> bool:
    """Return whether something belongs to the holder of a bearer token."""
    return token is not None and _is_among(owned, owners_of(token))


def is_own(owned: Owned) -> bool:
    """Return whether something belongs to the visitor, by their cookie."""
    return _is_among(owned, owners())


def _is_among(owned: Owned, hashes: Iterable[str]) -> bool:
    return any(hmac.compare_digest(each, owned.owner_hash) for each in hashes)


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
    return [hmac.new(key.encode(), message.encode(), hashlib.sha256).hexdigest() for key in cookies.secret_keys()]


def is_keyed(message: str, text: str, length: int | None = None) -> bool:
    """Return whether a text is the HMAC of a message, or its first `length` digits, with any of the site's secrets."""
    keys = keyed_by_all_secrets(message)
    return any(hmac.compare_digest(each[:length].encode(), text.encode()) for each in keys)


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(cookies.secret_keys()[::-1], salt="visitor")  # the last key signs, and all keys verify


def _read_cookie() -> str | None:
    for value in cookies.values(cookies.VISITOR):
        with suppress(BadSignature):
            if isinstance(secret := _serializer().loads(value), str):
                return secret
    return None


def _set_cookie(response: Response) -> Response:
    if g.get("sets_visitor_cookie"):
        cookies.put(response, cookies.VISITOR, str(_serializer().dumps(g.visitor)), max_age=cookies.YEAR_SECONDS)
    return response
