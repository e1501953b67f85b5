"""The errors that the site raises, catches and shows. Every one derives from ``MomaError``.

``status`` is the HTTP status of the answer, ``title`` its heading; the message is the sentence below it.

* MomaError (500)
  x ConfigError
    - InstanceTaken (app.instance)
  x InvalidInput (422), which holds one FieldError for each invalid field
    - UnusableSlideshow (app.site.slideshow.films)
  x Malformed (400)
  x NotOwner (401 or 403)
    - NotYourCollection (app.collection.gallery.visitor_collections)
  x TokenRefused (401 or 403)
  x WalkNotFound (404)
  x WalkGone (410)
  x NoExhibition (404, app.collection.gallery.exhibitions)
  x NoCollection (404, app.collection.gallery.visitor_collections)
  x NoWall (404, app.wall.walls)
  x NoWords (404, app.wall.words)
  x Conflict (409)
  x NoRoom (503)
    - TooMany (429)
  x MediaError (503)
    - MediaLost
    - MediaStoreAway
      > MediaStoreFull
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

from flask import g, has_request_context

from app.core.i18n.gettext import N_


@dataclass(frozen=True, slots=True)
class FieldError:
    """An error in one field: its path (such as ``("stops", 1, "prompt")``) and a sentence that names the limit.

    ``is_unfit`` marks text or a picture that the content rules refuse.
    """

    path: tuple[str | int, ...]
    message: str
    is_unfit: bool = dataclasses.field(default=False, compare=False)

    @property
    def field(self) -> str:
        """Return the path with dots, such as ``stops.1.prompt``."""
        return ".".join(str(part) for part in self.path)

    @property
    def pointer(self) -> str:
        """Return the path as a JSON pointer fragment (RFC 6901), such as ``#/stops/1/prompt``."""
        return "#" + "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in self.path)


def note_refusal(reason: str) -> None:
    """Store the reason for which the current request may be refused; the metrics count it if the request is refused.

    Does nothing outside a request.
    """
    if has_request_context():
        g.refusal = reason


class MomaError(Exception):
    """Base class of all errors that are shown to a visitor, client or operator."""

    status = 500
    title = N_("Something went wrong")


class ConfigError(MomaError):
    """A setting is missing, unknown or invalid; the process does not start."""


class InvalidInput(MomaError):
    """The input breaks a rule; ``errors`` holds a :class:`FieldError` for each invalid field."""

    status = 422
    title = N_("Not a walk we can paint")

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__(" ".join(error.message for error in errors))
        self.errors = errors
        note_refusal("unfit" if any(error.is_unfit for error in errors) else "invalid")

    @classmethod
    def on(cls, *path: str | int, message: str) -> InvalidInput:
        """Return the error for the single field at ``path``."""
        return cls([FieldError(path, message)])


class Malformed(MomaError):
    """The request cannot be parsed, such as a body that is not JSON."""

    status = 400
    title = N_("Not readable")


class NotOwner(MomaError):
    """The request would change another owner's walk; ``status`` is 401 without an owner token, 403 with a wrong one."""

    title = N_("Not your walk")

    def __init__(self, message: str, *, status: int = 403) -> None:
        super().__init__(message)
        self.status = status


class TokenRefused(MomaError):
    """An API token is missing, unknown, expired or revoked (401), or lacks the ``scope`` for the request (403)."""

    title = N_("Not with this token")

    def __init__(self, message: str, *, scope: str = "") -> None:
        super().__init__(message)
        self.status = 403 if scope else 401
        self.scope = scope


class WalkNotFound(MomaError):
    """No walk has this ID."""

    status = 404
    title = N_("There is nothing at this address")


class WalkGone(MomaError):
    """The walk with this ID was deleted or hidden."""

    status = 410
    title = N_("This walk was deleted")


class Conflict(MomaError):
    """The state of the walk does not allow the action."""

    status = 409
    title = N_("Not now")


class NoRoom(MomaError):
    """The site has no capacity for the request now; ``retry_after`` is the estimated wait in whole seconds."""

    status = 503
    title = N_("Full for now")

    def __init__(self, message: str, *, retry_after: float, reason: str = "full") -> None:
        super().__init__(message)
        note_refusal(reason)
        self.retry_after = max(1, math.ceil(retry_after))


class TooMany(NoRoom):
    """A visitor or network exceeded a rate limit."""

    status = 429
    title = N_("Enough for now")


class MediaError(MomaError):
    """An operation of the media store failed: the store does not answer, is full, or lacks the file."""

    status = 503
    title = N_("The pictures are away")


class MediaLost(MediaError):
    """A file is missing or damaged; the media store itself answers."""


class MediaStoreAway(MediaError):
    """The media store is full or does not answer; the stored files are not lost."""


class MediaStoreFull(MediaStoreAway):
    """The media store has no space left."""

    title = N_("Full for now")
