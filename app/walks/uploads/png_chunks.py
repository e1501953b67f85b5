"""PNG files without what they say of themselves: texts, workflows and other chunks that do not decide the pixels.

Tools that generate pictures store their whole workflow in them. Pillow inflates such texts when it opens a file, and
refuses the file when one is longer than a megabyte. Here they are never inflated.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from mmap import mmap

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CRITICAL = (b"IHDR", b"PLTE", b"IDAT", b"IEND")
NEEDED = (b"tRNS", b"eXIf")
"""Chunks that change how the pixels are shown: transparency, and the orientation."""
PROFILE, PROFILE_MAX = b"iCCP", 1_000_000
FRAMING = 12
"""The bytes of a chunk beside its content: length, name and checksum."""


def strip_metadata(data: bytes) -> bytes:
    """Return a PNG with only the chunks that decide its pixels; files of other formats are returned unchanged.

    Damaged chunks are left out unless they are critical. The rest of a truncated file is returned as it is, so that
    the decoder finds the damage.
    """
    if not data.startswith(SIGNATURE):
        return data
    kept, rest = [SIGNATURE], len(SIGNATURE)
    for name, place, rest in chunks(data):
        if name in CRITICAL or _is_sound(name, data[place:rest]):
            kept.append(data[place:rest])
        if name == b"IEND":
            return b"".join(kept)
    return b"".join(kept) + data[rest:]


def chunks(data: bytes | mmap) -> Iterator[tuple[bytes, int, int]]:
    """Yield the name of each whole chunk of a PNG, and where the chunk begins and ends."""
    place = len(SIGNATURE)
    while place + FRAMING <= len(data):
        length, name = struct.unpack_from(">I4s", data, place)
        end = place + FRAMING + length
        if end > len(data):
            return
        yield name, place, end
        place = end


def write_chunk(name: bytes, content: bytes) -> bytes:
    """Return a chunk with its length and checksum."""
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def _is_sound(name: bytes, chunk: bytes) -> bool:
    """Return whether a chunk is needed, undamaged and, if it is a profile, of a usual size."""
    if name not in (*NEEDED, PROFILE) or zlib.crc32(chunk[4:-4]) != int.from_bytes(chunk[-4:], "big"):
        return False
    return name != PROFILE or _is_profile(chunk[8:-4])


def _is_profile(content: bytes) -> bool:
    _name, separator, packed = content.partition(b"\0")
    inflater = zlib.decompressobj()
    try:
        inflater.decompress(packed[1:], PROFILE_MAX)  # the first byte names the compression
    except zlib.error:
        return False
    return bool(separator) and inflater.eof
