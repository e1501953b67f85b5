"""The recipe in a film: found where ours stands, never where it hides, and quickly in any file."""

from __future__ import annotations

import io
import struct
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from app.walk_requests.recipe_files import RECIPE_MAX, film_kind, find_recipe

SAID = b'{"a": "recipe"}'


def box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", 8 + len(content)) + name + content


def mp4(said: bytes | None, *, wide: bool = False) -> bytes:
    data = b"" if said is None else box(b"desc", box(b"data", bytes(8) + said))
    films = box(b"ilst", box(b"\xa9nam", box(b"data", bytes(8) + b"A fox")) + data)
    inside = box(b"mvhd", bytes(20)) + box(b"udta", box(b"meta", bytes(4) + box(b"hdlr", bytes(8)) + films))
    head = struct.pack(">I", 1) + b"moov" + struct.pack(">Q", 16 + len(inside)) if wide else None
    return box(b"ftyp", b"isom") + (head + inside if head else box(b"moov", inside)) + box(b"mdat", bytes(99))


def gif(**options: object) -> bytes:
    out = io.BytesIO()
    first, second = Image.new("P", (8, 8), 0), Image.new("P", (8, 8), 1)
    first.save(out, "GIF", save_all=True, append_images=[second], **options)
    return out.getvalue()


@pytest.mark.parametrize("film", [mp4(SAID), mp4(SAID, wide=True), gif(comment=SAID), gif(comment=SAID, loop=0), SAID])
def test_recipe_is_found(film: bytes) -> None:
    assert find_recipe(film) == SAID


@pytest.mark.parametrize("film", [mp4(None), gif(), gif(loop=0), b"RIFF\0\0\0\0WEBP", b"GIF89a", mp4(SAID)[:60]])
def test_film_without_one_has_none(film: bytes) -> None:
    assert find_recipe(film) == b""


def test_kinds_are_told_by_their_first_bytes() -> None:
    assert [film_kind(film) for film in (gif(), mp4(None), b"RIFF\0\0\0\0WEBP", b"{}", b"", b"\x89PNG")] == [
        "GIF", "MP4", "WebP", "", "", "",
    ]  # fmt: skip


def test_long_comment_is_read_whole() -> None:
    assert find_recipe(gif(comment=b"x" * 70_000)) == b"x" * 70_000


def test_picture_that_comes_first_ends_the_search() -> None:
    film = gif()
    assert find_recipe(film[:-1] + b"\x21\xfe\x02{}\x00;") == b""


@pytest.mark.slow
@pytest.mark.parametrize(
    "film",
    [
        b"GIF89a" + bytes(7) + b"\x21\xfe" + b"\x01x" * 10_000_000,
        b"GIF89a" + bytes(7) + b"\x21\xf9\x00" * 6_000_000,
        b"RIFF\0\0\0\0WEBP" + b"JUNK\0\0\0\0" * 2_500_000,
        b"RIFF\0\0\0\0WEBPXMP \xff\xff\xff\x7f" + b"<moma:recipe" * 1_600_000,
        b"\0\0\0\x08ftyp" + b"\0\0\0\x08free" * 2_500_000,
        b"\0\0\0\x08ftyp" + b"\0\0\0\x00moov" * 2_500_000,
        b"\0\0\0\x08ftyp" + b"\0\0\0\x01moov" + b"\xff" * 8,
    ],
)  # fmt: skip
def test_forged_film_of_twenty_megabytes_holds_nobody_up(film: bytes) -> None:
    began = time.process_time()
    assert len(find_recipe(film)) <= RECIPE_MAX
    assert time.process_time() - began < 5


@given(noise=st.binary(max_size=200), head=st.sampled_from([b"GIF89a", b"RIFF\0\0\0\0WEBP", b"\0\0\0\x08ftyp"]))
def test_noise_raises_nothing(noise: bytes, head: bytes) -> None:
    find_recipe(head + noise)
