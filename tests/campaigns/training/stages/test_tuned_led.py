"""A model that sketches lead goes on with an operator's pictures: collected, captioned, encoded, tuned, published."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import UNet2DConditionModel
from PIL import Image, ImageDraw

from app.collection.styles import added
from app.core.config import ROOT
from app.offer.generation import model_folders, model_styles, offers
from sketch import sketchbook
from studio.scenes import painted, subjects
from studio.workspace.shards import Shards
from studio.workspace.work_folder import Folder
from tests.conftest import inside, make_app
from tests.support import forks
from tests.support.commands import run_json
from tests.support.marks import SLOW_TRAINING
from tests.support.studio_fixtures import call
from worker.diffusion.model import Model
from worker.diffusion.rendering import StopInput
from worker.diffusion.walk_pipeline import WalkPipeline

pytestmark = SLOW_TRAINING


@pytest.fixture(scope="module")
def art(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six pictures: photos without an outline, things before a ground, and one cut out."""
    path = tmp_path_factory.mktemp("art")
    dice = np.random.default_rng(0)
    for number in range(3):
        Image.fromarray((dice.random((90, 120, 3)) * 255).astype(np.uint8)).save(path / f"photo {number}.png")
    for number in range(2):
        thing = Image.new("RGB", (120, 90), (40 + 60 * number, 90, 160))
        ImageDraw.Draw(thing).ellipse((40, 25, 80, 65), fill=(220, 60, 30))
        thing.save(path / f"apple {number}.png")
    cut_out = Image.new("RGBA", (100, 100), (0, 0, 0, 0))
    ImageDraw.Draw(cut_out).rectangle((30, 30, 70, 90), fill=(20, 120, 40, 255))
    cut_out.save(path / "tree.png")
    return path


@pytest.fixture(scope="module")
def tuned(model: Path, art: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Folder, dict[str, Any]]:
    """A folder in which the model went on with them; not to be written to."""
    path = tmp_path_factory.mktemp("tuned") / "work"
    call("collect", "--folder", path, "--from", art, "--licence", "CC0-1.0", "--attribution", "Us", "--smallest", 32)
    call("caption", "--folder", path, "--prefix", "", "--hand", "our prints")
    encoded = call("encode", "--folder", path, "--base", model, "--size", 32, "--sketches", 3, "--reminders",
                   0.5, "--shard", 7, "--batch", 4)  # fmt: skip
    report = call("train", "--folder", path, "--base", model, "--tune", "full", "--batch", 4, "--steps", 30, "--rate",
                  0.003, "--warmup", 2, "--run", "prints")  # fmt: skip
    return Folder(path), encoded | report


def test_each_picture_is_encoded_with_several_sketches_of_itself(tuned: tuple[Folder, dict[str, Any]]) -> None:
    folder, report = tuned
    held = Shards(folder.path / "latents")
    assert report["pictures"] == len(held) == 18 + 9
    about = json.loads((folder.path / "latents/shards.json").read_text())["of"]
    assert (about["distinct"], about["reminders"]) == (6, 9)
    sketches = torch.cat([led.sketches for led in held.conditioning])[:18]
    assert sketches.shape == (18, 4, 8, 8) and not torch.cat([led.shares for led in held.conditioning])[:18].any()
    names = [caption.file_name for caption in folder.captions()]
    sources = {record.file: record.source for record in folder.catalogue()}
    kinds = [Path(sources[f"pictures/{name}"]).name.partition(" ")[0] for name in names] * 3
    outlined = [bool((sketch[3] < 127).any()) for sketch in sketches]
    assert not any(found for kind, found in zip(kinds, outlined, strict=True) if kind == "photo")
    assert any(found for kind, found in zip(kinds, outlined, strict=True) if kind != "photo")
    assert len({sketch.numpy().tobytes() for sketch in sketches}) == 18


def test_subjects_by_the_hands_of_before_stand_behind_them(tuned: tuple[Folder, dict[str, Any]], model: Path) -> None:
    held = Shards(tuned[0].path / "latents")
    book = sketchbook.load(model / "sketchbook.zip")
    programme = subjects.Programme(subjects.Plan(9, 1), book)
    made = painted.SubjectRenderer(book, size=32).paint([programme.subject(number) for number in range(9)])
    read = held.rows(torch.arange(18, 27), torch.Generator().manual_seed(0))
    assert read.sketches is not None and float((read.sketches - made.sketches).abs().max()) < 0.5 / 127.5 + 0.02


def test_training_goes_on_from_the_model_in_its_own_objective(
    tuned: tuple[Folder, dict[str, Any]], model: Path
) -> None:
    folder, report = tuned
    assert report["objective"] == "v_prediction"
    losses = {row["step"]: row["loss"] for row in folder.rows("runs/prints/curve.jsonl")}
    assert losses[30] < losses[1]
    before, after = (UNet2DConditionModel.from_pretrained(path / "unet") for path in (model, folder.path / "model"))
    assert before.config.in_channels == after.config.in_channels == 20
    assert not torch.equal(before.float().conv_in.weight, after.conv_in.weight)


