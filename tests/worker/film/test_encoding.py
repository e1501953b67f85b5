"""Films and stills, read back by other programs than wrote them."""

import io
import itertools
import struct
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageSequence

from tests.worker.fleeting import OneByOne
from worker.film import encoding as films
from worker.film import video

Frames = list[NDArray[np.uint8]]
RIGHTS = "After drawings: bear <Ann & co.> (CC BY 4.0)."
COMMENT = '{"prompt": "ein Bär \N{BEAR FACE}"}'


def shown(film: bytes) -> Frames:
    with Image.open(io.BytesIO(film)) as picture:
        return [np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(picture)]


def blocks(gif: bytes) -> list[tuple[str, bytes]]:
    """Split a GIF into its blocks (GIF89a specification): extensions by label, images by their descriptor."""
    position, found = 13 + 3 * 2 ** ((gif[10] & 7) + 1), []
    while gif[position : position + 1] != b";":
        start = position
        if gif[position] == 0x21:
            kind, position = f"extension {gif[position + 1]:x}", position + 2
        else:
            assert gif[position] == 0x2C
            kind, position = "image", position + 11
        while gif[position]:
            position += gif[position] + 1
        position += 1
        found.append((kind, gif[start:position]))
    assert gif[position:] == b";"
    return found


def chunks(webp: bytes) -> list[tuple[bytes, bytes]]:
    """Split a WebP into its chunks (RFC 9649)."""
    assert (webp[:4], webp[8:12]) == (b"RIFF", b"WEBP")
    position, found = 12, []
    while position < len(webp):
        size = int.from_bytes(webp[position + 4 : position + 8], "little")
        found.append((webp[position : position + 4], webp[position + 8 : position + 8 + size]))
        position += 8 + size + size % 2
    assert position == len(webp)
    return found


WRITERS: dict[str, Callable[[Any], bytes]] = {
    "gif": lambda frames: films.gif(frames, 80, comment=COMMENT),
    "mp4": lambda frames: video.mp4(frames, 12.5, metadata={}),
    "webp": lambda frames: films.webp(frames, 80, metadata={}),
}


@pytest.mark.parametrize("kind", ["gif", "webp"])
def test_film_keeps_every_frame_in_order_and_colour(film: Frames, kind: str) -> None:
    frames = shown(WRITERS[kind](film))
    assert len(frames) == len(film)
    for written, painted in zip(frames, film, strict=True):
        assert written.shape == painted.shape
        assert np.abs(written.astype(float) - painted).mean() < 8


@pytest.mark.parametrize("count", [1, 2, 5])
def test_film_of_equal_frames_keeps_their_number(film: Frames, count: int) -> None:
    gif, webp = (WRITERS[kind]([film[0]] * count) for kind in ("gif", "webp"))
    assert len(shown(gif)) == sum(kind == "image" for kind, _ in blocks(gif)) == count
    assert len(shown(webp)) == sum(name == b"ANMF" for name, _ in chunks(webp)) == count


def test_gif_has_one_palette_for_all_frames(film: Frames) -> None:
    gif = films.gif(film, 80, comment=COMMENT)
    assert gif[10] & 0x80, "a global colour table"
    images = [block for kind, block in blocks(gif) if kind == "image"]
    assert not any(block[9] & 0x80 for block in images), "no local ones"
    assert len({tuple(colour) for frame in shown(gif) for colour in frame.reshape(-1, 3)}) <= 256


def test_gif_of_few_colours_keeps_them(film: Frames) -> None:
    flat = np.zeros((16, 16, 3), np.uint8)
    flat[:8], flat[8:] = (250, 10, 20), (20, 40, 230)
    [frame] = shown(films.gif([flat], 80, comment=""))
    assert np.abs(frame.astype(int) - flat).max() <= 6


def test_gif_repeats_for_ever(film: Frames) -> None:
    with Image.open(io.BytesIO(films.gif(film, 80, comment=""))) as picture:
        assert picture.info["loop"] == 0


def test_gif_shows_each_frame_for_its_time(film: Frames) -> None:
    times = [20 + 10 * index for index in range(len(film))]
    with Image.open(io.BytesIO(films.gif(film, times, comment=""))) as picture:
        assert [frame.info["duration"] for frame in ImageSequence.Iterator(picture)] == times


