"""Captions: whole sentences whatever the prompts say, different ones, in both languages."""

import itertools
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.collection.labels import captions, descriptions
from app.collection.labels.captions import CaptionRequest, PictureCaptionRequest
from app.collection.labels.descriptions import Description
from app.core.errors import InvalidInput
from app.storage.walk_models import ENDINGS

ALL = list(itertools.product(captions.TONES, captions.AUDIENCES, captions.LANGUAGES))
MARKED = {"en": re.compile("“[^”]*”"), "de": re.compile("„[^“]*“")}


FILMS = [
    {"frames": frames, "ending": ending, "public": public, "prompts": prompts}
    for frames, ending, public, prompts in itertools.product((2, 3, 24), ENDINGS, (True, False), (True, False))
]


def about(*prompts: str, **facts: Any) -> Description:
    fields = {"frames": 24, "year": 2026, "number": 7, "id": "abcdefghjkmnpqrs", **facts}
    return Description(tuple(map(descriptions.name, prompts)), **fields)


def all_of(language: str, **facts: Any) -> str:
    """Write what can be said of a film, every line of it, one below the other."""
    grammar, film = captions.sentences("film", language), about("A", "B", **facts)
    parts = (*grammar.tones.values(), *grammar.audiences.values())
    return "\n".join(line for part in parts for line in captions._fitting_lines(part, film))


@pytest.mark.slow
@given(st.lists(st.text(min_size=1, max_size=300).filter(str.strip), min_size=2, max_size=8), st.integers(2, 240))
def test_whatever_is_walked_through_captions_are_whole_sentences(prompts: list[str], frames: int) -> None:
    described = about(*prompts, frames=frames)
    for tone, audience, language in ALL:
        for text in captions.compose(described, tone=tone, audience=audience, variants=8, language=language):
            said = MARKED[language].sub("X", text)
            assert said[0].isupper() or said[0].isdigit(), text
            assert said[-1] in ".!?", text
            assert not re.search(r"[{}\n]|  | [,.]|\.\.", said), text


@pytest.mark.parametrize("facts", FILMS)
def test_eight_variants_of_any_film_begin_differently(facts: dict[str, Any]) -> None:
    for tone, audience, language in ALL:
        film = about("a fox", "a kite", **facts)
        written = captions.compose(film, tone=tone, audience=audience, variants=8, language=language)
        lines = captions.sentences("film", language).tones[tone]
        known = {line.format(first="X", last="X", frames=film.frames) for group in lines.values() for line in group}
        begun = {line for line in known for text in written if MARKED[language].sub("X", text).startswith(line)}
        assert len(begun) == 8


def test_each_tone_and_audience_has_a_dozen_lines_that_differ() -> None:
    for grammar in (captions.sentences("film", language) for language in captions.LANGUAGES):
        for groups in (*grammar.tones.values(), *grammar.audiences.values()):
            lines = [line for group in groups.values() for line in group]
            assert len(set(lines)) == len(lines) >= 12


def test_every_condition_can_be_met() -> None:
    known = frozenset[str]().union(*(about("a", "b", **facts).holds for facts in FILMS))
    for grammar in (captions.sentences("film", language) for language in captions.LANGUAGES):
        for groups in (*grammar.tones.values(), *grammar.audiences.values()):
            assert known.issuperset(" ".join(groups).split())


ROUND = {"ending": "round"}


@pytest.mark.parametrize(
    ("language", "said", "facts"),
    [
        ("en", r"[Bb]etween|middle|[Gg]radual|a little|[Ss]lowly|[Ss]oftly|dissolves", {"frames": 2}),
        ("en", r"[Gg]radual|a little|[Ss]lowly|[Ss]oftly|dissolves", {"frames": 7}),
        ("en", r"[Gg]allery|[Nn]ow showing|See the|[Oo]n view", {"public": False}),
        ("en", r"\bends\b|Last step", {"ending": "back"}),
        (
            "en",
            r"Last step|frames (of pure|to)|[Ii]n \{frames\} (cheerful|frames,)|took \{frames\}",
            {"ending": "round"},
        ),
        ("en", r"and returns|goes back|home", {"ending": "stop"}),
        ("en", r"text prompts|the prompts|are prompts", {"prompts": False}),
        ("de", r"[Zz]wischen|Mitte|allmählich|[Ll]eise|vergeht", {"frames": 2}),
        ("de", r"allmählich|[Ll]eise|vergeht", {"frames": 7}),
        ("de", r"Galerie|zu sehen\.|ansehen", {"public": False}),
        ("de", r"\bendet\b|Letzter Schritt", {"ending": "back"}),
        ("de", r"\bendet\b|Letzter Schritt|[Ii]n \{frames\} (fröh|Bildern geht)|brauchte", ROUND),
        ("de", r"kehrt|heim", {"ending": "stop"}),
        ("de", r"aus Prompts gemalt|den Prompts|stehen Prompts", {"prompts": False}),
    ],
)
def test_what_is_not_borne_out_is_not_said(language: str, said: str, facts: dict[str, Any]) -> None:
    other = {"frames": 24, "public": True, "prompts": True}
    other["ending"] = "back" if facts.get("ending") == "stop" else "stop"
    assert re.search(said, all_of(language, **other))
    assert not re.search(said, all_of(language, **{**other, **facts}))


