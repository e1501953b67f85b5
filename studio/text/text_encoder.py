"""The text encoders as the pipelines ask them: states of all tokens, padding too, and the sentence as one vector.

With two encoders (Stable Diffusion XL) their states stand side by side, each before its last layer, and the pooled
vector is the second's.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - as everybody calls it
from torch import Tensor

from studio.errors import StudioError
from studio.workspace import weight_files


class Texts:
    """The tokenizer and the text encoder of a diffusers folder."""

    def __init__(self, folder: Path, *, device: str = "cpu") -> None:
        from transformers import AutoModel, CLIPTextModel, CLIPTextModelWithProjection

        kind = folder / "text_encoder/config.json"
        if not kind.exists():
            raise StudioError(f"{folder} holds no text_encoder.")
        of_clip = '"CLIPTextModel' in kind.read_text("utf-8")
        self.device = device
        self.tokenizer, self.model = self._loaded(folder, CLIPTextModel if of_clip else AutoModel, "")
        self._second: tuple[Any, Any] | None = None
        if (folder / "text_encoder_2").is_dir():
            self._second = self._loaded(folder, CLIPTextModelWithProjection, "_2")
        self._blank = self._second is not None and _has_blank(folder)

    def _loaded(self, folder: Path, of: Any, suffix: str) -> tuple[Any, Any]:
        from transformers import AutoTokenizer

        path = folder / f"text_encoder{suffix}"
        try:
            tokenizer = AutoTokenizer.from_pretrained(folder / f"tokenizer{suffix}")  # nosec B615
            model = of.from_pretrained(path, variant=weight_files.variant(path))
        except Exception as error:  # whatever a library raises about a folder, the folder is at fault
            raise StudioError(f"The text encoder of {folder} cannot be loaded: {error}") from error
        return tokenizer, model.float().eval().requires_grad_(False).to(self.device)

    @torch.no_grad()
    def states(self, texts: Sequence[str]) -> Tensor:
        """Return (texts, tokens, width), as ``StableDiffusionPipeline.encode_prompt`` has them."""
        return self.told(texts)[0]

    @torch.no_grad()
    def told(self, texts: Sequence[str]) -> tuple[Tensor, Tensor | None]:
        """Return the states, and the pooled vectors (texts, width) where the model has them."""
        if self._second is None:
            return self._encoded(texts)[0], None
        sides, pooled = [], torch.empty(0)
        for tokenizer, model in ((self.tokenizer, self.model), self._second):
            read = tokenizer(list(texts), padding="max_length", max_length=tokenizer.model_max_length, truncation=True,
                             return_tensors="pt").to(self.device)  # fmt: skip
            seen = model(read.input_ids, output_hidden_states=True)
            sides.append(seen.hidden_states[-2])
            pooled = seen[0]
        return torch.cat(sides, -1), pooled

    def nothing(self) -> tuple[Tensor, Tensor | None]:
        """Return what the pipeline says where nothing is said: the empty text, or zeros for models that want these."""
        states, pooled = self.told([""])
        if self._blank:
            return torch.zeros_like(states), None if pooled is None else torch.zeros_like(pooled)
        return states, pooled

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


def _has_blank(folder: Path) -> bool:
    """Tell whether a pipeline puts zeros in the place of no words."""
    try:
        return bool(json.loads((folder / "model_index.json").read_bytes()).get("force_zeros_for_empty_prompt", False))
    except (OSError, ValueError):
        return False
