"""The eye: learns names and hands, goes on as it would have, is measured on a vendor kept out, and loads plainly."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from image_encoder import ImageEncoder, ImageEncoderError, Shape, Tower
from sketch.scene import Scene, Thing
from studio.judging import accuracy
from studio.scenes import subjects
from studio.scenes.canvas import Canvas
from studio.scenes.subjects import End, Subject
from studio.text.text_encoder import Texts
from studio.training import encoder_pool, encoder_training
from studio.training.loop import step_rng
from studio.workspace.work_folder import Folder
from tests.support.loaded_modules import modules_after
from tests.support.studio_fixtures import call
from tests.support.training_runs import fail_at_call, losses

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[4]
SMALL = ("--size", 16, "--channels", "8,16", "--blocks", "1,1", "--painted", 24, "--painted-at", 32, "--batch", 16,
         "--warmup", 2, "--measured", 2)  # fmt: skip


@pytest.fixture(scope="module")
def taught(
    drawn: Folder, base: Path, book: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Folder, dict[str, Any]]:
    """A folder whose eye took forty steps, and what the stage said; not to be written to."""
    path = tmp_path_factory.mktemp("taught") / "work"
    shutil.copytree(drawn.path, path)
    words = ("--base", base, "--sketchbook", book, *SMALL, "--steps", 40, "--save-every", 20)
    return Folder(path), call("eye", "--folder", path, *words)


@pytest.fixture
def copy(taught: tuple[Folder, dict[str, Any]], tmp_path: Path) -> Folder:
    shutil.copytree(taught[0].path, tmp_path / "copy")
    return Folder(tmp_path / "copy")


@pytest.fixture(scope="module")
def order(book: Path) -> encoder_pool.Order:
    return encoder_pool.Order(subjects.load_subject_library(book), "book", 24, 32, 16)


@pytest.fixture(scope="module")
def school(
    taught: tuple[Folder, dict[str, Any]],
    base: Path,
    order: encoder_pool.Order,
    tmp_path_factory: pytest.TempPathFactory,
) -> encoder_training.TrainingData:
    folder = Folder(tmp_path_factory.mktemp("school"))
    encoder_pool.render_pool(folder, order)
    pool = encoder_pool.load_pool(folder, order)
    return encoder_training.TrainingData(Canvas(taught[0], size=32), Texts(base), order=order, pool=pool, size=16)


def test_eye_learns_and_is_measured_on_the_vendor_kept_out(taught: tuple[Folder, dict[str, Any]]) -> None:
    folder, report = taught
    seen = losses(folder, "eye")
    assert seen[40] < 0.8 * seen[1]
    assert report["measured_on"] == ["twemoji"] and 0 <= report["R"]["share"] <= report["R_top5"]["share"] <= 1
    assert tuple(report["hands_told"]["by_hand"]) == ("plain", *encoder_pool.HANDS)


def test_folder_loads_and_says_what_the_stage_said(taught: tuple[Folder, dict[str, Any]]) -> None:
    folder, report = taught
    held = ImageEncoder.load(folder.path / "model/eye")
    assert held.about["R"] == report["R"] and held.hands == ("plain", *encoder_pool.HANDS)
    assert held.concepts == ("bear", "fox", "red apple", "rescue worker’s helmet", "umbrella")
    sentences, hands = held.encode(torch.rand(3, 3, 50, 40))
    assert torch.allclose(sentences.norm(dim=1), torch.ones(3), atol=1e-5)
    assert torch.allclose(hands.sum(1), torch.ones(3), atol=1e-5) and held.score(sentences).shape == (3, 5)


def test_hand_is_named_by_its_words_where_the_eye_is_sure_and_was_right_before(
    taught: tuple[Folder, dict[str, Any]],
) -> None:
    held = ImageEncoder.load(taught[0].path / "model/eye")
    assert held.about["words"]["cut-out"] == "paper cut-out" and "plain" not in held.about["words"]
    held.about["hands_told"]["by_hand"] = {"plain": 1.0, "cut-out": 0.9, "neon": 0.3}
    known, cut_out = ("paper cut-out", "neon"), sure_of(held, "cut-out")
    assert held.name_style(cut_out, known) == "paper cut-out"
    assert [held.name_style(sure_of(held, name), known) for name in ("plain", "neon")] == ["", ""]
    assert held.name_style(cut_out * 0.8, known) == "" and held.name_style(cut_out, ("neon",)) == ""
    held.about = {key: value for key, value in held.about.items() if key not in ("words", "hands_told")}
    assert held.name_style(cut_out, known) == ""


def sure_of(held: ImageEncoder, hand: str) -> torch.Tensor:
    """Shares of all hands, seven tenths of them one's."""
    return torch.tensor([0.7 if name == hand else 0.01 for name in held.hands])


