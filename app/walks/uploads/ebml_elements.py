"""The elements of a WebM (RFC 8794), as far as it takes to find a text in its tags; nothing is decoded."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from mmap import mmap

SIGNATURE = b"\x1aE\xdf\xa3"
SEGMENT, TAGS, TAG, SIMPLE_TAG, TAG_NAME, TAG_STRING = 0x18538067, 0x1254C367, 0x7373, 0x67C8, 0x45A3, 0x4487
"""Elements of Matroska (RFC 9559)."""
ELEMENTS_MAX = 20_000
"""How many elements of a level are passed over at most."""
PARTS_MAX = 10
"""The same, of the elements of one tag."""
Place = tuple[int, int]
"""Where the content of an element begins and ends."""


def tag_texts(data: bytes | mmap, name: bytes, most: int) -> Iterator[bytes]:
    """Yield the texts of a WebM's tags of a name, each as far as ``most`` bytes."""
    for tag in _within(data, [(0, len(data))], (SEGMENT, TAGS, TAG, SIMPLE_TAG)):
        names = _within(data, [tag], (TAG_NAME,), PARTS_MAX)
        if any(data[begins : min(ends, begins + 99)].upper() == name for begins, ends in names):
            for begins, ends in _within(data, [tag], (TAG_STRING,), PARTS_MAX):
                yield data[begins : min(ends, begins + most)]


def _within(data: bytes | mmap, places: list[Place], path: tuple[int, ...], most: int = ELEMENTS_MAX) -> list[Place]:
    """Return where the elements at the end of a path are within some places."""
    for wanted in path:
        inside = (element for place in places for element in _elements(data, *place))
        places = [(begins, ends) for number, begins, ends in islice(inside, most) if number == wanted]
    return places


def _elements(data: bytes | mmap, place: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield the ID of each element between two offsets, and where its content begins and ends; stop where it is cut."""
    while place < end:
        width = 9 - data[place].bit_length()
        number = int.from_bytes(data[place : place + width], "big")
        place += width
        if width > 4 or place >= end:
            return
        width = 9 - data[place].bit_length()
        size = int.from_bytes(data[place : place + width], "big") & (1 << 7 * width) - 1
        place += width
        is_open = size == (1 << 7 * width) - 1  # of unknown size, as a live stream writes them: to the end
        ends = end if is_open else place + size
        if width > 8 or place > end or ends > end:
            return
        yield number, place, ends
        place = ends
