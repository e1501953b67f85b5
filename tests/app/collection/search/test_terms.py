"""Search: words in any script are found by how they begin, and no query does harm."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from app.collection.gallery import catalogue
from app.collection.gallery.catalogue_query import CatalogueQuery
from app.collection.search import ranking, terms, text_index
from app.core.errors import InvalidInput
from app.core.text import folding
from app.storage.database import db, is_sqlite
from tests.conftest import Maker

pytestmark = pytest.mark.databases


def found(query: str) -> list[str]:
    return sorted(walk.stops[0].prompt for walk in catalogue.page(query).walks)


def test_prompts_are_folded_into_words_and_english_stems() -> None:
    assert folding.index_text(["A Red  Fox!", "cosy evenings"]) == " a red fox cosy evenings ~cosi ~evening "
    assert folding.index_text(["ÉTÉ, straße"]) == " ete strasse ~strass "
    assert folding.index_text(["🦊🪁"]) == " 🦊 🪁 "
    assert folding.index_text(["a fox"], ["stained glass", ""]) == " a fox ~~ stained glass ~stain "
    assert folding.index_text(["a fox"], [""]) == " a fox "
    assert folding.index_text(["红色ねこ"]) == " 红 色 ね こ "
    assert folding.index_text(["x" * 300]) == f" {'x' * 64} "


def test_rows_are_fused_by_reciprocal_rank() -> None:
    assert ranking.fuse_rankings([1, 2, 3]) == [1, 2, 3]
    assert ranking.fuse_rankings([1, 2, 3], [3]) == [3, 1, 2]
    assert ranking.fuse_rankings([1, 2], [4, 2]) == [2, 1, 4]
    assert ranking.fuse_rankings([1, 2], [2, 1]) == [1, 2]
    assert ranking.fuse_rankings([], [7, 7, 8], limit=1) == [7]
    assert ranking.fuse_rankings() == []


@pytest.mark.sqlite
def test_rankers_are_those_of_their_application(app: Flask) -> None:
    others = [*ranking.rankers()]
    ranking.add_ranker(app, lambda query: [len(query)])
    *before, added = ranking.rankers()
    assert before == others
    assert added("fox") == [3]


FINDS = {
    "fox": ["a red fox"],
    "FOX": ["a red fox"],
    "red fo": ["a red fox"],
    "fox red": ["a red fox"],
    "kite": ["a red fox"],
    "ox": [],
    "fox cat": [],
    "brulee": ["crème brûlée"],
    "Crème": ["crème brûlée"],
    "cre\u0300me": ["crème brûlée"],
    "狐": ["红色的狐狸"],
    "狐狸": ["红色的狐狸"],
    "红色的狐狸": ["红色的狐狸"],
    "色红": [],
    "太阳": [],
    "ねこ": ["黒いねこ"],
    "лис": ["Рыжая лиса"],
    "РЫЖАЯ": ["Рыжая лиса"],
    "ثعلب": ["ثعلب أحمر"],
    "🦊": ["🦊 dancing"],
    "🐻": [],
}


def test_number_finds_seeds_and_words(publish: Maker) -> None:
    publish("by seed", "x", seed=42)
    publish("by word 42", "x", seed=7)
    publish("neither", "x", seed=421)
    assert found("42") == ["by seed", "by word 42"]
    assert found("0042") == ["by seed"]
    assert found("9999999999") == []
    assert found("99999999999999999999") == []


UNDERSTOOD = {
    "foxes": ["a fox jumping", "a red fox"],
    "jumps": ["a fox jumping"],
    "jumped fox": ["a fox jumping"],
    "fo": ["a fox jumping", "a red fox", "foxgloves"],
    "f": [],
    "f*": [],
    "fox*": ["a fox jumping", "a red fox", "foxgloves"],
    "foxg": ["foxgloves"],
    "fox": ["a fox jumping", "a red fox", "foxgloves"],
    "foxg red": [],
    '"a red fox"': ["a red fox"],
    '"red fox': ["a red fox"],
    '"fox red"': [],
    '"foxes"': [],
    '"re" fox': [],
    '"a re"*': ["a red fox"],
    "fox -red": ["a fox jumping"],
    "fox* -jumps": ["a red fox", "foxgloves"],
    'fox -"a red"': ["a fox jumping"],
    "-red": ["a fox jumping", "foxgloves"],
    "-red -fox -foxgloves": [],
    "-cut-out": ["a fox jumping", "a red fox", "foxgloves"],
    "the red fox": ["a red fox"],
    "a": ["a fox jumping", "a red fox"],
    "o*": [],
}


PLURALS = {
    "wolf": ["a lone wolf", "two wolves"], "wolves": ["a lone wolf", "two wolves"], "leaf": ["autumn leaves"],
    "knives lone": [], "knives": ["a knife"], "bus": ["red buses"], "mouse": ["three mice"],
    "child": ["children dancing"], "children": ["children dancing"], '"wolf"': ["a lone wolf"],
    "bus -wolf": ["red buses"], "red -bus": [], "men": [],
}  # fmt: skip


def test_irregular_plurals_are_marked() -> None:
    assert terms.highlight("two wolves", terms.parse("wolf sky")) == "two <mark>wolves</mark>"
    assert terms.highlight("two wolves", terms.parse('"wolf"')) == "two wolves"


HARMLESS = {
    "%": [], "_": [], "\\": [], "' OR 1=1 --": [], '"': [], "*": [], "f_x": [], "-": [], "--": [],
    '""""': [], "=any": [],
    "~fox": ["a fox"], "a%": ["a fox"], "NEAR(fox kite)": [], "fox AND kite": ["a fox"], "fox OR": [], "NOT fox": [],
    "words:fox": [], "^fox": ["a fox"], "(fox": ["a fox"], "fox:*": ["a fox"], "fox & !kite": ["a fox"],
    "fox <-> kite": ["a fox"],
    '"fox" + *': ["a fox"], "fox -": ["a fox"], "{fox}": ["a fox"], "\0fox": ["a fox"], "=s2": [], "'fox'": ["a fox"],
}  # fmt: skip


