"""Parts of stored sounds: a FLAC is cut at its frames, and nothing is decoded (RFC 9639, sections 8 and 9).

A walk has no more of a visitor's sound than its film needs. A frame says its own number, which a part keeps: so the
file says where in the sound it begins, wherever it is copied to.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

MEDIUM = "sound"
"""The media kind of the part that a walk has."""
SIGNATURE, STREAMINFO, STREAMINFO_ENDS = b"fLaC", b"\0\0\x22", 42
HEADER_MIN, HEADER = 6, 16
"""The bytes of a frame's header, at least and at most."""
Read = Callable[[int, int], bytes]
"""Returns the bytes of a file from a place to before another."""
FIXED = b"\xff\xf8"
"""How a frame begins in a file whose frames all have the same number of samples, as libsndfile writes it."""
LAST_BLOCK, NO_DIGEST = b"\x80", bytes(16)
SAMPLE_SIZE = 0x0F
"""The bits of a frame's fourth byte that are the same in all frames of a file."""
BESIDE = 1
"""How many frames behind the part are kept: a film is up to half of a frame of its own longer."""
BLOCK = 1 << 17
"""How many bytes are read to find a frame: some frames, which libsndfile writes with up to 17 KB."""


@dataclass(frozen=True, slots=True)
class _Frames:
    """A FLAC whose frames all have `size` samples: its rate, number of samples, and where its frames begin and end."""

    read: Read
    size: int
    rate: int
    samples: int
    begins: int
    ends: int
    head: bytes  # how the first frame begins
    first: int  # the number of the first frame

    @property
    def count(self) -> int:
        return -(-self.samples // self.size)

    def find(self, index: int) -> int:
        """Return where the frame of an index begins; the end of the file for one behind the last.

        A frame is found by halves, because a sound may have a hundred megabytes.

        :raises ValueError: when it is not there.
        """
        if index <= 0:
            return self.begins
        if index >= self.count:
            return self.ends
        low, high = self.begins, self.ends
        while high - low > 4 * BLOCK:
            middle = (low + high) // 2
            found = {number: place for place, number in self._headers(middle, middle + BLOCK)}
            # what looks like a header within sound has hardly one with the next number behind it
            sure = next((number for number in found if number + 1 in found), None)
            if sure is None:
                raise ValueError(f"a FLAC has no frames at byte {middle}")
            if sure <= index:
                low = found[sure]
            else:
                high = found[sure]
        place = next((place for place, number in self._headers(low, high) if number == index), None)
        if place is None:
            raise ValueError(f"frame {index} of a FLAC is missing")
        return place

    def _headers(self, begins: int, ends: int) -> Iterator[tuple[int, int]]:
        """Yield where frames begin within a stretch of the file, and their indices."""
        data = self.read(begins, min(ends + HEADER, self.ends))
        for place in (match.start() for match in re.finditer(re.escape(FIXED), data)):
            header = data[place : place + HEADER]
            if len(header) < HEADER_MIN or header[3] & SAMPLE_SIZE != self.head[3] & SAMPLE_SIZE:
                continue
            index = _decoded(header[4:]) - self.first
            is_alike = header[2] == self.head[2] or index == self.count - 1
            if is_alike and 0 <= index < self.count and _is_header(header, len(_coded(self.first + index))):
                yield begins + place, index


def cut(read: Read, size: int, start: float, seconds: float) -> bytes:
    """Return the part of a stored FLAC with its seconds from ``start`` on, to whole frames, as a FLAC.

    ``read`` reads the file, which has ``size`` bytes; little more than the part is read.

    :raises ValueError: when it is no FLAC as they are stored, or has nothing there.
    """
    frames = _read(read, size)
    begins = int(start * frames.rate) // frames.size - frames.first
    ends = int((start + seconds) * frames.rate) // frames.size - frames.first + 1 + BESIDE
    begins, ends = max(0, begins), min(frames.count, ends)
    if begins >= ends:
        raise ValueError(f"a FLAC has nothing from second {start:g} on")
    samples = min(frames.samples, ends * frames.size) - begins * frames.size
    info = read(8, STREAMINFO_ENDS)
    packed = int.from_bytes(info[10:18], "big") >> 36 << 36 | samples
    about = STREAMINFO + info[:10] + packed.to_bytes(8, "big") + NO_DIGEST
    return SIGNATURE + LAST_BLOCK + about + read(frames.find(begins), frames.find(ends))


def begins_at(data: bytes) -> Fraction:
    """Return at which second of the whole sound a stored FLAC begins: 0, unless it is a part.

    :raises ValueError: when it is no FLAC as they are stored.
    """
    frames = _read(lambda begins, ends: data[begins:ends], len(data))
    return Fraction(frames.first * frames.size, frames.rate)


def _read(read: Read, size: int) -> _Frames:
    """Return what a FLAC says of its frames.

    :raises ValueError: when it is no FLAC as they are stored.
    """
    data, begins, is_last = read(0, min(BLOCK, size)), 4, False
    while not is_last and begins + 4 <= len(data):
        is_last, length = bool(data[begins] & 0x80), int.from_bytes(data[begins + 1 : begins + 4], "big")
        begins += 4 + length
    is_flac = data[:4] == SIGNATURE and STREAMINFO_ENDS <= begins <= len(data) - 12 and not data[4] & 0x7F
    if not is_flac or data[begins : begins + 2] != FIXED:
        raise ValueError("this is no FLAC of equal frames")
    samples_each, packed = int.from_bytes(data[8:10], "big"), int.from_bytes(data[18:26], "big")
    rate, samples = packed >> 44, packed & (1 << 36) - 1
    if not (samples_each and rate and samples):
        raise ValueError("this FLAC does not say its length")
    head = data[begins : begins + HEADER]
    return _Frames(read, samples_each, rate, samples, begins, size, head, first=_decoded(head[4:]))


def _coded(number: int) -> bytes:
    """Return the number of a frame as its header has it: as UTF-8 codes a character, with up to 31 bits."""
    if number < 0x80:
        return bytes([number])
    further: list[int] = []
    while number >= 1 << (6 - len(further)):
        further.insert(0, 0x80 | number & 0x3F)
        number >>= 6
    return bytes([0xFF << (7 - len(further)) & 0xFF | number, *further])


def _decoded(data: bytes) -> int:
    """Return the number of a frame that its header begins with."""
    if data[0] < 0x80:
        return data[0]
    length = 8 - (data[0] ^ 0xFF).bit_length()
    number = data[0] & (0x7F >> length)
    for byte in data[1:length]:
        number = number << 6 | byte & 0x3F
    return number


def _is_header(data: bytes, number: int) -> bool:
    """Return whether a frame begins here: whether the checksum of its header is right."""
    size, rate = data[2] >> 4, data[2] & 0x0F
    ends = 4 + number + {6: 1, 7: 2}.get(size, 0) + {12: 1, 13: 2, 14: 2}.get(rate, 0)
    return len(data) > ends and _crc8(data[:ends]) == data[ends]


def _crc8(data: bytes) -> int:
    """Return the checksum of a header, of the polynomial x^8 + x^2 + x + 1."""
    value = 0
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value << 1 ^ (0x107 if value & 0x80 else 0)
    return value
