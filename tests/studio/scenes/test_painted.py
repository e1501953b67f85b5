"""Subjects painted, and what is to lead the painter there: drawn, as by a finger, or made of the picture."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from sketch import sketchbook
from studio.scenes import painted, picture_sketches
from studio.scenes.painted import SubjectRenderer
from studio.scenes.subjects import Plan, Programme, Subject
from studio.styles import registry

pytestmark = pytest.mark.slow

SIZE = 64


@pytest.fixture(scope="module")
def renderer(book: Path) -> SubjectRenderer:
    return SubjectRenderer(sketchbook.load(book), size=SIZE)


@pytest.fixture(scope="module")
def drawn(book: Path) -> list[Subject]:
    programme = Programme(Plan(40, 3, hands=("oil", "watercolour", "cut-out")), sketchbook.load(book))
    return [programme.subject(number) for number in range(40)]


def kinds(subject: Subject) -> str:
    kind = np.random.default_rng(subject.seed).random()
    return "own" if kind < painted.OWN else "rough" if kind < painted.OWN + painted.ROUGH else "drawn"


def of_kind(subject: Subject, kind: str) -> Subject:
    """Give a subject a seed by which its sketch is of a kind."""
    return next(made for seed in range(1_000) if kinds(made := replace(subject, seed=seed)) == kind)


def test_subjects_are_painted_with_their_sketches(renderer: SubjectRenderer, drawn: list[Subject]) -> None:
    made = renderer.paint(drawn[:6])
    assert made.pictures.shape == (6, 3, SIZE, SIZE) and made.sketches.shape == (6, 4, 16, 16)
    assert made.pictures.dtype == made.sketches.dtype == torch.float32
    assert float(made.pictures.min()) >= 0 and float(made.pictures.max()) <= 1 + 1e-5
    assert float(made.sketches.abs().max()) <= 1 and float(made.pictures.std((1, 2, 3)).min()) > 0.02


def test_guides_are_of_what_was_drawn(renderer: SubjectRenderer, drawn: list[Subject]) -> None:
    made = renderer.paint(drawn[:4])
    graphic = [bool(np.any(renderer.drawn(subject).graphic)) for subject in drawn[:4]]
    assert made.guides.shape == (4, 4, SIZE // 2, SIZE // 2)
    assert (made.graphic > 0).tolist() == graphic and any(graphic) and not all(graphic)
    for subject, guide in zip(drawn[:4], made.guides, strict=True):
        assert np.array_equal(guide.numpy(), renderer.drawn(subject).guide(SIZE // 2))


def test_subject_whose_marks_are_drawn_is_named_and_no_other_is_shown(
    renderer: SubjectRenderer, drawn: list[Subject], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = renderer.drawn
    for share in (0.0, 1.0):
        monkeypatch.setattr(renderer, "drawn", lambda subject, share=share: replace(real(subject), graphic=share))
        made = renderer.paint(drawn[:1])
        assert float(made.graphic) == share and bool((made.guides[:, 3] == share).all())
        assert bool(made.guides[:, :3].any()) == bool(share)


def test_picture_does_not_depend_on_what_is_painted_with_it(renderer: SubjectRenderer, drawn: list[Subject]) -> None:
    together, alone = renderer.paint(drawn[:4]), renderer.paint(drawn[2:3])
    assert float((together.pictures[2] - alone.pictures[0]).abs().mean()) < 2e-3
    assert torch.allclose(together.sketches[2], alone.sketches[0], atol=2e-2)


def test_sketch_is_of_what_was_drawn(renderer: SubjectRenderer, drawn: list[Subject]) -> None:
    for subject in (of_kind(drawn[0], "drawn"), of_kind(next(each for each in drawn if each.last), "drawn")):
        made = renderer.paint([subject])
        assert np.array_equal(made.sketches[0].numpy(), renderer.drawn(subject).sketch(SIZE // 4))


def test_sketch_of_a_picture_has_its_colours_and_no_outline(renderer: SubjectRenderer, drawn: list[Subject]) -> None:
    made = renderer.paint([of_kind(drawn[0], "own")])
    assert bool((made.sketches[0, 3] == 1).all())
    small = torch.nn.functional.avg_pool2d(made.pictures, 4)[0]
    assert float((made.sketches[0, :3] / 2 + 0.5 - small).abs().mean()) < 0.08


def test_kinds_of_sketches_come_in_their_shares(drawn: list[Subject]) -> None:
    found = [kinds(replace(drawn[0], seed=seed)) for seed in range(2_000)]
    assert found.count("own") / 2_000 == pytest.approx(painted.OWN, abs=0.02)
    assert found.count("rough") / 2_000 == pytest.approx(painted.ROUGH, abs=0.02)


def test_sketch_by_a_finger_wanders_near_the_drawn_one(renderer: SubjectRenderer, drawn: list[Subject]) -> None:
    plain = renderer.drawn(drawn[1]).sketch(16)
    made = picture_sketches.roughen(plain, np.random.default_rng(1))
    assert made.shape == plain.shape and made.dtype == np.float32 and np.abs(made).max() <= 1
    assert len(np.unique(made[:3].reshape(3, -1), axis=1).T) <= 10
    assert 0 < np.abs(made - plain).mean() < 0.3 and not np.array_equal(made[3], plain[3])
    assert np.array_equal(made, picture_sketches.roughen(plain, np.random.default_rng(1)))


def test_picture_of_two_styles_has_the_shares_of_each_place(renderer: SubjectRenderer, drawn: list[Subject]) -> None:
    mixture = next(each for each in drawn if each.last)
    assert mixture.last is not None
    mixture = replace(
        mixture, first=replace(mixture.first, hand="oil"), last=replace(mixture.last, hand="watercolour"), t=0.3
    )
    what = renderer.drawn(mixture)
    motif, ground = (torch.from_numpy(each).permute(2, 0, 1)[None] for each in (what.things, what.ground))
    oil, other = (registry.paint(hand, motif, torch.tensor([mixture.seed]), ground) for hand in ("oil", "watercolour"))
    assert torch.allclose(renderer.paint([mixture]).pictures, 0.7 * oil + 0.3 * other, atol=2e-3)
