"""The icon sets: which drawings are taken, under which names, and what is kept of them."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio.collecting import icon_sets
from studio.workspace.work_folder import Folder, digest
from tests.support.icon_modules import body, make_modules, write
from tests.support.studio_fixtures import Run


def test_hours_flags_symbols_and_pairs_of_genders_are_left_out(modules: Path) -> None:
    assert [concept.name for concept in icon_sets.concepts(modules)] == [
        "bear", "fox", "umbrella", "red apple", "rescue worker’s helmet",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["man in tuxedo", "woman", "family", "kiss: man, man", "person running facing right"])
def test_what_is_left_out_but_for_a_few(name: str) -> None:
    assert icon_sets._is_left_out(name) == (name != "woman")


def test_keywords_are_of_both_dictionaries_each_once_without_the_name(modules: Path) -> None:
    assert icon_sets.concepts(modules)[0].keywords == ["animal", "grizzly", "brown", "face"]


def test_keys_are_written_as_the_sets_write_them() -> None:
    names = ["rescue worker’s helmet", "piñata", "Mrs. Claus", "crêpe"]
    assert [icon_sets.Concept(name, "", []).key for name in names[:3]] == [
        "rescue-workers-helmet",
        "pinata",
        "mrs-claus",
    ]


def test_drawing_under_another_name_is_found_and_a_mirrored_one_is_none(modules: Path) -> None:
    found = [(icon.item.vendor, icon.item.title) for icon in icon_sets.drawings(modules, vendors=("noto", "twemoji"))]
    assert ("noto", "umbrella") in found and ("twemoji", "fox") in found and ("noto", "fox") not in found


@pytest.mark.parametrize("key", ["redapple", "red-apple-2", "fatherchristmas"])
def test_drawing_is_found_by_the_key_that_a_set_writes_its_name_or_its_character_s_as(key: str, tmp_path: Path) -> None:
    folder = make_modules(tmp_path, vendors=("fxemoji",))
    write(
        folder / "unicode-emoji-json/data-by-emoji.json",
        {
            emoji: {"name": name, "group": "Food & Drink"}
            for emoji, name in (("🍎", "red apple"), ("🎅", "Santa Claus"))
        },
    )
    icons = {key: {"body": body(0, "fxemoji")}}
    write(folder / "@iconify-json/fxemoji/icons.json", {"icons": icons, "width": 32, "height": 32})
    found = [icon.item for icon in icon_sets.drawings(folder, vendors=("fxemoji",))]
    assert [item.title for item in found] == ["Santa Claus" if key == "fatherchristmas" else "red apple"]
    assert found[0].source == f"npm:@iconify-json/fxemoji@1.2.3#{key}"


def test_records_keep_source_licence_credit_and_split(drawn: Folder) -> None:
    records = {(record.vendor, record.title): record for record in drawn.catalogue()}
    bear = records["noto", "bear"]
    assert bear.source == "npm:@iconify-json/noto@1.2.3#bear" and bear.licence == "Apache-2.0"
    assert bear.attribution == "Noto by Google LLC, Apache 2.0" and bear.kind == "motif"
    assert bear.split == "train" and records["twemoji", "bear"].split == "test"
    assert len(records) == 9


def test_pictures_keep_their_transparency_and_their_hash(drawn: Folder) -> None:
    bear = next(record for record in drawn.catalogue() if record.title == "bear")
    data = (drawn.path / bear.file).read_bytes()
    pixels = np.asarray(Image.open(drawn.path / bear.file))
    assert pixels.shape == (256, 256, 4) and digest(data) == bear.hash
    assert pixels[0, 0, 3] == 0 and tuple(pixels[150, 128]) == (0x8B, 0x5A, 0x2B, 255)


@pytest.mark.parametrize("kept", [1, 2 / 3], ids=["whole", "killed"])
def test_second_run_changes_nothing_or_goes_on(
    drawn: Folder, modules: Path, run: Run, tmp_path: Path, kept: float
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(drawn.path, copy)
    whole = (copy / "catalogue.jsonl").read_bytes()
    (copy / "catalogue.jsonl").write_bytes(whole[: int(len(whole) * kept)])
    words = ("--icons", "--modules", modules, "--vendor", "noto", "--vendor", "twemoji", "--kept-out", "twemoji")
    summary = run("collect", "--folder", copy, *words)
    assert (summary["had"] == 9) == (summary["taken"] == 0) == (kept == 1)
    assert (copy / "catalogue.jsonl").read_bytes() == whole


def test_drawing_that_cannot_be_rendered_is_set_aside(run: Run, modules: Path, tmp_path: Path) -> None:
    broken = tmp_path / "modules"
    shutil.copytree(modules, broken)
    path = broken / "@iconify-json/noto/icons.json"
    held = json.loads(path.read_text())
    held["icons"]["bear"] = {"body": "<g><broken"}
    path.write_text(json.dumps(held))
    summary = run("collect", "--folder", tmp_path / "work", "--icons", "--modules", broken, "--vendor", "noto")
    aside = list(Folder(tmp_path / "work").rows("set-aside.jsonl"))
    assert summary["set_aside"] == 1 and "no drawing that can be rendered" in aside[0]["reason"]


def test_missing_package_is_named(run: Run, tmp_path: Path) -> None:
    answer = run("collect", "--folder", tmp_path / "work", "--icons", "--modules", tmp_path, ok=False)
    assert "unicode-emoji-json" in answer["error"] and "is the package there?" in answer["error"]


def test_limit_takes_concepts_evenly(modules: Path) -> None:
    taken = {icon.item.title for icon in icon_sets.drawings(modules, vendors=("twemoji",), limit=2)}
    assert taken == {"bear", "umbrella"}


@pytest.mark.parametrize(("name", "key"), [("elf", "person-elf"), ("enraged face", "pouting-face")])
def test_drawing_that_fluent_calls_otherwise_is_found_there_only(name: str, key: str, tmp_path: Path) -> None:
    folder = make_modules(tmp_path, vendors=("fluent-emoji", "noto"))
    write(folder / "unicode-emoji-json/data-by-emoji.json", {"🧝": {"name": name, "group": "People & Body"}})
    icons = {"icons": {key: {"body": body(0, "noto")}}, "width": 32, "height": 32}
    for vendor in ("fluent-emoji", "noto"):
        write(folder / f"@iconify-json/{vendor}/icons.json", icons)
    found = [icon.item for icon in icon_sets.drawings(folder, vendors=("noto", "fluent-emoji"))]
    assert [(item.title, item.source) for item in found] == [(name, f"npm:@iconify-json/fluent-emoji@1.2.3#{key}")]
