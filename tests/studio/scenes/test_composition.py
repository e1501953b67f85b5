"""Scenes: the same from the seed, what their captions say is what is painted."""

import json
import shutil
from collections import Counter
from pathlib import Path

import pytest
import torch

from studio.errors import FolderError
from studio.scenes import composition
from studio.scenes.composition import Motifs, Part, Plan, Programme, Scene
from studio.styles import colour
from studio.styles.registry import HANDS
from studio.workspace.work_folder import Folder
from tests.support.studio_fixtures import Run


@pytest.fixture(scope="module")
def motifs(drawn: Folder) -> Motifs:
    return Motifs.from_folder(drawn, size=64)


@pytest.fixture(scope="module")
def records(drawn: Folder) -> list[composition.Record]:
    return composition.motif_records(drawn, "train")


def programme(records: list[composition.Record], **changes: object) -> Programme:
    return Programme(Plan(**{"number": 1000} | changes), records)  # type: ignore[arg-type]


def scene(*parts: Part, ground: str = "", hand: str = "pop-art") -> Scene:
    return Scene(0, hand, 7, parts, ("bear",) * len(parts), ground, ("a bear",))


def test_scene_follows_from_seed_and_number(records: list[composition.Record]) -> None:
    one, same, other = programme(records), programme(records), programme(records, seed=2)
    assert [one.scene(n) for n in range(20)] == [same.scene(n) for n in reversed(range(20))][::-1]
    assert one.scene(3) != other.scene(3)


def test_only_drawings_of_the_split_are_used(drawn: Folder, records: list[composition.Record], motifs: Motifs) -> None:
    assert {record.vendor for record in records} == {"noto"} and len(motifs) == len(records) == 4
    assert {record.vendor for record in composition.motif_records(drawn, "test")} == {"twemoji"}


def test_each_concept_comes_equally_often(records: list[composition.Record]) -> None:
    plain = programme(records, two=0.0)
    counted = Counter(plain.scene(number).concepts[0] for number in range(400))
    assert set(counted.values()) == {100}


def test_captions_name_hand_things_and_colours(records: list[composition.Record]) -> None:
    for number in range(300):
        each = programme(records).scene(number)
        hand = HANDS[each.hand]
        *named, bare, prefixed = each.texts
        assert all(hand.words in text or hand.of in text for text in named)
        assert prefixed == f"A MoMA artwork of: {bare}" and hand.words not in bare
        for part, concept in zip(each.parts, each.concepts, strict=True):
            assert all(concept in text for text in each.texts)
            assert records[part.motif].title == concept and part.colour in bare
        assert each.ground in bare


def test_prompts_that_name_no_hand_are_painted_by_those_that_may_go_unnamed(records: list[composition.Record]) -> None:
    usual, chosen = programme(records), programme(records, unnamed=("neon", "oil"))
    for number in range(300):
        each = chosen.scene(number)
        hand = HANDS[each.hand]
        goes_unnamed = [hand.words not in text and hand.of not in text for text in each.texts]
        assert goes_unnamed == [False] * 4 + ([True] * 6 if each.hand in ("neon", "oil") else [False] * 2)
        assert each.texts[:4] == usual.scene(number).texts[:4]


def test_named_colours_are_given_only_to_hands_that_keep_them(records: list[composition.Record]) -> None:
    drawn = [programme(records, coloured=1.0, two=0.0, grounded=0.0).scene(number) for number in range(300)]
    assert all(HANDS[each.hand].keeps_colour and each.parts[0].colour for each in drawn)
    assert {each.parts[0].colour for each in drawn if each.hand == "neon"}.isdisjoint(composition.DARKS)


def test_bear_holds_the_umbrella_and_never_the_other_way_round(records: list[composition.Record]) -> None:
    texts = [programme(records, two=1.0).scene(number).texts[-2] for number in range(300)]
    holding = [text for text in texts if " holding " in text]
    assert holding and all(" bear holding " in text for text in holding)


def test_drawing_is_where_its_part_says(motifs: Motifs) -> None:
    composed = composition.compose([scene(Part(0, 0.25, 0.75, 0.4))], motifs)
    alpha = composed[0, 3]
    at = torch.nonzero(alpha > 0.5).float().mean(0) / 64
    assert abs(float(at[0]) - 0.75) < 0.06 and abs(float(at[1]) - 0.25) < 0.06
    assert float(alpha[:32, 32:].max()) == 0


