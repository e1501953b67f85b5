"""Aspect ratios are met as nearly as the model's multiples allow."""

from pathlib import Path

import pytest

from app.core.models import aspects, facts
from app.core.models.aspects import ASPECTS
from tests.support import flow_folders, led


@pytest.mark.parametrize(
    ("aspect", "size", "multiple", "expected"),
    [
        ("1:1", 512, 8, (512, 512)),
        ("16:9", 512, 8, (512, 288)),
        ("9:16", 512, 8, (288, 512)),
        ("16:9", 256, 8, (256, 144)),
        ("3:2", 256, 8, (256, 168)),
        ("3:2", 512, 16, (512, 336)),
        ("2:3", 1024, 8, (680, 1024)),
        ("16:9", 1024, 16, (1024, 576)),
        ("16:9", 32, 8, (32, 16)),
        ("9:16", 8, 8, (8, 8)),
    ],
)
def test_shorter_side_is_the_nearest_multiple(aspect: str, size: int, multiple: int, expected: tuple[int, int]) -> None:
    assert aspects.frame(aspect, size, multiple) == expected


@pytest.mark.parametrize(("aspect", "frame", "is_rounded"), [
    ("16:9", (256, 144), False), ("3:2", (256, 168), True), ("1:1", (64, 64), False), ("2:3", (336, 512), True),
])  # fmt: skip
def test_size_not_exactly_of_the_ratio_is_rounded(aspect: str, frame: tuple[int, int], is_rounded: bool) -> None:
    assert aspects.is_rounded(aspect, *frame) is is_rounded


def test_sides_of_a_transformer_are_multiples_of_its_patches(tmp_path: Path) -> None:
    for family in ("flux1", "sd3"):
        assert facts.load_facts(str(flow_folders.lay_out(tmp_path / family, family))).multiple == 16
    unet = led.lay_out(tmp_path / "house", size=256)
    assert facts.load_facts(str(unet)).multiple == 8


@pytest.mark.parametrize(
    ("given", "known"),
    [
        ({}, [*ASPECTS]),
        ({"aspects": ["3:2", "4:3", 7]}, ["1:1", "3:2"]),
        ({"aspects": []}, ["1:1"]),
        ({"aspects": "16:9"}, [*ASPECTS]),
    ],
)
def test_aspects_are_all_or_those_of_the_model(tmp_path: Path, given: dict[str, object], known: list[str]) -> None:
    assert facts.load_facts(str(led.lay_out(tmp_path / "model", size=256, **given))).aspects == tuple(known)
