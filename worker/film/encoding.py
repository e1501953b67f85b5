"""Encode frames as files: GIF, WebP, PNG, each marked as synthetic and with its provenance; `video` encodes MP4.

Films are written frame by frame, so that a writer holds at most two pictures. Callers with all frames in memory use
:func:`gif` or :func:`webp`; callers that read them one by one use a writer.
"""

import io
import re
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol
from xml.sax.saxutils import escape

import numpy as np
from numpy.typing import NDArray
from PIL import GifImagePlugin, Image, PngImagePlugin

from worker.film import palette

Frame = NDArray[np.uint8]
"""One picture: height x width x 3, RGB."""

SYNTHETIC = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
"""IPTC's name of a picture that a trained model made (NewsCodes, digital source type)."""

WEBP_QUALITY, WEBP_METHOD = 85, 2
"""WebP's settings: it looks as good as the MP4, and is fast; method 4 takes twice as long for 3 % less."""

RECIPE_NAMESPACE = "urn:moma-lisa:xmp"
"""The XMP namespace of this program's properties."""

NO_XML = re.compile("[\ufffe\uffff]")
"""Characters that a prompt may have, but XML 1.0 may not."""


def provenance(*, model: str, revision: str, software: str, licence: str = "") -> str:
    """Return the sentence that a picture is synthetic, by which model, and under what licence, if known."""
    terms = f". Licence of the model: {licence}" if licence else ""
    return f"Synthetic picture, painted by the model {model} (revision {revision}) with {software}; {SYNTHETIC}{terms}"


def gif(frames: Sequence[Frame], durations_ms: Sequence[int] | int, *, comment: str) -> bytes:
    """Return a GIF by :class:`GifWriter`; raise ValueError without frames, or unless each has a duration."""
    sample = (palette.sample(frame, index, len(frames)) for index, frame in enumerate(frames))
    return _written(lambda: GifWriter([*sample], comment=comment), frames, durations_ms)


class FilmWriter(Protocol):
    """A film that is written frame by frame."""

    def add(self, frame: Frame, ms: int, repeats: int = 1) -> None:
        """Append a frame that is shown for `ms` milliseconds, which is `repeats` times as long as most frames."""

    def finish(self) -> bytes:
        """Return the file."""


class GifWriter:
    """A GIF that repeats for ever, with one palette for the whole film and `comment` (UTF-8) inside.

    Every frame is stored, even if it equals its neighbour, but of each only the rectangle that changed. The palette is
    chosen from `sample`: the samples of all frames, in their order.
    """

    def __init__(self, sample: Sequence[NDArray[np.uint8]], *, comment: str) -> None:
        self._colours = palette.choose(np.concatenate(sample))
        self._ditherer = palette.Ditherer(self._colours)
        self._comment = comment.encode()
        self._file = io.BytesIO()
        self._before: NDArray[np.uint8] | None = None

    def add(self, frame: Frame, ms: int, repeats: int = 1) -> None:  # noqa: ARG002 - `ms` tells it already
        """Append a frame that is shown for `ms` milliseconds; it is stored once."""
        pixels = self._ditherer(frame)
        indexed = Image.fromarray(pixels, "P")
        indexed.putpalette(self._colours.tobytes())
        if self._before is None:
            self._file.writelines(GifImagePlugin._get_global_header(indexed, {"loop": 0, "comment": self._comment}))
        box = _changed(self._before, pixels)
        self._file.writelines(GifImagePlugin.getdata(indexed.crop(box), box[:2], duration=ms))
        self._before = pixels

    def finish(self) -> bytes:
        """Return the file."""
        self._file.write(b";")
        return self._file.getvalue()  # this makes no copy


def _written(start: Callable[[], FilmWriter], frames: Sequence[Frame], durations_ms: Sequence[int] | int) -> bytes:
    """Return the film of all frames; raise ValueError without frames, or when the durations do not match them."""
    if not frames:
        raise ValueError("a film needs at least one frame")
    times = [durations_ms] * len(frames) if isinstance(durations_ms, int) else durations_ms
    if len(times) != len(frames):
        raise ValueError(f"{len(times)} durations for {len(frames)} frames")
    writer = start()
    for frame, ms in zip(frames, times, strict=True):
        writer.add(frame, ms)
    return writer.finish()


def _changed(
    before: NDArray[np.uint8] | None, after: NDArray[np.uint8], *, even: bool = False
) -> tuple[int, int, int, int]:
    """Return the box (left, top, right, bottom) of a frame that differs from the previous one, if there is one.

    It is the whole frame without a previous one, and one pixel where nothing differs. With `even`, left and top are
    even numbers.
    """
    if before is None:
        return 0, 0, after.shape[1], after.shape[0]
    differs = before != after
    channels = tuple(range(2, after.ndim))
    rows, columns = (np.flatnonzero(differs.any(others)) for others in ((1, *channels), (0, *channels)))
    if not rows.size:
        return 0, 0, 1, 1
    left, top = int(columns[0]), int(rows[0])
    if even:
        left, top = left - left % 2, top - top % 2
    return left, top, int(columns[-1]) + 1, int(rows[-1]) + 1


