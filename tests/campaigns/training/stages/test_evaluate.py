"""Evaluating: the same questions for every model, painted once, scored by the image encoder, shown on sheets."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from image_encoder import ImageEncoder
from studio.judging import exam, score
from studio.text.text_encoder import Texts
from studio.training import pipeline
from studio.workspace.work_folder import Folder
from tests.support.eyes import MEASURED, make_eye
from tests.support.marks import SLOW_TRAINING
from tests.support.studio_fixtures import call

pytestmark = SLOW_TRAINING
CONCEPTS, HANDS = ("bear", "fox", "owl"), ("plain", "neon", "cut-out")
LITTLE = ("--plain", 2, "--seeds", 2, "--by-hand", 1, "--reworded", 2, "--decoded", 0, "--steps", 1, "--batch", 9)


@pytest.fixture(scope="module")
def untaught(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An eye that has seen nothing."""
    path, names = tmp_path_factory.mktemp("eye"), Texts(base).sentences(["a bear", "a fox", "an owl"])
    return make_eye(path, seed=0, width=16, names=names, concepts=CONCEPTS, hands=HANDS, **MEASURED)


@pytest.fixture(scope="module")
def evaluated(base: Path, untaught: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    path = tmp_path_factory.mktemp("evaluated") / "work"
    return path, call("evaluate", "--folder", path, "--model", base, "--eye", untaught, *LITTLE, "--name", "first")


def test_scores_stand_beside_the_eyes_own(evaluated: tuple[Path, dict[str, Any]]) -> None:
    path, report = evaluated
    assert report["eye"]["R"]["share"] == 0.5 and report["eye"]["measured_on"] == ["emojione"]
    assert report["plain"]["M"]["of"] == 4 and report["plain"]["concepts"] == 2
    assert report["plain"]["M_by_R"] == pytest.approx(report["plain"]["M"]["share"] / 0.5)
    assert set(report["hands"]["by_hand"]) == {"neon", "cut-out"} and report["hands"]["told"]["of"] == 2
    assert report["rewordings"]["top5"] == {"share": 1.0, "of": 2, "interval": [0.3424, 1.0]}
    assert report["rewordings"]["text_encoder_alone"]["top5"] == 1
    kept = json.loads((path / "evaluations/first/scores.json").read_text())
    assert kept["plain"] == report["plain"] and len(kept["known"]) == 2


def test_sheets_show_their_prompts(evaluated: tuple[Path, dict[str, Any]]) -> None:
    path = evaluated[0] / "evaluations/first"
    with Image.open(path / "hand.webp") as sheet:
        assert sheet.size == (16, 32)
    assert [line.split(", ")[1] for line in (path / "hand.txt").read_text().splitlines()] == [
        "paper cut-out (0)",
        "neon (0)",
    ]
    assert len((path / "composed.txt").read_text().splitlines()) == 2 * len(exam.COMPOSED)
    assert (path / "plain.webp").exists() and (path / "reworded.webp").exists()


def test_what_was_painted_is_not_painted_again(
    evaluated: tuple[Path, dict[str, Any]], base: Path, untaught: Path
) -> None:
    path, report = evaluated
    assert report["painted_now"] == 4 + 2 + 2 + 24
    words = ("evaluate", "--folder", path, "--model", base, "--eye", untaught, *LITTLE)
    again = call(*words, "--name", "again", "--before", "first")
    assert again["painted_now"] == 0 and again["plain"] == report["plain"]
    assert again["forgotten"] == {
        "since": "first",
        "asked": 2,
        "knew": again["forgotten"]["knew"],
        "lost": [],
        "won": [],
    }
    torn = next((path / "evaluations/painted").rglob("*.webp"))
    torn.unlink()
    assert call(*words, "--name", "again")["painted_now"] == 1


def test_pictures_are_those_of_the_plain_pipeline(evaluated: tuple[Path, dict[str, Any]], base: Path) -> None:
    pipe = pipeline.pipeline(pipeline.part_folders(base))
    asked = exam.questions(CONCEPTS, (), exam.Extent(1, 1, 0, 0))[0]
    held = exam.Gallery.of_model(
        Folder(evaluated[0]), pipeline.fingerprint(pipeline.part_folders(base)), exam.Sampling(1, 4.0)
    )
    chance = torch.Generator().manual_seed(asked.seed)
    alone = pipe(asked.prompt, num_inference_steps=1, guidance_scale=4.0, generator=chance, output_type="pt").images[0]
    assert (held.picture(asked) - alone).abs().max() < 2 / 255


def test_checkpoints_of_a_run_are_scored_one_by_one(
    base: Path, encoded: Folder, untaught: Path, tmp_path: Path
) -> None:
    shutil.copytree(encoded.path, tmp_path / "work")
    call("train", "--folder", tmp_path / "work", "--base", base, "--tune", "lora", "--rank", 2, "--batch", 4,
         "--steps", 2, "--checkpoint-every", 1)  # fmt: skip
    report = call("evaluate", "--folder", tmp_path / "work", "--base", base, "--eye", untaught, *LITTLE,
                  "--checkpoints", "train")["checkpoints"]  # fmt: skip
    assert set(report) == {"000001", "000002"} and report["000001"]["model"] != report["000002"]["model"]
    assert (tmp_path / "work/evaluations/train-000002/scores.json").exists()


def test_questions_are_the_same_for_everybody() -> None:
    extent = exam.Extent(2, 2, 1, 5)
    one = exam.questions(CONCEPTS, ("neon",), extent, prefix="P: ")
    assert one == exam.questions(tuple(reversed(CONCEPTS)), ("neon",), extent, prefix="P: ")
    kinds = [question.kind for question in one]
    assert kinds.count("plain") == 4 and kinds.count("hand") == 1 and kinds.count("reworded") == 3
    assert all(question.prompt.startswith("P: ") != (question.kind == "hand") for question in one)
    assert next(question for question in one if question.kind == "hand").prompt.endswith(", neon")
    other = exam.questions(CONCEPTS, ("neon",), extent, pattern="{words}: {prompt}")
    assert next(question for question in other if question.kind == "hand").prompt.startswith("neon: ")


def test_forgotten_is_what_most_seeds_showed_and_no_longer_do() -> None:
    result = score.forgotten(
        {"bear": 1.0, "fox": 0.67, "owl": 0.33}, {"bear": 0.33, "fox": 1.0, "owl": 0.67, "cat": 1}, "x"
    )
    assert result == {"since": "x", "asked": 3, "knew": 2, "lost": ["bear"], "won": ["owl"]}


@pytest.mark.parametrize(("words", "says"), [
    (("--eye", "nowhere"), "nowhere is no eye"),
    (("--name", "../x"), "is not a valid evaluation name"),
    (("--before", "nobody"), "is not an evaluation"),
    (("--model", "nowhere"), "nowhere is not a diffusers folder"),
])  # fmt: skip
def test_what_is_missing_is_named(
    words: tuple[str, ...], says: str, evaluated: tuple[Path, dict[str, Any]], base: Path, untaught: Path
) -> None:
    usual = ("evaluate", "--folder", evaluated[0], "--model", base, "--eye", untaught, *LITTLE)
    assert says in call(*usual, *words, ok=False)["error"]


def test_folder_that_learned_nothing_is_named(untaught: Path, base: Path, tmp_path: Path) -> None:
    words = ("evaluate", "--folder", tmp_path, "--base", base, "--eye", untaught)
    assert "the stage train makes it" in call(*words, ok=False)["error"]
    assert "has no checkpoints" in call(*words, "--checkpoints", "train", ok=False)["error"]


def test_what_is_not_published_yet_is_asked_for_the_hands_of_its_scenes(
    drawn: Folder, untaught: Path, base: Path, tmp_path: Path
) -> None:
    work = tmp_path / "work"
    shutil.copytree(drawn.path, work)
    shutil.copytree(base / "unet", work / "model/unet")
    call("compose", "--folder", work, "--number", 4, "--sheet", 0, "--hand", "neon")
    report = call("evaluate", "--folder", work, "--base", base, "--eye", untaught, *LITTLE)
    assert set(report["hands"]["by_hand"]) == {"neon"}
    assert report["prefix"] == "A MoMA artwork of: "


def test_eye_only_tells_hands_that_both_know(untaught: Path) -> None:
    eye = ImageEncoder.load(untaught)
    assert score.hands_of({}, eye) == ("cut-out", "neon")
    assert score.hands_of({"hands": [{"words": "neon"}, {"words": "oil painting"}]}, eye) == ("neon",)