@pytest.mark.parametrize("comment", [COMMENT, "x" * 255, "x" * 256, "ü" * 4000])
def test_comment_is_read_back_byte_for_byte(film: Frames, comment: str) -> None:
    with Image.open(io.BytesIO(films.gif(film, 80, comment=comment))) as picture:
        assert picture.info["comment"] == comment.encode()


def test_gif_stores_only_what_changed(film: Frames) -> None:
    moved = film[0].copy()
    moved[10:14, 20:30] = (0, 255, 0)
    _, second = (block for kind, block in blocks(films.gif([film[0], moved], 80, comment="")) if kind == "image")
    left, top, width, height = struct.unpack("<4H", second[1:9])
    assert 20 - 4 < left <= 20 and 10 - 4 < top <= 10 and width <= 16 and height <= 12, "and the rest of its blocks"


def test_still_ground_does_not_flicker(film: Frames) -> None:
    ground = film[0]
    with_changes = []
    for index in range(4):
        frame = ground.copy()
        frame[:8, :8] = 60 * index
        with_changes.append(frame)
    for before, after in itertools.pairwise(shown(films.gif(with_changes, 80, comment=""))):
        assert np.array_equal(before[8:, 8:], after[8:, 8:])


def test_gradients_are_dithered_rather_than_banded() -> None:
    ramp = np.linspace(0, 255, 256).astype(np.uint8)
    hues = np.stack(np.broadcast_arrays(ramp[None, :], ramp[:, None], 255 - ramp[None, :]), -1)
    [frame] = shown(films.gif([hues], 80, comment=""))
    blurred = [np.asarray(Image.fromarray(f).resize((32, 32), Image.Resampling.BOX), float) for f in (frame, hues)]
    assert np.abs(blurred[0] - blurred[1]).mean() < 3


@pytest.mark.slow
def test_gif_of_a_usual_walk_is_small() -> None:
    y, x = np.mgrid[:128, :128]
    walk = [
        np.stack([128 + 127 * np.sin(x / 20 + i / 9), 2 * y, 128 + 127 * np.cos(y / 17 - i / 7)], -1).astype(np.uint8)
        for i in range(24)
    ]
    gif = films.gif(walk, 80, comment=COMMENT)
    assert len(gif) < 24 * 128 * 128


@pytest.mark.parametrize(("frames", "times"), [([], 80), ([np.zeros((4, 4, 3), np.uint8)], [80, 80])])
def test_film_without_frames_or_with_other_times_is_refused(frames: Frames, times: int | list[int]) -> None:
    with pytest.raises(ValueError, match="frame"):
        films.gif(frames, times, comment="")
    with pytest.raises(ValueError, match="frame"):
        films.webp(frames, times, metadata={})


@pytest.mark.parametrize("shape", [(5, 7), (17, 16), (1, 1), (64, 33)])
def test_webp_of_odd_size_is_as_large_as_the_pictures(shape: tuple[int, int]) -> None:
    pictures = [np.full((*shape, 3), (40, 160, colour), np.uint8) for colour in (0, 90, 250)]
    frames = shown(films.webp(pictures, 80, metadata={}))
    assert [frame.shape for frame in frames] == [(*shape, 3)] * 3
    assert max(np.abs(a.astype(int) - b).max() for a, b in zip(frames, pictures, strict=True)) <= 8


def test_webp_shows_each_frame_for_its_time_and_repeats_for_ever(film: Frames) -> None:
    times = [20 + 7 * index for index in range(len(film))]
    with Image.open(io.BytesIO(films.webp(film, times, metadata={}))) as picture:
        assert picture.info["loop"] == 0
        shown_for = []
        for index in range(picture.n_frames):
            picture.seek(index)
            picture.load()
            shown_for.append(picture.info["duration"])
    assert shown_for == times


def test_webp_stores_only_what_changed_and_shows_all(film: Frames) -> None:
    moved = film[0].copy()
    moved[11:14, 21:30] = (0, 255, 0)
    data = films.webp([film[0], moved], 80, metadata={})
    second = [block for name, block in chunks(data) if name == b"ANMF"][1]
    left, top, width, height = (int.from_bytes(second[start : start + 3], "little") for start in (0, 3, 6, 9))
    assert (2 * left, 2 * top, width + 1, height + 1) == (20, 10, 10, 4)
    assert np.abs(shown(data)[1].astype(float) - moved).mean() < 8


