"""The prompts that a visitor wrote before, to choose one for a stop of the form.

They are those of the visitor's walks, so nothing more is stored for them. A browser that is to forget them has a cookie
with the time of that; earlier ones are not offered in it.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask import Response

from app.access.auth import cookies, visitors
from app.collection.gallery import own_walks
from app.site.presentation.form_commands import Command
from app.storage.database import now

OPEN, FORGET = "earlier", "forget"
DAYS_MAX = 300
"""How old a prompt may be that is offered: younger than the cookie that hides it lasts, so that it stays hidden."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """The prompts to choose from for a stop, or that they were forgotten just now."""

    stop: int
    prompts: list[str]
    is_forgotten: bool = False


def of_command(command: Command) -> Earlier | None:
    """Return what a button of the form opens; ``None`` for other buttons."""
    if command.act == FORGET:
        return Earlier(command.stop, [], is_forgotten=True)
    if command.act != OPEN:
        return None
    owners = visitors.owners()
    return Earlier(command.stop, own_walks.prompts(*owners, since=_since()) if owners else [])


def has_any() -> bool:
    """Return whether there are prompts to offer."""
    owners = visitors.owners()
    return bool(owners) and own_walks.has_any(*owners, since=_since())


def forget(response: Response) -> None:
    """Set the cookie by which this browser offers no prompts of walks that were requested until now."""
    cookies.put(response, cookies.FORGOTTEN, str(int(now().timestamp()) + 1), max_age=cookies.YEAR_SECONDS)


def _since() -> datetime:
    """Return the time of the oldest prompts that are offered in this browser."""
    oldest = now() - timedelta(days=DAYS_MAX)
    for value in cookies.values(cookies.FORGOTTEN):
        with suppress(ValueError, OverflowError, OSError):
            return max(oldest, datetime.fromtimestamp(int(value[:12]), UTC))
    return oldest
