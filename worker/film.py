"""Make files of painted frames: GIF, MP4 and PNG, each saying that its pictures are synthetic and what made them."""

import io
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from xml.sax.saxutils import escape

import imageio_ffmpeg
import numpy as np
from numpy.typing import NDArray
from PIL import GifImagePlugin, Image, PngImagePlugin

Frame = NDArray[np.uint8]
"""One picture: height x width x 3, RGB."""

SYNTHETIC = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
"""What IPTC calls a picture that a trained model made (NewsCodes, digital source type)."""

DITHER = 6.0
"""How far the threshold pattern moves a channel (0-255): enough to break bands, too little to be seen as grain."""

PALETTE_SAMPLE = 120_000
"""How many pixels the palette is computed from; more cost time and change nothing that can be seen."""


def provenance(*, model: str, revision: str, software: str) -> str:
    """Say in one sentence that a picture is synthetic and what made it, with IPTC's name for that."""
    return f"Synthetic picture, painted by the model {model} (revision {revision}) with {software}; {SYNTHETIC}"


def gif(frames: Sequence[Frame], durations_ms: Sequence[int] | int, *, comment: str) -> bytes:
    """Write a GIF that repeats for ever, with one palette for the whole film and `comment` (UTF-8) inside.

    Every frame is kept, also one that equals its neighbour. The dither pattern is the same in every frame, so that
    a still ground does not flicker. Only the rectangle that changed is stored. Raises ValueError without frames or
    when the durations do not match them.
    """
    if not frames:
        raise ValueError("a film needs at least one frame")
    times = [durations_ms] * len(frames) if isinstance(durations_ms, int) else list(durations_ms)
    if len(times) != len(frames):
        raise ValueError(f"{len(times)} durations for {len(frames)} frames")
    indexed = _indexed(frames)
    parts = list(GifImagePlugin._get_global_header(indexed[0], {"loop": 0, "comment": comment.encode()}))
    for frame, box, ms in zip(indexed, _changed(indexed), times, strict=True):
        parts += GifImagePlugin.getdata(frame.crop(box), box[:2], duration=ms)
    return b"".join([*parts, b";"])


def _indexed(frames: Sequence[Frame]) -> list[Image.Image]:
    """Reduce the frames to one common palette."""
    height, width, _ = frames[0].shape
    pixels = np.concatenate([frame.reshape(-1, 3) for frame in frames])
    sample = pixels[:: max(1, len(pixels) // PALETTE_SAMPLE)]
    palette = Image.fromarray(sample.reshape(1, -1, 3)).quantize(256, Image.Quantize.MEDIANCUT)
    pattern = _thresholds(height, width)[..., None]
    return [
        Image.fromarray((frame + pattern).clip(0, 255).astype(np.uint8)).quantize(
            palette=palette, dither=Image.Dither.NONE
        )
        for frame in frames
    ]


def _thresholds(height: int, width: int) -> NDArray[np.float64]:
    """Tile Bayer's 8 x 8 matrix (Bayer 1973) over a picture, centred on 0 and scaled to `DITHER`."""
    matrix = np.zeros((1, 1))
    for _ in range(3):
        matrix = np.block([[4 * matrix, 4 * matrix + 2], [4 * matrix + 3, 4 * matrix + 1]])
    tiles = np.tile(matrix, (height // 8 + 1, width // 8 + 1))[:height, :width]
    return ((tiles + 0.5) / 64 - 0.5) * DITHER


def _changed(indexed: Sequence[Image.Image]) -> list[tuple[int, int, int, int]]:
    """Find the rectangle of each frame that differs from the one before; one pixel where nothing does."""
    arrays = [np.asarray(frame) for frame in indexed]
    boxes = [(0, 0, *indexed[0].size)]
    for before, after in pairwise(arrays):
        rows, columns = np.nonzero(before != after)
        empty = not rows.size
        boxes.append((0, 0, 1, 1) if empty else (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1))
    return [(int(left), int(top), int(right), int(bottom)) for left, top, right, bottom in boxes]


def mp4(frames: Sequence[Frame], fps: float, *, metadata: Mapping[str, str]) -> bytes:
    """Write an H.264 film for browsers: yuv420p, BT.709 colours, index in front (faststart), exactly these frames.

    An odd width or height is extended by repeating its last column or row, which H.264 needs. `metadata` takes
    ffmpeg's keys (title, comment). Raises RuntimeError with ffmpeg's words when it fails.
    """
    if not frames:
        raise ValueError("a film needs at least one frame")
    height, width, _ = frames[0].shape
    pixels = np.pad(np.stack(frames), ((0, 0), (0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    size = f"{pixels.shape[2]}x{pixels.shape[1]}"
    tags = [word for key, value in metadata.items() for word in ("-metadata", f"{key}={value}")]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"  # the index can only be moved to the front of a file, not of a pipe
        command = [
            *(imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-nostdin", "-y"),
            *("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", size, "-r", f"{fps:g}", "-i", "pipe:0"),
            *("-vf", "scale=out_color_matrix=bt709:out_range=tv:flags=accurate_rnd+full_chroma_int"),
            *("-c:v", "libx264", "-preset", "veryfast", "-crf", "18", "-pix_fmt", "yuv420p"),
            *("-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709", "-color_range", "tv"),
            *("-movflags", "+faststart", *tags, str(path)),
        ]
        done = subprocess.run(command, input=pixels.tobytes(), capture_output=True, check=False)
        if done.returncode:
            raise RuntimeError(f"ffmpeg could not write the film: {done.stderr.decode(errors='replace').strip()}")
        return path.read_bytes()


def still(frame: Frame, *, metadata: Mapping[str, str] | None = None) -> bytes:
    """Write one frame as a lossless PNG; with `metadata` also as text chunks, and marked as synthetic in XMP."""
    chunks = PngImagePlugin.PngInfo()
    for key, value in (metadata or {}).items():
        chunks.add_itxt(key, value)
    if metadata:
        chunks.add_itxt("XML:com.adobe.xmp", _xmp(metadata.get("Description", "")))
    out = io.BytesIO()
    Image.fromarray(frame).save(out, "PNG", pnginfo=chunks, compress_level=4)
    return out.getvalue()


def decode_still(data: bytes) -> Frame:
    """Read a PNG back as the array that was painted."""
    with Image.open(io.BytesIO(data)) as picture:
        return np.asarray(picture.convert("RGB"))


def _xmp(description: str) -> str:
    """Write an XMP packet with the IPTC digital source type (IPTC Photo Metadata Standard, extension schema)."""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">'
        f"<Iptc4xmpExt:DigitalSourceType>{SYNTHETIC}</Iptc4xmpExt:DigitalSourceType>"
        '<dc:description><rdf:Alt><rdf:li xml:lang="x-default">'
        f"{escape(description)}</rdf:li></rdf:Alt></dc:description></rdf:Description></rdf:RDF></x:xmpmeta>"
        '<?xpacket end="r"?>'
    )
