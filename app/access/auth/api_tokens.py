"""API tokens: named credentials for programs, with scopes, an hourly allowance, and their own walks.

A token is a random secret with a prefix that secret scanners can recognise. It is shown once; the database stores its
hash, which also identifies the owner of its walks.
"""

import re
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from flask import current_app, g, request
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from app.access.auth import visitors
from app.collection.moderation import audit_log
from app.core.errors import FieldError, InvalidInput, TokenRefused
from app.core.local_time import first_moment, local_day
from app.storage.database import db, execute, now, writing
from app.storage.house_models import TOKEN_NAME_MAX, ApiToken

PREFIX = "moma_"
READ, CREATE, EDIT, CURATE = "walks:read", "walks:create", "walks:edit", "walks:curate"
SCOPES = {
    READ: "List the token's own walks, in any state, including unlisted ones.",
    CREATE: "Request walks; the token owns them.",
    EDIT: "Change, cancel and delete the token's own walks.",
    CURATE: "Hide, feature and delete any walk; each action is recorded in the audit log.",
}
USUAL = (READ, CREATE, EDIT)
ALLOWANCE_MAX = 10_000
NAME = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._-]{{0,{TOKEN_NAME_MAX - 1}}}")
DAYS = re.compile("([0-9]{1,5})d")


def bearer() -> str | None:
    """Return the request's bearer token, whether an API token or an owner's token; ``None`` without one."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def current() -> ApiToken | None:
    """Return the request's API token; ``None`` if it has none, or a bearer token of another kind.

    :raises TokenRefused: when the API token is unknown, expired or revoked.
    """
    if "api_token" not in g:
        g.api_token = _load()
    token: ApiToken | None = g.api_token
    return token


def allow(scope: str) -> ApiToken | None:
    """Return the request's API token after checking its scope; ``None`` if the request has no API token.

    :raises TokenRefused: when the API token is unknown, expired or revoked, or lacks the scope.
    """
    token = current()
    if token is not None and scope not in token.scopes:
        raise TokenRefused(f"This API token lacks the scope {scope}.", scope=scope)
    return token


def require(scope: str) -> ApiToken:
    """Return the request's API token after checking its scope.

    :raises TokenRefused: when there is none, it is unknown, expired or revoked, or it lacks the scope.
    """
    token = allow(scope)
    if token is None:
        raise TokenRefused(f"Send an API token that has the scope {scope} as a bearer token.")
    return token


def has_scope(scope: str) -> bool:
    """Return whether the request has an API token with this scope.

    :raises TokenRefused: when the API token is unknown, expired or revoked.
    """
    token = current()
    return token is not None and scope in token.scopes


def audit_name(token: ApiToken) -> str:
    """Return a token's name for the audit log."""
    return f"token {token.name}"


def create(
    name: str, *, scopes: Collection[str] = USUAL, allowance: int | None = None, expires: str | None = None
) -> tuple[ApiToken, str]:
    """Create a token; return it and its secret, which cannot be retrieved later.

    :param scopes: a subset of ``SCOPES``, not empty.
    :param allowance: how many usual walks it may request within an hour; by default as many as a visitor.
    :param expires: a date or a number of days, as :func:`expiry` takes it; ``None`` for no expiry.
    :raises InvalidInput: with one error for each invalid field.
    """
    usual = min(int(current_app.config["HOURLY_WALKS"]), ALLOWANCE_MAX)
    allowance = usual if allowance is None else allowance
    errors, expires_at = [], None
    if not NAME.fullmatch(name):
        message = f"A token's name has 1 to {TOKEN_NAME_MAX} letters, digits, dots, hyphens and underscores."
        errors.append(FieldError(("name",), message))
    if not scopes or set(scopes) - set(SCOPES):
        unknown = "".join(f" {scope:.60} is none." for scope in scopes if scope not in SCOPES)
        errors.append(FieldError(("scope",), f"A token has one or more of the scopes {', '.join(SCOPES)}.{unknown}"))
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
    """Return the moment when a token expires.

    :param text: the last valid day in the site's time zone, ``2027-01-31``, or a number of days from now, ``90d``.
    :raises InvalidInput: when the text is neither, or the moment is not in the future.
    """
    moment = None
    try:
        if days := DAYS.fullmatch(text):
            moment = now() + timedelta(days=int(days[1]))
        else:
            moment = first_moment(datetime.strptime(text, "%Y-%m-%d").date() + timedelta(days=1))
    except (ValueError, OverflowError):
        moment = None
    if moment is None or moment <= now():
        message = f"A token expires on a day to come, such as 2027-01-31, or after days, such as 90d; not {text!r:.60}."
        raise InvalidInput.on("expires", message=message)
    return moment


def revoke(name: str) -> bool:
    """Revoke a token permanently; return False if it was revoked before, else True.

    :raises InvalidInput: when no token has this name.
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


def list_tokens() -> list[ApiToken]:
    """Return all tokens, the newest first."""
    return list(db.session.scalars(select(ApiToken).order_by(ApiToken.number.desc())))


def flaw(token: ApiToken) -> str:
    """Return why a token is invalid, ``revoked`` or ``expired``; ``""`` if it is valid."""
    if token.revoked_at is not None:
        return "revoked"
    return "expired" if token.expires_at is not None and token.expires_at <= now() else ""


def _load() -> ApiToken | None:
    secret = bearer()
    if secret is None or not secret.startswith(PREFIX):
        return None
    token: ApiToken | None = db.session.scalar(select(ApiToken).where(ApiToken.secret_hash == visitors.digest(secret)))
    if token is None:
        raise TokenRefused("This API token is not known here.")
    if why := flaw(token):
        raise TokenRefused(f"This API token is {why}.")
    today = local_day(now())
    if token.last_used_on != today:
        execute(update(ApiToken).where(ApiToken.number == token.number).values(last_used_on=today))
    return token
