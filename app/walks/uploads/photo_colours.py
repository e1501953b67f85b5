"""Colours that a picture states as code points instead of a profile (ITU-T H.273, CICP): AVIF, HEIC and PNG.

Pillow 13 and pi-heif decode the pixels and apply no such code points.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image

from app.walks.uploads import png_chunks

UNSPECIFIED = 2
KNOWN_PRIMARIES = (1, 5, 6, 7, 9, 11, 12, 22)

CURVED = (1, UNSPECIFIED, 6, 13, 14, 15)
"""Transfers that are read as that of sRGB: its own, and those of cameras, as browsers do."""

GAMMA = {4: 2.2, 5: 2.8, 8: 1.0}
HDR = {16: "PQ", 18: "HLG"}


class UnreadColours(Exception):
    """A picture's colours or samples are stated in a way that is not read.

    ``sentence`` with ``values`` ends a sentence that says so; the site translates it.
    """

    def __init__(self, sentence: str, **values: str) -> None:
        super().__init__(sentence % values)
        self.sentence, self.values = sentence, values


@dataclass(frozen=True, slots=True)
class Cicp:
    """The code points of a picture's primaries and transfer function."""

    primaries: int
    transfer: int


def read_cicp(data: bytes) -> Cicp | None:
    """Return the code points in a PNG's ``cICP`` chunk, or of the primary item of an AVIF or HEIC; None if it has none.

    See PNG (third edition), section 11.3.2.6, and ISO/IEC 23008-12, section 6.5.5.
    """
    try:
        if data.startswith(png_chunks.SIGNATURE):
            return next(
                (_of_chunk(data[at + 8 : end - 4]) for name, at, end in _before_pixels(data) if name == b"cICP"), None
            )
        if data[4:8] == b"ftyp":
            return _of_primary_item(memoryview(data))
    except (struct.error, IndexError):  # a malformed file is for the decoder to find
        pass
    return None


def to_srgb(picture: Image.Image, cicp: Cicp | None) -> Image.Image:
    """Return an RGB picture in sRGB by its code points; colours beyond sRGB are clipped.

    :raises UnreadColours: when they are for high dynamic range, or unknown.
    """
    if cicp is None or (cicp.primaries in (1, UNSPECIFIED) and cicp.transfer in CURVED):
        return picture
    if cicp.transfer in HDR:
        raise UnreadColours(
            "is a picture of high dynamic range (%(kind)s), which is not read: save it in sRGB.",
            kind=HDR[cicp.transfer],
        )
    primaries = 1 if cicp.primaries == UNSPECIFIED else cicp.primaries
    if primaries not in KNOWN_PRIMARIES or cicp.transfer not in (*CURVED, *GAMMA):
        kind = f"CICP {cicp.primaries}/{cicp.transfer}"
        raise UnreadColours("has colours of a kind that is not read (%(kind)s): save it in sRGB.", kind=kind)
    from app.walks.uploads import primaries as tables  # takes numpy, which most pictures need not

    return tables.to_srgb(picture, primaries, GAMMA.get(cicp.transfer))


def _before_pixels(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    for name, start, end in png_chunks.chunks(data):
        if name == b"IDAT":
            return
        yield name, start, end


def _of_chunk(content: bytes) -> Cicp | None:
    return Cicp(content[0], content[1]) if len(content) == 4 else None


def _of_primary_item(data: memoryview) -> Cicp | None:
    """Return the code points that belong to the primary item of a HEIF file."""
    meta = next((body[4:] for kind, body in _boxes(data) if kind == b"meta"), None)
    if meta is None:
        return None
    held = dict(_boxes(meta))
    primary = held[b"pitm"] if b"pitm" in held else memoryview(bytes(6))
    item = int.from_bytes(primary[4 : 6 if primary[0] == 0 else 8], "big")
    properties = held.get(b"iprp", memoryview(b""))
    listed = [body for kind, box in _boxes(properties) if kind == b"ipco" for body in _boxes(box)]
    for kind, box in _boxes(properties):
        for index in _associated(box, item) if kind == b"ipma" else ():
            name, body = listed[index - 1] if 0 < index <= len(listed) else (b"", memoryview(b""))
            if name == b"colr" and bytes(body[:4]) == b"nclx":
                return Cicp(*struct.unpack_from(">HH", body, 4))
    return None


def _boxes(data: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """Yield the kind and content of each box, of ISO/IEC 14496-12."""
    place = 0
    while place + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, place)
        start = place + 8
        if size == 1:
            size, start = struct.unpack_from(">Q", data, start)[0], start + 8
        end = len(data) if size == 0 else place + size
        if end < start or end > len(data):
            return
        yield kind, data[start:end]
        place = end


def _associated(box: memoryview, item: int) -> list[int]:
    """Return the indices of the properties of an item, from an ``ipma`` box."""
    version, wide = box[0], box[3] & 1
    (entries,) = struct.unpack_from(">I", box, 4)
    place = 8
    for _entry in range(entries):
        (number,) = struct.unpack_from(">I" if version else ">H", box, place)
        place += 4 if version else 2
        count, place, step = box[place], place + 1, 2 if wide else 1
        if number == item:
            indices = [int.from_bytes(box[at : at + step], "big") for at in range(place, place + count * step, step)]
            return [index & (0x7FFF if wide else 0x7F) for index in indices]
        place += count * step
    return []
