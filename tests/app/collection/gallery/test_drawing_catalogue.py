"""What can be drawn is listed by groups, and found by names in both languages, by words, by meaning, despite slips."""

from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from threading import Barrier

import pytest

from app.collection.gallery import drawing_catalogue
from app.collection.gallery.drawing_catalogue import GROUPS, DrawingCatalogue, catalogue, group_of
from app.core.config import ROOT
from app.core.text.embedding import Embedding
from app.reading.lexicon import Lexicon
from app.reading.reader import Reader
from sketch.sketchbook import Drawing, digest_of

WORDS = {"ping pong": ("bat", "ball", "paddle"), "bathtub": ("clean", "shower")}


@pytest.fixture(scope="module")
def reader() -> Reader:
    lexicon = Lexicon.load(ROOT / "models/house")
    drawn = [
        Drawing(digest_of(f"{each.name} {style}"), each.name, WORDS.get(each.name, ()), each.kind, style)
        for each in lexicon.concepts
        for style in ("flat", "classic")
    ]
    added = Drawing(digest_of("ours"), "Marimba", ("xylophone",), "", "ours")
    return Reader(lexicon, [*drawn, added], Embedding.load(ROOT / "models/meaning"))


@pytest.fixture(scope="module")
def english(reader: Reader) -> DrawingCatalogue:
    return catalogue(reader, "en")


@pytest.fixture(scope="module")
def german(reader: Reader) -> DrawingCatalogue:
    return catalogue(reader, "de")


def found(listed: DrawingCatalogue, query: str) -> list[str]:
    return [motif.name for motif in listed.search(query).motifs]


def test_all_are_listed_once_with_all_their_drawings(english: DrawingCatalogue) -> None:
    assert len(english.motifs) == len({motif.name for motif in english.motifs}) > 3_500
    assert {len(motif.drawings) for motif in english.motifs} == {1, 2}


def test_they_stand_in_groups_and_what_belongs_nowhere_comes_last(english: DrawingCatalogue) -> None:
    groups = list(dict.fromkeys(motif.group for motif in english.motifs))
    assert groups == [name for name, *_ in GROUPS]
    assert [motif.name for motif in english.of_group("others")] == ["Marimba"]
    assert "fox" in [motif.name for motif in english.of_group("animals")]
    assert len(english.of_group("")) == len(english.motifs)
    assert (group_of("cat-face"), group_of("hands"), group_of("heart"), group_of("")) == (
        "faces",
        "people",
        "faces",
        "others",
    )


@pytest.mark.slow
def test_names_in_either_language_find(english: DrawingCatalogue, german: DrawingCatalogue) -> None:
    assert found(english, "hedgehog") == found(english, "Igel") == ["hedgehog", "hedgehog with leaves"]
    assert found(german, "hedgehog") == found(german, "igel")
    assert found(german, "igel")[0] == "Igel"
    assert found(german, "Löwe")[0] == found(german, "LOWE")[0] == "Löwe"


def test_own_name_comes_first_then_names_with_the_word_then_what_it_goes_with(english: DrawingCatalogue) -> None:
    assert found(english, "cat")[:2] == ["cat", "cat face"]
    bats = found(english, "bat")
    with_the_word = ["bat" in name.split() for name in bats]
    assert bats[0] == "bat" and with_the_word == sorted(with_the_word, reverse=True)
    assert "vampire bat" in bats and "ping pong" in bats


def test_beginning_of_a_name_finds_where_no_whole_word_does(english: DrawingCatalogue) -> None:
    assert "bathtub" in found(english, "batht")
    assert "bathtub" not in found(english, "bat")


def test_several_words_are_all_wanted(english: DrawingCatalogue) -> None:
    assert found(english, "face cat")[0] == "cat face"
    assert found(english, "cat zeppelin") == []


def test_other_word_for_a_thing_comes_near_in_meaning(english: DrawingCatalogue) -> None:
    asked = english.search("vixen")
    assert (asked.near[0].name, asked.motifs) == ("fox", ())
    assert "fox" not in {each.name for each in english.search("fox").near}


@pytest.mark.slow
def test_slip_is_put_right(english: DrawingCatalogue, german: DrawingCatalogue) -> None:
    assert [english.search(typed).suggestion for typed in ("girafe", "elehpant", "red appel", "fxo")] == [
        "giraffe",
        "elephant",
        "red apple",
        "fox",
    ]
    assert german.search("Schmeterling").suggestion == "Schmetterling"
    assert [english.search(typed).suggestion for typed in ("giraffe", "qqqqqq", "x" * 300)] == ["", "", ""]


@pytest.mark.parametrize("query", ["", "  ", "!", "-", "🜁"])
def test_query_without_a_word_or_of_signs_is_answered(english: DrawingCatalogue, query: str) -> None:
    asked = english.search(query)
    assert len(asked.motifs) in (0, len(english.motifs))


def test_added_drawing_is_found_by_its_name_and_words(english: DrawingCatalogue) -> None:
    assert found(english, "marimba") == ["Marimba"]
    assert "Marimba" in found(english, "xylophone")


@pytest.mark.slow
def test_prompt_for_a_motif_is_read_as_it(reader: Reader, german: DrawingCatalogue) -> None:
    wrong = []
    for motif in german.motifs[::7]:
        reading = reader.read(german.prompt_for(motif), language="de")
        if motif.drawings[0].name not in [item.drawing.name for item in reading.items]:
            wrong.append(motif.name)
    assert len(wrong) <= 3, wrong


def test_modelled_drawings_are_not_listed_beside_flat_ones(reader: Reader) -> None:
    fox = next(each for each in reader.drawings.values() if each.name == "fox")
    modelled = Drawing(digest_of("modelled"), "fox", (), fox.kind, "fluent-gradient")
    more = Reader(Lexicon.load(ROOT / "models/house"), [*reader.drawings.values(), modelled])
    motif = next(each for each in DrawingCatalogue(more, "en").motifs if each.name == "fox")
    assert {each.style for each in motif.drawings} == {"flat", "classic"}


def test_threads_share_the_catalogue_that_one_makes(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[DrawingCatalogue] = []
    waiting = Barrier(4)

    def make(of: Reader, language: str) -> DrawingCatalogue:
        made.append(DrawingCatalogue(of, language))
        return made[-1]

    def get(_number: int) -> DrawingCatalogue:
        waiting.wait()
        return catalogue(reader, "en")

    monkeypatch.setattr(drawing_catalogue, "_catalogue", lru_cache(maxsize=4)(make))
    with ThreadPoolExecutor(4) as threads:
        results = list(threads.map(get, range(4)))
    assert len(made) == 1
    assert all(result is made[0] for result in results)
