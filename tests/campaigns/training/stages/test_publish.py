"""Publishing: a plain diffusers folder in half precision that the worker loads, and a card of what was measured."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import StableDiffusionPipeline
from safetensors.torch import load_file

from studio.publishing import model_card
from studio.workspace.work_folder import Folder, Record
from tests.support.marks import SLOW_TRAINING
from tests.support.studio_fixtures import call
from worker.diffusion.model import Model
from worker.diffusion.rendering import StopInput
from worker.diffusion.walk_pipeline import WalkPipeline

pytestmark = SLOW_TRAINING
SCORES: dict[str, Any] = {
    "model": "", "steps": 20, "guidance": 4.0,
    "eye": {"R": {"share": 0.5, "of": 8, "interval": [0.2, 0.8]}},
    "plain": {"M": {"share": 0.4, "of": 10, "interval": [0.1, 0.7]},
              "top5": {"share": 0.6, "of": 10, "interval": [0.3, 0.8]}},
    "hands": {"told": {"share": 0.9, "of": 10, "interval": [0.6, 1.0]}, "by_hand": {"neon": {"told": 0.5}},
              "concept_top5": {"share": 0.9, "of": 10, "interval": [0.6, 1.0]}},
    "known": {"bear": 1.0, "red apple": 0.67, "umbrella": 0.0},
    "forgotten": {"lost": ["fox"]},
}  # fmt: skip


@pytest.fixture(scope="module")
def trained(encoded: Folder, drawn: Folder, base: Path, tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """A folder that collected drawings and trained a UNet; not to be written to."""
    path = tmp_path_factory.mktemp("trained") / "work"
    shutil.copytree(encoded.path, path)
    shutil.copytree(drawn.path, path, dirs_exist_ok=True)
    call("compose", "--folder", path, "--number", 4, "--sheet", 0, "--hand", "neon")
    call("train", "--folder", path, "--base", base, "--channels", "16,32", "--batch", 4, "--steps", 2)
    return Folder(path)


@pytest.fixture(scope="module")
def published(trained: Folder, base: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    path = tmp_path_factory.mktemp("published") / "small"
    return path, call("publish", "--folder", trained.path, "--base", base, "--to", path, "--name", "small")


def test_folder_is_in_half_precision_and_paints_in_the_plain_pipeline(published: tuple[Path, dict[str, Any]]) -> None:
    path, report = published
    for part in ("unet/diffusion_pytorch_model", "vae/diffusion_pytorch_model", "text_encoder/model"):
        weights = load_file(path / f"{part}.safetensors").values()
        assert {value.dtype for value in weights if value.is_floating_point()} == {torch.float16}
    pipe = StableDiffusionPipeline.from_pretrained(path, safety_checker=None, requires_safety_checker=False)
    pipe.set_progress_bar_config(disable=True)
    assert pipe("a bear", num_inference_steps=2, guidance_scale=4.0).images[0].size == (report["size"],) * 2
    assert {file.stat().st_mode & 0o777 for file in path.rglob("*") if file.is_file()} == {0o644}
    assert report["bytes"] == sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


def test_folder_does_not_say_where_the_weights_lay(published: tuple[Path, dict[str, Any]], trained: Folder) -> None:
    for config in published[0].glob("*/config.json"):
        assert "_name_or_path" not in json.loads(config.read_bytes())
        assert str(trained.path) not in config.read_text("utf-8")


def test_worker_loads_it_and_paints(published: tuple[Path, dict[str, Any]]) -> None:
    model = Model.load(str(published[0]), device="cpu")
    assert (model.name, model.title, model.prefix) == ("small", "small", "A MoMA artwork of: ")
    painter = WalkPipeline(model)
    rendering = painter.rendering(steps=2)
    prepared = painter.prepare([StopInput("a bear", "", 1), StopInput("a fox", "", 1)], rendering)
    picture = painter.paint(prepared, [0.5])[0].picture
    assert picture is not None and picture.shape == (*model.size, 3)


def test_house_json_names_hands_and_sources(published: tuple[Path, dict[str, Any]]) -> None:
    document = json.loads((published[0] / "house.json").read_text())
    assert document["hands"] == [{"words": "neon", "title": "Neon"}]
    source = {"name": "Noto by Google LLC, Apache 2.0", "art": True, "what": "4 drawings", "licence": "Apache-2.0"}
    assert document["sources"] == [source | {"url": "https://github.com/googlefonts/noto-emoji"}]
    assert "vocabulary" not in document  # what it knows was not measured
    assert {row["name"] for row in json.loads((published[0] / "concepts.json").read_text())} >= {"bear", "umbrella"}


def test_card_says_what_was_done_and_no_figures_where_nothing_was_measured(
    published: tuple[Path, dict[str, Any]],
) -> None:
    text = (published[0] / "MODEL_CARD.md").read_text()
    assert (
        "## Figures" not in text
        and "English only." in text
        and "Kept out of all training, and measured on: twemoji." in text
    )
    assert "| train | flow | 2 | 4 | 8 |" in text and "4 drawings of 4 concepts, painted as 4 scenes in 1 hands" in text


def test_figures_and_limits_come_from_the_evaluation(trained: Folder) -> None:
    says = model_card.Facts(name="x", title="X", prefix="", size=16, solver="S", licence="", steps=20, guidance=4.0,
                            hands=("neon",))  # fmt: skip
    facts = model_card.model_facts(trained, SCORES, says, base={"sources": []})
    assert facts["vocabulary"] == ["a bear", "a red apple"] and facts["starters"]
    text = model_card.write_card(trained, facts, SCORES, [])
    assert "its own accuracy" in text.lower() and "40.0% of 10 (10.0% to 70.0%)" in text
    assert "1 of 3 concepts in no seed, among them umbrella" in text and "less than 90%: neon" in text
    assert "could do and this cannot: fox" in text


def test_works_are_credited_one_by_one_and_what_the_base_is_made_of(
    trained: Folder, base: Path, tmp_path: Path
) -> None:
    shutil.copytree(trained.path, tmp_path / "work")
    folder = Folder(tmp_path / "work")
    heard = tmp_path / "base"
    shutil.copytree(base, heard)
    sources = [{"name": "A text encoder", "what": "hears", "licence": "MIT"}, {"name": "Its art", "art": True}]
    (heard / "house.json").write_text(json.dumps({"sources": sources}))
    folder.add(Record("w", "pictures/w.jpg", 9, 9, "work", "Irises", "o", "h", "met", "https://met.example/1.jpg",
                      "CC-BY-4.0", attribution="Gift of nobody"))  # fmt: skip
    call("publish", "--folder", folder.path, "--base", heard, "--to", tmp_path / "out", "--name", "small")
    rows = [json.loads(line) for line in (tmp_path / "out/attributions.jsonl").read_text().splitlines()]
    assert rows[0]["title"] == "Irises" and rows[0]["attribution"] == "Gift of nobody"
    text = (tmp_path / "out/MODEL_CARD.md").read_text()
    assert "credit its makers" in text and "| A text encoder | hears | MIT |" in text and "Its art" not in text


def test_model_that_went_on_from_its_base_credits_what_that_one_learned_from(
    trained: Folder, base: Path, tmp_path: Path
) -> None:
    shutil.copytree(trained.path, tmp_path / "work")
    shutil.copytree(base, tmp_path / "first")
    art = [{"name": "Noto", "art": True, "url": "https://github.com/googlefonts/noto-emoji", "licence": "Apache-2.0"},
           {"name": "Other drawings", "art": True, "what": "drawings", "licence": "CC BY 4.0"}]  # fmt: skip
    (tmp_path / "first/house.json").write_text(json.dumps({"name": "first-one", "sources": art}))
    (tmp_path / "first/MODEL_CARD.md").write_text("# The first\n")
    known = [
        {"name": "kite", "group": "Activities", "pictures": 5},
        {"name": "bear", "group": "Animals", "pictures": 5},
    ]
    (tmp_path / "first/concepts.json").write_text(json.dumps(known))
    settings = json.loads((tmp_path / "work/runs/train/settings.json").read_text())
    (tmp_path / "work/runs/train/settings.json").write_text(json.dumps(settings | {"tune": "full"}))
    call("publish", "--folder", tmp_path / "work", "--base", tmp_path / "first", "--to", tmp_path / "out",
         "--name", "second")  # fmt: skip
    text = (tmp_path / "out/MODEL_CARD.md").read_text()
    assert "went on from the model `first-one`, of which [its card](BASE_MODEL_CARD.md) tells" in text
    assert "Kept out of this training, if not of that before it" in text and "credit its makers" in text
    assert (tmp_path / "out/BASE_MODEL_CARD.md").read_text() == "# The first\n"
    names = [row["name"] for row in json.loads((tmp_path / "out/house.json").read_text())["sources"]]
    assert names == ["Noto by Google LLC, Apache 2.0", "Other drawings"]
    concepts = json.loads((tmp_path / "out/concepts.json").read_text())
    assert concepts[:2] == known and {row["name"] for row in concepts} > {"kite", "bear", "umbrella"}


def test_other_folders_and_evaluations_of_others_are_refused(trained: Folder, base: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/letter.txt").write_text("dear")
    words = ("publish", "--folder", trained.path, "--base", base, "--name", "small")
    assert "is not overwritten" in call(*words, "--to", tmp_path / "mine", ok=False)["error"]
    shutil.copytree(trained.path, tmp_path / "work")
    Folder(tmp_path / "work").write("evaluations/old/scores.json", json.dumps(SCORES).encode())
    words = ("publish", "--folder", tmp_path / "work", "--base", base, "--name", "small", "--evaluation", "old")
    assert "of another model" in call(*words, "--to", tmp_path / "out", ok=False)["error"]