def test_german_addresses_no_one() -> None:
    said = "\n".join(all_of("de", **facts) for facts in FILMS)
    assert not re.search(r"\b(du|dir|dich|dein\w*|ihr\w*|euch|euer|eure\w*|sie|schreibt|erzählt)\b", said, re.I)


def test_a_stop_without_words_is_called_a_photo() -> None:
    assert captions.sentence(about("", "a kite")) == "A walk through “a photo” and “a kite”, in 24 frames."
    assert "„Foto ohne Titel“" in captions.sentence(about("", "a kite"), "de")


@pytest.mark.parametrize(("tone", "audience", "language"), ALL)
def test_variants_differ_in_more_than_the_names(tone: str, audience: str, language: str) -> None:
    written = captions.compose(about("a fox", "a kite"), tone=tone, audience=audience, variants=8, language=language)
    assert len(set(written)) == 8


def test_both_languages_know_all_tones_and_audiences() -> None:
    for grammar in (captions.sentences("film", language) for language in captions.LANGUAGES):
        assert tuple(grammar.tones) == captions.TONES
        assert tuple(grammar.audiences) == captions.AUDIENCES


def test_a_title_with_quotation_marks_stays_one_title() -> None:
    assert descriptions.name(' a "red"  fox. ') == "a ‘red’ fox"
    assert len(descriptions.name("fox " * 70)) <= descriptions.NAME_MAX


@pytest.mark.parametrize("language", sorted(captions.LANGUAGES))
def test_name_that_begins_a_sentence_has_a_capital_and_no_other_is_changed(language: str) -> None:
    film, pattern = about("ärger", "eis"), re.compile(r"(^|[.!?–] )?[“„]([äe])", re.I)
    for tone in captions.TONES:
        for text in captions.compose(film, tone=tone, audience="personal", variants=8, language=language):
            for begins, letter in pattern.findall(text):
                assert letter.isupper() == (begins != "" or text.startswith(("“" + letter, "„" + letter))), text


def test_what_is_quoted_within_a_name_has_the_marks_of_the_language() -> None:
    film = about('a "red" fox', "it’s")
    assert "“a ‘red’ fox” and “it’s”" in captions.sentence(film)
    assert "„a ‚red‘ fox“ und „it’s“" in captions.sentence(film, "de")


def test_the_label_names_every_stop() -> None:
    assert captions.sentence(about("a fox", "a kite", "rain")) == (
        "A walk through “a fox”, “a kite” and “rain”, in 24 frames."
    )


def test_each_wrong_field_is_named() -> None:
    with pytest.raises(InvalidInput) as caught:
        captions.parse_request({"tone": " ", "audience": "all", "variants": 9, "colour": 1}, CaptionRequest)
    assert [(each.field, each.message) for each in caught.value.errors] == [
        ("tone", "The tone must be a word or a few, of 1 to 40 characters."),
        ("audience", "The audience must be one of personal, promotional and academic."),
        ("variants", "The variants must be a whole number from 1 to 8."),
        ("colour", "colour is not a field of captions."),
    ]


def test_what_is_no_object_is_refused_with_the_shape_of_one() -> None:
    with pytest.raises(InvalidInput, match=re.escape('by an object such as {"tone": "poetic"}')):
        captions.parse_request([], CaptionRequest)


@pytest.mark.usefixtures("app")
def test_words_for_a_picture_are_short_plain_and_fit() -> None:
    for description, message in (
        ("x" * 301, "The description has at most 300 characters."),
        ("a\u202efox", "The description contains control characters. Use letters alone."),
    ):
        with pytest.raises(InvalidInput, match=re.escape(message)):
            captions.parse_request({"description": description}, PictureCaptionRequest)
    with pytest.raises(InvalidInput, match="The description"):
        captions.parse_request({"description": "a fucking fox"}, PictureCaptionRequest)
    assert captions.parse_request({"description": " a  fox\n"}, PictureCaptionRequest).description == "a fox"
