"""The text encoders as the pipelines call them: states of all tokens including padding, and sentence vectors.

With two encoders (Stable Diffusion XL) their states before the last layer are concatenated, and the pooled embedding is
the second's.
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
    """The tokenizers and text encoders of a diffusers folder.

    :raises StudioError: when the folder holds none, or they cannot be loaded.
    """

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
        except Exception as error:  # libraries raise many kinds of errors for a bad folder
            raise StudioError(f"The text encoder of {folder} cannot be loaded: {error}") from error
        return tokenizer, model.float().eval().requires_grad_(False).to(self.device)

    @torch.no_grad()
    def states(self, texts: Sequence[str]) -> Tensor:
        """Return text states (texts, tokens, width), as ``StableDiffusionPipeline.encode_prompt`` does."""
        return self.encode(texts)[0]

    @torch.no_grad()
    def encode(self, texts: Sequence[str]) -> tuple[Tensor, Tensor | None]:
        """Return the text states, and the pooled embeddings (texts, width) or None."""
        if self._second is None:
            return self._encoded(texts)[0], None
        sides, pooled = [], torch.empty(0)
        for tokenizer, model in ((self.tokenizer, self.model), self._second):
            ids = tokenizer(
                list(texts),
                padding="max_length",
                max_length=tokenizer.model_max_length,
                truncation=True,
                return_tensors="pt",
            ).to(self.device)
            seen = model(ids.input_ids, output_hidden_states=True)
            sides.append(seen.hidden_states[-2])
            pooled = seen[0]
        return torch.cat(sides, -1), pooled

    def nothing(self) -> tuple[Tensor, Tensor | None]:
        """Return the states and pooled embedding of the empty prompt, or zeros for models that use them."""
        states, pooled = self.encode([""])
        if self._blank:
            return torch.zeros_like(states), None if pooled is None else torch.zeros_like(pooled)
        return states, pooled

    @torch.no_grad()
    def sentences(self, texts: Sequence[str], *, batch: int = 256) -> Tensor:
        """Return a vector of length 1 for each text: the mean of its tokens' states, without padding."""
        parts = []
        for start in range(0, len(texts), batch):
            # Padding is masked, so it need not exceed the longest text.
            states, mask = self._encoded(texts[start : start + batch], padding="longest")
            weights = mask[..., None].float()
            parts.append(F.normalize((states * weights).sum(1) / weights.sum(1), dim=-1))
        return torch.cat(parts)

    def _encoded(self, texts: Sequence[str], padding: str = "max_length") -> tuple[Tensor, Tensor]:
        length = min(self.tokenizer.model_max_length, 512)
        tokens = self.tokenizer(
            list(texts), padding=padding, max_length=length, truncation=True, return_tensors="pt"
        ).to(self.device)
        uses_mask = getattr(self.model.config, "use_attention_mask", False)
        states: Tensor = self.model(tokens.input_ids, attention_mask=tokens.attention_mask if uses_mask else None)[0]
        return states, tokens.attention_mask


def _has_blank(folder: Path) -> bool:
    """Return whether a pipeline uses zeros for the empty prompt."""
    try:
        return bool(json.loads((folder / "model_index.json").read_bytes()).get("force_zeros_for_empty_prompt", False))
    except (OSError, ValueError):
        return False
