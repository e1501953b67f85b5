"""API tokens: programs that an operator knows by name, with scopes, an allowance, and walks of their own.

A token is a random secret behind a prefix by which programs that look for leaked secrets know it. It is shown once; the
database keeps its hash, by which its walks know their owner too.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from flask import current_app, g, request
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from app.auth import visitors
from app.errors import FieldError, InvalidInput, TokenRefused
from app.moderation import audit_log
from app.storage.database import db, now, writing
from app.storage.house_models import TOKEN_NAME_MAX, ApiToken

PREFIX = "moma_"
READ, CREATE, EDIT, CURATE = "walks:read", "walks:create", "walks:edit", "walks:curate"
SCOPES = {
    READ: "List its own walks, of every state, unlisted ones too.",
    CREATE: "Commission walks, which are its own.",
    EDIT: "Change, cancel and delete its own walks.",
    CURATE: "Hide, feature and delete anybody's walks; each act is in the audit log.",
}
USUAL = (READ, CREATE, EDIT)
ALLOWANCE_MAX = 10_000
NAME = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._-]{{0,{TOKEN_NAME_MAX - 1}}}")
DAYS = re.compile("([0-9]{1,5})d")


def bearer() -> str | None:
    """Return the bearer token that the request brings, of whatever kind it is."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def current() -> ApiToken | None:
    """Return the API token that the request brings; ``None`` where it brings none, or a token of another kind.

    :raises TokenRefused: for one that is unknown, expired or revoked.
    """
    if "api_token" not in g:
        g.api_token = _read()
    token: ApiToken | None = g.api_token
    return token


def allow(scope: str) -> ApiToken | None:
    """Return the API token that the request brings, as :func:`current` does, if it has this scope.

    :raises TokenRefused: also for one that lacks the scope.
    """
    token = current()
    if token is not None and scope not in token.scopes:
        raise TokenRefused(f"This API token lacks the scope {scope}.", scope=scope)
    return token


def require(scope: str) -> ApiToken:
    """Return the API token that the request brings, with this scope.

    :raises TokenRefused: without one, too.
    """
    token = allow(scope)
    if token is None:
        raise TokenRefused(f"Send an API token that has the scope {scope} as a bearer token.")
    return token


def may(scope: str) -> bool:
    """Tell whether the request brings an API token that has this scope.

    :raises TokenRefused: for one that is unknown, expired or revoked.
    """
    token = current()
    return token is not None and scope in token.scopes


def who(token: ApiToken) -> str:
    """Name a token in the audit log."""
    return f"token {token.name}"


def create(
    name: str, *, scopes: Collection[str] = USUAL, allowance: int | None = None, expires: str | None = None
) -> tuple[ApiToken, str]:
    """Make a token; return it, and its secret, which is known to nobody from then on but to whom it is told.

    Without an ``allowance`` it may have painted as much as a visitor; ``expires`` is a day or a number of them
    (:func:`expiry`).

    :raises InvalidInput: with one error for each field that is wrong.
    """
    usual = min(int(current_app.config["HOURLY_WALKS"]), ALLOWANCE_MAX)
    allowance = usual if allowance is None else allowance
    errors, expires_at = [], None
    if not NAME.fullmatch(name):
        message = f"A token's name has 1 to {TOKEN_NAME_MAX} letters, digits, dots, hyphens and underscores."
        errors.append(FieldError(("name",), message))
    if not scopes or set(scopes) - set(SCOPES):
        told = "".join(f" {scope:.60} is none." for scope in scopes if scope not in SCOPES)
        errors.append(FieldError(("scope",), f"A token has one or more of the scopes {', '.join(SCOPES)}.{told}"))
    if not 1 <= allowance <= ALLOWANCE_MAX:
        message = f"The allowance is the work of 1 to {ALLOWANCE_MAX:,} usual walks within an hour, not {allowance:,}."
        errors.append(FieldError(("allowance",), message))
    try:
        expires_at = None if expires is None else expiry(expires)
    except InvalidInput as error:
        errors += error.errors
    if errors:
        raise InvalidInput(errors)
    secret = PREFIX + secrets.token_hex(32)
    row = ApiToken(
        name=name,
        secret_hash=visitors.digest(secret),
        scopes=[scope for scope in SCOPES if scope in scopes],
        allowance=allowance,
        expires_at=expires_at,
    )
    try:
        with writing() as session:
            session.add(row)
            audit_log.note_in(session, "created token", name, who=audit_log.COMMAND)
    except IntegrityError as error:
        message = f"There is a token {name} already, or was one: a name stands for one token in the log."
        raise InvalidInput.on("name", message=message) from error
    return row, secret


def expiry(text: str) -> datetime:
    """Read when a token expires: ``2027-01-31`` is the last day, in UTC, that it is good; ``90d`` are days from now.

    :raises InvalidInput: for what is neither, or not to come.
    """
    moment = None
    try:
        if days := DAYS.fullmatch(text):
            moment = now() + timedelta(days=int(days[1]))
        else:
            moment = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC) + timedelta(days=1)
    except (ValueError, OverflowError):
        moment = None
    if moment is None or moment <= now():
        message = f"A token expires on a day to come, such as 2027-01-31, or after days, such as 90d; not {text!r:.60}."
        raise InvalidInput.on("expires", message=message)
    return moment


def revoke(name: str) -> bool:
    """Revoke a token, at once and for good; ``False`` where it was revoked before.

    :raises InvalidInput: when there is none of this name.
    """
    with writing() as session:
        token = session.scalar(select(ApiToken).where(ApiToken.name == name).with_for_update())
        if token is None:
            raise InvalidInput.on("name", message=f"There is no token {name:.80}.")
        if token.revoked_at is not None:
            return False
        token.revoked_at = now()
        audit_log.note_in(session, "revoked token", name, who=audit_log.COMMAND)
    return True


def every() -> list[ApiToken]:
    """Return all tokens, the newest first."""
    return list(db.session.scalars(select(ApiToken).order_by(ApiToken.number.desc())))


def flaw(token: ApiToken) -> str:
    """Say why a token is no longer good; ``""`` for one that is."""
    if token.revoked_at is not None:
        return "revoked"
    return "expired" if token.expires_at is not None and token.expires_at <= now() else ""


def _read() -> ApiToken | None:
    secret = bearer()
    if secret is None or not secret.startswith(PREFIX):
        return None
    token: ApiToken | None = db.session.scalar(select(ApiToken).where(ApiToken.secret_hash == visitors.digest(secret)))
    if token is None:
        raise TokenRefused("This API token is not known here.")
    if why := flaw(token):
        raise TokenRefused(f"This API token is {why}.")
    today = now().date()
    if token.last_used_on != today:
        with writing() as session:
            session.execute(update(ApiToken).where(ApiToken.number == token.number).values(last_used_on=today))
    return token
