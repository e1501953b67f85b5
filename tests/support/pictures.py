"""Pictures to bring, made here: of every kind that is read, and of those that are refused."""

import io
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

LEFT, RIGHT = (200, 40, 30), (30, 60, 190)
RED = (220, 20, 20)


def two_halves(size: tuple[int, int] = (96, 64), mode: str = "RGB") -> Image.Image:
    """Draw a picture that is red on the left and blue on the right: turns and colours show."""
    picture = Image.new("RGB", size, LEFT)
    ImageDraw.Draw(picture).rectangle((size[0] // 2, 0, *size), fill=RIGHT)
    return picture.convert(mode)


def save_reds(folder: Path, count: int, *, side: int) -> Path:
    """Save grainy pictures, all of them red; return their folder."""
    dice = np.random.default_rng(0)
    for number in range(count):
        picture = np.clip(np.array(RED) + dice.integers(-20, 20, (side, side, 3)), 0, 255).astype(np.uint8)
        Image.fromarray(picture).save(folder / f"red {number}.png")
    return folder


def written(picture: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """Write a picture as a file."""
    target = io.BytesIO()
    picture.save(target, kind, **options)
    return target.getvalue()


def png_claiming(width: int, height: int, *, colours: int = 0) -> bytes:
    """Write a few bytes of a PNG whose header claims this size and this type of colours (6: RGB with alpha)."""
    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes((8, colours, 0, 0, 0))
    packed = zlib.compress(bytes(100_000))
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", packed) + _chunk(b"IEND", b"")


def png_telling_much(kind: bytes = b"zTXt") -> bytes:
    """Write a small PNG that says 60 MB about itself, packed into some kilobytes."""
    png = written(two_halves())
    return png[:33] + _chunk(kind, b"Comment\0\0" + zlib.compress(bytes(60_000_000))) + png[33:]


def png_with(name: bytes, content: bytes, *, is_sound: bool = True) -> bytes:
    """Write a PNG with a further chunk behind its header, with a right or a wrong checksum."""
    png, chunk = written(two_halves()), _chunk(name, content)
    return png[:33] + (chunk if is_sound else chunk[:-4] + b"\xff\xff\xff\xff") + png[33:]


def jpeg_turned(entry: bytes = b"") -> bytes:
    """Write a JPEG that is to be turned by a quarter, whose EXIF has one more entry of twelve bytes."""
    orientation = b"\x12\x01\x03\0\x01\0\0\0\x06\0\0\0"
    count = bytes((2 if entry else 1, 0))
    exif = b"Exif\0\0II*\0\x08\0\0\0" + count + orientation + entry + bytes(4) + b"\x01\0\0\0\x01\0\0\0"
    jpeg = written(two_halves().transpose(Image.Transpose.ROTATE_90), "JPEG", quality=95)
    return jpeg[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + jpeg[2:]


MALFORMED = {
    "a maker that is a fraction": b"\x0f\x01\x05\0\x01\0\0\0\x26\0\0\0",
    "a width that is a text": b"\x00\x01\x02\0\x04\0\0\0abcd",
    "a place far behind the end": b"\x25\x88\x04\0\x01\0\0\0\xff\xff\xff\x7f",
}
"""Entries of EXIF that cameras and programs write wrongly; Pillow reads past them, and cannot write them again."""


def _chunk(name: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big")


def form_of(data: bytes, field: str = "file") -> dict[str, Any]:
    """Put a form with one file together, as a client sends it; of a large one the client's own keeps a file open."""
    head = f'--x\r\nContent-Disposition: form-data; name="{field}"; filename="a.png"\r\n\r\n'.encode()
    return {"data": head + data + b"\r\n--x--\r\n", "content_type": "multipart/form-data; boundary=x"}
