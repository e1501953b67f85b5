"""The questions for sketch-conditioned models: the same concepts, as scenes of drawings, sampled as the site does.

The prompt parser is measured elsewhere (``benchmarks.reading``). Here scenes are built from drawings by name, so that
only the model is measured. Each scene is also rendered by the style's own program: the image encoder's accuracy on
these renderings is the upper limit for the model.
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
from sketch.styling.drawing_styles import without_modelled
from studio.judging.exam import Extent, Question, Sampling, WalkPipeline, shuffled
from studio.styles import registry
from studio.styles.registry import HANDS
from studio.text import phrasing
from studio.training import autoencoder, diffusion

TWO, COLOUR, NUMBER = "two things", "colour", "number"
MOST = 5
FINER = 2  # as the site's worker draws scenes: finer than their sketches


def questions(
    book: Sketchbook,
    concepts: Sequence[str],
    hands: Sequence[str],
    unnamed: Sequence[str],
    extent: Extent,
    *,
    prefix: str = "",
    pattern: str = phrasing.HAND_PATTERN,
) -> list[Question]:
    """Return the questions about those ``concepts`` that have drawings, in one fixed random order.

    ``unnamed`` are the styles of prompts that name none; these prompts begin with the ``prefix``, as on the site.
    """
    hands = [hand for hand in hands if HANDS[hand].paints_ground]
    maker = _Maker(book, [hand for hand in unnamed if HANDS[hand].paints_ground] or hands, prefix, pattern)
    order = [name for name in shuffled(concepts) if name in maker.drawn]
    if not order or not hands:
        return []
    listed = [maker.question("plain", seed, [name]) for name in order[: extent.plain] for seed in range(extent.seeds)]
    for number, hand in enumerate(hands):
        chosen = [order[(number * extent.by_hand + n) % len(order)] for n in range(min(extent.by_hand, len(order)))]
        listed += [maker.question("hand", seed, [name], hand=hand) for seed, name in enumerate(chosen)]
    things = [name for name in order if not maker.drawn[name][0].kind.startswith(("face", "person", "hand"))] or order
    for seed in range(extent.composed):
        rng = random.Random(f"composed:{seed}")  # noqa: S311 - must be repeatable
        listed.append(maker.question("composed", seed, rng.sample(things, min(2, len(things))), asks=TWO))
        colour = rng.choice([name for name in COLOURS if name not in DARKS])
        listed.append(maker.question("composed", seed, [rng.choice(things)], colour=colour, asks=COLOUR))
        count = rng.randint(2, MOST)
        listed.append(maker.question("composed", seed, [rng.choice(things)], count=count, asks=NUMBER))
    return listed


class _Maker:
    """Makes questions from the drawings of a drawing library."""

    def __init__(self, book: Sketchbook, unnamed: Sequence[str], prefix: str, pattern: str) -> None:
        self.drawn: dict[str, list[Drawing]] = defaultdict(list)
        for drawing in sorted(book.drawings.values(), key=lambda each: (each.name, each.style, each.digest)):
            self.drawn[drawing.name].append(drawing)
        self.drawn = {name: without_modelled(own) for name, own in self.drawn.items()}
        self._book, self._unnamed, self._prefix, self._pattern = book, unnamed, prefix, pattern

    def question(
        self,
        kind: str,
        seed: int,
        names: Sequence[str],
        *,
        hand: str = "",
        colour: str = "",
        count: int = 1,
        asks: str = "",
    ) -> Question:
        """Return a question for things by name; without a ``hand``, the style is one of those that go unnamed."""
        rng = random.Random(f"asked:{kind}:{asks}:{seed}:{':'.join(names)}")  # noqa: S311 - must be repeatable
        painter = hand or rng.choice([each for each in self._unnamed if HANDS[each].keeps_colour] or self._unnamed)
        chosen = [rng.choice(self.drawn[name]) for name in names]
        items = [
            Item(each.digest, each.name, each.kind, count, colour, appearance=self._book.appearance(each.digest))
            for each in chosen
        ]
        wish = Wish()
        scene = styled.arrange(items, wish, rng.getrandbits(31), marks=HANDS[painter].marks, book=self._book)
        _, short = wording.describe_scene(items, wish)
        text = self._pattern.replace("{words}", HANDS[painter].words).replace("{prompt}", short)
        return Question(kind, text if hand else self._prefix + text, seed, tuple(names), painter, scene, asks)


def sketch_painter(pipe: Any, book: Sketchbook, side: int, sampling: Sampling) -> WalkPipeline:
    """Return a function that answers by sketches of ``side`` pixels, as the site's worker does.

    The noise is the plain pipeline's.
    """

    @torch.no_grad()
    def paint(questions: Sequence[Question]) -> list[Image.Image]:
        drawn = [rendering.draw(_scene(question), book, side * FINER).sketch(side) for question in questions]
        sketches = torch.from_numpy(np.stack(drawn)).to(pipe.device)
        states = pipe.encode_prompt([question.prompt for question in questions], pipe.device, 1, False)[0]
        nothing = pipe.encode_prompt("", pipe.device, 1, False)[0]
        config = pipe.unet.config
        shape = (1, config.out_channels, config.sample_size, config.sample_size)
        noise = [torch.randn(shape, generator=torch.Generator().manual_seed(question.seed)) for question in questions]
        latents = diffusion.sample(
            pipe.unet,
            pipe.scheduler,
            states,
            nothing,
            torch.cat(noise).to(pipe.device),
            steps=sampling.steps,
            guidance=sampling.push,
            guided=sampling.interval,
            sketches=sketches,
        )
        return to_images(autoencoder.decode_latents(pipe.vae, latents))

    return paint


def program_painter(book: Sketchbook, size: int) -> WalkPipeline:
    """Return a function that answers by the styles' own programs, ``size`` pixels a side."""

    def paint(questions: Sequence[Question]) -> list[Image.Image]:
        return [own for question in questions for own in to_images(_own(question, book, size))]

    return paint


def _own(question: Question, book: Sketchbook, size: int) -> Tensor:
    drawn = rendering.draw(_scene(question), book, size)
    things, ground = (torch.from_numpy(part).permute(2, 0, 1)[None] for part in (drawn.things, drawn.ground))
    return registry.paint(question.hand, things, torch.tensor([question.seed]), ground)


def _scene(question: Question) -> Any:
    if question.scene is None:
        raise ValueError("a question without a scene leads nothing")
    return question.scene


def to_images(pictures: Tensor) -> list[Image.Image]:
    """Return pictures (n, 3, h, w), 0…1, as Pillow images."""
    bytes_ = (pictures.clamp(0, 1).permute(0, 2, 3, 1) * 255).round().byte().cpu().numpy()
    return [Image.fromarray(each) for each in bytes_]
