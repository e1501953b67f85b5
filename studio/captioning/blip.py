"""BLIP, a captioning model (Li et al. 2022), through transformers, from a folder of weights."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from studio.errors import StudioError


class Blip:
    """A BLIP model with its tokenizer and image processor.

    :raises StudioError: when ``weights`` is not a folder that can be loaded.
    """

    def __init__(self, weights: str, *, device: str = "cpu") -> None:
        import torch
        from transformers import AutoTokenizer, BlipForConditionalGeneration, BlipImageProcessorPil

        if not Path(weights).is_dir():
            raise StudioError(
                f"{weights} is not a folder; --blip takes a folder of BLIP's weights, as transformers saves them."
            )
        try:
            self.processor: Any = BlipImageProcessorPil.from_pretrained(weights, local_files_only=True)  # nosec B615
            self.tokenizer: Any = AutoTokenizer.from_pretrained(weights, local_files_only=True)  # nosec B615
            model: Any = BlipForConditionalGeneration.from_pretrained(weights, local_files_only=True)  # nosec B615
        except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
            raise StudioError(f"{weights} cannot be loaded as BLIP: {error}") from error
        is_gpu = device.startswith("cuda")
        self.model = model.to(device, torch.float16 if is_gpu else torch.float32).eval()
        self.device = device

    def captions(self, paths: Sequence[Path], *, longest: int = 40) -> list[str]:
        """Return a caption of each picture, deterministically; transparent pictures are composited over white."""
        import torch

        pictures = [_flat(path) for path in paths]
        pixels = self.processor(images=pictures, return_tensors="pt")["pixel_values"].to(self.device, self.model.dtype)
        with torch.no_grad():
            tokens = self.model.generate(pixel_values=pixels, max_new_tokens=longest, num_beams=3, do_sample=False)
        return [" ".join(text.split()) for text in self.tokenizer.batch_decode(tokens, skip_special_tokens=True)]


def _flat(path: Path) -> Image.Image:
    picture = Image.open(path).convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")
