"""Errors of the studio. The message is one sentence for the person who runs a stage."""

from __future__ import annotations


class StudioError(Exception):
    """Base class of the studio's errors. A stage prints the message and exits with status 1."""


class FolderError(StudioError):
    """The work folder is unusable, or lacks a file that the stage needs."""


class Refused(StudioError):
    """A picture is not accepted; the message is the reason."""


class FetchError(StudioError):
    """An address did not return what was expected."""
