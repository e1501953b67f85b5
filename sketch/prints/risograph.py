"""Risograph: three inks printed over one another, each plate with its own screen and slightly out of place."""

from __future__ import annotations

import numpy as np

from sketch import colour
from sketch.colour import Array
from sketch.marks import noise
from sketch.marks.field import Field, step

PITCH = 5.6
"""The distance between dots of the finest screen, in units."""

OFF = 3.2
"""The largest misregistration of a plate, in units."""

INKS = (
    ("f4eee0", "ff48a0", "0078bf", "ffd83a"), ("f3ecdd", "f15060", "00838a", "ffb511"),
    ("f6f0e4", "ff665e", "3d5588", "f7e05a"), ("f1ebdc", "e45d50", "2f6f4f", "f2c14e"),
    ("f4efe6", "ff8e4a", "5c4a9e", "6fd3c0"), ("f2ecdf", "f0506e", "1f3d6b", "f7c873"),
    ("f5efe2", "f06a9b", "2a2a2e", "ffe14a"), ("f0eadb", "e8503a", "26477f", "e8c9a0"),
)  # fmt: skip
LAYOUTS = (("single", 1, 1, 5), ("tilted", 1, 1, 1), ("pattern", 2, 2, 0.1))
ABSORBED = 0.06
"""The smallest share of light that an ink lets through."""


def draw(field: Field) -> Array:
    """Return the field redrawn as a risograph: (h, w, 3), sRGB 0…1; inks 1 to 3 are printed on paper, ink 0."""
    rng = field.chance(1)
    picture = field.ink(0)
    plates = _separate(field)
    for number in (3, 1, 2):
        off = rng.uniform(-OFF, OFF, 2)
        plate = field.shift(plates[..., number - 1], *off)
        picture = picture * (1 - _print_plate(field, plate, number)[..., None] * (1 - _let_through(field, number)))
    return np.asarray(picture, np.float32)


def _let_through(field: Field, number: int) -> Array:
    """Return the share of the paper's light that an ink lets through, per channel (3,)."""
    return np.clip(field.ink(number) / np.maximum(field.ink(0), 0.5), ABSORBED, 1)


def _separate(field: Field) -> Array:
    """Return the amounts of inks 1, 2 and 3 to print at each pixel (h, w, 3), about 0…1."""
    thick = -np.log(np.clip(np.stack([_let_through(field, number) for number in (1, 2, 3)]), ABSORBED, 1))
    wanted = -np.log(np.clip(_target_picture(field), ABSORBED, 1))
    ridge = thick @ thick.T + 0.12 * np.eye(3)
    amounts = wanted.reshape(-1, 3) @ (np.linalg.inv(ridge) @ thick).T
    amounts = amounts.reshape(field.ground.shape).astype(np.float32)
    body = field.cut(field.away)[..., None]
    own = np.tanh(np.clip(amounts, 0, None) * 1.35)
    if field.mean_request:
        own = own * (1 - field.request[..., None] * _unlike(field))
    # The gap that the things leave in the ground's plates is misregistered too: paper shows on one side.
    rng = field.chance(3)
    angle = rng.uniform(0, 2 * np.pi)
    free = field.cut(field.shift(field.away + 0.8, 3 * np.cos(angle), 3 * np.sin(angle)))[..., None]
    return np.asarray(own * body + _behind(field, own) * (1 - free))


def _unlike(field: Field) -> Array:
    """Return how far inks 1 to 3 are reduced (3,), 0…0.5: the more their hue differs from the things' mean hue."""
    hues, own = colour.lab(field.inks[1:4])[:, 1:], field.mean[1:]
    strength = float(np.hypot(*own))
    like = hues @ own / (np.hypot(*hues.T) * strength + 1e-3)
    return np.asarray(0.25 * (1 - like) * min(1.0, strength / 0.06), np.float32)


def _target_picture(field: Field) -> Array:
    """Return the picture to be printed (h, w, 3), sRGB: the scene with more contrast, chroma and shading."""
    lab = field.lab.copy()
    body = field.blur(field.cover, 1)
    lab[..., 0] = np.clip(lab[..., 0] + body * (0.35 * (field.tone - lab[..., 0]) + 0.1 * field.shade), 0, 1)
    lab[..., 1:] *= 1.25
    return colour.rgb(lab)


def _behind(field: Field, own: Array) -> Array:
    """Return the amounts of inks 1 to 3 in the ground (h, w, 3), about 0…1: a place, or a gradient and a shifted copy.

    ``own`` (h, w, 3) are the amounts that would print the scene as drawn.
    """
    rng = field.chance(2)
    x, y = field.places
    high, wide = field.size
    first, second, third = rng.permutation(3)
    plain = np.zeros(field.ground.shape, np.float32)
    turn = rng.uniform(0, 2 * np.pi)
    along = 0.5 + ((x - wide / 2) * np.cos(turn) + (y - high / 2) * np.sin(turn)) / max(high, wide)
    plain[..., first] = np.clip(rng.uniform(0.1, 0.3) + rng.uniform(0.5, 0.8) * along, 0, 1)
    far = rng.uniform(16, 52)
    angle = rng.uniform(0, 2 * np.pi)
    echo = field.shift(field.away, far * np.cos(angle), far * np.sin(angle))
    plain[..., second] = field.cut(echo) * rng.uniform(0.6, 0.95)
    plain[..., third] = 0.45 * step(field.away, -60, 4) * float(rng.random() < 0.4)
    return np.asarray(plain + (0.82 * own - plain) * field.is_place, np.float32)


def _print_plate(field: Field, plate: Array, number: int) -> Array:
    """Return the coverage (h, w), 0…1, of a plate as printed: nearly flat, in dots, or as grain, and slightly uneven.

    ``plate`` (h, w) is the wanted amount of ink; ``number`` is the ink's, which decides the angle of the dots.
    """
    rng = field.chance(10 + number)
    worn = 1 - 0.07 * np.clip(field.cloud(70, number) + 0.6 * field.cloud(7, 20 + number), 0, 3)
    kind, share = rng.random(), np.clip(plate, 0, 1)
    if kind < 0.2:
        share = step(share, 0.22, 0.58)
    if kind < 0.65:
        return np.asarray(field.halftone(share, PITCH * field.scale, 0.35 + 0.5 * number) * worn, np.float32)
    return np.asarray(_grain(field, share, number) * worn, np.float32)


def _grain(field: Field, share: Array, number: int) -> Array:
    """Return the coverage (h, w), 0…1, of a plate as grain: specks that are denser where ``share`` (h, w) is higher."""
    rough = noise.cloud(*field.shape, 3.6 * field.scale, field.seed * 64 + 30 + number)
    threshold = 0.5 + 0.22 * rough
    return np.asarray(np.clip((share * 1.3 - 0.15 - threshold) / 0.3 + 0.5, 0, 1), np.float32)
