"""The shipped model: whole, no larger than a clone can bear, and as its card says."""

import json
import re

import pytest

from app.offer.generation import offers
from sketch import parts, sketchbook
from sketch.styling.drawing_styles import COLOURED, CUT_OUT, FLAT, is_modelled
from tests.support.house import FACTS, HOUSE

UNTRAINED = {COLOURED, CUT_OUT}

SIZE_MAX = 110_000_000  # bytes
FILES = {
    "MODEL_CARD.md", "LEXICON.md", "house.json", "concepts.json", "model_index.json", "sketch.json", "sketchbook.zip",
    "lexicon.npz", "training.svg", "unet/diffusion_pytorch_model.safetensors",
    "vae/diffusion_pytorch_model.safetensors", "text_encoder/model.safetensors", "tokenizer/tokenizer.json",
}  # fmt: skip


def test_folder_is_whole_and_small() -> None:
    there = {path.relative_to(HOUSE).as_posix(): path.stat().st_size for path in HOUSE.rglob("*") if path.is_file()}
    assert there.keys() >= FILES
    assert sum(there.values()) <= SIZE_MAX


def test_it_does_not_say_where_its_weights_lay() -> None:
    assert not [path for path in HOUSE.glob("*/config.json") if "_name_or_path" in json.loads(path.read_bytes())]


def test_drawings_lead_it_and_its_concepts_are_theirs() -> None:
    drawings = sketchbook.load(HOUSE / sketchbook.FILE).drawings.values()
    concepts = json.loads((HOUSE / "concepts.json").read_bytes())
    assert {row["name"] for row in concepts} == {each.name for each in drawings if each.style not in UNTRAINED}
    assert all(each.artist and each.licence for each in drawings)
    assert offers.Offer.load(str(HOUSE)).facts.sizes == (256, 512)


def test_card_names_all_hands_and_whose_drawings_lead_it() -> None:
    card = (HOUSE / "MODEL_CARD.md").read_text("utf-8")
    assert f"Hands, named behind a prompt: {', '.join(hand['words'] for hand in FACTS['hands'])}." in card
    assert FACTS["licence"] in card
    assert all(row["name"] in card and row["licence"] in card for row in FACTS["sources"])


def test_runs_on_the_card_say_what_they_saw_and_stand_there_once() -> None:
    card = (HOUSE / "MODEL_CARD.md").read_text("utf-8")
    table = re.search(r"\| run \|.*?\n\| ---.*?\n(.*?)\n\n", card, re.S)
    assert table is not None
    rows = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in table[1].splitlines()]
    assert all(re.fullmatch(r"(some )?[\d,]+", row[4]) for row in rows), rows
    assert len({tuple(row[2:]) for row in rows}) == len(rows)


@pytest.mark.slow
def test_every_name_has_two_flat_drawings_and_most_a_modelled_one_that_is_taken_apart_into_few_parts() -> None:
    book = sketchbook.load(HOUSE / sketchbook.FILE)
    styles: dict[str, set[str]] = {}
    for each in book.drawings.values():
        styles.setdefault(each.name, set()).add(each.style)
    trained = [found for found in styles.values() if not found <= UNTRAINED]
    assert all(found >= set(FLAT) for found in trained) and len(styles) >= 3_500
    modelled = [each for each in book.drawings.values() if is_modelled(each)]
    assert len({each.name for each in modelled}) > 0.95 * len(trained)
    assert {(each.artist, each.licence) for each in modelled} == {("Microsoft Corporation", "MIT")}
    for each in modelled[::150]:
        assert 1 <= len(parts.split_drawing(book.svg(each.digest))) <= parts.MOST
