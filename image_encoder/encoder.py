"""Load, run and save an image encoder's folder."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - as everybody calls it
from torch import Tensor

from image_encoder.tower import Shape, Tower

FORMAT = 2
WEIGHTS, ABOUT = "eye.safetensors", "eye.json"
NAMES = "names"  # the tensor of the concepts' embeddings, stored beside the tower's weights
BATCH = 64
SURE = 0.6  # the probability from which on a style is named
RECOGNISED = 0.8  # the required accuracy of a style on drawings by an unseen vendor


class ImageEncoderError(Exception):
    """Raised when a folder does not contain an image encoder of this version."""


class ImageEncoder:
    """Image encoder ready for inference.

    ``concepts`` and ``hands`` (styles) are the labels that it was trained on; ``about`` holds the contents of
    ``eye.json``.
    """

    def __init__(self, tower: Tower, names: Tensor, about: dict[str, Any]) -> None:
        self.tower, self.names, self.about = tower.eval().requires_grad_(False), names, about
        self.concepts: tuple[str, ...] = tuple(about["concepts"])
        self.hands: tuple[str, ...] = tuple(about["hands"])

    @classmethod
    def load(cls, folder: Path | str, *, device: str = "cpu") -> ImageEncoder:
        """Return the image encoder in a folder, on a device.

        :raises ImageEncoderError: when a file is missing, malformed or of another version; the message names it.
        """
        from safetensors.torch import load_file

        path = Path(folder)
        try:
            about = json.loads((path / ABOUT).read_bytes())
            if about.get("format") != FORMAT:
                raise ImageEncoderError(f"{path / ABOUT} is of another version than {FORMAT}.")
            weights = {name: value.float().to(device) for name, value in load_file(path / WEIGHTS).items()}
            names = weights.pop(NAMES)
            tower = Tower(Shape.from_config(about["shape"])).to(device)
            tower.load_state_dict(weights)
            return cls(tower, names, about)
        except FileNotFoundError as error:
            raise ImageEncoderError(f"{path} is no eye: {Path(error.filename or WEIGHTS).name} is missing.") from error
        except ImageEncoderError:
            raise
        except Exception as error:  # whatever a library raises about a file, the file is at fault
            raise ImageEncoderError(f"{path} cannot be loaded as an eye: {error}") from error

    def name_style(self, shares: Tensor, among: Collection[str]) -> str:
        """Return the style's name, from ``among``, for one image's probabilities; ``""`` if it is uncertain.

        Only styles are named that this encoder recognised in most drawings of a vendor that was not in its training
        data.
        """
        words: dict[str, str] = self.about.get("words", {})
        accuracies: dict[str, float] = (self.about.get("hands_told") or {}).get("by_hand", {})
        best = int(shares.argmax())
        name = self.hands[best]
        is_sure = float(shares[best]) >= SURE and accuracies.get(name, 0.0) >= RECOGNISED
        return words[name] if is_sure and words.get(name) in among else ""

    @torch.no_grad()
    def encode(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Return embeddings (n, width) of length 1 and style probabilities (n, styles) of images (n, 3, h, w), 0…1.

        Images of any size are resized to the tower's input size.
        """
        parts = [self.tower(self._resize(part)) for part in torch.split(pictures, BATCH)]
        return torch.cat([sentence for sentence, _ in parts]), torch.cat([hand for _, hand in parts]).softmax(1)

    @torch.no_grad()
    def encode_strokes(self, pictures: Tensor) -> Tensor:
        """Return features of the brushwork of images (n, 3, h, w), 0…1: (n, 2 * all channels), whatever they show."""
        return torch.cat([self.tower.see(self._resize(part))[1].float() for part in torch.split(pictures, BATCH)])

    def score(self, sentences: Tensor) -> Tensor:
        """Return the cosine similarities (n, concepts) of embeddings (n, width) to all concepts."""
        return sentences @ self.names.T

    def _resize(self, pictures: Tensor) -> Tensor:
        side = self.tower.shape.size
        pictures = pictures.float().to(self.names.device)
        if pictures.shape[-2:] != (side, side):
            pictures = F.interpolate(pictures, (side, side), mode="bilinear", antialias=True, align_corners=False)
        return pictures.clamp(0, 1)


def save(
    folder: Path, tower: Tower, names: Tensor, *, concepts: Sequence[str], hands: Sequence[str], **about: Any
) -> None:
    """Write an image encoder into a folder, its trained weights in float16; ``about`` is added to ``eye.json``."""
    from safetensors.torch import save_file

    learned = {name for name, _ in tower.named_parameters()}  # running statistics of normalisation may exceed float16
    weights = {
        name: (value.half() if name in learned else value).detach().cpu().contiguous()
        for name, value in tower.state_dict().items()
    }
    save_file(weights | {NAMES: names.half().cpu().contiguous()}, folder / WEIGHTS)
    data = {"format": FORMAT, "shape": asdict(tower.shape)} | about | {"hands": list(hands), "concepts": list(concepts)}
    (folder / ABOUT).write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", "utf-8")
