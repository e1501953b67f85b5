"""Captions and labels of single pictures: whole sentences, whatever they are taken for."""

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.collection.labels import captions, descriptions, pictures, wall_label
from app.collection.labels.pictures import Picture
from app.storage.upload_models import Upload

ALL = list(itertools.product(captions.TONES, captions.AUDIENCES, captions.LANGUAGES))
MARKED = {"en": re.compile("“[^”]*”"), "de": re.compile("„[^“]*“")}


def picture(shows: str = "a fox", *, is_guess: bool = True) -> Picture:
    return Picture(descriptions.name(shows), is_guess, 96, 64, "abcdefghjkmnpqrs")


@given(st.text(max_size=300), st.booleans())
def test_whatever_it_is_taken_for_captions_are_eight_whole_sentences(shows: str, is_guess: bool) -> None:
    about = picture(shows, is_guess=is_guess)
    for tone, audience, language in ALL:
        written = captions.compose(about, tone=tone, audience=audience, variants=8, language=language)
        assert len(set(written)) == 8
        for text in written:
            said = MARKED[language].sub("X", text)
            assert said[0].isupper(), text
            assert said[-1] in ".!?", text
            assert not re.search(r"[{}\n]|  | [,.]|\.\.|“”|„“", said), text


@given(st.text(max_size=300), st.booleans(), st.sampled_from(sorted(captions.LANGUAGES)))
def test_whatever_it_is_taken_for_each_part_of_its_label_is_one_line(shows: str, is_guess: bool, language: str) -> None:
    label = wall_label.compose(picture(shows, is_guess=is_guess), language)
    for line in label.lines():
        assert line.strip() == line != ""
        assert "\n" not in line
    assert label.sentence.endswith(".")


@pytest.mark.parametrize("language", sorted(captions.LANGUAGES))
def test_eight_variants_begin_differently_and_name_it_where_it_has_a_name(language: str) -> None:
    for tone, audience, shows in itertools.product(captions.TONES, captions.AUDIENCES, ("a fox", "")):
        written = captions.compose(picture(shows), tone=tone, audience=audience, variants=8, language=language)
        lines = captions._fitting_lines(captions.sentences("picture", language).tones[tone], picture(shows))
        assert len(set(lines)) == len(lines) == 8
        assert all(("a fox" in text.casefold()) == bool(shows) for text in written)


def test_guess_is_said_to_be_one_and_words_of_its_owner_are_not() -> None:
    assert wall_label.compose(picture()).lines() == [
        "Untitled (a fox)",
        "Digital image, 96 × 64 pixels",
        "Single image, undated",
        "The words in brackets are an image model’s guess at what it shows.",
    ]
    assert wall_label.compose(picture("a fox", is_guess=False)).lines()[0] == "A fox"
    assert wall_label.compose(picture("")).lines()[0] == "Untitled"
    for language, guess in (("en", "guess|image model"), ("de", "Vermutung|Bildmodell")):
        for about in (picture(is_guess=False), picture("")):
            lines = captions._fitting_lines(captions.sentences("picture", language).audiences["academic"], about)
            assert not re.search(guess, "\n".join(lines))


def test_german_addresses_no_one() -> None:
    grammar = captions.sentences("picture", "de")
    said = "\n".join(str(each) for part in (grammar.tones, grammar.audiences) for each in part.values())
    assert not re.search(r"\b(du|dir|dich|dein\w*|ihr\w*|euch|euer|eure\w*|schreibt|erzählt)\b|\bSie\b", said)


def test_both_languages_know_the_same_tones_audiences_and_conditions() -> None:
    english, german = captions.sentences("picture", "en"), captions.sentences("picture", "de")
    assert tuple(english.tones) == tuple(german.tones) == captions.TONES
    assert tuple(english.audiences) == tuple(german.audiences) == captions.AUDIENCES
    for tone in captions.TONES:
        assert {need: len(lines) for need, lines in english.tones[tone].items()} == {
            need: len(lines) for need, lines in german.tones[tone].items()
        }


@pytest.mark.usefixtures("app")
def test_photo_is_described_by_its_owner_else_by_a_publishable_guess() -> None:
    photo = Upload(id="abcdefghjkmnpqrs", details={"width": 96, "height": 64}, analysis={"description": "a fox"})
    assert pictures.of_photo(photo) == picture()
    assert pictures.of_photo(photo, ' a "red" fox. ') == picture("a ‘red’ fox", is_guess=False)
    photo.analysis = {"description": "a fucking fox"}
    assert pictures.of_photo(photo).shows == ""
