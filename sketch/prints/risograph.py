"""Risograph: three overprinted spot colours, each with its grain and its misregistration."""

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
LAYOUTS = (("single", 1, 1, 5), ("tilted", 1, 1, 1), ("pattern", 2, 2, 1))
ABSORBED = 0.06
"""The least transmission of an ink."""


def draw(of: Field) -> Array:
    """Return a field drawn as three plates, inks 1 to 3, printed over one another on paper, ink 0."""
    rng = of.chance(1)
    picture = np.broadcast_to(of.ink(0), of.ground.shape).astype(np.float32)
    plates = np.stack(_separated(of), -1)
    for number in (3, 1, 2):
        off = rng.uniform(-OFF, OFF, 2)
        plate = of.shifted(plates[..., number - 1], *off)
        picture = picture * (1 - _printed(of, plate, number)[..., None] * (1 - _let_through(of, number)))
    return np.asarray(picture, np.float32)


def _let_through(of: Field, number: int) -> Array:
    """Return the share of the paper's light (3,) that an ink transmits."""
    return np.clip(of.ink(number) / np.maximum(of.ink(0), 0.5), ABSORBED, 1)


def _separated(of: Field) -> tuple[Array, Array, Array]:
    """Return the wanted amounts of three inks (h, w) each."""
    thick = -np.log(np.clip(np.stack([_let_through(of, number) for number in (1, 2, 3)]), ABSORBED, 1))
    wanted = -np.log(np.clip(_wanted(of), ABSORBED, 1))
    ridge = thick @ thick.T + 0.12 * np.eye(3)
    amounts = wanted.reshape(-1, 3) @ (np.linalg.inv(ridge) @ thick).T
    amounts = amounts.reshape(of.ground.shape).astype(np.float32)
    body = of.cut(of.away)[..., None]
    own = np.tanh(np.clip(amounts, 0, None) * 1.35)
    if of.wished:
        own = own * (1 - of.wish[..., None] * _unlike(of))
    # The gap that the things leave in the ground's plates is misregistered too: paper shows on one side.
    rng = of.chance(3)
    way = rng.uniform(0, 2 * np.pi)
    free = of.cut(of.shifted(of.away + 0.8, 3 * np.cos(way), 3 * np.sin(way)))[..., None]
    mixed = own * body + _behind(of, own) * (1 - free)
    return mixed[..., 0], mixed[..., 1], mixed[..., 2]


def _unlike(of: Field) -> Array:
    """Return how far each of three inks (3,) is reduced, 0…0.5, because it differs from a requested colour."""
    hues, own = colour.lab(of.inks[1:4])[:, 1:], of.mean[1:]
    strength = float(np.hypot(*own))
    like = hues @ own / (np.hypot(*hues.T) * strength + 1e-3)
    return np.asarray(0.25 * (1 - like) * min(1.0, strength / 0.06), np.float32)


def _wanted(of: Field) -> Array:
    """Return the scene (h, w, 3) with higher contrast and chroma, modelled by the light."""
    lab = of.lab.copy()
    body = of.blur(of.cover, 1)
    lab[..., 0] = np.clip(lab[..., 0] + body * (0.35 * (of.tone - lab[..., 0]) + 0.1 * of.shade), 0, 1)
    lab[..., 1:] *= 1.25
    return colour.rgb(lab)


def _behind(of: Field, own: Array) -> Array:
    """Return each plate's print of the ground (h, w, 3): a place, or an echo of the things that fades out."""
    rng = of.chance(2)
    x, y = of.places
    high, wide = of.size
    first, second, third = rng.permutation(3)
    plain = np.zeros(of.ground.shape, np.float32)
    turn = rng.uniform(0, 2 * np.pi)
    along = 0.5 + ((x - wide / 2) * np.cos(turn) + (y - high / 2) * np.sin(turn)) / max(high, wide)
    plain[..., first] = np.clip(rng.uniform(0.1, 0.3) + rng.uniform(0.5, 0.8) * along, 0, 1)
    far = rng.uniform(16, 52)
    way = rng.uniform(0, 2 * np.pi)
    echo = of.shifted(of.away, far * np.cos(way), far * np.sin(way))
    plain[..., second] = of.cut(echo) * rng.uniform(0.6, 0.95)
    plain[..., third] = 0.45 * step(of.away, -60, 4) * float(rng.random() < 0.4)
    return np.asarray(plain + (0.82 * own - plain) * of.is_place, np.float32)


def _printed(of: Field, plate: Array, number: int) -> Array:
    """Return the print of a plate (h, w): flat, in dots at a separate angle, or as grain; uneven like a worn drum."""
    rng = of.chance(10 + number)
    worn = 1 - 0.07 * np.clip(of.cloud(70, number) + 0.6 * of.cloud(7, 20 + number), 0, 3)
    kind, share = rng.random(), np.clip(plate, 0, 1)
    if kind < 0.2:
        share = step(share, 0.22, 0.58)
    if kind < 0.65:
        return np.asarray(of.halftone(share, PITCH * of.scale, 0.35 + 0.5 * number) * worn, np.float32)
    return np.asarray(_grain(of, share, number) * worn, np.float32)


def _grain(of: Field, share: Array, number: int) -> Array:
    """Return the coverage of a plate as grain: specks that are denser where ``share`` is higher."""
    rough = noise.cloud(*of.shape, 3.6 * of.scale, of.seed * 64 + 30 + number)
    threshold = 0.5 + 0.22 * rough
    return np.asarray(np.clip((share * 1.3 - 0.15 - threshold) / 0.3 + 0.5, 0, 1), np.float32)
