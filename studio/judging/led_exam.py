"""The examination of a model that sketches lead: the same concepts, as scenes of drawings, painted as the site does.

What a prompt is read as is the site's reader's, and measured with it (``benchmarks.reading``); here the scenes are made
of drawings by name, so that what is asked is the painter. Each is also painted by the hand's own program: what the eye
says of that picture is the most that can be asked of the model's.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from sketch import rendering, wording
from sketch.arrangement import Item, Wish
from sketch.colour import DARKS
from sketch.scene import COLOURS
from sketch.sketchbook import Drawing, Sketchbook
from sketch.styling import styled
from sketch.styling.drawing_styles import unmodelled
from studio.hands import registry
from studio.hands.registry import HANDS
from studio.judging.exam import Extent, Painter, Question, Way, shuffled
from studio.text import phrasing
from studio.training import autoencoder, diffusion

TWO, COLOUR, NUMBER = "two things", "colour", "number"
MOST = 5
FINER = 2  # as the site's worker draws scenes: finer than their sketches


def questions(
    book: Sketchbook, concepts: Sequence[str], hands: Sequence[str], unnamed: Sequence[str], extent: Extent, *,
    prefix: str = "", pattern: str = phrasing.HAND_PATTERN,
) -> list[Question]:  # fmt: skip
    """List what is asked of those ``concepts`` that are drawn; all are drawn evenly, by one fixed shuffle.

    ``unnamed`` are the hands that paint what names none, behind the ``prefix``, as the site has it.
    """
    hands = [hand for hand in hands if HANDS[hand].paints_ground]
    maker = _Maker(book, [hand for hand in unnamed if HANDS[hand].paints_ground] or hands, prefix, pattern)
    order = [name for name in shuffled(concepts) if name in maker.drawn]
    if not order or not hands:
        return []
    asked = [maker.asked("plain", seed, [name]) for name in order[: extent.plain] for seed in range(extent.seeds)]
    for number, hand in enumerate(hands):
        chosen = [order[(number * extent.by_hand + n) % len(order)] for n in range(min(extent.by_hand, len(order)))]
        asked += [maker.asked("hand", seed, [name], hand=hand) for seed, name in enumerate(chosen)]
    things = [name for name in order if not maker.drawn[name][0].kind.startswith(("face", "person", "hand"))] or order
    for seed in range(extent.composed):
        dice = random.Random(f"composed:{seed}")  # noqa: S311 - drawn to be drawn again
        asked.append(maker.asked("composed", seed, dice.sample(things, min(2, len(things))), asks=TWO))
        colour = dice.choice([name for name in COLOURS if name not in DARKS])
        asked.append(maker.asked("composed", seed, [dice.choice(things)], colour=colour, asks=COLOUR))
        count = dice.randint(2, MOST)
        asked.append(maker.asked("composed", seed, [dice.choice(things)], count=count, asks=NUMBER))
    return asked


class _Maker:
    """Makes questions of the drawings of a sketchbook."""

    def __init__(self, book: Sketchbook, unnamed: Sequence[str], prefix: str, pattern: str) -> None:
        self.drawn: dict[str, list[Drawing]] = defaultdict(list)
        for drawing in sorted(book.drawings.values(), key=lambda each: (each.name, each.style, each.digest)):
            self.drawn[drawing.name].append(drawing)
        self.drawn = {name: unmodelled(own) for name, own in self.drawn.items()}
        self._book, self._unnamed, self._prefix, self._pattern = book, unnamed, prefix, pattern

    def asked(
        self, kind: str, seed: int, names: Sequence[str], *, hand: str = "", colour: str = "", count: int = 1,
        asks: str = "",
    ) -> Question:  # fmt: skip
        """Ask for things by name; where no ``hand`` is asked for, for one of those that paint what names none."""
        dice = random.Random(f"asked:{kind}:{asks}:{seed}:{':'.join(names)}")  # noqa: S311 - drawn to be drawn again
        painter = hand or dice.choice([each for each in self._unnamed if HANDS[each].keeps_colour] or self._unnamed)
        chosen = [dice.choice(self.drawn[name]) for name in names]
        items = [
            Item(each.digest, each.name, each.kind, count, colour, look=self._book.look(each.digest)) for each in chosen
        ]
        wish = Wish()
        scene = styled.arrange(items, wish, dice.getrandbits(31), marks=HANDS[painter].marks, book=self._book)
        _, short = wording.of_scene(items, wish)
        text = self._pattern.replace("{words}", HANDS[painter].words).replace("{prompt}", short)
        return Question(kind, text if hand else self._prefix + text, seed, tuple(names), painter, scene, asks)


def led(pipe: Any, book: Sketchbook, side: int, way: Way) -> Painter:
    """Paint after sketches of ``side`` pixels as the site's worker does, with the noise of the plain pipeline."""

    @torch.no_grad()
    def paint(asked: Sequence[Question]) -> list[Image.Image]:
        drawn = [rendering.draw(_scene(question), book, side * FINER).sketch(side) for question in asked]
        sketches = torch.from_numpy(np.stack(drawn)).to(pipe.device)
        states = pipe.encode_prompt([question.prompt for question in asked], pipe.device, 1, False)[0]
        nothing = pipe.encode_prompt("", pipe.device, 1, False)[0]
        config = pipe.unet.config
        shape = (1, config.out_channels, config.sample_size, config.sample_size)
        noise = [torch.randn(shape, generator=torch.Generator().manual_seed(question.seed)) for question in asked]
        latents = diffusion.paint(
            pipe.unet, pipe.scheduler, states, nothing, torch.cat(noise).to(pipe.device), steps=way.steps,
            guidance=way.push, guided=way.interval, sketches=sketches,
        )  # fmt: skip
        return shown(autoencoder.decoded(pipe.vae, latents))

    return paint


def by_hand(book: Sketchbook, size: int) -> Painter:
    """Paint by the hands' own programs, ``size`` pixels a side."""

    def paint(asked: Sequence[Question]) -> list[Image.Image]:
        return [own for question in asked for own in shown(_own(question, book, size))]

    return paint


def _own(question: Question, book: Sketchbook, size: int) -> Tensor:
    drawn = rendering.draw(_scene(question), book, size)
    things, ground = (torch.from_numpy(part).permute(2, 0, 1)[None] for part in (drawn.things, drawn.ground))
    return registry.paint(question.hand, things, torch.tensor([question.seed]), ground)


def _scene(question: Question) -> Any:
    if question.scene is None:
        raise ValueError("a question without a scene leads nothing")
    return question.scene


def shown(pictures: Tensor) -> list[Image.Image]:
    """Turn pictures (n, 3, h, w), 0…1, into Pillow's."""
    bytes_ = (pictures.clamp(0, 1).permute(0, 2, 3, 1) * 255).round().byte().cpu().numpy()
    return [Image.fromarray(each) for each in bytes_]
