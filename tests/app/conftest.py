"""What the tests of the site share: the trial of each drawing in a process of its own, once for each drawing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sketch import svg

KEPT: dict[str, str] = {}


@pytest.fixture(scope="module", autouse=True)
def tried_once() -> Iterator[None]:
    """Try each drawing once in a test run: the same few are added by dozens of tests, a fifth of a second each.

    Refusals are not kept, and ``tests/sketch/test_svg.py`` tests the trial itself.
    """
    try_rendering = svg.try_rendering

    def kept(drawing: str) -> str:
        if drawing not in KEPT:
            KEPT[drawing] = try_rendering(drawing)
        return KEPT[drawing]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(svg, "try_rendering", kept)
        yield
