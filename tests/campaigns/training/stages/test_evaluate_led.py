"""Evaluating a model that sketches lead: painted as the worker paints, beside what the hands' programs paint."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from app.core.models.facts import ModelFacts
from app.offer.generation import presets
from image_encoder import ImageEncoder, Shape, Tower, save
from sketch import rendering, sketchbook
from studio.judging import exam, led_exam, led_score
from studio.publishing import led_model, model_card
from studio.text.text_encoder import Texts
from studio.training import pipeline
from studio.workspace.work_folder import Folder
from tests.support.eyes import MEASURED, make_eye
from tests.support.marks import SLOW_TRAINING
from tests.support.studio_fixtures import call
from worker.diffusion.model import Model
from worker.diffusion.rendering import StopInput
from worker.diffusion.walk_pipeline import WalkPipeline

pytestmark = SLOW_TRAINING
CONCEPTS, HANDS = ("bear", "fox", "owl", "red apple"), ("plain", "gouache", "cut-out")
LITTLE = ("--plain", 2, "--seeds", 2, "--by-hand", 2, "--composed", 2, "--decoded", 0, "--batch", 5)
LEXICON = Path("models/house/lexicon.npz")


@pytest.fixture(scope="module")
def untaught(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An eye that has seen nothing."""
    path, names = tmp_path_factory.mktemp("eye"), Texts(base).sentences([f"a {name}" for name in CONCEPTS])
    return make_eye(path, seed=0, width=16, names=names, concepts=CONCEPTS, hands=HANDS, **MEASURED)


@pytest.fixture(scope="module")
def words(base: Path, halving: Path, book: Path, untaught: Path) -> tuple[Any, ...]:
    return ("evaluate", "--base", base, "--vae", halving, "--sketchbook", book, "--eye", untaught, *LITTLE)


@pytest.fixture(scope="module")
def evaluated(
    led: Folder, words: tuple[Any, ...], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Folder, dict[str, Any]]:
    path = tmp_path_factory.mktemp("evaluated") / "work"
    shutil.copytree(led.path, path)
    return Folder(path), call(*words, "--folder", path, "--run", "led")


def test_what_is_asked_is_what_is_drawn_in_hands_that_the_eye_knows(evaluated: tuple[Folder, dict[str, Any]]) -> None:
    report = evaluated[1]
    assert report["name"] == "led-000003" and (report["steps"], report["guided"]) == (4, [0.0, 0.0])
    assert report["plain"]["M"]["of"] == 4 and "rewordings" not in report
    assert set(report["led"]["by_hand"]) == {"gouache", "cut-out"}
    row = report["led"]["by_hand"]["gouache"]
    assert row["of"] == 2 and row["decoded"] >= 0 and set(row) >= {"told", "told_by_program", "concept_top5"}
    for asks in (led_exam.TWO, led_exam.NUMBER, led_exam.COLOUR):
        assert set(report["led"][asks]) == {"painted", "by_program"}
    assert (evaluated[0].path / "evaluations/led-000003/hand.webp").exists()


def test_pictures_are_those_of_the_worker(
    evaluated: tuple[Folder, dict[str, Any]], book: Path, base: Path, halving: Path, tmp_path: Path
) -> None:
    call("publish", "--folder", evaluated[0].path, "--base", base, "--vae", halving, "--run", "led",
         "--sketchbook", book, "--lexicon", LEXICON, "--to", tmp_path / "led", "--name", "led")  # fmt: skip
    parts = pipeline.part_folders(tmp_path / "led")
    loaded = sketchbook.load(book)
    asked = led_exam.questions(loaded, CONCEPTS, ("gouache",), ("gouache",), exam.Extent(1, 1, 1, 0, 1), prefix="P: ")
    pipe = pipeline.pipeline(parts)
    preset = presets.resolve(presets.BALANCED, ModelFacts(presets=led_model.PRESETS))
    way = exam.Sampling(4, 1.0, (0.0, 0.0), 1.0)
    ours = led_exam.sketch_painter(pipe, loaded, 8, way)(asked)
    model = Model.load(str(tmp_path / "led"), device="cpu")
    painter = WalkPipeline(model)
    settings = replace(painter.rendering(preset), precision="float32")
    assert (settings.steps, settings.guided, settings.guidance) == (4, (0, 0), way.push)
    for question, picture in zip(asked, ours, strict=True):
        stop = StopInput(question.prompt, "", question.seed, has_style=True, scene=question.scene)
        (painted,) = painter.paint(painter.prepare([stop, stop], settings), [0.0])
        assert painted.picture is not None
        assert np.abs(np.asarray(picture, np.int16) - painted.picture.astype(np.int16)).max() <= 2


def test_what_was_painted_is_not_painted_again_and_checkpoints_are_scored_one_by_one(
    evaluated: tuple[Folder, dict[str, Any]], words: tuple[Any, ...]
) -> None:
    folder, report = evaluated
    again = call(*words, "--folder", folder.path, "--checkpoints", "led", "--before", "led-000003")["checkpoints"]
    assert set(again) == {"000003"} and again["000003"]["painted_now"] == 0
    assert again["000003"]["led"] == report["led"] and again["000003"]["forgotten"]["lost"] == []
    torn = next((folder.path / "evaluations/painted").rglob("*.webp"))
    torn.unlink()
    assert call(*words, "--folder", folder.path, "--run", "led", "--after", 3)["led"] == report["led"]
    assert torn.exists()


