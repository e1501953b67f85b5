"""Scenes of one or two drawings, perhaps recoloured, on a background, with a style and matching captions.

The plan's seed and a scene's number determine the scene. It is rendered when it is needed, and nothing is stored.
"""

from __future__ import annotations

import io
import json
import math
import random
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from typing import Any, cast

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - as everybody calls it
from PIL import Image
from torch import Tensor

from sketch import wording
from sketch.colour import DARKS
from sketch.colour import NAMED as COLOURS
from studio.errors import FolderError
from studio.styles import colour, registry
from studio.styles.drawing import Drawing
from studio.text import phrasing
from studio.workspace.work_folder import Folder, Record

NAME = "scenes.json"
CHUNK = 64
HATS = ("crown", "top hat", "billed cap", "graduation cap", "rescue worker’s helmet", "woman’s hat")
HELD_GROUPS = ("Food & Drink", "Objects", "Activities")


@dataclass(frozen=True, slots=True)
class Part:
    """A drawing in a scene, by its number ``motif``.

    ``x`` and ``y`` are its centre and ``size`` its side, as shares of the picture's side; ``turn`` is its rotation in
    radians; ``colour`` names a colour, or is "" for its own colours.
    """

    motif: int
    x: float
    y: float
    size: float
    turn: float = 0.0
    mirrored: bool = False
    colour: str = ""