def test_loader_needs_neither_studio_nor_text_encoder(taught: tuple[Folder, dict[str, Any]]) -> None:
    folder = str(taught[0].path / "model/eye")
    encode = f"image_encoder.ImageEncoder.load({folder!r}).encode(torch.zeros(1, 3, 16, 16))"
    loaded = modules_after(f"import torch, image_encoder; {encode}")
    assert not {"studio", "worker", "app", "flask", "transformers", "diffusers"} & loaded


def test_run_goes_on_with_the_losses_it_would_have_had(
    copy: Folder, taught: tuple[Folder, dict[str, Any]], base: Path, book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(copy.path / "runs")
    fail_at_call(monkeypatch, encoder_training.TrainingData, "lesson", 25, OSError("killed"))
    words = ("eye", "--folder", copy.path, "--base", base, "--sketchbook", book, *SMALL, "--steps", 40,
             "--save-every", 20)  # fmt: skip
    call(*words, ok=False)
    monkeypatch.undo()
    assert call(*words)["taken_now"] == 20
    assert losses(copy, "eye")[40] == pytest.approx(losses(taught[0], "eye")[40], rel=1e-4)


def test_lesson_follows_from_its_dice_and_tells_the_truth(school: encoder_training.TrainingData) -> None:
    one, again = (school.lesson(8, step_rng(1, 3), plain=0.5) for _ in range(2))
    assert torch.equal(one.pictures, again.pictures) and torch.equal(one.hands, again.hands)
    assert not torch.equal(one.pictures, school.lesson(8, step_rng(1, 4), plain=0.5).pictures)
    assert one.pictures.shape == (8, 3, 16, 16) and 0 <= float(one.pictures.min()) <= float(one.pictures.max()) <= 1
    assert torch.allclose(one.concepts.sum(1), torch.ones(8)) and one.hands[:4].eq(0).all() and one.hands[4:].all()
    assert torch.equal(one.sentences[:4], school.names[one.concepts[:4].argmax(1)])


def test_eye_goes_on_from_one_for_smaller_pictures(
    copy: Folder, taught: tuple[Folder, dict[str, Any]], base: Path, book: Path
) -> None:
    words = ("eye", "--folder", copy.path, "--base", base, "--sketchbook", book, *SMALL, "--size", 24, "--steps", 4,
             "--rate", 1e-5, "--eye", taught[0].path / "model/eye")  # fmt: skip
    call(*words, "--run", "larger")
    began, came_to = (losses(taught[0], "eye")[step] for step in (1, 40))
    assert losses(Folder(copy.path), "larger")[4] < (began + came_to) / 2
    assert "differs in channels, blocks" in call(*words, "--run", "deeper", "--channels", "8,16,16", "--blocks",
                                                 "1,1,1", ok=False)["error"]  # fmt: skip
    assert "eye.json is missing" in call(*words, "--run", "none", "--eye", copy.path, ok=False)["error"]


def test_without_painted_pictures_all_is_plain(
    taught: tuple[Folder, dict[str, Any]], base: Path, order: encoder_pool.Order
) -> None:
    none = replace(order, count=0)
    bare = encoder_training.TrainingData(
        Canvas(taught[0], size=32), Texts(base), order=none, pool=encoder_pool.load_pool(taught[0], none), size=16
    )
    assert bare.lesson(4, step_rng(1, 1), plain=0.5).hands.eq(0).all()


def test_pool_is_painted_by_several_processes_and_goes_on_where_it_was(
    order: encoder_pool.Order, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoder_pool, "SHARD", 5)
    whole, shared = Folder(tmp_path / "whole"), Folder(tmp_path / "shared")
    encoder_pool.render_pool(whole, order)
    for process in (1, 0):
        encoder_pool.render_pool(shared, order, process=process, processes=2)
    pictures = encoder_pool.load_pool(whole, order).pictures
    assert torch.equal(pictures, encoder_pool.load_pool(shared, order).pictures) and pictures.float().std() > 10
    name, _ = list(order.shards())[2]
    (whole.path / name).unlink()
    monkeypatch.setattr(encoder_pool.SubjectRenderer, "paint", counted(calls := [], encoder_pool.SubjectRenderer.paint))
    encoder_pool.render_pool(whole, order)
    assert calls == [5] and torch.equal(pictures, encoder_pool.load_pool(whole, order).pictures)


def counted(calls: list[int], real: Any) -> Any:
    """Paint as before, and note how many at once."""

    def paint(renderer: Any, chunk: Any) -> Any:
        calls.append(len(chunk))
        return real(renderer, chunk)

    return paint


def test_what_lies_between_two_scenes_is_shared_between_their_things(order: encoder_pool.Order) -> None:
    bear, fox = (next(each for each in order.book.drawings.values() if each.name == name) for name in ("bear", "fox"))
    first, last = (End(Scene((Thing(each.digest),)), "oil", (f"{each.name}, oil", each.name)) for each in (bear, fox))
    between = Subject(1, 1, first, last, 0.7)
    assert encoder_pool.shares(between, order.book) == pytest.approx({"bear": 0.3, "fox": 0.7})
    assert encoder_pool.caption(between) == "fox" and encoder_pool.caption(replace(between, t=0.3)) == "bear"
    both = replace(first, scene=Scene((Thing(bear.digest), Thing(bear.digest), Thing(fox.digest))))
    assert encoder_pool.shares(Subject(1, 1, both), order.book) == {"bear": 0.5, "fox": 0.5}


def test_norms_expect_what_averaged_weights_make_of_lessons(school: encoder_training.TrainingData) -> None:
    tower = Tower(Shape(16, (8, 16), (1, 1), school.names.shape[1], len(school.hands)))
    encoder_training.recalibrate_norms(tower, school, batch=16, plain=0.5, seed=1)
    seen = school.lesson(64, step_rng(1, 7), plain=0.5).pictures
    with torch.no_grad():
        stemmed = tower.eval().stem[:2]((seen - 0.5) / 0.25)
    assert stemmed.mean().abs() < 0.2 and 0.7 < stemmed.std() < 1.3


@pytest.mark.parametrize(("spoil", "says"), [
    (lambda path: (path / "eye.json").unlink(), "eye.json is missing"),
    (lambda path: (path / "eye.safetensors").write_bytes(b"torn"), "cannot be loaded"),
    (lambda path: (path / "eye.safetensors").unlink(), "eye.safetensors is missing"),
    (lambda path: (path / "eye.json").write_text('{"format": 9}'), "another version"),
    (lambda path: (path / "eye.json").write_text('{"format": 2}'), "cannot be loaded"),
])  # fmt: skip
def test_spoilt_eye_is_named(spoil: Any, says: str, copy: Folder) -> None:
    spoil(copy.path / "model/eye")
    with pytest.raises(ImageEncoderError, match=says):
        ImageEncoder.load(copy.path / "model/eye")


def test_intervals_are_wilsons() -> None:
    assert accuracy.interval(0.5, 100) == pytest.approx((0.4038, 0.5962), abs=1e-4)
    assert (
        accuracy.interval(0.0, 10)[0] == 0.0
        and accuracy.interval(1.0, 10)[1] == 1.0
        and accuracy.interval(0, 0) == (0, 1)
    )
    assert accuracy.count_share(torch.tensor([True, False])) == {
        "share": 0.5,
        "of": 2,
        "interval": accuracy.interval(0.5, 2),
    }
