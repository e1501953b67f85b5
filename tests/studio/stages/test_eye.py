"""The eye: learns names and hands, goes on as it would have, is measured on a vendor kept out, and loads plainly."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from eye import Eye, EyeError
from studio.judging import accuracy
from studio.scenes.canvas import Canvas
from studio.text.text_encoder import Texts
from studio.training import eye
from studio.training.loop import dice
from studio.workspace.training_run import Run
from studio.workspace.work_folder import Folder
from tests.studio.conftest import call

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
SMALL = ("--size", 16, "--channels", "8,16", "--blocks", "1,1", "--painted", 24, "--painted-at", 32, "--batch", 16,
         "--warmup", 2, "--measured", 2)  # fmt: skip


@pytest.fixture(scope="module")
def taught(drawn: Folder, base: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Folder, dict[str, Any]]:
    """A folder whose eye took forty steps, and what the stage said; not to be written to."""
    path = tmp_path_factory.mktemp("taught") / "work"
    shutil.copytree(drawn.path, path)
    call("compose", "--folder", path, "--number", 40, "--sheet", 0, "--hand", "neon", "--hand", "cut-out")
    return Folder(path), call("eye", "--folder", path, "--base", base, *SMALL, "--steps", 40, "--save-every", 20)


@pytest.fixture
def copy(taught: tuple[Folder, dict[str, Any]], tmp_path: Path) -> Folder:
    shutil.copytree(taught[0].path, tmp_path / "copy")
    return Folder(tmp_path / "copy")


@pytest.fixture(scope="module")
def school(taught: tuple[Folder, dict[str, Any]], base: Path) -> eye.School:
    return eye.School(Canvas(taught[0], size=32), Texts(base), painted=12, size=16)


def losses(folder: Folder) -> dict[int, float]:
    return {row["step"]: row["loss"] for row in Run(folder, "eye").curve()}


def test_eye_learns_and_is_measured_on_the_vendor_kept_out(taught: tuple[Folder, dict[str, Any]]) -> None:
    folder, told = taught
    seen = losses(folder)
    assert seen[40] < 0.8 * seen[1]
    assert told["measured_on"] == ["twemoji"] and 0 <= told["R"]["share"] <= told["R_top5"]["share"] <= 1
    assert set(told["hands_told"]["by_hand"]) == {"plain", "neon", "cut-out"}


def test_folder_loads_and_says_what_the_stage_said(taught: tuple[Folder, dict[str, Any]]) -> None:
    folder, told = taught
    held = Eye.load(folder.path / "model/eye")
    assert held.about["R"] == told["R"] and held.hands == ("plain", "cut-out", "neon")
    assert held.concepts == ("bear", "red apple", "rescue worker’s helmet", "umbrella")
    sentences, hands = held.look(torch.rand(3, 3, 50, 40))
    assert torch.allclose(sentences.norm(dim=1), torch.ones(3), atol=1e-5)
    assert torch.allclose(hands.sum(1), torch.ones(3), atol=1e-5) and held.score(sentences).shape == (3, 4)


def test_hand_is_named_by_its_words_where_the_eye_is_sure_and_was_right_before(
    taught: tuple[Folder, dict[str, Any]],
) -> None:
    held = Eye.load(taught[0].path / "model/eye")
    assert held.about["words"] == {"cut-out": "paper cut-out", "neon": "neon"}
    held.about["hands_told"]["by_hand"] = {"plain": 1.0, "cut-out": 0.9, "neon": 0.3}
    plain, cut_out, neon = torch.eye(3) * 0.7 + 0.1
    known = ("paper cut-out", "neon")
    assert held.hand(cut_out, known) == "paper cut-out"
    assert [held.hand(shares, known) for shares in (plain, neon, torch.tensor([0.2, 0.5, 0.3]))] == ["", "", ""]
    assert held.hand(cut_out, ("neon",)) == ""
    held.about = {key: value for key, value in held.about.items() if key not in ("words", "hands_told")}
    assert held.hand(cut_out, known) == ""


def test_loader_needs_neither_studio_nor_text_encoder(taught: tuple[Folder, dict[str, Any]]) -> None:
    program = f"""
import json, sys, torch, eye
eye.Eye.load({str(taught[0].path / "model/eye")!r}).look(torch.zeros(1, 3, 16, 16))
print(json.dumps(sorted({{name.partition(".")[0] for name in sys.modules}})))
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not {"studio", "worker", "app", "flask", "transformers", "diffusers"} & set(json.loads(done.stdout))


def test_run_goes_on_with_the_losses_it_would_have_had(
    copy: Folder, taught: tuple[Folder, dict[str, Any]], base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(copy.path / "runs")
    asked = iter(range(100))

    def killed(*args: Any, **kwargs: Any) -> Any:
        if next(asked) == 25:
            raise OSError("killed")
        return real(*args, **kwargs)

    real = eye.School.lesson
    monkeypatch.setattr(eye.School, "lesson", killed)
    words = ("eye", "--folder", copy.path, "--base", base, *SMALL, "--steps", 40, "--save-every", 20)
    call(*words, ok=False)
    monkeypatch.undo()
    assert call(*words)["taken_now"] == 20
    assert losses(copy)[40] == pytest.approx(losses(taught[0])[40], rel=1e-4)


def test_lesson_follows_from_its_dice_and_tells_the_truth(school: eye.School) -> None:
    one, again = (school.lesson(8, dice(1, 3), plain=0.5) for _ in range(2))
    assert torch.equal(one.pictures, again.pictures) and torch.equal(one.hands, again.hands)
    assert not torch.equal(one.pictures, school.lesson(8, dice(1, 4), plain=0.5).pictures)
    assert one.pictures.shape == (8, 3, 16, 16) and 0 <= float(one.pictures.min()) <= float(one.pictures.max()) <= 1
    assert torch.allclose(one.concepts.sum(1), torch.ones(8)) and one.hands[:4].eq(0).all() and one.hands[4:].all()
    assert torch.equal(one.sentences[:4], school.names[one.concepts[:4].argmax(1)])


def test_without_painted_scenes_all_is_plain(taught: tuple[Folder, dict[str, Any]], base: Path) -> None:
    bare = eye.School(Canvas(taught[0], size=32), Texts(base), painted=0, size=16)
    assert bare.lesson(4, dice(1, 1), plain=0.5).hands.eq(0).all()


@pytest.mark.parametrize(("spoil", "says"), [
    (lambda path: (path / "eye.json").unlink(), "eye.json is missing"),
    (lambda path: (path / "eye.safetensors").write_bytes(b"torn"), "cannot be loaded"),
    (lambda path: (path / "eye.safetensors").unlink(), "eye.safetensors is missing"),
    (lambda path: (path / "eye.json").write_text('{"format": 9}'), "another version"),
    (lambda path: (path / "eye.json").write_text('{"format": 1}'), "cannot be loaded"),
])  # fmt: skip
def test_spoilt_eye_is_named(spoil: Any, says: str, copy: Folder) -> None:
    spoil(copy.path / "model/eye")
    with pytest.raises(EyeError, match=says):
        Eye.load(copy.path / "model/eye")


def test_intervals_are_wilsons() -> None:
    assert accuracy.interval(0.5, 100) == pytest.approx((0.4038, 0.5962), abs=1e-4)
    assert (
        accuracy.interval(0.0, 10)[0] == 0.0
        and accuracy.interval(1.0, 10)[1] == 1.0
        and accuracy.interval(0, 0) == (0, 1)
    )
    assert accuracy.counted(torch.tensor([True, False])) == {
        "share": 0.5,
        "of": 2,
        "interval": accuracy.interval(0.5, 2),
    }
