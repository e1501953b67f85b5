"""The evaluation's questions: prompts, seeds, and what each picture should show.

They are the same for all models that know the same concepts and styles, so that results can be compared.
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
from studio.judging import rewordings
from studio.styles.registry import HANDS
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
    """A question: its kind, the prompt as the model receives it, the seed, the concepts meant, and the style.

    For sketch-conditioned models it also has the ``scene``, and what it ``asks`` for other than a thing.
    """

    kind: str
    prompt: str
    seed: int
    means: tuple[str, ...] = ()
    hand: str = ""
    scene: Scene | None = None
    asks: str = ""


@dataclass(frozen=True, slots=True)
class Sampling:
    """Sampling settings: steps, guidance scale, the guided interval as shares of the steps, and a gain of guidance."""

    steps: int
    guidance: float
    guided: tuple[float, float] = (0.0, 1.0)
    gain: float = 1.0

    def __str__(self) -> str:
        """Return the settings as text, different for different settings."""
        usual = f"{self.steps}:{self.guidance:g}"
        if (self.guided, self.gain) == ((0.0, 1.0), 1.0):
            return usual
        return f"{usual}:{self.interval[0]}-{self.interval[1]}:{self.gain:g}"

    @property
    def interval(self) -> tuple[int, int]:
        """The first guided step, and the first step after the guided ones."""
        return round(self.guided[0] * self.steps), math.ceil(self.guided[1] * self.steps)

    @property
    def push(self) -> float:
        """The guidance scale of a guided step."""
        return 1 + self.gain * (self.guidance - 1)


@dataclass(frozen=True, slots=True)
class Extent:
    """Number of questions: concepts by name and seeds of each, concepts per style, and rewordings.

    ``composed`` is the number of pairs, of colours and of counts for sketch-conditioned models; for others, 0 turns off
    :data:`COMPOSED`.
    """

    plain: int
    seeds: int
    by_hand: int
    reworded: int
    composed: int = 0


WalkPipeline = Callable[[Sequence[Question]], list[Image.Image]]
"""Function that answers questions with pictures."""


def questions(
    concepts: Sequence[str],
    hands: Sequence[str],
    extent: Extent,
    *,
    prefix: str = "",
    pattern: str = phrasing.HAND_PATTERN,
) -> list[Question]:
    """Return the questions; ``prefix`` precedes prompts that name no style, ``pattern`` joins prompt and style.

    Concepts are taken in one fixed random order.
    """
    order = shuffled(concepts)
    listed = [
        Question("plain", prefix + wording.thing(name), seed, (name,))
        for name in order[: extent.plain]
        for seed in range(extent.seeds)
    ]
    for number, hand in enumerate(hands):
        chosen = [order[(number * extent.by_hand + n) % len(order)] for n in range(min(extent.by_hand, len(order)))]
        worded = pattern.replace("{words}", HANDS[hand].words)
        prompts = [worded.replace("{prompt}", wording.thing(name)) for name in chosen]
        listed += [
            Question("hand", text, seed, (name,), hand)
            for seed, (text, name) in enumerate(zip(prompts, chosen, strict=True))
        ]
    known = rewordings.among(concepts)
    random.Random("rewordings").shuffle(known)  # noqa: S311
    listed += [Question("reworded", prefix + each.prompt, 0, each.means) for each in known[: extent.reworded]]
    if extent.composed:
        listed += [Question("composed", prefix + prompt, seed) for prompt in COMPOSED for seed in range(2)]
    return listed


def shuffled(concepts: Sequence[str]) -> list[str]:
    """Return concepts in the fixed random order in which they are asked for."""
    order = sorted(concepts)
    random.Random("examination").shuffle(order)  # noqa: S311 - must be repeatable
    return order


class Gallery:
    """Answers to questions, stored in the work folder, so that none is generated twice.

    ``how`` identifies everything that a picture depends on other than its question.
    """

    def __init__(self, folder: Folder, how: str) -> None:
        self._folder, self._how = folder, how

    @classmethod
    def of_model(cls, folder: Folder, model: str, sampling: Sampling) -> Gallery:
        """Return the gallery of a model, by its fingerprint, and its sampling settings."""
        return cls(folder, f"{model}:{sampling}")

    def path(self, question: Question) -> Path:
        """Return the path of a question's picture."""
        return self._folder.path / self._name(question)

    def missing(self, questions: Sequence[Question]) -> list[Question]:
        """Return the distinct questions without a picture."""
        distinct = dict.fromkeys(questions)
        return [question for question in distinct if not self.path(question).exists()]

    def paint(self, questions: Sequence[Question], painter: WalkPipeline, *, batch: int) -> int:
        """Answer the missing questions by ``painter``, store the pictures and return their number."""
        missing = self.missing(questions)
        for start in progress(range(0, len(missing), batch), what="painted"):
            part = missing[start : start + batch]
            for question, picture in zip(part, painter(part), strict=True):
                written = io.BytesIO()
                picture.save(written, "WEBP", lossless=True, method=0)
                self._folder.write(self._name(question), written.getvalue())
        return len(missing)

    def load_pictures(self, questions: Sequence[Question], *, batch: int = 64) -> Iterator[Tensor]:
        """Yield the pictures (n, 3, h, w), 0…1, in batches."""
        for start in range(0, len(questions), batch):
            yield torch.stack([self.picture(question) for question in questions[start : start + batch]])

    def picture(self, question: Question) -> Tensor:
        """Return the picture of a question (3, h, w), 0…1."""
        with Image.open(self.path(question)) as opened:
            return torch.from_numpy(np.array(opened.convert("RGB"))).permute(2, 0, 1).float() / 255

    def _name(self, question: Question) -> str:
        key = f"{self._how}:{question.seed}:{question.prompt}"
        if question.scene is not None:
            key += f":{question.hand}:{json.dumps(question.scene.as_json(), sort_keys=True)}"
        digest = hashlib.sha256(key.encode()).hexdigest()[:24]
        return f"evaluations/painted/{digest[:2]}/{digest}.webp"


def plain_painter(pipe: Any, sampling: Sampling) -> WalkPipeline:
    """Return a function that answers by the plain pipeline, which guides all steps.

    The noise is drawn on the CPU, so it is the same on any device.
    """

    @torch.no_grad()
    def paint(questions: Sequence[Question]) -> list[Image.Image]:
        chance = [torch.Generator().manual_seed(question.seed) for question in questions]
        prompts = [question.prompt for question in questions]
        painted = pipe(prompts, num_inference_steps=sampling.steps, guidance_scale=sampling.guidance, generator=chance)
        pictures: list[Image.Image] = painted.images
        return pictures

    return paint
