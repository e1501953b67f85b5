import json

import pytest

from app.core.config import ROOT
from app.core.models import merges

CLIP = ROOT / "models" / "families" / "clip"
VOCABULARY = json.loads((CLIP / "vocab.json").read_text("utf-8"))
MERGES = (CLIP / "merges.txt").read_text("utf-8")


def test_merges_of_clip_are_whole() -> None:
    assert merges.is_whole(VOCABULARY, MERGES)


@pytest.mark.parametrize("share", [0, 0.2, 0.5, 0.9, 0.98])
def test_merges_that_were_cut_off_are_not_whole(share: float) -> None:
    assert not merges.is_whole(VOCABULARY, MERGES[: int(len(MERGES) * share)])


def test_vocabulary_of_letters_and_special_tokens_needs_no_merges() -> None:
    letters = {letter: place for place, letter in enumerate("abc")} | {"a</w>": 3, "<|endoftext|>": 4}
    assert merges.is_whole(letters, "#version: 0.2\n")
    assert merges.is_whole({}, "")
