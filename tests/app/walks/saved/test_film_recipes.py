"""The recipe in a film: found where ours stands, never where it hides, and quickly in any file."""

import io
import os
import resource
import struct
import subprocess
import time
from pathlib import Path

import imageio_ffmpeg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from app.walks.saved.film_formats import find_recipe, recognise
from app.walks.saved.film_recipes import RECIPE_MAX, mapped
from app.walks.uploads.png_chunks import SIGNATURE as PNG

SAID = b'{"a": "recipe"}'


def box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", 8 + len(content)) + name + content


def mp4(said: bytes | None, *, wide: bool = False, comment: bytes | None = None) -> bytes:
    data = b"" if said is None else box(b"desc", box(b"data", bytes(8) + said))
    data += b"" if comment is None else box(b"\xa9cmt", box(b"data", bytes(8) + comment))
    films = box(b"ilst", box(b"\xa9nam", box(b"data", bytes(8) + b"A fox")) + data)
    inside = box(b"mvhd", bytes(20)) + box(b"udta", box(b"meta", bytes(4) + box(b"hdlr", bytes(8)) + films))
    head = struct.pack(">I", 1) + b"moov" + struct.pack(">Q", 16 + len(inside)) if wide else None
    return box(b"ftyp", b"isom") + (head + inside if head else box(b"moov", inside)) + box(b"mdat", bytes(99))


def element(name: str, content: bytes) -> bytes:
    return bytes.fromhex(name) + (1 << 56 | len(content)).to_bytes(8, "big") + content


def webm(*tags: tuple[bytes, bytes], is_open: bool = False) -> bytes:
    """Return a WebM with some tags; one of unknown size, as a live stream has, if it is open."""
    texts = b"".join(element("67c8", element("45a3", name) + element("4487", text)) for name, text in tags)
    inside = element("1549a966", bytes(20)) + element("1254c367", element("7373", element("63c0", b"") + texts))
    head = element("1a45dfa3", element("4282", b"webm"))
    return head + (bytes.fromhex("18538067") + b"\xff" + inside if is_open else element("18538067", inside))


def gif(**options: object) -> bytes:
    out = io.BytesIO()
    first, second = Image.new("P", (8, 8), 0), Image.new("P", (8, 8), 1)
    first.save(out, "GIF", save_all=True, append_images=[second], **options)
    return out.getvalue()


def png(packet: bytes | None, *, last: bool = False) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "PNG")
    text = b"" if packet is None else b"XML:com.adobe.xmp\0\0\0\0\0" + packet
    chunk = b"" if packet is None else struct.pack(">I", len(text)) + b"iTXt" + text + bytes(4)
    place = len(out.getvalue()) - 12 if last else 33  # before IEND, or behind IHDR
    return out.getvalue()[:place] + chunk + out.getvalue()[place:]


IN_XMP = b'<x><moma:recipe xmlns:moma="urn:moma-lisa:xmp">' + SAID + b"</moma:recipe></x>"


@pytest.mark.parametrize(
    "film",
    [mp4(SAID), mp4(SAID, wide=True), gif(comment=SAID), gif(comment=SAID, loop=0), SAID, png(IN_XMP),
     png(IN_XMP, last=True), webm((b"TITLE", b"a fox"), (b"DESCRIPTION", SAID)),
     webm((b"Description", SAID), is_open=True), webm((b"COMMENT", b"of a model"), (b"DESCRIPTION", SAID)),
     webm((b"COMMENT", SAID), (b"DESCRIPTION", b"a film"))],
)  # fmt: skip
def test_recipe_is_found(film: bytes) -> None:
    assert find_recipe(film) == SAID


@pytest.mark.parametrize(
    "film",
    [
        mp4(None),
        gif(),
        gif(loop=0),
        png(None),
        png(b"<x/>"),
        PNG,
        b"RIFF\0\0\0\0WEBP",
        b"GIF89a",
        mp4(SAID)[:60],
        webm(),
        webm((b"TITLE", SAID)),
        webm((b"DESCRIPTION", b"a film")),
        webm((b"DESCRIPTION", SAID))[:-1],
        webm()[:4],
    ],
)
def test_film_without_one_has_none(film: bytes) -> None:
    assert find_recipe(film) == b""


