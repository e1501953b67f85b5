"""Draw a scene at any size: its things in front of the background, in its composition."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sketch import colour
from sketch.backdrops import backdrop
from sketch.colour import Array
from sketch.compositions import composing
from sketch.compositions.composing import Conditions
from sketch.framing import Frame, Size
from sketch.layers import channels
from sketch.layers.drawn import Drawn
from sketch.lighting.form import Form
from sketch.lighting.light import Light, fall, gather
from sketch.lighting.shadow import Shadow, cast
from sketch.painterly import composing as painterly
from sketch.scene import Scene, Setting, Thing
from sketch.sketchbook import Sketchbook
from sketch.surroundings import Surroundings


def draw(scene: Scene, book: Sketchbook, size: Size) -> Drawn:
    """Return a scene drawn with its composition at a size: a square's side, or height and width, in pixels.

    :raises SketchbookError: when one of its drawings does not exist or cannot be rendered.
    """
    frame, composition = Frame.from_size(size), scene.composition
    if composition is not None and composing.is_repeated(composition) and not frame.is_square:
        drawn = draw_layers(scene, book, frame.short)
    else:
        scene = frame.fit(scene, book)
        drawn = draw_layers(scene, book, frame.side)
        if composition is not None and not composition.is_graphic:
            ends = [(scene.setting, composition.seed, 1.0)]
            drawn = painterly.compose(drawn, ends, requested=requested_colours(scene.things))
        drawn = frame.cut(drawn)
    if composition is None or not composition.is_graphic:
        return drawn
    layers, share = (drawn.things, drawn.ground, drawn.numbers), composing.place_share(scene.setting.kind)
    shape, requested = (frame.height, frame.width), requested_colours(scene.things)
    picture, numbers = composing.compose(layers, composition, Conditions(scene.setting.light, share, shape, requested))
    return as_ground(picture, numbers, drawn.unoutlined)


def requested_colours(things: Sequence[Thing]) -> Array | None:
    """Return (n + 1,): 1 for each of n things with a requested colour, else 0, the ground first; None if all are 0."""
    if not any(thing.colour for thing in things):
        return None
    return np.array([0, *(bool(thing.colour) for thing in things)], np.float32)


def draw_layers(scene: Scene, book: Sketchbook, size: int) -> Drawn:
    """Return a scene drawn without its composition, ``size`` pixels a side: things in front of the background.

    :raises SketchbookError: when one of its drawings does not exist or cannot be rendered.
    """
    setting = scene.setting
    light = Light.from_setting(setting)
    ground = backdrop.draw(setting, size)
    gather(light, ground)
    colours = np.zeros((size, size, 3), np.float32)
    cover = np.zeros((size, size), np.float32)
    numbers = np.zeros((size, size), np.int16)
    for number, thing in enumerate(scene.things, 1):
        placed = place_thing(thing, book, size)
        if placed is None:
            continue
        top, left, layer = placed
        rows, columns = slice(top, top + layer.shape[0]), slice(left, left + layer.shape[1])
        alpha = layer[..., 3]
        frame = (thing.x * size, thing.y * size, thing.size * size)
        form = Form(alpha, top, left, size)
        fall(light, layer, form, ground, frame)
        cast((ground, colours), form, light=light, shadow=Shadow.from_setting(setting, form.lowest))
        channels.lay(colours[rows, columns], layer[..., :3], alpha)
        cover[rows, columns] = alpha + cover[rows, columns] * (1 - alpha)
        numbers[rows, columns][alpha > 0.5] = number
    # Divide by the coverage: straight alpha again.
    channels.divide(colours, np.maximum(cover, 1e-4))
    things = np.concatenate([np.clip(colours, 0, 1), cover[..., None]], -1)
    return Drawn(things.astype(np.float32), ground, numbers, unoutlined_share(setting))


def as_ground(picture: Array, numbers: NDArray[np.int16], unoutlined: float) -> Drawn:
    """Return the layers of a scene that was redrawn as a whole: its picture (h, w, 3) becomes the ground."""
    return Drawn(np.zeros((*numbers.shape, 4), np.float32), picture, numbers, unoutlined, graphic=1.0)


def place_thing(thing: Thing, book: Sketchbook, size: int) -> tuple[int, int, Array] | None:
    """Return a rendered thing: top row, left column, and the part within the picture (h, w, 4); None if outside."""
    side = max(3, round(thing.size * size))
    picture = np.array(book.picture(thing.drawing, side))
    if thing.colour:
        picture[..., :3] = colour.recolour(picture[..., :3], thing.colour, colour.lightness(picture))
    if thing.mirrored:
        picture = picture[:, ::-1]
    if abs(thing.turn) > 0.005:
        picture = _rotate(picture, thing.turn)
    high, wide = picture.shape[:2]
    top, left = round(thing.y * size - high / 2), round(thing.x * size - wide / 2)
    up, down, right_cut = max(0, -top), max(0, top + high - size), max(0, left + wide - size)
    left_cut = max(0, -left)
    if up + down >= high or left_cut + right_cut >= wide:
        return None
    return top + up, left + left_cut, picture[up : high - down, left_cut : wide - right_cut]


def _rotate(picture: Array, turn: float) -> Array:
    """Return a drawing (n, n, 4) rotated clockwise by ``turn`` radians, on a canvas large enough for it."""
    alpha = picture[..., 3:]
    bytes_ = (np.concatenate([picture[..., :3] * alpha, alpha], -1) * 255 + 0.5).astype(np.uint8)
    image = Image.fromarray(bytes_, "RGBa").rotate(-math.degrees(turn), Image.Resampling.BICUBIC, expand=True)
    premultiplied = np.asarray(image, np.float32) / 255
    return np.concatenate(
        [np.clip(premultiplied[..., :3] / np.maximum(premultiplied[..., 3:], 1e-3), 0, 1), premultiplied[..., 3:]], -1
    )


def unoutlined_share(setting: Setting) -> float:
    """Return how far outlines are ignored in a setting: 1 for a photo without segmented things, else 0."""
    return float(isinstance(setting, Surroundings) and setting.is_unoutlined)
