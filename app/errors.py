"""The one small tree of errors that the rest of the site raises, catches and shows."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

from flask import g, has_request_context

from app.i18n.gettext import N_


@dataclass(frozen=True, slots=True)
class FieldError:
    """Say what is wrong with one field: its path (``("stops", 1, "prompt")``) and a sentence naming the limit."""

    path: tuple[str | int, ...]
    message: str
    is_unfit: bool = dataclasses.field(default=False, compare=False)

    @property
    def field(self) -> str:
        """Write the path as programs read it: ``stops.1.prompt``."""
        return ".".join(str(part) for part in self.path)

    @property
    def pointer(self) -> str:
        """Write the path as a JSON pointer fragment (RFC 6901)."""
        return "#" + "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in self.path)


def note_refusal(reason: str) -> None:
    """Note why the request at hand may be refused, for the figures: they count it if it is."""
    if has_request_context():
        g.refusal = reason


class MomaError(Exception):
    """Base of every error that the site explains to somebody; ``status`` is its HTTP answer."""

    status = 500
    title = N_("Something went wrong")


class ConfigError(MomaError):
    """A setting is missing, unknown or unusable; the start is refused."""


class InvalidInput(MomaError):
    """What was asked for breaks a rule; each :class:`FieldError` names the field and the limit."""

    status = 422
    title = N_("Not a walk we can paint")

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__(" ".join(error.message for error in errors))
        self.errors = errors
        note_refusal("unfit" if any(error.is_unfit for error in errors) else "invalid")

    @classmethod
    def on(cls, *path: str | int, message: str) -> InvalidInput:
        """Make the error for a single field."""
        return cls([FieldError(path, message)])


class Malformed(MomaError):
    """The request cannot be read at all."""

    status = 400
    title = N_("Not readable")


class NotOwner(MomaError):
    """Somebody else's walk was to be changed; ``status`` is 401 without a token, 403 with a wrong one."""

    title = N_("Not your walk")

    def __init__(self, message: str, *, status: int = 403) -> None:
        super().__init__(message)
        self.status = status


class TokenRefused(MomaError):
    """An API token is missing, unknown, expired or revoked, or (with ``scope``) may not do what was asked."""

    title = N_("Not with this token")

    def __init__(self, message: str, *, scope: str = "") -> None:
        super().__init__(message)
        self.status = 403 if scope else 401
        self.scope = scope


class WalkNotFound(MomaError):
    """No walk has this address."""

    status = 404
    title = N_("Nothing hangs at this address")


class WalkGone(MomaError):
    """The walk at this address was deleted."""

    status = 410
    title = N_("This walk was taken down")


class Conflict(MomaError):
    """The walk is not in a state in which this can be done."""

    status = 409
    title = N_("Not now")


class NoRoom(MomaError):
    """There is no room for more just now; ``retry_after`` says in how many seconds there is, as far as can be told."""

    status = 503
    title = N_("Full for now")

    def __init__(self, message: str, *, retry_after: float, reason: str = "full") -> None:
        super().__init__(message)
        note_refusal(reason)
        self.retry_after = max(1, math.ceil(retry_after))


class TooMany(NoRoom):
    """One visitor, or one network, asked for more than is taken from one within a time."""

    status = 429
    title = N_("Enough for now")


class MediaError(MomaError):
    """The media store did not do what it was asked: it is away or full, or has lost the file."""

    status = 503
    title = N_("The pictures are away")


class MediaStoreAway(MediaError):
    """The media store is full or does not answer; what it holds is not lost."""


class MediaStoreFull(MediaStoreAway):
    """The media store has no room for more."""

    title = N_("Full for now")
