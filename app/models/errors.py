"""What is raised about a model that cannot be used."""

from __future__ import annotations


class ModelError(Exception):
    """A model, or a part of it that a recipe asks for, is missing, broken, or none that this program paints with."""


class MissingFile(ModelError):
    """A file that belongs to a model is not there; of a model from a hub it may not have been downloaded yet."""
