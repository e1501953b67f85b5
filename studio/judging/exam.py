"""An examination: which prompts a model is asked to paint, from which seeds, and what each should show.

The same for every model that knows the same concepts and hands, so that figures can be set side by side.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from sketch import wording
from sketch.scene import Scene
from studio.hands.registry import HANDS
from studio.judging import rewordings
from studio.text import phrasing
from studio.workspace.stage_command import progress
from studio.workspace.work_folder import Folder

COMPOSED = (
    "a bear holding an umbrella", "a fox wearing a top hat", "a robot with a bouquet", "a cat and a fish",
    "an owl above a crescent moon", "a castle next to a volcano", "a blue cat", "a green fox", "a purple elephant",
    "a pink car", "a red apple on a blue ground", "a rocket on a yellow background",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: of which kind, the prompt as the model hears it, its seed, what it means, by which hand.

    Of models that are led by sketches, also the ``scene`` that it was read as, and what it ``asks`` for beyond a thing.
    """

    kind: str
    prompt: str
    seed: int
    means: tuple[str, ...] = ()
    hand: str = ""
    scene: Scene | None = None
    asks: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """In which way is painted: steps, guidance; as shares, between which of them; and how much stronger it pushes."""

    steps: int
    guidance: float
    guided: tuple[float, float] = (0.0, 1.0)
    gain: float = 1.0

    def __str__(self) -> str:
        """Tell ways apart."""
        usual = f"{self.steps}:{self.guidance:g}"
        if (self.guided, self.gain) == ((0.0, 1.0), 1.0):
            return usual
        return f"{usual}:{self.interval[0]}-{self.interval[1]}:{self.gain:g}"

    @property
    def interval(self) -> tuple[int, int]:
        """The first step that is guided, and the first after it that is not."""
        return round(self.guided[0] * self.steps), math.ceil(self.guided[1] * self.steps)

    @property
    def push(self) -> float:
        """The guidance of a step that is guided."""
        return 1 + self.gain * (self.guidance - 1)


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is asked: concepts by their plain names and seeds for each, concepts a hand, and rewordings.

    ``composed`` is how many pairs, colours and numbers, of models that are led by sketches; others are asked for
    :data:`COMPOSED`, unless it is 0.
    """

    plain: int
    seeds: int
    by_hand: int
    reworded: int
    composed: int = 0


Painter = Callable[[Sequence[Question]], list[Image.Image]]
"""What answers questions with pictures."""


def questions(
    concepts: Sequence[str],
    hands: Sequence[str],
    extent: Extent,
    *,
    prefix: str = "",
    pattern: str = phrasing.HAND_PATTERN,
) -> list[Question]:
    """List what is asked; ``prefix`` stands before what names no hand, and ``pattern`` joins prompt and hand.

    All are drawn evenly, by one fixed shuffle.
    """
    order = shuffled(concepts)
    asked = [Question("plain", prefix + wording.thing(name), seed, (name,))
             for name in order[: extent.plain] for seed in range(extent.seeds)]  # fmt: skip
    for number, hand in enumerate(hands):
        chosen = [order[(number * extent.by_hand + n) % len(order)] for n in range(min(extent.by_hand, len(order)))]
        worded = pattern.replace("{words}", HANDS[hand].words)
        said = [worded.replace("{prompt}", wording.thing(name)) for name in chosen]
        asked += [Question("hand", text, seed, (name,), hand)
                  for seed, (text, name) in enumerate(zip(said, chosen, strict=True))]  # fmt: skip
    known = rewordings.among(concepts)
    random.Random("rewordings").shuffle(known)  # noqa: S311
    asked += [Question("reworded", prefix + each.prompt, 0, each.means) for each in known[: extent.reworded]]
    if extent.composed:
        asked += [Question("composed", prefix + prompt, seed) for prompt in COMPOSED for seed in range(2)]
    return asked


def shuffled(concepts: Sequence[str]) -> list[str]:
    """Return concepts in the order in which they are asked for, the same for every model."""
    order = sorted(concepts)
    random.Random("examination").shuffle(order)  # noqa: S311 - drawn to be drawn again
    return order


class Gallery:
    """Pictures that were painted as answers, kept in the work folder; what is there is not painted again.

    ``how`` is what a picture follows from besides its question.
    """

    def __init__(self, folder: Folder, how: str) -> None:
        self._folder, self._how = folder, how

    @classmethod
    def of_model(cls, folder: Folder, model: str, way: Way) -> Gallery:
        """Return the gallery of a model, by its fingerprint, that paints in some way."""
        return cls(folder, f"{model}:{way}")

    def path(self, question: Question) -> Path:
        """Say where the picture of a question lies."""
        return self._folder.path / self._name(question)

    def missing(self, asked: Sequence[Question]) -> list[Question]:
        """List what is yet to be painted."""
        distinct = dict.fromkeys(asked)
        return [question for question in distinct if not self.path(question).exists()]

    def paint(self, asked: Sequence[Question], painter: Painter, *, batch: int) -> int:
        """Have a painter answer what is missing; return how many pictures that were."""
        missing = self.missing(asked)
        for start in progress(range(0, len(missing), batch), what="painted"):
            part = missing[start : start + batch]
            for question, picture in zip(part, painter(part), strict=True):
                written = io.BytesIO()
                picture.save(written, "WEBP", lossless=True, method=0)
                self._folder.write(self._name(question), written.getvalue())
        return len(missing)

    def read(self, asked: Sequence[Question], *, batch: int = 64) -> Iterator[Tensor]:
        """Yield the pictures (n, 3, h, w), 0…1, a few at a time."""
        for start in range(0, len(asked), batch):
            yield torch.stack([self.picture(question) for question in asked[start : start + batch]])

    def picture(self, question: Question) -> Tensor:
        """Return one picture (3, h, w), 0…1."""
        with Image.open(self.path(question)) as opened:
            return torch.from_numpy(np.array(opened.convert("RGB"))).permute(2, 0, 1).float() / 255

    def _name(self, question: Question) -> str:
        asked = f"{self._how}:{question.seed}:{question.prompt}"
        if question.scene is not None:
            asked += f":{question.hand}:{json.dumps(question.scene.as_json(), sort_keys=True)}"
        digest = hashlib.sha256(asked.encode()).hexdigest()[:24]
        return f"evaluations/painted/{digest[:2]}/{digest}.webp"


def plainly(pipe: Any, way: Way) -> Painter:
    """Paint as the plain pipeline does, which guides all steps.

    The noise is drawn on the processor, so it is the same on any device.
    """

    @torch.no_grad()
    def paint(asked: Sequence[Question]) -> list[Image.Image]:
        chance = [torch.Generator().manual_seed(question.seed) for question in asked]
        prompts = [question.prompt for question in asked]
        painted = pipe(prompts, num_inference_steps=way.steps, guidance_scale=way.guidance, generator=chance)
        pictures: list[Image.Image] = painted.images
        return pictures

    return paint
