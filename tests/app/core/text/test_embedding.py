"""Texts are embedded in parts, with the same numbers."""

import numpy as np
import pytest

from app.core.config import ROOT
from app.core.text import embedding
from app.core.text.embedding import Embedding


def test_vectors_do_not_depend_on_how_many_texts_are_embedded_together(monkeypatch: pytest.MonkeyPatch) -> None:
    table = Embedding.load(ROOT / "models/meaning")
    texts = ["a fox", "", "zzqqxx", "an owl in a castle at night", "der Fuchs", "a fox"]
    whole = table.embed(texts)
    monkeypatch.setattr(embedding, "AT_ONCE", 2)
    assert np.array_equal(table.embed(texts), whole)
    assert whole.shape == (6, table.width)
    assert not whole[1].any() and whole[0].any()
    assert table.embed([]).shape == (0, table.width)
