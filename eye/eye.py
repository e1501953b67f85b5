"""An eye's folder: loading it, asking it, writing it."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - as everybody calls it
from torch import Tensor

from eye.tower import Shape, Tower

FORMAT = 2
WEIGHTS, ABOUT = "eye.safetensors", "eye.json"
NAMES = "names"  # the tensor of the concepts' vectors, beside the tower's own
BATCH = 64
SURE = 0.6  # share of a hand from which on it is named
TOLD = 0.8  # of unseen drawings by a hand that the eye must have recognised for that


class EyeError(Exception):
    """A folder is no eye, or none of this version."""


class Eye:
    """An eye at work. ``concepts`` and ``hands`` are what it was taught; ``about`` is all that ``eye.json`` says."""

    def __init__(self, tower: Tower, names: Tensor, about: dict[str, Any]) -> None:
        self.tower, self.names, self.about = tower.eval().requires_grad_(False), names, about
        self.concepts: tuple[str, ...] = tuple(about["concepts"])
        self.hands: tuple[str, ...] = tuple(about["hands"])

    @classmethod
    def load(cls, folder: Path | str, *, device: str = "cpu") -> Eye:
        """Load a folder.

        :raises EyeError: naming what is missing or broken.
        """
        from safetensors.torch import load_file

        path = Path(folder)
        try:
            about = json.loads((path / ABOUT).read_bytes())
            if about.get("format") != FORMAT:
                raise EyeError(f"{path / ABOUT} is of another version than {FORMAT}.")
            weights = {name: value.float().to(device) for name, value in load_file(path / WEIGHTS).items()}
            names = weights.pop(NAMES)
            tower = Tower(Shape.of(about["shape"])).to(device)
            tower.load_state_dict(weights)
            return cls(tower, names, about)
        except FileNotFoundError as error:
            raise EyeError(f"{path} is no eye: {Path(error.filename or WEIGHTS).name} is missing.") from error
        except EyeError:
            raise
        except Exception as error:  # whatever a library raises about a file, the file is at fault
            raise EyeError(f"{path} cannot be loaded as an eye: {error}") from error

    def hand(self, shares: Tensor, among: Collection[str]) -> str:
        """Return the words of the hand that painted a picture, of those ``among``; ``""`` where that is not sure.

        Only hands are named that this eye recognised in most drawings of a vendor it had never seen.
        """
        words: dict[str, str] = self.about.get("words", {})
        told: dict[str, float] = (self.about.get("hands_told") or {}).get("by_hand", {})
        best = int(shares.argmax())
        name = self.hands[best]
        is_sure = float(shares[best]) >= SURE and told.get(name, 0.0) >= TOLD
        return words[name] if is_sure and words.get(name) in among else ""

    @torch.no_grad()
    def look(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Look at pictures (n, 3, h, w), 0…1, of any size: sentences (n, width) of length 1, and the hands' shares."""
        parts = [self.tower(self._sized(part)) for part in torch.split(pictures, BATCH)]
        return torch.cat([sentence for sentence, _ in parts]), torch.cat([hand for _, hand in parts]).softmax(1)

    @torch.no_grad()
    def strokes(self, pictures: Tensor) -> Tensor:
        """Say how pictures (n, 3, h, w), 0…1, are painted, whatever they show: (n, twice all channels)."""
        return torch.cat([self.tower.see(self._sized(part))[1].float() for part in torch.split(pictures, BATCH)])

    def score(self, sentences: Tensor) -> Tensor:
        """Compare sentences (n, width) with the vectors of all concepts: cosines (n, concepts)."""
        return sentences @ self.names.T

    def _sized(self, pictures: Tensor) -> Tensor:
        side = self.tower.shape.size
        pictures = pictures.float().to(self.names.device)
        if pictures.shape[-2:] != (side, side):
            pictures = F.interpolate(pictures, (side, side), mode="bilinear", antialias=True, align_corners=False)
        return pictures.clamp(0, 1)


def save(
    folder: Path, tower: Tower, names: Tensor, *, concepts: Sequence[str], hands: Sequence[str], **about: Any
) -> None:
    """Write an eye into a folder, what it learned in half precision; ``about`` is kept with it."""
    from safetensors.torch import save_file

    learned = {name for name, _ in tower.named_parameters()}  # what was measured, as norms do, may be too large for it
    weights = {name: (value.half() if name in learned else value).detach().cpu().contiguous()
               for name, value in tower.state_dict().items()}  # fmt: skip
    save_file(weights | {NAMES: names.half().cpu().contiguous()}, folder / WEIGHTS)
    told = {"format": FORMAT, "shape": asdict(tower.shape)} | about | {"hands": list(hands), "concepts": list(concepts)}
    (folder / ABOUT).write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", "utf-8")