def test_new_model_has_the_drawings_and_hands_of_before_and_its_own(
    tuned: tuple[Folder, dict[str, Any]], model: Path, tmp_path: Path
) -> None:
    folder, _ = tuned
    call("publish", "--folder", folder.path, "--base", model, "--to", tmp_path / "out", "--name", "prints", "--hand",
         "our prints=Prints of ours")  # fmt: skip
    facts, before = (json.loads((path / "house.json").read_text()) for path in (tmp_path / "out", model))
    assert facts["hands"] == [*before["hands"], {"words": "our prints", "title": "Prints of ours"}]
    assert facts["unnamed"] == before["unnamed"] and facts["presets"] == before["presets"]
    assert (tmp_path / "out/sketchbook.zip").read_bytes() == (model / "sketchbook.zip").read_bytes()
    assert "CC0-1.0" in facts["licence"] and "Apache-2.0" in facts["licence"]
    text = (tmp_path / "out/MODEL_CARD.md").read_text()
    assert "9 scenes of the drawings by the hands of before reminded it" in text
    assert "6 pictures with captions, encoded 18 times" in text and "went on from the model `house`" in text
    rows = [json.loads(line) for line in (tmp_path / "out/attributions.jsonl").read_text().splitlines()]
    assert len(rows) == 6 and {row["licence"] for row in rows} == {"CC0-1.0"}
    painter = WalkPipeline(Model.load(str(tmp_path / "out"), device="cpu"))
    stop = StopInput("a tree, our prints", "", 1, has_style=True)
    (painted,) = painter.paint(painter.prepare([stop, stop], painter.rendering(steps=2)), [0.0])
    assert painted.picture is not None and painted.picture.shape == (32, 32, 3)


def test_palette_of_the_pictures_comes_with_the_model_and_its_scenes_are_composed_as_another_style(
    tuned: tuple[Folder, dict[str, Any]], model: Path, tmp_path: Path
) -> None:
    work = tmp_path / "work"
    shutil.copytree(tuned[0].path, work)
    call("encode", "--folder", work, "--base", model, "--size", 32, "--sketches", 3, "--reminders", 0, "--palette",
         "our prints")  # fmt: skip
    assert (work / "model/palette.cube").read_text().startswith('TITLE "our prints"\n')
    published = ("publish", "--folder", work, "--base", model, "--to", tmp_path / "out", "--name", "prints", "--hand",
                 "our prints")  # fmt: skip
    assert "--like neon is not a style" in call(*published, "--like", "neon", ok=False)["error"]
    call(*published, "--like", "mosaic")
    assert json.loads((tmp_path / "out/house.json").read_text())["hands"][-1] == {
        "words": "our prints", "title": "Our prints", "marks": "mosaic",
    }  # fmt: skip
    assert (tmp_path / "out/palette.cube").read_text() == (work / "model/palette.cube").read_text()


def test_encoding_goes_on_and_heeds_how_many_sketches(
    tuned: tuple[Folder, dict[str, Any]], model: Path, tmp_path: Path
) -> None:
    shutil.copytree(tuned[0].path, tmp_path / "work")
    words = ("encode", "--folder", tmp_path / "work", "--base", model, "--size", 32, "--shard", 7, "--batch", 4)
    assert call(*words, "--sketches", 3, "--reminders", 0.5)["encoded_now"] == 0
    assert call(*words, "--sketches", 2, "--reminders", 0)["encoded_now"] == 2


def test_site_adds_a_style_by_one_command_and_the_worker_paints_in_it(
    model: Path, instance: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("subprocess.run", forks.run)  # its stages begin with their libraries
    dice = np.random.default_rng(0)
    (tmp_path / "prints").mkdir()
    for number in range(8):
        squares = (dice.random((8, 8, 3)) * 255).astype(np.uint8)
        Image.fromarray(squares).resize((320, 320), 0).save(tmp_path / "prints" / f"print {number}.png")
    with inside(make_app(instance, MODEL=str(model), EYE=str(ROOT / "models/eye"))) as app:
        asked = ("styles", "add", "our-prints", str(tmp_path / "prints"), "--licence", "CC0-1.0", "--steps", "3")
        made = run_json(app.test_cli_runner(), *asked)
        assert (made["model"], made["pictures"], made["hand"]) == ("style-our-prints", 8, "our prints")
        offer = offers.load().find("style-our-prints")
        assert offer is not None and model_folders.flaw(offer.setting) == ""
        (style,) = added.every()
        *known, learned = offer.styles
        lent = model_styles.find(style.stand_in, known)
        assert lent is not None and lent.marks
        assert learned == model_styles.ModelStyle("our prints", "Our prints", lent.marks)
        assert len(style.vector) == 19 and style.shows
    painter = WalkPipeline.load(offer.setting, device="cpu")
    assert painter.name == "style-our-prints"
    assert painter.model.palette is not None and painter.model.palette.words == "our prints"


def test_base_without_sketches_gets_none(tuned: tuple[Folder, dict[str, Any]], base: Path, tmp_path: Path) -> None:
    shutil.copytree(tuned[0].path / "pictures", tmp_path / "work/pictures")
    call("encode", "--folder", tmp_path / "work", "--base", base, "--size", 16)
    assert Shards(tmp_path / "work/latents").conditioning == []
