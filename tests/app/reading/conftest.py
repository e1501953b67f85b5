"""A reader with the shipped lexicon and table of meaning, and a drawing in two styles for every concept."""

import pytest

from app.core.config import ROOT
from app.core.text.embedding import Embedding
from app.reading.lexicon import Lexicon
from app.reading.reader import Reader
from sketch.sketchbook import Drawing, digest_of


@pytest.fixture(scope="session")
def lexicon() -> Lexicon:
    return Lexicon.load(ROOT / "models/house")


@pytest.fixture(scope="session")
def drawings(lexicon: Lexicon) -> list[Drawing]:
    return [
        Drawing(digest_of(f"{concept.name} {style}"), concept.name, kind=concept.kind, style=style)
        for concept in lexicon.concepts for style in ("flat", "classic")
    ]  # fmt: skip


@pytest.fixture(scope="session")
def embedding() -> Embedding:
    return Embedding.load(ROOT / "models/meaning")


@pytest.fixture(scope="session")
def reader(lexicon: Lexicon, drawings: list[Drawing], embedding: Embedding) -> Reader:
    return Reader(lexicon, drawings, embedding)
