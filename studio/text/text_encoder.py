"""The text encoder as the pipeline asks it: states of all tokens, padding too, and the sentence as one vector."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - as everybody calls it
from torch import Tensor

from studio.errors import StudioError


class Texts:
    """The tokenizer and the text encoder of a diffusers folder."""

    def __init__(self, folder: Path, *, device: str = "cpu") -> None:
        from transformers import AutoModel, AutoTokenizer, CLIPTextModel

        kind = folder / "text_encoder/config.json"
        if not kind.exists():
            raise StudioError(f"{folder} holds no text_encoder.")
        try:
            self.tokenizer = AutoTokenizer.from_pretrained(folder / "tokenizer")  # nosec B615
            of_clip = '"CLIPTextModel' in kind.read_text("utf-8")
            self.model: Any = (CLIPTextModel if of_clip else AutoModel).from_pretrained(folder / "text_encoder")
        except Exception as error:  # whatever a library raises about a folder, the folder is at fault
            raise StudioError(f"The text encoder of {folder} cannot be loaded: {error}") from error
        self.model = self.model.float().eval().requires_grad_(False).to(device)
        self.device = device

    @torch.no_grad()
    def states(self, texts: Sequence[str]) -> Tensor:
        """Return (texts, tokens, width), as ``StableDiffusionPipeline.encode_prompt`` has them."""
        return self._encoded(texts)[0]

    @torch.no_grad()
    def sentences(self, texts: Sequence[str], *, batch: int = 256) -> Tensor:
        """Return the mean of each text's own tokens, of length 1: what sentence encoders compare by."""
        parts = []
        for start in range(0, len(texts), batch):
            # What is padded takes no part, so there is no need of more than the longest.
            states, mask = self._encoded(texts[start : start + batch], padding="longest")
            weights = mask[..., None].float()
            parts.append(F.normalize((states * weights).sum(1) / weights.sum(1), dim=-1))
        return torch.cat(parts)

    def _encoded(self, texts: Sequence[str], padding: str = "max_length") -> tuple[Tensor, Tensor]:
        length = min(self.tokenizer.model_max_length, 512)
        read = self.tokenizer(list(texts), padding=padding, max_length=length, truncation=True, return_tensors="pt").to(
            self.device
        )
        heeds = getattr(self.model.config, "use_attention_mask", False)
        states: Tensor = self.model(read.input_ids, attention_mask=read.attention_mask if heeds else None)[0]
        return states, read.attention_mask