@pytest.mark.parametrize(
    ("film", "held"),
    [(mp4(None, comment=SAID), SAID), (mp4(b"a film", comment=SAID), SAID), (mp4(SAID, comment=b'{"b": 1}'), SAID),
     (mp4(SAID, comment=b"Made by a model"), SAID), (mp4(None, comment=b"Made by a model"), b""),
     (mp4(b"a film", comment=b"Made by a model"), b"a film")],
)  # fmt: skip
def test_comment_of_a_film_counts_where_its_description_is_no_recipe(film: bytes, held: bytes) -> None:
    assert find_recipe(film) == held


@pytest.mark.slow
def test_recipe_is_found_in_a_webm_that_ffmpeg_writes(tmp_path: Path) -> None:
    said = '{"prompts": ["a fox é"], "x": "' + "y" * 5_000 + '"}'
    source = "-f", "lavfi", "-i", "color=red:size=16x16:duration=0.2"
    tags = "-metadata", "title=A fox", "-metadata", f"description={said}"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *source, *tags, "-c:v", "libvpx-vp9", "film.webm"]
    subprocess.run(command, cwd=tmp_path, check=True)
    assert find_recipe((tmp_path / "film.webm").read_bytes()) == said.encode()


@pytest.mark.slow
def test_recipe_of_our_gif_is_found_in_the_film_that_ffmpeg_makes_of_it(tmp_path: Path) -> None:
    said = b'{"prompts": ["a fox \xc3\xa9"], "x": "' + b"y" * 5_000 + b'"}'
    out = io.BytesIO()
    frames = [Image.new("P", (16, 16), index) for index in range(3)]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], comment=said)
    (tmp_path / "film.gif").write_bytes(out.getvalue())
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", "film.gif", "-pix_fmt", "yuv420p", "film.mp4"]
    subprocess.run(command, cwd=tmp_path, check=True)
    assert find_recipe((tmp_path / "film.mp4").read_bytes()) == said


@pytest.mark.parametrize("data", [b"", b"{}", SAID, b"\xff\xd8\xff"])
def test_file_of_another_kind_is_no_film(data: bytes) -> None:
    assert recognise(data) is None


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
        PNG + b"\0\0\0\0iTXt\0\0\0\0" * 1_600_000,
        webm()[:4] + b"\x80" + b"\x18\x53\x80\x67\xff" + b"\xec\x80" * 10_000_000,
        webm(*[(b"DESCRIPTION", b"a film")] * 400_000),
    ],
)  # fmt: skip
def test_forged_film_of_twenty_megabytes_holds_no_one_up(film: bytes) -> None:
    began = time.process_time()
    assert len(find_recipe(film)) <= RECIPE_MAX
    assert time.process_time() - began < 5


@given(
    noise=st.binary(max_size=200), head=st.sampled_from([b"GIF89a", b"RIFF\0\0\0\0WEBP", b"\0\0\0\x08ftyp", webm()[:4]])
)
def test_noise_raises_nothing(noise: bytes, head: bytes) -> None:
    find_recipe(head + noise)


def test_film_on_the_disk_is_not_loaded_beyond_its_recipe(tmp_path: Path) -> None:
    film = gif(comment=SAID)
    (tmp_path / "film.gif").write_bytes(film[:-1])
    os.truncate(tmp_path / "film.gif", 150_000_000)  # a hole, which takes no space until it is loaded
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with (tmp_path / "film.gif").open("rb") as file, mapped(file) as content:
        assert find_recipe(content) == SAID
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # KiB


@pytest.mark.parametrize("data", [b"", SAID])
def test_file_that_cannot_be_mapped_is_read(data: bytes) -> None:
    with mapped(io.BytesIO(data)) as content:
        assert content == data
