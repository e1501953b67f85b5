"""A photo, or a finger's drawing, traced: what leads a painter in the place of a scene of drawings.

The main thing becomes a thing like any other, with its outline and in few colours, so that it turns into what other
stops show by its shape. Around it lies what the photo shows there, or the setting that its stop asks for.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image
from scipy import ndimage

from sketch.scene import Scene, Setting, Thing
from sketch.surroundings import Surroundings
from worker.photos import cutting, pictures
from worker.photos.pictures import Mask, Pixels

SIDE = 256
"""The side of a traced photo, in pixels: twice the finest that sketches are drawn from."""

COLOURS = 12
"""How many colours it keeps: what a painter is led by is flat."""

REACH = 9.0
"""Within how many pixels it is evened out."""

STANDING = 0.78
"""The longer side of what is cut out, as a share of the picture's, where its stop's scene says nothing of it."""

PLAIN = Setting()


@dataclass(frozen=True, slots=True)
class Traced:
    """A traced photo: its main ``thing`` (n, n, 4) in its place, and what lies ``around`` it (n, n, 3).

    There is no thing where none was found in the whole photo, and nothing around what was cut out.
    """

    thing: Pixels | None
    around: Pixels | None

    @property
    def digest(self) -> str:
        """Return what the thing is known by among drawings: letters and digits, as these are."""
        return _digest(self.thing)

    def scene(self, asked: Scene | None = None) -> Scene:
        """Return it as a scene; what was cut out stands in the setting, and the place, of the one that is ``asked``."""
        if self.around is not None:
            around = Surroundings(
                tones=_tones(self.around),
                light=0.0,
                digest=_digest(self.around),
                picture=self.around,
                is_unoutlined=self.thing is None,
            )
            things = () if self.thing is None else (Thing(self.digest, size=1.0),)
            return Scene(things, around, words=asked.words if asked else "", reader=asked.reader if asked else 0)
        if asked is None:
            return Scene((self._standing(None),), PLAIN)
        largest = max(asked.things, key=lambda thing: thing.size, default=None)
        return replace(asked, things=(self._standing(largest),))

    def _standing(self, instead_of: Thing | None) -> Thing:
        """Place what was cut out where another thing stood, with its feet where those were."""
        if instead_of is None:
            return Thing(self.digest, x=0.5, y=0.52, size=STANDING)
        size = min(0.95, max(0.3, instead_of.size))
        foot = min(0.98, instead_of.y + instead_of.size / 2)
        return Thing(self.digest, x=instead_of.x, y=min(0.9, max(0.1, foot - size / 2)), size=size)


def trace(picture: Pixels, *, cut_out: bool, ratio: float = 1.0) -> Traced:
    """Trace a picture (h, w, 4): whole, or its main thing alone.

    Where no thing can be told from the rest, whole is what it is. Of a whole picture, as much is traced as fits a frame
    that is as wide as it is high by a ``ratio``; where that is no square it lies in the middle of one, which the frame
    cuts out, and its edges go on above and below, or beside it.
    """
    inside = cutting.main_thing(picture)
    picture = _even(picture)
    if cut_out and inside is not None:
        return Traced(_flat(_alone(picture, inside)), None)
    if inside is None:
        inside = cutting.main_thing(picture)  # a hand needs an outline to paint along, and a flat picture may have one
    rows, columns = pictures.frame(picture.shape, inside, ratio=ratio)
    wide, high = round(SIDE * min(1.0, ratio)), round(SIDE / max(1.0, ratio))
    few = _few(pictures.resized(pictures.on_paper(picture[rows, columns]), wide, high))
    if inside is None:
        return Traced(None, _squared(few))
    alpha = _alpha(picture, inside)[rows, columns]
    covered = np.asarray(Image.fromarray(alpha).resize((wide, high), Image.Resampling.BOX))
    return Traced(_squared(np.dstack([few, covered])), _squared(_filled(few, covered > 8)))


def _squared(picture: Pixels) -> Pixels:
    """Lay a picture (h, w, n) in the middle of a square (SIDE, SIDE, n); its edges go on."""
    spare = [SIDE - side for side in picture.shape[:2]]
    return np.pad(picture, [*((each // 2, each - each // 2) for each in spare), (0, 0)], mode="edge")


def cut(picture: Pixels, side: int) -> Pixels | None:
    """Return the main thing of a picture (h, w, 4) in its own colours, no longer than ``side``; None without one."""
    inside = cutting.main_thing(picture)
    if inside is None:
        return None
    rows, columns = _box(picture, inside)
    alone = np.dstack([picture[rows, columns, :3], _alpha(picture, inside)[rows, columns]])
    high, wide = alone.shape[:2]
    scale = min(1.0, side / max(high, wide))
    return pictures.resized(alone, max(1, round(wide * scale)), max(1, round(high * scale)))


def pack(traced: Traced) -> bytes:
    """Write a traced photo as one NumPy archive."""
    arrays = {name: each for name, each in (("thing", traced.thing), ("around", traced.around)) if each is not None}
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
    return file.getvalue()


def unpack(data: bytes) -> Traced:
    """Read what :func:`pack` wrote.

    :raises ValueError: for anything else.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            found = Traced(archive.get("thing"), archive.get("around"))
    except (zipfile.BadZipFile, OSError, EOFError, KeyError, ValueError, AttributeError, TypeError) as error:
        raise ValueError(f"this is no traced photo: {error}") from error
    if found.thing is None and found.around is None:
        raise ValueError("this is no traced photo: it shows nothing")
    return found


