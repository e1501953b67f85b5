"""The stemmers of the languages that prompts are read in. Their package imports those of thirty others with them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec, module_from_spec

__all__ = ["EnglishStemmer", "GermanStemmer"]


@contextmanager
def _unread(package: str) -> Iterator[None]:
    """Import modules of a package in a block without running the package's own code."""
    spec = find_spec(package)
    if package in sys.modules or spec is None:
        yield
        return
    sys.modules[package] = module_from_spec(spec)
    try:
        yield
    finally:
        del sys.modules[package]


with _unread("snowballstemmer"):
    from snowballstemmer.english_stemmer import EnglishStemmer  # type: ignore[import-untyped]
    from snowballstemmer.german_stemmer import GermanStemmer  # type: ignore[import-untyped]
