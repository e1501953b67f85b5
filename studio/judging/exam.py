"""An examination: which prompts a model is asked to paint, from which seeds, and what each should show.

The same for every model that knows the same concepts and hands, so that figures can be set side by side.
"""

from __future__ import annotations

import hashlib
import io
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from sketch import wording
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
    """What is asked: of which kind, the prompt as the model hears it, its seed, what it means, by which hand."""

    kind: str
    prompt: str
    seed: int
    means: tuple[str, ...] = ()
    hand: str = ""


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is asked: concepts by their plain names and seeds for each, concepts a hand, and rewordings."""

    plain: int
    seeds: int
    by_hand: int
    reworded: int


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
    order = sorted(concepts)
    random.Random("examination").shuffle(order)  # noqa: S311 - drawn to be drawn again
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
    asked += [Question("composed", prefix + prompt, seed) for prompt in COMPOSED for seed in range(2)]
    return asked


class Gallery:
    """Pictures that a model painted as answers, kept in the work folder; what is there is not painted again."""

    def __init__(self, folder: Folder, *, model: str, steps: int, guidance: float) -> None:
        self._folder = folder
        self._how = f"{model}:{steps}:{guidance:g}"

    def path(self, question: Question) -> Path:
        """Say where the picture of a question lies."""
        return self._folder.path / self._name(question)

    def missing(self, asked: Sequence[Question]) -> list[Question]:
        """List what is yet to be painted."""
        distinct = dict.fromkeys(asked)
        return [question for question in distinct if not self.path(question).exists()]

    def paint(self, asked: Sequence[Question], pipe: Any, *, batch: int, steps: int, guidance: float) -> int:
        """Paint what is missing; return how many pictures that were."""
        missing = self.missing(asked)
        for start in progress(range(0, len(missing), batch), what="painted"):
            part = missing[start : start + batch]
            pictures = _painted(pipe, part, steps, guidance)
            for question, picture in zip(part, pictures, strict=True):
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
        digest = hashlib.sha256(f"{self._how}:{question.seed}:{question.prompt}".encode()).hexdigest()[:24]
        return f"evaluations/painted/{digest[:2]}/{digest}.webp"


@torch.no_grad()
def _painted(pipe: Any, asked: Sequence[Question], steps: int, guidance: float) -> list[Any]:
    """Paint as the plain pipeline does; the noise is drawn on the processor, so it is the same on any device."""
    chance = [torch.Generator().manual_seed(question.seed) for question in asked]
    prompts = [question.prompt for question in asked]
    painted = pipe(prompts, num_inference_steps=steps, guidance_scale=guidance, generator=chance)
    pictures: list[Any] = painted.images
    return pictures
