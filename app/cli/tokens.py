"""Admin commands for API tokens: ``flask --app wsgi tokens …``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click
from flask.cli import AppGroup

from app.access.auth import api_tokens
from app.cli.common import json_command, print_text
from app.core.local_time import stamp
from app.storage.house_models import ApiToken

SCOPES = f"{', '.join(api_tokens.SCOPES)}; all but the last if not given"

group = AppGroup("tokens", help="Create, list and revoke API tokens.")


@group.command("create")
@click.argument("name")
@click.option("--scope", "scopes", multiple=True, metavar="SCOPE", help=f"A scope, may be repeated: {SCOPES}.")
@click.option("--allowance", type=int, help="Hourly allowance, in units of a usual walk's work.")
@click.option("--expires", metavar="DAY", help="The last day of its validity, such as 2027-01-31, or days, as in 90d.")
@json_command
def create(name: str, scopes: tuple[str, ...], allowance: int | None, expires: str | None) -> dict[str, Any]:
    """Create a token called NAME and print it; it cannot be shown again."""
    token, secret = api_tokens.create(name, scopes=scopes or api_tokens.USUAL, allowance=allowance, expires=expires)
    print_text(secret)
    print_text(f"{_line(token)}\nKeep it: it is shown this once.", err=True)
    return {**_fields(token), "token": secret}


@group.command("list")
@json_command
def list_tokens() -> Iterator[dict[str, Any]]:
    """List all tokens, the newest first, including expired and revoked ones."""
    found = api_tokens.list_tokens()
    for token in found:
        print_text(_line(token))
    return map(_fields, found)


@group.command("revoke")
@click.argument("name")
@json_command
def revoke(name: str) -> dict[str, Any]:
    """Revoke the token NAME, immediately and permanently; its walks stay."""
    is_new = api_tokens.revoke(name)
    print_text(f"{name} is revoked." if is_new else f"{name} was revoked before.")
    return {"name": name, "revoked": True, "was_revoked": not is_new}


def _fields(token: ApiToken) -> dict[str, Any]:
    moments = {name: getattr(token, name) for name in ("created_at", "expires_at", "revoked_at", "last_used_on")}
    return {
        "name": token.name,
        "scopes": token.scopes,
        "allowance": token.allowance,
        **{name: None if moment is None else moment.isoformat() for name, moment in moments.items()},
        "good": not api_tokens.flaw(token),
    }


def _line(token: ApiToken) -> str:
    parts = [token.name, " ".join(token.scopes), f"{token.allowance:,} walks an hour"]
    if token.expires_at is not None:
        parts.append(f"expires {stamp(token.expires_at)}")
    parts.append(f"last used {token.last_used_on}" if token.last_used_on else "never used")
    flaw = api_tokens.flaw(token)
    return ", ".join(parts) + (f" ({flaw})" if flaw else "")
