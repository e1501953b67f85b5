"""Errors about models that cannot be used."""

from __future__ import annotations


class ModelError(Exception):
    """A model, or a part of it that a recipe needs, is missing, damaged or not supported."""


class MissingFile(ModelError):
    """A file of a model is missing; of a model from the hub it may not have been downloaded yet."""