@dataclass(frozen=True, slots=True)
class Scene:
    """What to render, in which style (``hand``) and from which seed, with its captions ``texts``.

    ``concepts`` are the names of what is shown; ``ground`` names the colour of the background, or is "" for the style's
    own. A caption that occurs several times is trained on more often.
    """

    number: int
    hand: str
    seed: int
    parts: tuple[Part, ...]
    concepts: tuple[str, ...]
    ground: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Contents of ``scenes.json``: number of scenes, seed, styles (``hands``), and the share of each kind of scene.

    The shares are those of scenes with two drawings, with a requested colour and with a requested background.
    ``unnamed`` are the styles of prompts that name none; when it is empty, all.
    """

    number: int
    seed: int = 1
    hands: tuple[str, ...] = tuple(registry.HANDS)
    two: float = 0.18
    coloured: float = 0.14
    grounded: float = 0.10
    prefix: str = phrasing.PREFIX
    unnamed: tuple[str, ...] = ()


class Motifs:
    """All drawings as one tensor on the device: ``pixels`` uint8 (n, 4, size, size), straight alpha."""

    def __init__(self, pixels: Tensor) -> None:
        self.pixels = pixels

    def __len__(self) -> int:
        return len(self.pixels)

    @classmethod
    def from_folder(cls, folder: Folder, *, device: str = "cpu", split: str = "train", size: int = 256) -> Motifs:
        """Return the drawings of a split, in the order in which a :class:`Programme` numbers them.

        :raises FolderError: when there are none.
        """
        records = motif_records(folder, split)
        with ThreadPoolExecutor() as pool:
            drawings = list(pool.map(lambda record: _pixels(folder, record, size), records))
        stacked = torch.from_numpy(np.stack(drawings)).permute(0, 3, 1, 2).contiguous()
        return cls(stacked.to(device))

    def drawn(self, indices: Sequence[int]) -> Tensor:
        """Return drawings by their numbers, (n, 4, size, size), as floats 0…1, premultiplied."""
        at = torch.tensor(indices, device=self.pixels.device)
        straight = self.pixels[at].float() / 255
        return torch.cat([straight[:, :3] * straight[:, 3:], straight[:, 3:]], 1)


def motif_records(folder: Folder, split: str) -> list[Record]:
    """Return the catalogue's records of the drawings of a split.

    :raises FolderError: when there are none.
    """
    records = [record for record in folder.catalogue() if record.kind == "motif" and record.split == split]
    if not records:
        raise FolderError(f"{folder.path} holds no drawings of the split {split!r}; collect some with --icons.")
    return records


def _pixels(folder: Folder, record: Record, size: int) -> np.ndarray[Any, Any]:
    picture = Image.open(io.BytesIO((folder.path / record.file).read_bytes())).convert("RGBA")
    if picture.size != (size, size):
        picture = picture.resize((size, size), Image.Resampling.LANCZOS)
    return np.asarray(picture)


@dataclass
class Programme:
    """All scenes of a plan, made of a folder's drawings."""

    plan: Plan
    records: list[Record]
    _by_concept: dict[str, list[int]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        by_concept: dict[str, list[int]] = defaultdict(list)
        for index, record in enumerate(self.records):
            by_concept[record.title].append(index)
        self._by_concept = dict(by_concept)
        self.concepts = tuple(sorted(by_concept))
        of_first = {name: self.records[indices[0]] for name, indices in by_concept.items()}
        self._holders = [name for name, record in of_first.items() if _can_hold(record)]
        self._held = [name for name, record in of_first.items() if record.group in HELD_GROUPS]
        self._hats = [name for name in HATS if name in of_first]

    @classmethod
    def from_folder(cls, folder: Folder, *, split: str = "train") -> Programme:
        """Return the scenes of a folder's plan.

        :raises FolderError: when the stage compose has not run, or ``scenes.json`` is not of this version.
        """
        path = folder.path / NAME
        if not path.exists():
            raise FolderError(f"{path} is missing; the stage compose writes it.")
        return cls(read_plan(folder), motif_records(folder, split))

    def __len__(self) -> int:
        return self.plan.number

    def scene(self, number: int) -> Scene:
        """Return the scene with a number; all concepts occur equally often, in a new random order for each round."""
        rng = random.Random(f"{self.plan.seed}:{number}")  # noqa: S311 - must be repeatable
        concept = self._concept(number)
        kind = rng.random()
        if kind < self.plan.two:
            return self._two(number, concept, rng)
        kind -= self.plan.two
        tint = rng.choice(list(COLOURS)) if kind < self.plan.coloured else ""
        ground = (
            rng.choice(list(COLOURS)) if self.plan.coloured <= kind < self.plan.coloured + self.plan.grounded else ""
        )
        part = self._part(concept, rng, size=rng.uniform(0.68, 0.9), colour=tint)
        written = wording.with_colour(tint, concept)
        if ground:
            written += rng.choice((f" on a {ground} ground", f" on {wording.article(ground)} {ground} background"))
            written = written.replace(" on a orange", " on an orange")
        near = "" if tint or ground else phrasing.join_words(self.records[part.motif].keywords, rng.randint(2, 4))
        return self._scene(number, (part,), (concept,), written, near, rng, ground=ground, colours=(tint, ground))

    def _concept(self, number: int) -> str:
        count = len(self.concepts)
        return self.concepts[_order(self.plan.seed, number // count, count)[number % count]]

    def _part(
        self, concept: str, rng: random.Random, *, size: float, x: float = 0.5, y: float = 0.5, colour: str = ""
    ) -> Part:
        motif = rng.choice(self._by_concept[concept])
        slack = min(0.05, max(0.0, (1 - size) / 3))
        can_mirror = self.records[motif].group == "Animals & Nature"
        return Part(
            motif,
            x + rng.uniform(-slack, slack),
            y + rng.uniform(-slack, slack),
            size,
            turn=rng.uniform(-0.09, 0.09),
            mirrored=can_mirror and rng.random() < 0.5,
            colour=colour,
        )

    def _two(self, number: int, first: str, rng: random.Random) -> Scene:
        kind = rng.random()
        parts: tuple[Part, ...]
        if kind < 0.4 and self._holders and self._held:
            first, second = rng.choice(self._holders), rng.choice(self._held)
            side = rng.choice((-1, 1))
            parts = (
                self._part(first, rng, size=0.68, x=0.5 - 0.14 * side, y=0.52),
                self._part(second, rng, size=rng.uniform(0.38, 0.46), x=0.5 + 0.25 * side, y=0.58),
            )
            joint = rng.choice(("holding", "holding", "with"))
        elif kind < 0.5 and self._holders and self._hats:
            first, second = rng.choice(self._holders), rng.choice(self._hats)
            parts = (
                self._part(first, rng, size=0.66, y=0.60),
                self._part(second, rng, size=0.36, y=0.20),
            )
            joint = rng.choice(("wearing", "in"))
        elif kind < 0.65:
            second = self._another(first, rng)
            parts = (self._part(first, rng, size=0.5, y=0.27), self._part(second, rng, size=0.5, y=0.74))
            joint = rng.choice(("above", "over"))
        else:
            second = self._another(first, rng)
            parts = (self._part(first, rng, size=0.53, x=0.27), self._part(second, rng, size=0.53, x=0.73))
            joint = rng.choice(("and", "next to", "beside"))
        tints = ("", "")
        if rng.random() < 0.15:
            tints = (rng.choice(list(COLOURS)), rng.choice(("", *COLOURS)))
            parts = tuple(_tinted(part, tint) for part, tint in zip(parts, tints, strict=True))
        names = [wording.with_colour(tint, name) for tint, name in zip(tints, (first, second), strict=True)]
        return self._scene(number, parts, (first, second), f"{names[0]} {joint} {names[1]}", "", rng, colours=tints)

    def _scene(
        self,
        number: int,
        parts: tuple[Part, ...],
        concepts: tuple[str, ...],
        written: str,
        near: str,
        rng: random.Random,
        *,
        ground: str = "",
        colours: tuple[str, str] = ("", ""),
    ) -> Scene:
        hand = registry.HANDS[rng.choice(self._able(colours))]
        named = (
            f"{written}, {hand.words}",
            f"{written}, {hand.words}",
            f"{hand.of} {written}",
            f"{written}, {near}, {hand.words}" if near else f"{hand.of} {written}",
        )
        unnamed: tuple[str, ...] = (written, f"{self.plan.prefix}{written}")
        if self.plan.unnamed:  # repeat the captions of the few unnamed styles, so that they are learned
            unnamed = unnamed * 3 if hand.name in self.plan.unnamed else named[1:3]
        texts = (*named, *unnamed)
        return Scene(number, hand.name, rng.getrandbits(31), parts, concepts, ground, texts)

    def _another(self, concept: str, rng: random.Random) -> str:
        """Return a random concept other than the given one, or the same if there is no other."""
        return rng.choice([name for name in self.concepts if name != concept] or [concept])

    def _able(self, colours: tuple[str, str]) -> list[str]:
        """Return the styles that show these named colours truly, or all if none does; neon shows no :data:`DARKS`."""
        if not any(colours):
            return list(self.plan.hands)
        keeping = [name for name in self.plan.hands if registry.HANDS[name].keeps_colour]
        if DARKS & set(colours):
            keeping = [name for name in keeping if name != "neon"]
        return keeping or list(self.plan.hands)


@lru_cache(maxsize=8)
def _order(seed: int, turn: int, count: int) -> tuple[int, ...]:
    order = list(range(count))
    random.Random(f"{seed}:order:{turn}").shuffle(order)  # noqa: S311
    return tuple(order)


def _tinted(part: Part, tint: str) -> Part:
    return Part(part.motif, part.x, part.y, part.size, part.turn, part.mirrored, tint)


def _can_hold(record: Record) -> bool:
    """Return whether a thing has something like hands: an animal, or a figure such as a robot or a person."""
    is_animal = record.group == "Animals & Nature" and any(word.startswith("animal") for word in record.keywords)
    return is_animal or record.title in ("robot", "snowman", "alien", "ghost", "clown face", "teddy bear", "person")


def write_plan(folder: Folder, plan: Plan) -> None:
    """Write a plan to the folder's ``scenes.json``."""
    folder.write(NAME, (json.dumps(asdict(plan), indent=2, ensure_ascii=False) + "\n").encode())


def read_plan(folder: Folder) -> Plan:
    """Return the plan in the folder's ``scenes.json``.

    :raises FolderError: when it is missing or invalid, or names an unknown style.
    """
    path = folder.path / NAME
    try:
        values = json.loads(path.read_bytes())
        plan = Plan(**values | {"hands": tuple(values["hands"]), "unnamed": tuple(values.get("unnamed", ()))})
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise FolderError(f"{path} cannot be used: {error}") from error
    unknown = sorted({*plan.hands, *plan.unnamed} - set(registry.HANDS))
    if unknown or not plan.hands:
        raise FolderError(f"{path} names unknown styles: {', '.join(unknown) or 'none at all'}")
    return plan


@torch.no_grad()
def compose(scenes: Sequence[Scene], motifs: Motifs) -> Tensor:
    """Return the drawings of scenes: (n, 4, size, size), straight alpha; opaque where a scene has a background."""
    size, device = motifs.pixels.shape[-1], motifs.pixels.device
    canvas = torch.zeros(len(scenes), 4, size, size, device=device)
    for layer in range(max(len(scene.parts) for scene in scenes)):
        rows = [row for row, scene in enumerate(scenes) if len(scene.parts) > layer]
        parts = [scenes[row].parts[layer] for row in rows]
        drawn = _placed(_recoloured(motifs.drawn([part.motif for part in parts]), parts), parts)
        at = torch.tensor(rows, device=device)
        canvas[at] = drawn + canvas[at] * (1 - drawn[:, 3:])
    alpha = canvas[:, 3:]
    straight = torch.cat([canvas[:, :3] / alpha.clamp(min=1e-4), alpha], 1).clamp(0, 1)
    grounded = [row for row, scene in enumerate(scenes) if scene.ground]
    if grounded:
        at = torch.tensor(grounded, device=device)
        tones = torch.tensor([COLOURS[scenes[row].ground] for row in grounded], device=device)[:, :, None, None]
        ground = colour.colour(tones[:, :1], tones[:, 1:2] * 0.9, tones[:, 2:] * (math.pi / 180))
        flat = straight[at, :3] * straight[at, 3:] + ground * (1 - straight[at, 3:])
        straight[at] = torch.cat([flat, torch.ones_like(flat[:, :1])], 1)
    return straight


def _placed(drawn: Tensor, parts: Sequence[Part]) -> Tensor:
    """Return premultiplied drawings (n, 4, h, w) rotated, mirrored, scaled and moved as their parts say."""
    rows = []
    for part in parts:
        cosine, sine = math.cos(part.turn) / part.size, math.sin(part.turn) / part.size
        mirror = -1.0 if part.mirrored else 1.0
        cx, cy = 2 * part.x - 1, 2 * part.y - 1
        rows.append(
            [
                [mirror * cosine, mirror * sine, -mirror * (cosine * cx + sine * cy)],
                [-sine, cosine, sine * cx - cosine * cy],
            ]
        )
    theta = torch.tensor(rows, device=drawn.device)
    # Small drawings are sampled from a halved copy, to avoid aliasing.
    small = torch.tensor([part.size < 0.6 for part in parts], device=drawn.device)[:, None, None, None]
    at = F.affine_grid(theta, list(drawn.shape), align_corners=False)
    large = F.grid_sample(drawn, at, mode="bilinear", padding_mode="zeros", align_corners=False)
    halved = F.grid_sample(F.avg_pool2d(drawn, 2), at, mode="bilinear", padding_mode="zeros", align_corners=False)
    return torch.where(small, halved, large)


def _recoloured(drawn: Tensor, parts: Sequence[Part]) -> Tensor:
    """Return premultiplied drawings (n, 4, h, w) in the colours of their parts; light and shade are kept."""
    named = [row for row, part in enumerate(parts) if part.colour]
    if not named:
        return drawn
    at = torch.tensor(named, device=drawn.device)
    chosen = drawn[at]
    alpha = chosen[:, 3:]
    straight = (chosen[:, :3] / alpha.clamp(min=1e-4)).clamp(0, 1)
    light, _, _ = colour.polar(colour.lab(straight))
    tone = torch.tensor([COLOURS[parts[row].colour] for row in named], device=drawn.device)[:, :, None, None]
    mean = Drawing(torch.cat([straight, alpha], 1)).mean[:, :1]
    # The mean lightness moves to the colour's; the darkest and lightest pixels stay.
    moved = (light + (tone[:, :1] - mean) * 0.85 * (1 - ((light - 0.5).abs() * 2) ** 4)).clamp(0.08, 0.99)
    span = (1 - ((moved - tone[:, :1]) * 1.6) ** 2).clamp(0.15, 1)
    dark_or_light = ((moved - 0.2) / 0.12).clamp(0, 1) * ((0.995 - moved) / 0.05).clamp(0, 1)
    painted = colour.colour(moved, tone[:, 1:2] * span * dark_or_light, tone[:, 2:] * (math.pi / 180) + 0 * moved)
    drawn = drawn.clone()
    drawn[at] = torch.cat([painted * alpha, alpha], 1)
    return drawn


@torch.no_grad()
def paint(scenes: Sequence[Scene], motifs: Motifs) -> Tensor:
    """Return scenes rendered in their styles: (n, 3, size, size), 0…1, on the motifs' device.

    :raises StudioError: when a style renders given backgrounds only.
    """
    size = motifs.pixels.shape[-1]
    painted = torch.empty(len(scenes), 3, size, size, device=motifs.pixels.device)
    by_hand: dict[str, list[int]] = defaultdict(list)
    for row, scene in enumerate(scenes):
        by_hand[scene.hand].append(row)
    for hand, rows in by_hand.items():
        for start in range(0, len(rows), CHUNK):
            chunk = rows[start : start + CHUNK]
            drawn = compose([scenes[row] for row in chunk], motifs)
            seeds = torch.tensor([scenes[row].seed for row in chunk])
            painted[torch.tensor(chunk, device=painted.device)] = registry.paint(hand, drawn, seeds)
    return painted


def contact_sheet(pictures: Tensor, columns: int) -> Image.Image:
    """Return one image with pictures (n, 3, h, w), 0…1, in rows of ``columns``."""
    n, _, h, w = pictures.shape
    large = Image.new("RGB", (columns * w, math.ceil(n / columns) * h), "white")
    pixels = cast(np.ndarray[Any, Any], (pictures.clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).cpu().numpy())
    for number, picture in enumerate(pixels):
        large.paste(Image.fromarray(picture), (number % columns * w, number // columns * h))
    return large
