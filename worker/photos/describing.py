"""Words for a photo: BLIP's where its weights are installed, else the nearest concept of the built-in image encoder."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from image_encoder import ImageEncoder
from sketch.surroundings import resize
from worker.photos import pictures
from worker.photos.pictures import Pixels

LIKELY = 0.3
"""The least cosine similarity at which the image encoder's nearest concept is used."""

WORDS_MOST = 40
"""The largest number of tokens in a sentence of BLIP's."""

_VOWELS = "aeiou"
_WITHOUT_ARTICLE = ("hair", "ice", "money", "fog", "rice", "bread", "bacon", "popcorn", "spaghetti", "butter", "cheese")


class DescriberError(Exception):
    """A folder holds no BLIP model that can be loaded."""


@dataclass(frozen=True, slots=True)
class Description:
    """The words for a picture, and the words of the style that it resembles; each is empty where unknown."""

    words: str = ""
    style: str = ""


class Blip:
    """A BLIP model (Li et al., arXiv 2201.12086) with its tokenizer and processor, from a folder of weights."""

    def __init__(self, folder: Path | str, *, device: str = "cpu") -> None:
        """Load a folder that transformers saved.

        :raises DescriberError: naming what is missing or broken.
        """
        from transformers import AutoTokenizer, BlipForConditionalGeneration, BlipImageProcessorPil

        if not Path(folder).is_dir():
            raise DescriberError(f"{folder} is no folder; BLIP's weights are read from one, as transformers saves them")
        try:
            self._processor: Any = BlipImageProcessorPil.from_pretrained(folder, local_files_only=True)  # nosec B615
            self._tokenizer: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True)  # nosec B615
            model: Any = BlipForConditionalGeneration.from_pretrained(folder, local_files_only=True)  # nosec B615
        except Exception as error:  # any error of the library means that the folder is unusable
            raise DescriberError(f"{folder} cannot be loaded as BLIP: {error}") from error
        self._model = model.to(device, torch.float16 if device.startswith("cuda") else torch.float32).eval()
        self._device = device

    @torch.inference_mode()
    def words(self, picture: Pixels) -> str:
        """Return a description of a picture (h, w, 3); it is deterministic."""
        seen = self._processor(images=[Image.fromarray(picture)], return_tensors="pt")["pixel_values"]
        tokens = self._model.generate(
            pixel_values=seen.to(self._device, self._model.dtype),
            max_new_tokens=WORDS_MOST,
            num_beams=3,
            do_sample=False,
        )
        return " ".join(self._tokenizer.batch_decode(tokens, skip_special_tokens=True)[0].split())


def describe(
    picture: Pixels,
    *,
    cut: Pixels | None = None,
    eye: ImageEncoder | None,
    blip: Blip | None,
    styles: Collection[str] = (),
) -> Description:
    """Describe a picture (h, w, 4), whose main thing is ``cut`` out, if there is one.

    ``styles`` are the words of the styles that may be named. The image encoder was trained on single things on an even
    ground, so it is given the main thing on paper as well, and the more certain concept is used.
    """
    flat = pictures.on_paper(picture)
    words, style = (blip.words(flat) if blip else ""), ""
    if eye is not None:
        rows, columns = pictures.crop(flat.shape)
        views = [flat[rows, columns], *([] if cut is None else [_on_square(cut)])]
        size = eye.tower.shape.size
        batch = np.stack([resize(view, size, size) for view in views])
        sentences, shares = eye.encode(torch.from_numpy(batch).permute(0, 3, 1, 2).float() / 255)
        words = words or _nearest(eye, sentences)
        style = eye.name_style(shares[0], styles)
    return Description(words, style)


def with_article(concept: str) -> str:
    """Return a concept with its article (``a fox``, ``an abacus``); names, plurals and uncountable nouns have none."""
    first, *_ = concept.split()
    last = concept.split()[-1]
    if first in ("a", "an", "the") or first[:1].isupper() or first[:1].isdigit() or last in _WITHOUT_ARTICLE:
        return concept
    if last.endswith("s") and not last.endswith(("ss", "us", "is")):
        return concept
    return f"{'an' if first[0].lower() in _VOWELS else 'a'} {concept}"


def _nearest(eye: ImageEncoder, sentences: torch.Tensor) -> str:
    """Return the concept that any of several views of a picture is nearest to; empty where none is near."""
    scores = eye.score(sentences)
    best = int(scores.argmax()) % scores.shape[1]
    return with_article(eye.concepts[best]) if float(scores.max()) >= LIKELY else ""


def _on_square(cut: Pixels) -> Pixels:
    """Return what was cut out (h, w, 4), in the middle of a square of paper with a margin."""
    high, wide = cut.shape[:2]
    side = round(1.15 * max(high, wide))
    square = np.zeros((side, side, 4), np.uint8)
    top, left = (side - high) // 2, (side - wide) // 2
    square[top : top + high, left : left + wide] = cut
    return pictures.on_paper(square)
