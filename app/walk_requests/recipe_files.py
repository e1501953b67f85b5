"""Find the recipe inside a file without decoding a picture, in bounded time and memory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from xml.sax.saxutils import unescape

RECIPE_MAX = 2_000_000
"""The most bytes of a recipe; a recipe of 240 frames has about 20,000."""
PARTS_MAX = 20_000
COMMENT, EXTENSION = 0xFE, 0x21
IN_XMP = re.compile(rb"<moma:recipe[^<>]*>([^<]*)</moma:recipe>")
IN_MP4 = ((b"moov", 0), (b"udta", 0), (b"meta", 4), (b"ilst", 0), (b"desc", 0), (b"data", 8))
"""The boxes that lead to a film's description, and the length of the header of each before its content."""


def film_kind(data: bytes) -> str:
    """Return the kind of a film ("GIF", "WebP" or "MP4") by its first bytes; ``""`` for other files."""
    if data[:6] in (b"GIF87a", b"GIF89a"):
        return "GIF"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WebP"
    return "MP4" if data[4:8] == b"ftyp" else ""


def find_recipe(data: bytes) -> bytes:
    """Return the bytes where our films hold their recipe, ``b""`` if there are none; of other files, all bytes."""
    find = {"GIF": _in_gif, "WebP": _in_webp, "MP4": _in_mp4}.get(film_kind(data))
    return data if find is None else find(data)


def _in_gif(data: bytes) -> bytes:
    """Return the comment before the first picture of a GIF (GIF89a, sections 18, 24 and 26)."""
    data = data[: 2 * RECIPE_MAX]
    try:
        place = 13 + (3 << (data[10] & 7) + 1 if data[10] & 0x80 else 0)
        while data[place] == EXTENSION:
            label, place, parts = data[place + 1], place + 2, []
            while size := data[place]:
                parts.append(data[place + 1 : place + 1 + size])
                place += 1 + size
            if label == COMMENT:
                return b"".join(parts)
            place += 1
    except IndexError:  # the file is truncated
        pass
    return b""


def _in_webp(data: bytes) -> bytes:
    """Return the recipe in the XMP chunk of a WebP; neither the film nor the untrusted XMP packet is decoded."""
    for name, start, end in islice(_chunks(data), PARTS_MAX):
        if name == b"XMP ":
            match = IN_XMP.search(data[start:end])
            return unescape(match[1].decode("utf-8", "replace")).encode() if match else b""
    return b""


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    place = 12
    while place + 8 <= len(data):
        size = int.from_bytes(data[place + 4 : place + 8], "little")
        yield data[place : place + 4], place + 8, min(place + 8 + size, len(data))
        place += 8 + size + size % 2


def _in_mp4(data: bytes) -> bytes:
    """Return the description of an MP4 (ISO/IEC 14496-12, and the item list of QuickTime's metadata)."""
    start, end = 0, len(data)
    for wanted, head in IN_MP4:
        boxes = islice(_boxes(data, start, end), PARTS_MAX)
        box = next(((first, last) for name, first, last in boxes if name == wanted), None)
        if box is None:
            return b""
        start, end = box[0] + head, box[1]
    return data[start:end]


def _boxes(data: bytes, place: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield the type, start and end of each MP4 box between two offsets; stop at a truncated one."""
    while place + 8 <= end:
        size, head = int.from_bytes(data[place : place + 4], "big"), 8
        if size == 1:
            size, head = int.from_bytes(data[place + 8 : place + 16], "big"), 16
        last = end if size == 0 else place + size
        if last < place + head or last > end:  # the file is truncated or altered
            return
        yield data[place + 4 : place + 8], place + head, last
        place = last
