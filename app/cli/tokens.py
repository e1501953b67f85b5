"""Admin commands for API tokens: ``flask --app wsgi tokens …``."""

from __future__ import annotations

from typing import Any

import click
from flask.cli import AppGroup

from app.access.auth import api_tokens
from app.cli.common import as_json, explain_errors, print_json
from app.core.local_time import stamp
from app.storage.house_models import ApiToken

SCOPES = f"{', '.join(api_tokens.SCOPES)}; all but the last if not given"

group = AppGroup("tokens", help="Create, list and revoke API tokens.")


@group.command("create")
@click.argument("name")
@click.option("--scope", "scopes", multiple=True, metavar="SCOPE", help=f"A scope, may be repeated: {SCOPES}.")
@click.option("--allowance", type=int, help="Hourly allowance, in units of a usual walk's work.")
@click.option("--expires", metavar="DAY", help="The last day of its validity, such as 2027-01-31, or days, as in 90d.")
@as_json
@explain_errors
def create(name: str, scopes: tuple[str, ...], allowance: int | None, expires: str | None, as_json: bool) -> None:
    """Create a token called NAME and print it; it cannot be shown again."""
    token, secret = api_tokens.create(name, scopes=scopes or api_tokens.USUAL, allowance=allowance, expires=expires)
    if as_json:
        print_json({**_fields(token), "token": secret})
    else:
        click.echo(secret)
        click.echo(f"{_line(token)}\nKeep it: it is shown this once.", err=True)


@group.command("list")
@as_json
@explain_errors
def list_tokens(as_json: bool) -> None:
    """List all tokens, the newest first, including expired and revoked ones."""
    found = api_tokens.list_tokens()
    if as_json:
        print_json([_fields(token) for token in found])
    elif found:
        click.echo("\n".join(_line(token) for token in found))


@group.command("revoke")
@click.argument("name")
@as_json
@explain_errors
def revoke(name: str, as_json: bool) -> None:
    """Revoke the token NAME, immediately and permanently; its walks stay."""
    is_new = api_tokens.revoke(name)
    if as_json:
        print_json({"name": name, "revoked": True, "was_revoked": not is_new})
    else:
        click.echo(f"{name} is revoked." if is_new else f"{name} was revoked before.")


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
