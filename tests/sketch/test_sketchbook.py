"""Sketchbooks: packed to the same bytes, read as they were, broken ones named; drawings rendered and remembered."""

import io
import json
import random
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sketch import sketchbook
from sketch import svg as svg_files
from sketch.sketchbook import Drawing, Sketchbook, SketchbookError
from tests.support import drawings
from tests.support.drawings import DIGESTS, SHAPES, SVGS, book, svg

DRAWINGS = [replace(each, words=(f"ein {each.name}", "Zeichnung")) for each in drawings.DRAWINGS]


def packed_into(path: Path, changes: dict[str, bytes | None] | None = None) -> Path:
    """Write a sketchbook with some of its files changed, or without them."""
    held = io.BytesIO(sketchbook.pack(DRAWINGS, SVGS))
    with zipfile.ZipFile(held) as whole:
        files: dict[str, bytes | None] = {name: whole.read(name) for name in whole.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (files | (changes or {})).items():
            if content is not None:
                archive.writestr(name, content)
    return path


def index(**changes: Any) -> bytes:
    row = {"digest": DIGESTS["disc"], "name": "disc", "words": ["a", "b"]} | changes
    return json.dumps([{key: value for key, value in row.items() if value is not None}]).encode()


@pytest.mark.slow
def test_same_drawings_give_the_same_bytes_in_any_order() -> None:
    mixed = DRAWINGS.copy()
    random.Random(3).shuffle(mixed)
    once = sketchbook.pack(DRAWINGS, SVGS)
    assert once == sketchbook.pack(iter(mixed), dict(reversed(SVGS.items()))) and len(once) > 500
    assert once != sketchbook.pack(DRAWINGS[1:], SVGS)


def test_packed_drawings_come_back_as_they_were(tmp_path: Path) -> None:
    (tmp_path / "book.zip").write_bytes(sketchbook.pack(DRAWINGS, SVGS))
    loaded = sketchbook.load(tmp_path / "book.zip")
    assert sorted(loaded.drawings.values(), key=lambda each: each.name) == sorted(DRAWINGS, key=lambda each: each.name)
    assert {digest: loaded.svg(digest) for digest in loaded.drawings} == SVGS
    assert DIGESTS["cat face"] in loaded and "cat face" not in loaded
    assert np.array_equal(loaded.picture(DIGESTS["cat face"], 40), book().picture(DIGESTS["cat face"], 40))


def test_drawing_that_two_names_have_is_packed_once() -> None:
    twice = [*DRAWINGS, Drawing(DIGESTS["disc"], "circle"), Drawing(DIGESTS["disc"], "plate")]
    held = zipfile.ZipFile(io.BytesIO(sketchbook.pack(twice, SVGS)))
    assert len(held.namelist()) == len(set(held.namelist())) == len(SVGS) + 1
    assert {row["digest"]: row["name"] for row in json.loads(held.read("index.json"))}[DIGESTS["disc"]] == "circle"


def test_digest_is_of_the_drawing_alone() -> None:
    assert sketchbook.digest_of("<svg/>") == sketchbook.digest_of("<svg/>") != sketchbook.digest_of("<svg />")
    assert len(sketchbook.digest_of("<svg/>")) == 20 and sketchbook.digest_of("ä").isalnum()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"index.json": None}, "index.json"), ({"index.json": b"{"}, "Expecting"), ({"index.json": b"\xff\xfe"}, ""),
        ({"index.json": b"{}"}, "holds no list"), ({"index.json": b"[7]"}, "drawing 0: digest and name are wanted"),
        ({"index.json": index(name=None)}, "drawing 0: digest and name"),
        ({"index.json": index(size=7)}, "nothing else"), ({"index.json": index(words="disc")}, "words are a list"),
        ({"index.json": index(words=[1])}, "words are a list"),
        ({"index.json": index(name=7)}, "all else is text"), ({"index.json": index(digest=["a"])}, "all else is text"),
        ({"index.json": index(digest="absent")}, "lists absent, and does not hold it"),
        ({f"{DIGESTS['ring']}.svg": None}, f"lists {DIGESTS['ring']}"),
    ],
)  # fmt: skip
def test_broken_list_of_drawings_is_named(changes: dict[str, Any], says: str, tmp_path: Path) -> None:
    path = packed_into(tmp_path / "book.zip", changes)
    with pytest.raises(SketchbookError, match="is no sketchbook: ") as caught:
        sketchbook.load(path)
    assert says in str(caught.value) and str(caught.value).startswith(str(path))


def test_withdrawn_drawing_is_there_and_is_not_offered() -> None:
    left, gone = DRAWINGS[0], DRAWINGS[1]
    held = Sketchbook([left], SVGS, [gone, left])
    assert list(held.drawings) == [left.digest] and list(held.withdrawn) == [gone.digest]
    assert gone.digest in held and held.find(gone.digest) == gone and held.find("elsewhere") is None
    assert held.picture(gone.digest, 16).shape == (16, 16, 4)


def test_joined_sketchbooks_hold_what_both_do_and_what_one_offers_is_offered() -> None:
    first, second, third = DRAWINGS[:3]
    renamed = Drawing(first.digest, "another name")
    one = Sketchbook([first], {first.digest: SVGS[first.digest]})
    other = Sketchbook([renamed, second], SVGS, [third])
    both = one.join(other)
    assert set(both.drawings.values()) == {first, second} and set(both.withdrawn.values()) == {third}
    assert [both.svg(each.digest) for each in (first, second, third)] == [
        SVGS[each.digest] for each in (first, second, third)
    ]
    assert set(other.join(one).drawings.values()) == {renamed, second}
    assert not set(Sketchbook([first], SVGS).join(Sketchbook([], {}, [first])).withdrawn)
    with pytest.raises(SketchbookError, match="There is no drawing absent"):
        both.svg("absent")