def test_webp_chunks_fill_the_file_that_its_header_announces(film: Frames) -> None:
    data = films.webp(film, 80, metadata={"title": "odd"})
    assert int.from_bytes(data[4:8], "little") == len(data) - 8
    assert [name for name, _ in chunks(data)] == [b"VP8X", b"ANIM", *[b"ANMF"] * len(film), b"XMP "]


def test_webp_says_what_it_is_and_carries_its_recipe(film: Frames) -> None:
    said = films.provenance(model="House <model>", revision="0123456789ab", software="MoMA Lisa 0.1")
    metadata = {"title": "ein B\N{LATIN SMALL LETTER A WITH DIAERESIS}r \uffff", "comment": said, "recipe": COMMENT}
    metadata["copyright"] = RIGHTS
    with Image.open(io.BytesIO(films.webp(film, 80, metadata=metadata))) as picture:
        xmp = ElementTree.fromstring(picture.info["xmp"])  # noqa: S314, our own
    texts = {tag: [e.text for e in xmp.iter() if e.tag.endswith("}" + tag)] for tag in ("DigitalSourceType", "li")}
    assert texts["DigitalSourceType"] == [films.SYNTHETIC]
    assert texts["li"] == [metadata["title"].replace("\uffff", "\ufffd"), said, RIGHTS]
    assert [e.text for e in xmp.iter() if e.tag == f"{{{films.RECIPE_NAMESPACE}}}recipe"] == [COMMENT]


@pytest.mark.parametrize("kind", WRITERS)
def test_film_is_written_with_few_of_its_frames_in_memory(film: Frames, kind: str) -> None:
    read = OneByOne(film * 3)
    assert WRITERS[kind](read) == WRITERS[kind](film * 3)
    assert read.most_alive <= 3


def test_still_is_lossless(film: Frames) -> None:
    data = films.still(film[3])
    assert data.startswith(b"\x89PNG")
    assert np.array_equal(films.decode_still(data), film[3])


def test_still_says_that_it_is_synthetic(film: Frames) -> None:
    said = films.provenance(model="House <model>", revision="0123456789ab", software="MoMA Lisa 0.1")
    metadata = {"title": "ein Bär", "comment": said, "copyright": RIGHTS}
    with Image.open(io.BytesIO(films.still(film[0], metadata=metadata))) as picture:
        picture.load()
        assert picture.text["Copyright"] == RIGHTS
        assert picture.text["Title"] == "ein Bär"
        assert picture.text["Comment"] == said
        xmp = ElementTree.fromstring(picture.info["xmp"])  # noqa: S314, our own
    assert [e.text for e in xmp.iter() if e.tag.endswith("}DigitalSourceType")] == [films.SYNTHETIC]
    assert [e.text for e in xmp.iter() if e.tag.endswith("}li")] == ["ein Bär", said, RIGHTS]


def test_plain_still_says_that_it_is_synthetic_and_nothing_else(film: Frames) -> None:
    with Image.open(io.BytesIO(films.still(film[0]))) as picture:
        assert set(picture.info) <= {"xmp", "XML:com.adobe.xmp"}
        assert picture.info["xmp"].count(b"trainedAlgorithmicMedia") == 1
        assert b"<dc:" not in picture.info["xmp"]


def test_provenance_names_the_licence_where_it_is_known() -> None:
    said = films.provenance(model="Mine", revision="0123", software="MoMA Lisa 0.1", licence="openrail++")
    assert said.endswith(f"{films.SYNTHETIC}. Licence of the model: openrail++")


def test_provenance_names_model_revision_software_and_source_type() -> None:
    said = films.provenance(model="House model", revision="0123456789ab", software="MoMA Lisa 0.1")
    parts = ("Synthetic", "House model", "0123456789ab", "MoMA Lisa 0.1", "digitalsourcetype/trainedAlgorithmicMedia")
    assert all(part in said for part in parts)
