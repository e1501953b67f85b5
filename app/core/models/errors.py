"""Errors about models that cannot be used."""

from __future__ import annotations


class ModelError(Exception):
    """A model, or a part of it that a recipe needs, is missing, damaged or not supported."""


class BrokenFile(ModelError):
    """A file is truncated or damaged; the reason is a clause that names no path, so that pages may show it."""

    def __init__(self, path: object, reason: str) -> None:
        super().__init__(f"The model file {path} is broken: {reason}.")
        self.reason = reason


class MissingFile(ModelError):
    """A file of a model is missing; of a model from the hub it may not have been downloaded yet."""
