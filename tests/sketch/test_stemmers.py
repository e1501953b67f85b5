"""Tests of the stemmers that are imported without those of other languages."""

import pytest

from sketch.stemmers import EnglishStemmer, GermanStemmer
from tests.support.loaded_modules import modules_after


def loaded(code: str) -> set[str]:
    """Return the modules of the package of stemmers that are loaded once some code has run in a new process."""
    return {name for name in modules_after(code) if name.startswith("snowballstemmer")}


def test_stems_are_those_of_the_package() -> None:
    import snowballstemmer

    for language, stemmer in (("english", EnglishStemmer()), ("german", GermanStemmer())):
        for word in ("houses", "running", "Katzen", "schön", "strawberries"):
            assert stemmer.stemWord(word) == snowballstemmer.stemmer(language).stemWord(word)


@pytest.mark.slow
def test_stemmers_of_other_languages_are_not_imported() -> None:
    used = {f"snowballstemmer.{name}" for name in ("among", "basestemmer", "english_stemmer", "german_stemmer")}
    assert loaded("import sketch.stemmers") <= used


@pytest.mark.slow
def test_package_can_be_imported_before_and_after() -> None:
    after = loaded("import sketch.stemmers, snowballstemmer; snowballstemmer.stemmer('french')")
    before = loaded("import snowballstemmer, sketch.stemmers; snowballstemmer.stemmer('french')")
    assert after == before
    assert "snowballstemmer.french_stemmer" in after