FOXES = "a red fox", "crème brûlée", "红色的狐狸", "黒いねこ", "Рыжая лиса", "ثعلب أحمر", "🦊 dancing"
MANY = "a lone wolf", "two wolves", "autumn leaves", "a knife", "red buses", "three mice", "children dancing"


@pytest.mark.parametrize(
    ("prompts", "second", "finds"),
    [
        pytest.param(FOXES, "a kite", FINDS, id="words by their beginnings", marks=pytest.mark.slow),
        pytest.param(("a red fox", "a fox jumping", "foxgloves"), "x", UNDERSTOOD, id="phrases and unwanted words"),
        pytest.param(MANY, "x", PLURALS, id="irregular plurals"),
        pytest.param(("a fox",), "a kite", HARMLESS, id="the syntax of search engines"),
    ],
)
def test_search_finds(publish: Maker, prompts: tuple[str, ...], second: str, finds: dict[str, list[str]]) -> None:
    for prompt in prompts:
        publish(prompt, second if prompt == prompts[0] else "x", seed=1)
    assert {query: found(query) for query in finds} == finds


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("query", "rule"),
    [
        (" ".join(f"-{a}{b}*" for a in "abc" for b in "xyz"), "A search has at most 6 words with *; this one has 9."),
        ('"the ' * 30 + '"', ""),
        (f'"{"the " * 30}"', "A search has at most 20 words within quotes; this one has 30."),
        ('-"a b c d e f g h" "i j k l m n" "o p q r s t u"', "20 words within quotes; this one has 21."),
        ("-" + "的" * 21, "20 words within quotes; this one has 21."),
        ("的" * 299, ""),
        ("fox* " * 50, ""),
        (" ".join("abcdefghijklmnopqrstuvwxyz") * 4, ""),
    ],
)
def test_search_that_is_too_costly_names_the_limit(client: FlaskClient, query: str, rule: str) -> None:
    for address in ("/gallery", "/api/v1/walks", "/feed.xml"):
        answer = client.get(address, query_string={"q": query})
        assert answer.status_code == (422 if rule else 200)
        assert rule in answer.text


def test_long_rows_of_characters_are_found_piece_by_piece(publish: Maker) -> None:
    row = "山高水长春花秋月风和日丽鸟语香天清云淡"
    publish(row, "x", seed=1)
    publish(row[::-1], "x", seed=1)
    assert found(row) == [row]
    assert found(f'"{row}"') == [row]


def test_word_without_stems_goes_on_once_it_has_three_letters(publish: Maker) -> None:
    for prompt in ("наука", "лисами", "여우가", "на"):
        publish(f"{prompt} x", "y", seed=1)
    assert {query: found(query) for query in ("на x", "лис x", "여 x", "н", "н*", "на*")} == {
        "на x": ["на x"], "лис x": ["лисами x"], "여 x": ["여우가 x"], "н": [], "н*": [], "на*": ["на x", "наука x"],
    }  # fmt: skip