def test_card_tells_of_each_hand_beside_its_program(
    evaluated: tuple[Folder, dict[str, Any]], book: Path, base: Path, halving: Path, tmp_path: Path
) -> None:
    call("publish", "--folder", evaluated[0].path, "--base", base, "--vae", halving, "--run", "led", "--after", 3,
         "--sketchbook", book, "--lexicon", LEXICON, "--evaluation", "led-000003", "--to", tmp_path / "out",
         "--name", "led")  # fmt: skip
    text = (tmp_path / "out/MODEL_CARD.md").read_text()
    assert (
        "| gouache | 2 | " in text
        and "sharpness that the decoder leaves" in text
        and "in 4 steps without guidance, judged" in text
    )
    assert (tmp_path / "out/sheets/composed.webp").exists()


def test_scene_itself_has_the_colours_that_were_asked_for(book: Path, untaught: Path, tmp_path: Path) -> None:
    loaded = sketchbook.load(book)
    asked = led_exam.questions(loaded, CONCEPTS, ("gouache",), (), exam.Extent(1, 1, 0, 0, 8))
    coloured = [question for question in asked if question.asks == led_exam.COLOUR]
    assert len(coloured) == 8 and all(question.scene and question.scene.things[0].colour for question in coloured)

    def drawn(questions: Any) -> Any:
        plain = [replace(question.scene, composition=None) for question in questions]
        scenes = [rendering.draw(scene, loaded, 64).picture for scene in plain]
        return led_exam.to_images(torch.from_numpy(np.stack(scenes)).permute(0, 3, 1, 2))

    def grey(questions: Any) -> Any:
        return led_exam.to_images(torch.full((len(questions), 3, 64, 64), 0.5))

    eye = ImageEncoder.load(untaught)
    shares = []
    for painter in (drawn, grey):
        gallery = exam.Gallery(Folder(tmp_path), painter.__name__)
        gallery.paint(asked, painter, batch=4)
        shares.append(led_score._coloured(eye, gallery, coloured, loaded)["share"])
    assert shares[0] > 0.7 and shares[1] == 0


class Sees:
    """An eye that names the first five of ten concepts in all pictures but even ones, and the others in those."""

    concepts, hands = (*CONCEPTS, "a", "b", "c", "d", "e", "f"), HANDS

    def encode(self, pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        is_even = (pictures.flatten(1).std(1) < 0.01).float()[:, None]
        first = (torch.arange(10) < 5).float()
        return is_even * (1 - first) + (1 - is_even) * first, torch.zeros(len(pictures), len(HANDS))

    def score(self, sentences: torch.Tensor) -> torch.Tensor:
        return sentences


def test_only_what_the_program_shows_and_the_model_does_not_is_lost(book: Path, tmp_path: Path) -> None:
    loaded, eye = sketchbook.load(book), Sees()
    asked = led_exam.questions(loaded, CONCEPTS, ("gouache",), (), exam.Extent(3, 2, 1, 0))
    own, even = exam.Gallery(Folder(tmp_path), "own"), exam.Gallery(Folder(tmp_path), "even")
    own.paint(asked, led_exam.program_painter(loaded, 32), batch=4)
    even.paint(asked, lambda part: led_exam.to_images(torch.full((len(part), 3, 32, 32), 0.5)), batch=4)
    plain = [question for question in asked if question.kind == "plain"]
    assert led_score.list_lost(eye, even, own, asked) == plain  # type: ignore[arg-type]
    assert led_score.list_lost(eye, own, own, asked) == led_score.list_lost(eye, own, even, asked) == []  # type: ignore[arg-type]


def test_sharpness_falls_where_a_picture_is_blurred() -> None:
    torch.manual_seed(0)
    sharp = torch.rand(2, 3, 32, 32)
    soft = torch.nn.functional.avg_pool2d(sharp, 3, 1, 1)
    assert bool((led_score.sharpness(soft) < 0.2 * led_score.sharpness(sharp)).all())


def test_evaluation_of_nothing_that_is_drawn_is_refused(
    led: Folder, words: tuple[Any, ...], base: Path, tmp_path: Path
) -> None:
    (tmp_path / "eye").mkdir()
    save(tmp_path / "eye", Tower(Shape(16, (8, 16), (1, 1), 16, 1)), Texts(base).sentences(["a kite"]),
         concepts=("kite",), hands=("gouache",), measured_on=[], R=None)  # fmt: skip
    shutil.copytree(led.path, tmp_path / "work")
    report = call(*words, "--folder", tmp_path / "work", "--run", "led", "--eye", tmp_path / "eye", ok=False)
    assert "knows no drawn concept" in report["error"]


def test_curve_ends_where_the_model_was_taken(led: Folder, tmp_path: Path) -> None:
    assert model_card.curves(led, {})["led"][-1][0] == 3 and model_card.curves(led, {"led": 2})["led"][-1][0] == 1
    leading = led_model.Leading(8, tmp_path, (), {"kind": "subjects", "hands": (), "mixed": 0.3, "pictures": 1})
    facts = {"title": "X", "size": 8, "prefix": "", "hands": [], "sources": [], "licence": "",
             "defaults": {"steps": 1, "guidance": 2}}  # fmt: skip
    text = model_card.write_card(led, facts, {}, [], leading=leading, ends={"led": 2})
    assert "| led | v_prediction | 2 | 4 | 8 |" in text
