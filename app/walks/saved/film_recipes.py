"""Find the recipe inside a file without decoding a picture, in bounded time and memory.

A film may have 150 MB and its recipe 20 kB: of a file that is mapped into memory, only the pages are loaded on which
the search comes by.
"""

from __future__ import annotations

import io
import mmap
import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import IO
from xml.sax.saxutils import escape, unescape

from app.walks.uploads import ebml_elements, png_chunks

RECIPE_MAX = 2_000_000
"""The most bytes of a recipe; a recipe of 240 frames has about 20,000."""
PARTS_MAX = 20_000
UNMAPPED_MAX = 50_000_000
COMMENT, EXTENSION = 0xFE, 0x21
XMP_KEYWORD = b"XML:com.adobe.xmp\0"
XMP_HEAD = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description rdf:about="">'
)
HEADER_END = 33
"""The offset behind a PNG's first chunk, ``IHDR``."""
NAMESPACE = "urn:moma-lisa:xmp"
"""The XMP namespace of this program's properties."""
DESCRIPTION_END = b"</rdf:Description>"
IN_XMP = re.compile(rb"<moma:recipe[^<>]*>([^<]*)</moma:recipe>")
IN_MP4 = ((b"moov", 0), (b"udta", 0), (b"meta", 4), (b"ilst", 0))
"""The boxes that lead to a film's metadata, and the length of the header of each before its content."""
DESCRIPTION, FILM_COMMENT = ((b"desc", 0), (b"data", 8)), ((b"\xa9cmt", 0), (b"data", 8))
"""The boxes within them with a film's recipe: ours, and the comment into which others convert that of our GIFs."""


@contextmanager
def mapped(file: IO[bytes]) -> Iterator[bytes | mmap.mmap]:
    """Map a file into memory for as long as the context lasts.

    Of what cannot be mapped, such as a pipe or an endless device, read at most ``UNMAPPED_MAX`` bytes.
    """
    try:
        content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (io.UnsupportedOperation, OSError, ValueError):  # in memory, a pipe, empty
        yield file.read(UNMAPPED_MAX)
        return
    with content:
        yield content


def in_gif(data: bytes | mmap.mmap) -> bytes:
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


def in_webp(data: bytes | mmap.mmap) -> bytes:
    """Return the recipe in the XMP chunk of a WebP; neither the film nor the untrusted XMP packet is decoded."""
    for name, start, end in islice(_chunks(data), PARTS_MAX):
        if name == b"XMP ":
            return _in_xmp(data[start : min(end, start + 2 * RECIPE_MAX)])
    return b""


def in_png(data: bytes | mmap.mmap) -> bytes:
    """Return the recipe in the XMP packet of a PNG, an uncompressed ``iTXt`` chunk before or after the pixels."""
    found = _packet_in_png(data)
    return b"" if found is None else _in_xmp(data[found[0] : min(found[1], found[0] + 2 * RECIPE_MAX)])


def _packet_in_png(data: bytes | mmap.mmap) -> tuple[int, int] | None:
    """Return where the chunk with the XMP packet begins and ends; ``None`` if there is none."""
    for name, start, end in islice(png_chunks.chunks(data), PARTS_MAX):
        if name == b"iTXt" and data[start + 8 : start + 8 + len(XMP_KEYWORD)] == XMP_KEYWORD:
            return start, end
    return None


def insert_into_png(data: bytes, text: str) -> bytes:
    """Return a PNG with the recipe ``text``, JSON, in its XMP packet; files of other formats are returned unchanged."""
    if not data.startswith(png_chunks.SIGNATURE):
        return data
    element = _xmp_element(text).encode()
    if found := _packet_in_png(data):
        start, end = found
        packet = data[start + 8 : end - 4].replace(DESCRIPTION_END, element + DESCRIPTION_END, 1)
    else:
        start = end = HEADER_END
        uncompressed = bytes(4)  # no compression, no language, no translated keyword
        packet = XMP_KEYWORD + uncompressed + XMP_HEAD + element + DESCRIPTION_END + b"</rdf:RDF></x:xmpmeta>"
    return data[:start] + png_chunks.write_chunk(b"iTXt", packet) + data[end:]


def _xmp_element(text: str) -> str:
    """Return the element of an XMP packet that holds a recipe, given as JSON."""
    return f'<moma:recipe xmlns:moma="{NAMESPACE}">{escape(text)}</moma:recipe>'


def _in_xmp(packet: bytes) -> bytes:
    match = IN_XMP.search(packet)
    return unescape(match[1].decode("utf-8", "replace")).encode() if match else b""


def _chunks(data: bytes | mmap.mmap) -> Iterator[tuple[bytes, int, int]]:
    place = 12
    while place + 8 <= len(data):
        size = int.from_bytes(data[place + 4 : place + 8], "little")
        yield data[place : place + 4], place + 8, min(place + 8 + size, len(data))
        place += 8 + size + size % 2


def in_mp4(data: bytes | mmap.mmap) -> bytes:
    """Return the description of an MP4 (ISO/IEC 14496-12, and the item list of QuickTime's metadata).

    If it has none, or one that is no JSON, return its comment if that may be JSON.
    """
    films = _within(data, (0, len(data)), IN_MP4)
    described, commented = (_text_in(data, films, path) for path in (DESCRIPTION, FILM_COMMENT))
    return commented if _may_be_json(commented) and not _may_be_json(described) else described


def in_webm(data: bytes | mmap.mmap) -> bytes:
    """Return the description in the tags of a WebM, or else its comment, if that may be JSON."""
    for name in (b"DESCRIPTION", b"COMMENT"):
        for text in ebml_elements.tag_texts(data, name, RECIPE_MAX + 1):
            if _may_be_json(text):
                return text
    return b""


def _may_be_json(text: bytes) -> bool:
    return text.lstrip().startswith(b"{")


def _text_in(data: bytes | mmap.mmap, films: tuple[int, int] | None, path: tuple[tuple[bytes, int], ...]) -> bytes:
    place = None if films is None else _within(data, films, path)
    return b"" if place is None else data[place[0] : min(place[1], place[0] + RECIPE_MAX + 1)]


def _within(
    data: bytes | mmap.mmap, place: tuple[int, int], path: tuple[tuple[bytes, int], ...]
) -> tuple[int, int] | None:
    """Return where the content of the box at the end of a path begins and ends; ``None`` if a box is missing."""
    for wanted, head in path:
        boxes = islice(_boxes(data, *place), PARTS_MAX)
        box = next(((first, last) for name, first, last in boxes if name == wanted), None)
        if box is None:
            return None
        place = box[0] + head, box[1]
    return place


def _boxes(data: bytes | mmap.mmap, place: int, end: int) -> Iterator[tuple[bytes, int, int]]:
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