@pytest.mark.parametrize("near", [1, 2, 5_000])
@pytest.mark.parametrize("hit_cost", [0, 1, 10_000])
def test_newest_matches_are_found_and_counted(
    publish: Maker, monkeypatch: pytest.MonkeyPatch, near: int, hit_cost: int
) -> None:
    for number in range(8):
        publish("a fox" if number % 2 else "a kite", "a hill")
    if not is_sqlite():
        db.session.execute(text("ANALYZE hung"))
        db.session.commit()
    monkeypatch.setattr(text_index, "NEAR", near)
    monkeypatch.setattr(text_index, "HIT_COST", hit_cost)
    foxes = CatalogueQuery(q="fox").index_query()
    newest = text_index.finish_keys(foxes, limit=8)
    assert len(newest) == 4
    assert newest == sorted(newest, reverse=True)
    for limit in (1, 2, 3):
        assert text_index.finish_keys(foxes, limit=limit) == newest[:limit]
        assert text_index.finish_keys(foxes, limit=limit, oldest_first=True) == newest[::-1][:limit]
        assert text_index.finish_keys(foxes, after=newest[0], limit=limit) == newest[1 : 1 + limit]
    assert [text_index.count(foxes, most) for most in (1, 2, 3, 4, 9)] == [2, 3, 4, 4, 4]


def test_words_are_marked_as_they_are_written() -> None:
    def marked(text: str, query: str) -> str:
        return str(terms.highlight(text, terms.parse(query)))

    assert marked("A Foxy <b>, two foxes", "fox") == "A <mark>Foxy</mark> &lt;b&gt;, two <mark>foxes</mark>"
    assert marked("cre\u0300me brûlée", "CREME") == "<mark>crème</mark> brûlée"
    assert marked("黒いねこ", "ねこ") == "黒い<mark>ね</mark><mark>こ</mark>"
    assert marked("a red fox", "-red") == "a red fox"
    assert marked("🦊 <", "🦊") == "<mark>🦊</mark> &lt;"


def test_walk_named_as_was_typed_leads_and_the_newest_of_equals(publish: Maker) -> None:
    publish("a fox", "a long way to a kite and a lemon", minutes_ago=1)
    names = [
        publish("a fox", "a kite", minutes_ago=9),
        publish("a fox", "a bear", minutes_ago=3),
        publish("foxes", "a hat"),
    ]
    best = [walk.stops[0].prompt + walk.stops[1].prompt for walk in catalogue.page("fox").walks]
    assert best == ["a foxa bear", "a foxa kite", "a foxa long way to a kite and a lemon", "foxesa hat"]
    newest = catalogue.page(CatalogueQuery(q="fox", sort="newest"))
    assert newest.walks[0] == names[2]


@pytest.mark.sqlite
@pytest.mark.parametrize("query", ["...", "?!", "—", '""', "\0", "()", "\u0301"])
def test_punctuation_alone_finds_nothing(publish: Maker, query: str) -> None:
    publish("a fox", "a kite")
    page = catalogue.page(query)
    assert (page.walks, page.hit_count, page.newer, page.older) == ([], 0, None, None)


@pytest.mark.sqlite
@pytest.mark.parametrize("query", ["", " ", "\n"])
def test_empty_query_shows_everything(publish: Maker, query: str) -> None:
    publish("a fox", "a kite")
    page = catalogue.page(query)
    assert len(page.walks) == 1
    assert page.hit_count is None


@pytest.mark.sqlite
def test_overlong_query_is_refused_with_the_limit(app: Flask) -> None:
    with pytest.raises(InvalidInput) as refused:
        catalogue.page("fox " * 2500)
    assert [error.field for error in refused.value.errors] == ["q"]
    assert str(refused.value) == "A search is at most 300 characters long; this one has 10000."


@pytest.mark.parametrize("query", ["\ufdfa" * 300, "a " * 150, "🦊" * 300, "".join(map(chr, range(0x3300, 0x342C)))])
def test_longest_queries_are_answered(publish: Maker, query: str) -> None:
    publish("a fox", "a kite")
    assert found(query) in ([], ["a fox"])


def test_half_a_character_is_no_word(publish: Maker) -> None:
    publish("a fox", "a kite")
    assert found("fox \ud800") == ["a fox"]
    assert found("\udfff") == []


@given(query=st.text(st.characters(codec=None), max_size=300))
def test_search_never_fails(app: Flask, query: str) -> None:
    assert catalogue.page(query).walks == []


@given(prompt=st.text(st.characters(categories=("L", "N", "S", "M", "P")), min_size=1, max_size=30))
def test_every_word_of_a_prompt_would_find_it(prompt: str) -> None:
    words = folding.words(prompt)
    assert folding.index_text([prompt]).split()[: len(words)] == words
    assert folding.words(" ".join(words)) == words