def test_mirrored_drawing_is_the_other_way_round(motifs: Motifs) -> None:
    plain, mirrored = composition.compose(
        [scene(Part(1, 0.5, 0.5, 1.0)), scene(Part(1, 0.5, 0.5, 1.0, mirrored=True))], motifs
    )
    assert torch.allclose(plain.flip(2), mirrored, atol=1e-3)


def test_second_thing_lies_over_the_first(motifs: Motifs) -> None:
    both = composition.compose([scene(Part(0, 0.5, 0.5, 1.0), Part(2, 0.5, 0.5, 0.5))], motifs)
    alone = composition.compose([scene(Part(2, 0.5, 0.5, 0.5))], motifs)
    solid = alone[0, 3] > 0.99
    assert torch.allclose(both[0, :3, solid], alone[0, :3, solid], atol=1e-2)


@pytest.mark.parametrize("name", composition.COLOURS)
def test_recoloured_thing_is_of_the_colour(name: str, motifs: Motifs) -> None:
    composed = composition.compose([scene(Part(1, 0.5, 0.55, 1.0, colour=name))], motifs)
    inside = composed[..., 36:44, 28:36]
    light, chroma, hue = (float(value.mean()) for value in colour.polar(colour.lab(inside[:, :3]).mean((2, 3))))
    wanted = composition.COLOURS[name]
    assert abs(light - wanted[0]) < 0.2
    if name in ("black", "white", "grey"):
        assert chroma < 0.03
    else:
        turn = (torch.tensor(hue - wanted[2] * torch.pi / 180).sin()).abs()
        assert chroma > 0.04 and float(turn) < 0.35


def test_coloured_ground_is_behind_everything(motifs: Motifs) -> None:
    composed = composition.compose([scene(Part(0, 0.5, 0.5, 0.6), ground="yellow")], motifs)[0]
    assert float(composed[3].min()) == 1
    assert float(composed[0, 0, 0]) > 0.8 and float(composed[2, 0, 0]) < 0.4


@pytest.mark.slow
def test_pictures_do_not_depend_on_the_batch(records: list[composition.Record], motifs: Motifs) -> None:
    drawn = [programme(records).scene(number) for number in range(6)]
    together = composition.paint(drawn, motifs)
    alone = composition.paint(drawn[4:5], motifs)
    assert together.shape == (6, 3, 64, 64) and float((together[4] - alone[0]).abs().mean()) < 2e-3


@pytest.mark.slow
def test_stage_writes_the_plan_and_a_sheet(drawn: Folder, run: Run, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(drawn.path, copy)
    words = ("--number", 50, "--sheet", 2, "--hand", "neon", "--hand", "pop-art")
    assert run("compose", "--folder", copy, *words)["scenes"] == 50
    planned = Programme.from_folder(Folder(copy))
    assert len(planned) == 50 and {planned.scene(number).hand for number in range(50)} == {"neon", "pop-art"}
    first = (copy / "scenes.json").read_bytes()
    run("compose", "--folder", copy, *words)
    assert (copy / "scenes.json").read_bytes() == first and (copy / "sheets/scenes.webp").stat().st_size > 1000
    assert len((copy / "sheets/scenes.txt").read_text().splitlines()) == 2


@pytest.mark.parametrize(("words", "says"), [
    (("--hand", "fresco"), "Unknown style 'fresco'"), (("--unnamed", "fresco"), "Unknown style 'fresco'"),
    (("--hand", "neon", "--unnamed", "oil"), "--unnamed oil is not among the styles of --hand"),
    (("--two", 0.9, "--coloured", 0.2), "must not add up to more than 1"),
])  # fmt: skip
def test_plan_that_cannot_be_is_refused(words: tuple[object, ...], says: str, drawn: Folder, run: Run) -> None:
    assert says in run("compose", "--folder", drawn.path, *words, ok=False)["error"]


def test_plan_with_unknown_hand_or_none_is_refused(drawn: Folder, tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    with pytest.raises(FolderError, match="the stage compose writes it"):
        Programme.from_folder(folder)
    (tmp_path / "scenes.json").write_text(json.dumps({"number": 3, "hands": ["fresco"]}))
    with pytest.raises(FolderError, match="unknown styles: fresco"):
        Programme.from_folder(folder)


def test_folder_without_drawings_is_named(run: Run, tmp_path: Path) -> None:
    assert "holds no drawings of the split 'train'" in run("compose", "--folder", tmp_path, ok=False)["error"]