def _alone(picture: Pixels, inside: Mask) -> Pixels:
    """Lay the main thing (n, n, 4) in the middle of a square that it just fills."""
    rows, columns = _box(picture, inside)
    alpha = _alpha(picture, inside)[rows, columns]
    thing = np.dstack([pictures.on_paper(picture[rows, columns]), alpha])
    high, wide = alpha.shape
    side = max(high, wide)
    square = np.zeros((side, side, 4), np.uint8)
    top, left = side - high, (side - wide) // 2  # its feet on the lower edge
    square[top : top + high, left : left + wide] = thing
    return pictures.resized(square, SIDE, SIDE)


def _box(picture: Pixels, inside: Mask) -> tuple[slice, slice]:
    """Return the rows and columns of a picture that its main thing takes."""
    spans = []
    for axis in (0, 1):
        seen = np.flatnonzero(inside.any(1 - axis))
        scale = picture.shape[axis] / inside.shape[axis]
        spans.append(slice(int(seen[0] * scale), min(picture.shape[axis], int(np.ceil((seen[-1] + 1) * scale)))))
    return spans[0], spans[1]


def _alpha(picture: Pixels, inside: Mask) -> Pixels:
    """Return how far the main thing covers each pixel (h, w): smoothly, where it was told from a smaller picture."""
    high, wide = picture.shape[:2]
    soft = Image.fromarray(inside.astype(np.uint8) * 255).resize((wide, high), Image.Resampling.BICUBIC)
    sharp = np.clip((np.asarray(soft, np.float32) - 127.5) * 3 + 127.5, 0, 255)
    return np.asarray(np.minimum(sharp, picture[..., 3]).astype(np.uint8))


def _even(picture: Pixels) -> Pixels:
    """Make a picture (h, w, 4) no larger than is traced, and flat."""
    high, wide = picture.shape[:2]
    scale = min(1.0, 1.5 * SIDE / max(high, wide))
    small = pictures.resized(picture, max(1, round(wide * scale)), max(1, round(high * scale)))
    return np.dstack([cutting.flattened(pictures.on_paper(small), reach=REACH), small[..., 3]])


def _few(picture: Pixels) -> Pixels:
    """Bring a picture (h, w, 3) to few colours."""
    image = Image.fromarray(np.ascontiguousarray(picture))
    return np.asarray(image.quantize(COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).convert("RGB"))


def _flat(thing: Pixels) -> Pixels:
    """Bring what a thing (n, n, 4) shows to few colours, of which none is for what it does not cover."""
    covered = thing[..., 3] > 0
    seen = thing[..., :3][covered]
    few = thing.copy()
    few[covered, :3] = _few(seen[None])[0]
    return few


def _filled(picture: Pixels, hole: Mask) -> Pixels:
    """Fill what lay behind the thing with what is around it, the softer the further in."""
    hole = ndimage.binary_dilation(hole, iterations=3)
    if hole.all():
        return picture
    far, (rows, columns) = ndimage.distance_transform_edt(hole, return_indices=True)
    filled = picture[rows, columns].astype(np.float32)
    for sigma in (4.0, 10.0, 24.0):
        soft = ndimage.gaussian_filter(filled, (sigma, sigma, 0), mode="nearest")
        share = np.clip(far / (2 * sigma), 0, 1)[..., None] * hole[..., None]
        filled = (1 - share) * filled + share * soft
    return np.asarray(filled.round().astype(np.uint8))


def _tones(picture: Pixels) -> tuple[str, ...]:
    """Name five colours of a picture, from above to below, as settings have them."""
    rows = np.array_split(picture.reshape(picture.shape[0], -1, 3).mean(1), 5)
    return tuple("".join(f"{round(float(each)):02x}" for each in row.mean(0)) for row in rows)


def _digest(picture: Pixels | None) -> str:
    return "" if picture is None else hashlib.sha256(np.ascontiguousarray(picture).tobytes()).hexdigest()[:20]


def composed(picture: Pixels, width: int, height: int, *, cut_out: bool) -> Pixels:
    """Return a picture (h, w, 4) as a model is to paint it itself (height, width, 3).

    It is whole, as much of it as fits, or its main thing alone, on paper.
    """
    if cut_out and (alone := cut(picture, max(width, height))) is not None:
        scale = STANDING * min(width / alone.shape[1], height / alone.shape[0])
        thing = pictures.resized(alone, max(1, round(alone.shape[1] * scale)), max(1, round(alone.shape[0] * scale)))
        laid = np.zeros((height, width, 4), np.uint8)
        top, left = (height - thing.shape[0]) // 2, (width - thing.shape[1]) // 2
        laid[top : top + thing.shape[0], left : left + thing.shape[1]] = thing
        return pictures.on_paper(laid)
    rows, columns = pictures.frame(picture.shape, cutting.main_thing(picture), ratio=width / height)
    return pictures.resized(pictures.on_paper(picture[rows, columns]), width, height)
