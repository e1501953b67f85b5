"""Words for a photo: BLIP's where its weights are here, else the house eye's nearest concept. Both are guesses."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from eye import Eye
from worker.photos import pictures
from worker.photos.pictures import Pixels

LIKELY = 0.3
"""The cosine from which on the eye's nearest concept is worth saying."""

WORDS_MOST = 40
"""How many tokens a sentence of BLIP's has at most."""

_VOWELS = "aeiou"
_WITHOUT_ARTICLE = ("hair", "ice", "money", "fog", "rice", "bread", "bacon", "popcorn", "spaghetti", "butter", "cheese")


class DescriberError(Exception):
    """A folder holds no BLIP that can be loaded."""


@dataclass(frozen=True, slots=True)
class Description:
    """What a picture is taken for, and the words of the hand that it looks like; each "" where nobody can tell."""

    words: str = ""
    hand: str = ""


class Blip:
    """A BLIP model (Li et al., arXiv 2201.12086) with its tokenizer and processor, from a folder of weights."""

    def __init__(self, folder: Path | str, *, device: str = "cpu") -> None:
        """Load a folder, as transformers saves it.

        :raises DescriberError: naming what is missing or broken.
        """
        from transformers import AutoTokenizer, BlipForConditionalGeneration, BlipImageProcessorPil

        if not Path(folder).is_dir():
            raise DescriberError(f"{folder} is no folder; BLIP's weights are read from one, as transformers saves them")
        try:
            self._processor: Any = BlipImageProcessorPil.from_pretrained(folder, local_files_only=True)  # nosec B615
            self._tokenizer: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True)  # nosec B615
            model: Any = BlipForConditionalGeneration.from_pretrained(folder, local_files_only=True)  # nosec B615
        except Exception as error:  # whatever a library raises about a folder, the folder is at fault
            raise DescriberError(f"{folder} cannot be loaded as BLIP: {error}") from error
        self._model = model.to(device, torch.float16 if device.startswith("cuda") else torch.float32).eval()
        self._device = device

    @torch.inference_mode()
    def words(self, picture: Pixels) -> str:
        """Say what is seen in a picture (h, w, 3): the same words each time."""
        seen = self._processor(images=[Image.fromarray(picture)], return_tensors="pt")["pixel_values"]
        tokens = self._model.generate(
            pixel_values=seen.to(self._device, self._model.dtype),
            max_new_tokens=WORDS_MOST,
            num_beams=3,
            do_sample=False,
        )
        return " ".join(self._tokenizer.batch_decode(tokens, skip_special_tokens=True)[0].split())


def describe(
    picture: Pixels, *, cut: Pixels | None = None, eye: Eye | None, blip: Blip | None, hands: Collection[str] = ()
) -> Description:
    """Describe a picture (h, w, 4), whose main thing is ``cut`` out, if one was found.

    ``hands`` are those that may be named, by their words. The eye learned from single things on an even ground, so it
    is shown the main thing on paper as well, and says what it is surer of.
    """
    flat = pictures.on_paper(picture)
    words, hand = (blip.words(flat) if blip else ""), ""
    if eye is not None:
        rows, columns = pictures.frame(flat.shape)
        views = [flat[rows, columns], *([] if cut is None else [_on_square(cut)])]
        size = eye.tower.shape.size
        batch = np.stack([pictures.resized(view, size, size) for view in views])
        sentences, shares = eye.encode(torch.from_numpy(batch).permute(0, 3, 1, 2).float() / 255)
        words = words or _nearest(eye, sentences)
        hand = eye.name_style(shares[0], hands)
    return Description(words, hand)


def with_article(concept: str) -> str:
    """Say a concept as one thing: ``a fox``, ``an abacus``; a name, or what is many, stays as it is."""
    first, *_ = concept.split()
    last = concept.split()[-1]
    if first in ("a", "an", "the") or first[:1].isupper() or first[:1].isdigit() or last in _WITHOUT_ARTICLE:
        return concept
    if last.endswith("s") and not last.endswith(("ss", "us", "is")):
        return concept
    return f"{'an' if first[0].lower() in _VOWELS else 'a'} {concept}"


def _nearest(eye: Eye, sentences: torch.Tensor) -> str:
    """Name the concept that any of some views of a picture is nearest to; "" where none is near."""
    scores = eye.score(sentences)
    best = int(scores.argmax()) % scores.shape[1]
    return with_article(eye.concepts[best]) if float(scores.max()) >= LIKELY else ""


def _on_square(cut: Pixels) -> Pixels:
    """Lay what was cut out (h, w, 4) in the middle of a square of paper, with some room around it."""
    high, wide = cut.shape[:2]
    side = round(1.15 * max(high, wide))
    square = np.zeros((side, side, 4), np.uint8)
    top, left = (side - high) // 2, (side - wide) // 2
    square[top : top + high, left : left + wide] = cut
    return pictures.on_paper(square)
