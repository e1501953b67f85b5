"""What the studio explains to somebody, in one sentence."""

from __future__ import annotations


class StudioError(Exception):
    """Base of all of them: the stage ends with its sentence and status 1."""


class FolderError(StudioError):
    """The work folder cannot be used, or lacks what the stage needs."""


class Refused(StudioError):
    """A picture is not taken; the sentence is its reason."""


class FetchError(StudioError):
    """An address does not give what it should."""