@pytest.mark.parametrize("content", [b"", b"PK", b"not a zip at all" * 20, None])
def test_file_that_is_no_sketchbook_is_named(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "book.zip"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SketchbookError, match=r"book\.zip is no sketchbook"):
        sketchbook.load(path)


def test_folder_and_cut_off_file_are_no_sketchbooks(tmp_path: Path) -> None:
    with pytest.raises(SketchbookError, match="is no sketchbook"):
        sketchbook.load(tmp_path)
    whole = sketchbook.pack(DRAWINGS, SVGS)
    (tmp_path / "cut.zip").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(SketchbookError, match="is no sketchbook"):
        sketchbook.load(tmp_path / "cut.zip")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (svg("<g/>").encode(), "is another than its name says"),
        (b"\xff\xfe", "cannot be read"),
        (b" " * (svg_files.BYTES + 1), f"bytes, at most {svg_files.BYTES}"),
    ],
)
def test_changed_drawing_is_reported_when_it_is_asked_for(content: bytes, says: str, tmp_path: Path) -> None:
    loaded = sketchbook.load(packed_into(tmp_path / "book.zip", {f"{DIGESTS['disc']}.svg": content}))
    with pytest.raises(SketchbookError, match=says):
        loaded.picture(DIGESTS["disc"], 32)
    assert loaded.picture(DIGESTS["cat face"], 32).shape == (32, 32, 4)


def test_flipped_bytes_are_reported_when_the_drawing_is_asked_for(tmp_path: Path) -> None:
    spoilt = bytearray(sketchbook.pack(DRAWINGS, SVGS))
    at = spoilt.index(f"{DIGESTS['house']}.svg".encode()) + len(DIGESTS["house"]) + 4 + 30
    spoilt[at] ^= 0xFF
    (tmp_path / "book.zip").write_bytes(spoilt)
    with pytest.raises(SketchbookError, match=rf"drawing {DIGESTS['house']} of .*book\.zip"):
        sketchbook.load(tmp_path / "book.zip").svg(DIGESTS["house"])


def test_missing_drawing_is_reported() -> None:
    for ask in (
        lambda: book().svg("nobody"),
        lambda: book().picture("nobody" * 99, 32),
        lambda: sketchbook.pack([Drawing("nobody", "x")], SVGS),
    ):
        with pytest.raises(SketchbookError, match="There is no drawing nobody") as caught:
            ask()
        assert len(str(caught.value)) < 120


def test_drawing_is_rendered_where_its_shapes_are_in_their_colours() -> None:
    seen = book().picture(DIGESTS["house"], 64)
    assert seen.shape == (64, 64, 4) and seen.dtype == np.float32
    assert np.allclose(seen[24, 24], 1) and np.allclose(
        seen[50, 50], [0x7A / 255, 0x30 / 255, 0x20 / 255, 1], atol=0.01
    )
    assert seen[1, 1, 3] == 0 and seen[..., 3].mean() == pytest.approx((28 / 32) ** 2, abs=0.01)


def test_sizes_of_a_drawing_agree() -> None:
    large = book().picture(DIGESTS["cat face"], 256)[..., 3].reshape(64, 4, 64, 4).mean((1, 3))
    assert np.abs(large - book().picture(DIGESTS["cat face"], 64)[..., 3]).max() < 0.1


def test_rendered_page_is_remembered_and_cannot_be_spoiled(monkeypatch: pytest.MonkeyPatch) -> None:
    rendered = []
    original = svg_files.rasterise
    monkeypatch.setattr(svg_files, "rasterise", lambda *asked: rendered.append(asked[1]) or original(*asked))
    held = book()
    first = held.picture(DIGESTS["disc"], 32)
    first[:] = 0.5
    assert held.picture(DIGESTS["disc"], 32)[16, 16, 2] > 0.8 and rendered == [32]
    held.picture(DIGESTS["disc"], 33)
    assert rendered == [32, 33]


def test_threads_may_share_a_sketchbook(tmp_path: Path) -> None:
    loaded = sketchbook.load(packed_into(tmp_path / "book.zip"))
    asked = [(DIGESTS[name], size) for size in (24, 25, 26) for name in SHAPES] * 3
    with ThreadPoolExecutor(4) as pool:
        seen = list(pool.map(lambda each: loaded.picture(*each), asked))
    single = Sketchbook(DRAWINGS, SVGS)
    assert all(np.array_equal(picture, single.picture(*each)) for picture, each in zip(seen, asked, strict=True))


def test_look_of_a_drawing_is_its_mean_colour_and_how_much_of_its_square_it_covers() -> None:
    halves = svg('<path d="M0 0h16v32H0z" fill="#fff"/><path d="M16 0h8v32h-8z" fill="#000"/>')
    held = Sketchbook([Drawing("halves", "halves")], {"halves": halves})
    look = held.appearance("halves")
    assert look.cover == pytest.approx(0.75, abs=0.01)
    assert look.tone == pytest.approx((2 / 3, 0.0, 0.0), abs=0.01)
    assert held.appearance("halves") is look
    with pytest.raises(SketchbookError, match="no drawing"):
        held.appearance("gone")