def webp(frames: Sequence[Frame], durations_ms: Sequence[int] | int, *, metadata: Mapping[str, str]) -> bytes:
    """Return a WebP by :class:`WebpWriter`; raise ValueError without frames, or unless each has a duration."""
    return _written(lambda: WebpWriter(metadata=metadata), frames, durations_ms)


class WebpWriter:
    """An animated WebP that repeats for ever; `metadata` as XMP, marked synthetic.

    Every frame is stored, even if it equals its neighbour, which libwebp's own animation encoder would drop: Pillow
    encodes the pictures, and the container (RFC 9649, section 2.7) is written here. Of each frame only the rectangle
    that changed is stored.
    """

    def __init__(self, *, metadata: Mapping[str, str]) -> None:
        self._about = xmp_packet(metadata).encode()
        self._file = io.BytesIO()
        self._before: Frame | None = None

    def add(self, frame: Frame, ms: int, repeats: int = 1) -> None:  # noqa: ARG002 - `ms` tells it already
        """Append a frame that is shown for `ms` milliseconds; it is stored once."""
        if self._before is None:
            height, width, _ = frame.shape
            has_animation_and_xmp = struct.pack("<I", 0x02 | 0x04)
            self._file.write(b"RIFF" + bytes(4) + b"WEBP")  # finish() writes its length
            self._file.write(_chunk(b"VP8X", has_animation_and_xmp + _uint24(width - 1) + _uint24(height - 1)))
            self._file.write(_chunk(b"ANIM", bytes(4) + struct.pack("<H", 0)))
        left, top, right, bottom = _changed(self._before, frame, even=True)
        place = (left // 2, top // 2, right - left - 1, bottom - top - 1, ms)
        replaces = b"\x02"  # the picture replaces the previous one, without blending
        picture = _webp_picture(frame[top:bottom, left:right])
        self._file.write(_chunk(b"ANMF", b"".join(map(_uint24, place)) + replaces + picture))
        self._before = frame

    def finish(self) -> bytes:
        """Return the file."""
        self._file.write(_chunk(b"XMP ", self._about))
        length = self._file.tell() - 8
        self._file.seek(4)
        self._file.write(struct.pack("<I", length))
        return self._file.getvalue()


def _webp_picture(picture: Frame) -> bytes:
    """Return the chunk of one encoded picture; raise RuntimeError for anything but VP8."""
    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(picture)).save(out, "WEBP", quality=WEBP_QUALITY, method=WEBP_METHOD)
    coded = out.getvalue()[12:]  # without the RIFF header
    if coded[:4] != b"VP8 ":
        raise RuntimeError(f"libwebp wrote a {coded[:4]!r} chunk where VP8 was asked for")
    return coded


def _chunk(name: bytes, data: bytes) -> bytes:
    """Return a RIFF chunk, padded to an even length."""
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def _uint24(value: int) -> bytes:
    return value.to_bytes(3, "little")


def still(frame: Frame, *, metadata: Mapping[str, str] | None = None) -> bytes:
    """Return one frame as a lossless PNG, marked synthetic by XMP, with `metadata` (title, comment, copyright, recipe).

    Generated pictures have few repeated patterns, so only runs are compressed: half the time, and smaller.
    """
    chunks = PngImagePlugin.PngInfo()
    for key, value in (metadata or {}).items():
        if key != "recipe":  # stands in the XMP packet
            chunks.add_itxt(key.capitalize(), value)
    chunks.add_itxt("XML:com.adobe.xmp", xmp_packet(metadata or {}))
    out = io.BytesIO()
    Image.fromarray(frame).save(out, "PNG", pnginfo=chunks, compress_level=4, compress_type=zlib.Z_RLE)
    return out.getvalue()


def decode_still(data: bytes) -> Frame:
    """Return the frame that a PNG holds."""
    with Image.open(io.BytesIO(data)) as picture:
        return np.asarray(picture.convert("RGB"))


def xmp_packet(metadata: Mapping[str, str]) -> str:
    """Return an XMP packet with the IPTC digital source type (IPTC Photo Metadata Standard, extension schema)."""
    escaped = {key: escape(NO_XML.sub("\ufffd", value)) for key, value in metadata.items()}
    texts = "".join(
        f'<dc:{name}><rdf:Alt><rdf:li xml:lang="x-default">{escaped[key]}</rdf:li></rdf:Alt></dc:{name}>'
        for name, key in (("title", "title"), ("description", "comment"), ("rights", "copyright"))
        if key in escaped
    )
    if "recipe" in escaped:
        texts += f'<moma:recipe xmlns:moma="{RECIPE_NAMESPACE}">{escaped["recipe"]}</moma:recipe>'
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">'
        f"<Iptc4xmpExt:DigitalSourceType>{SYNTHETIC}</Iptc4xmpExt:DigitalSourceType>{texts}"
        '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
    )
