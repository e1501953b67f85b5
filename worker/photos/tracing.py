"""Trace a photo, or a finger drawing: a sketch that conditions the model in the place of a scene of drawings.

The main thing becomes a thing of the scene, with its outline and in few colours, so that it can be morphed with the
things of other stops. Around it is what the photo shows there, or the setting of the stop's scene.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass, replace

import numpy as np
import scipy  # which imports its ndimage when that is used
from PIL import Image

from sketch.scene import Scene, Setting, Thing
from sketch.surroundings import Surroundings, resize
from worker.photos import cutting, pictures
from worker.photos.pictures import Mask, Pixels

SIDE = 256
"""The side of a traced photo in pixels: twice that of the finest sketches."""

COLOURS = 12
"""How many colours a traced photo keeps, because sketches are flat."""

REACH = 9.0
"""The radius in pixels within which colours are evened out."""

STANDING = 0.78
"""The longer side of a cut-out thing as a share of the picture's, where the stop's scene gives no size."""

PLAIN = Setting()


@dataclass(frozen=True, slots=True)
class Traced:
    """A traced photo: its main ``thing`` in its place, and what is ``around`` it.

    `thing` is None where none was found in the whole photo, `around` where the thing was cut out.
    """

    thing: Pixels | None  # (SIDE, SIDE, 4)
    around: Pixels | None  # (SIDE, SIDE, 3)

    @property
    def digest(self) -> str:
        """The thing's identifier among reference drawings: letters and digits, as these have."""
        return _digest(self.thing)

    def scene(self, requested: Scene | None = None) -> Scene:
        """Return it as a scene; a cut-out thing gets the setting, and the place, of the scene that is ``requested``."""
        if self.around is not None:
            around = Surroundings(
                tones=_tones(self.around),
                light=0.0,
                digest=_digest(self.around),
                picture=self.around,
                is_unoutlined=self.thing is None,
            )
            things = () if self.thing is None else (Thing(self.digest, size=1.0),)
            return Scene(
                things, around, words=requested.words if requested else "", reader=requested.reader if requested else 0
            )
        if requested is None:
            return Scene((self._standing(None),), PLAIN)
        largest = max(requested.things, key=lambda thing: thing.size, default=None)
        return replace(requested, things=(self._standing(largest),))

    def _standing(self, instead_of: Thing | None) -> Thing:
        """Return the cut-out thing in the place of another thing, at the same foot line."""
        if instead_of is None:
            return Thing(self.digest, x=0.5, y=0.52, size=STANDING)
        size = min(0.95, max(0.3, instead_of.size))
        foot = min(0.98, instead_of.y + instead_of.size / 2)
        return Thing(self.digest, x=instead_of.x, y=min(0.9, max(0.1, foot - size / 2)), size=size)


def trace(picture: Pixels, *, cut_out: bool, ratio: float = 1.0) -> Traced:
    """Trace a picture (h, w, 4), whole or its main thing alone.

    Without a main thing the whole picture is traced. Of a whole picture, the part that fits a frame with this ``ratio``
    of width to height is traced; where that is no square it is in the middle of one, from which the frame is cropped,
    and its edges are repeated above and below, or beside it.
    """
    inside = cutting.main_thing(picture)
    picture = _even(picture)
    if cut_out and inside is not None:
        return Traced(_flat(_alone(picture, inside)), None)
    if inside is None:
        inside = cutting.main_thing(picture)  # flat pictures may have an outline, which styles need
    rows, columns = pictures.crop(picture.shape, inside, ratio=ratio)
    wide, high = round(SIDE * min(1.0, ratio)), round(SIDE / max(1.0, ratio))
    few = _few(resize(pictures.on_paper(picture[rows, columns]), wide, high))
    if inside is None:
        return Traced(None, _squared(few))
    alpha = _alpha(picture, inside)[rows, columns]
    covered = np.asarray(Image.fromarray(alpha).resize((wide, high), Image.Resampling.BOX))
    return Traced(_squared(np.dstack([few, covered])), _squared(_filled(few, covered > 8)))


