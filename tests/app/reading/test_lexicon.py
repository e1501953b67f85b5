"""A lexicon's file is searched where it lies, and one that is none is named."""

import io
from pathlib import Path

import numpy as np
import pytest

from app.core.config import ROOT
from app.reading import lexicon as lexicons
from app.reading.lexicon import ALIAS, NAME, Lexicon, LexiconError


def test_words_are_found_with_what_they_mean_and_how_that_is_known(lexicon: Lexicon) -> None:
    best = lexicon.find("fox")[0]
    assert (lexicon.concepts[best.concept].name, best.weight, best.source) == ("fox", 1.0, NAME)
    assert lexicon.concepts[lexicon.find("de:fuchs")[0].concept].name == "fox"
    assert lexicon.find("vixen")[0].source == ALIAS
    assert lexicon.find("") == lexicon.find("zzzz") == lexicon.find("\udc80") == []


def test_stems_tell_of_concepts(lexicon: Lexicon) -> None:
    scores, covered = lexicon.term_scores(["mane", "savanna", "zzzz"])
    best = int(scores.argmax())
    assert (lexicon.concepts[best].name, covered[best]) == ("lion roaring", 2)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(LexiconError, match=r"lexicon\.npz is missing"):
        Lexicon.load(tmp_path)


def _saved(**arrays: object) -> bytes:
    held = io.BytesIO()
    np.savez(held, **arrays)  # type: ignore[arg-type]
    return held.getvalue()


@pytest.mark.parametrize("data", [b"", b"PK", _saved(format=np.array(99)), _saved(format=np.array(1))])
def test_what_is_no_lexicon_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / lexicons.FILE).write_bytes(data)
    with pytest.raises(LexiconError, match="cannot be read as a lexicon"):
        Lexicon.load(tmp_path)


def test_concepts_have_german_names_written_as_people_do(lexicon: Lexicon) -> None:
    named = {concept.name: concept.german for concept in lexicon.concepts}
    assert (named["lion"], named["hedgehog"], named["red apple"]) == ("Löwe", "Igel", "roter Apfel")
    assert all(named.values())


def test_lexicon_of_an_earlier_release_names_nothing_in_german(tmp_path: Path) -> None:
    with np.load(ROOT / "models/house" / lexicons.FILE) as arrays:
        (tmp_path / lexicons.FILE).write_bytes(_saved(**{name: arrays[name] for name in arrays if name != "german"}))
    assert {concept.german for concept in Lexicon.load(tmp_path).concepts} == {""}