def _squared(picture: Pixels) -> Pixels:
    """Return a picture (h, w, n) in the middle of a square (SIDE, SIDE, n), with its edges repeated."""
    spare = [SIDE - side for side in picture.shape[:2]]
    return np.pad(picture, [*((each // 2, each - each // 2) for each in spare), (0, 0)], mode="edge")


def cut(picture: Pixels, side: int) -> Pixels | None:
    """Return a picture's (h, w, 4) main thing in its own colours, at most ``side`` pixels long; None without one."""
    inside = cutting.main_thing(picture)
    if inside is None:
        return None
    rows, columns = _box(picture, inside)
    alone = np.dstack([picture[rows, columns, :3], _alpha(picture, inside)[rows, columns]])
    high, wide = alone.shape[:2]
    scale = min(1.0, side / max(high, wide))
    return resize(alone, max(1, round(wide * scale)), max(1, round(high * scale)))


def pack(traced: Traced) -> bytes:
    """Return a traced photo as one compressed NumPy archive."""
    arrays = {name: each for name, each in (("thing", traced.thing), ("around", traced.around)) if each is not None}
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
    return file.getvalue()


def unpack(data: bytes) -> Traced:
    """Return the traced photo that :func:`pack` wrote.

    :raises ValueError: when the bytes are anything else.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            traced = Traced(archive.get("thing"), archive.get("around"))
    except (zipfile.BadZipFile, OSError, EOFError, KeyError, ValueError, AttributeError, TypeError) as error:
        raise ValueError(f"this is no traced photo: {error}") from error
    if traced.thing is None and traced.around is None:
        raise ValueError("this is no traced photo: it shows nothing")
    return traced


def _alone(picture: Pixels, inside: Mask) -> Pixels:
    """Return the main thing (n, n, 4) in a square that it just fills."""
    rows, columns = _box(picture, inside)
    alpha = _alpha(picture, inside)[rows, columns]
    thing = np.dstack([pictures.on_paper(picture[rows, columns]), alpha])
    high, wide = alpha.shape
    side = max(high, wide)
    square = np.zeros((side, side, 4), np.uint8)
    top, left = side - high, (side - wide) // 2  # its feet are on the lower edge
    square[top : top + high, left : left + wide] = thing
    return resize(square, SIDE, SIDE)


def _box(picture: Pixels, inside: Mask) -> tuple[slice, slice]:
    """Return the rows and columns of a picture that its main thing takes."""
    spans = []
    for axis in (0, 1):
        seen = np.flatnonzero(inside.any(1 - axis))
        scale = picture.shape[axis] / inside.shape[axis]
        spans.append(slice(int(seen[0] * scale), min(picture.shape[axis], int(np.ceil((seen[-1] + 1) * scale)))))
    return spans[0], spans[1]


def _alpha(picture: Pixels, inside: Mask) -> Pixels:
    """Return how far the main thing covers each pixel (h, w), smoothed, since the mask is smaller than the picture."""
    high, wide = picture.shape[:2]
    soft = Image.fromarray(inside.astype(np.uint8) * 255).resize((wide, high), Image.Resampling.BICUBIC)
    sharp = np.clip((np.asarray(soft, np.float32) - 127.5) * 3 + 127.5, 0, 255)
    return np.asarray(np.minimum(sharp, picture[..., 3]).astype(np.uint8))


def _even(picture: Pixels) -> Pixels:
    """Return a picture (h, w, 4) scaled down for tracing, and with its colours evened out."""
    high, wide = picture.shape[:2]
    scale = min(1.0, 1.5 * SIDE / max(high, wide))
    small = resize(picture, max(1, round(wide * scale)), max(1, round(high * scale)))
    return np.dstack([cutting.flatten_colours(pictures.on_paper(small), reach=REACH), small[..., 3]])


def _few(picture: Pixels) -> Pixels:
    """Return a picture (h, w, 3) in few colours."""
    image = Image.fromarray(np.ascontiguousarray(picture))
    return np.asarray(image.quantize(COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).convert("RGB"))


def _flat(thing: Pixels) -> Pixels:
    """Return a thing (n, n, 4) in few colours, chosen from the pixels that it covers."""
    covered = thing[..., 3] > 0
    seen = thing[..., :3][covered]
    few = thing.copy()
    few[covered, :3] = _few(seen[None])[0]
    return few


def _filled(picture: Pixels, hole: Mask) -> Pixels:
    """Return a picture with the hole behind the thing filled from its surroundings, softer further inside."""
    hole = scipy.ndimage.binary_dilation(hole, iterations=3)
    if hole.all():
        return picture
    far, (rows, columns) = scipy.ndimage.distance_transform_edt(hole, return_indices=True)
    filled = picture[rows, columns].astype(np.float32)
    for sigma in (4.0, 10.0, 24.0):
        soft = scipy.ndimage.gaussian_filter(filled, (sigma, sigma, 0), mode="nearest")
        share = np.clip(far / (2 * sigma), 0, 1)[..., None] * hole[..., None]
        filled = (1 - share) * filled + share * soft
    return np.asarray(filled.round().astype(np.uint8))


def _tones(picture: Pixels) -> tuple[str, ...]:
    """Return five colours of a picture, from top to bottom, in hex, as settings have them."""
    rows = np.array_split(picture.reshape(picture.shape[0], -1, 3).mean(1), 5)
    return tuple("".join(f"{round(float(each)):02x}" for each in row.mean(0)) for row in rows)


def _digest(picture: Pixels | None) -> str:
    return "" if picture is None else hashlib.sha256(np.ascontiguousarray(picture).tobytes()).hexdigest()[:20]


def compose(picture: Pixels, width: int, height: int, *, cut_out: bool) -> Pixels:
    """Return a picture (h, w, 4) as a model is to reproduce it (height, width, 3).

    It is the part of the whole picture that fits or, with ``cut_out``, its main thing alone on paper.
    """
    if cut_out and (alone := cut(picture, max(width, height))) is not None:
        scale = STANDING * min(width / alone.shape[1], height / alone.shape[0])
        thing = resize(alone, max(1, round(alone.shape[1] * scale)), max(1, round(alone.shape[0] * scale)))
        laid = np.zeros((height, width, 4), np.uint8)
        top, left = (height - thing.shape[0]) // 2, (width - thing.shape[1]) // 2
        laid[top : top + thing.shape[0], left : left + thing.shape[1]] = thing
        return pictures.on_paper(laid)
    rows, columns = pictures.crop(picture.shape, cutting.main_thing(picture), ratio=width / height)
    return resize(pictures.on_paper(picture[rows, columns]), width, height)
