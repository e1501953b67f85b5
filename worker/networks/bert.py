"""The built-in model's text encoder, a BERT (Devlin et al., arXiv 1810.04805), and its tokenizer.

They compute what transformers' `BertModel` and `BertTokenizer` do, to the bit, with the same names of weights. Those
take longer to import than torch. `TextPipeline` has what `worker.diffusion` asks of a pipeline of diffusers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import nn
from torch.nn import functional

from app.core.models.folder import read_json

__all__ = ["Bert", "BertTokenizer", "TextPipeline", "fits"]

WEIGHTS = "model.safetensors"
TOKENS = "tokenizer.json"

PARTS = {"text_encoder": "BertModel", "tokenizer": "BertTokenizer"}

READ = {"hidden_act": "gelu", "position_embedding_type": "absolute", "is_decoder": False, "add_cross_attention": False}
"""The settings of a configuration that this module knows, each with the one value that it supports."""


def fits(folder: Path) -> bool:
    """Return whether the text encoder in a model folder is one that this module computes."""
    index = read_json(folder / "model_index.json")
    if index.get("_class_name") != "StableDiffusionPipeline":
        return False
    if any(index.get(part) != ["transformers", name] for part, name in PARTS.items()):
        return False
    if not ((folder / "text_encoder" / WEIGHTS).is_file() and (folder / "tokenizer" / TOKENS).is_file()):
        return False
    config = read_json(folder / "text_encoder" / "config.json")
    return config.get("use_attention_mask") is True and all(config.get(key, READ[key]) == READ[key] for key in READ)


class Bert(nn.Module):
    """The encoder. Its dropout is left out, as it only trains."""

    def __init__(self, config: SimpleNamespace) -> None:
        super().__init__()
        self.config = config
        self.embeddings = _Embeddings(config)
        self.encoder = nn.Module()
        self.encoder.layer = nn.ModuleList(_Layer(config) for _ in range(config.num_hidden_layers))
        self.pooler = nn.Module()  # which no picture depends on
        self.pooler.dense = nn.Linear(config.hidden_size, config.hidden_size)

    @classmethod
    def from_pretrained(cls, folder: str, *, dtype: torch.dtype) -> tuple[Bert, dict[str, Any]]:
        """Load the encoder in a folder in a precision.

        Return it, and the names of tensors that are missing, unexpected or (with both shapes) mismatched, as
        transformers does.
        """
        with torch.device("meta"):
            encoder = cls(SimpleNamespace(**read_json(Path(folder) / "config.json")))
        tensors, own = load_file(Path(folder) / WEIGHTS), encoder.state_dict()
        shapes = {name: (tuple(tensors[name].shape), tuple(own[name].shape)) for name in own.keys() & tensors.keys()}
        info = {
            "missing_keys": own.keys() - tensors.keys(),
            "unexpected_keys": tensors.keys() - own.keys(),
            "mismatched_keys": [(name, has, wanted) for name, (has, wanted) in shapes.items() if has != wanted],
        }
        fitting = {name: tensors[name].to(dtype) for name, (has, wanted) in shapes.items() if has == wanted}
        encoder.load_state_dict(fitting, strict=False, assign=True)
        return encoder.eval().requires_grad_(False), info

    @property
    def dtype(self) -> torch.dtype:
        """The precision of the weights."""
        return self.embeddings.LayerNorm.weight.dtype

    def with_transformers(self) -> Any:
        """Return transformers' own encoder with these weights, which adapters can change."""
        import transformers

        config = transformers.BertConfig(**vars(self.config))
        encoder = transformers.BertModel(config)
        encoder.load_state_dict(self.state_dict())
        return encoder.to(self.embeddings.LayerNorm.weight.device, self.dtype).eval()

    def forward(self, ids: torch.Tensor, attention_mask: torch.Tensor | None = None) -> tuple[torch.Tensor]:
        """Return the last states (rows x tokens x width) of tokens; the mask (rows x tokens) is 0 for padding."""
        states: torch.Tensor = self.embeddings(ids)
        mask = None
        if attention_mask is not None and not attention_mask.all():
            mask = attention_mask.bool()[:, None, None, :].expand(-1, 1, ids.shape[1], -1)
        for layer in self.encoder.layer:  # type: ignore[union-attr]  # nn.Module's attributes have no types
            states = layer(states, mask)
        return (states,)


class _Embeddings(nn.Module):
    def __init__(self, config: SimpleNamespace) -> None:
        super().__init__()
        width = config.hidden_size
        counts = config.vocab_size, config.max_position_embeddings, config.type_vocab_size
        tables = (nn.Embedding(count, width, _weight=torch.empty(count, width)) for count in counts)
        self.word_embeddings, self.position_embeddings, self.token_type_embeddings = tables
        self.LayerNorm = nn.LayerNorm(width, eps=config.layer_norm_eps)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        positions = torch.arange(ids.shape[1], device=ids.device)[None]
        states = self.word_embeddings(ids) + self.token_type_embeddings(torch.zeros_like(ids))
        normal: torch.Tensor = self.LayerNorm(states + self.position_embeddings(positions))
        return normal


class _Layer(nn.Module):
    def __init__(self, config: SimpleNamespace) -> None:
        super().__init__()
        width, inner = config.hidden_size, config.intermediate_size
        self.attention = nn.Module()
        self.attention.self = _Attention(config)
        self.attention.output = _Output(width, width, config)
        self.intermediate = nn.Module()
        self.intermediate.dense = nn.Linear(width, inner)
        self.output = _Output(inner, width, config)

    def forward(self, states: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        attended = self.attention.output(self.attention.self(states, mask), states)  # type: ignore[operator]
        inner = functional.gelu(self.intermediate.dense(attended))  # type: ignore[operator]
        result: torch.Tensor = self.output(inner, attended)
        return result


class _Attention(nn.Module):
    def __init__(self, config: SimpleNamespace) -> None:
        super().__init__()
        self.heads = config.num_attention_heads
        self.query, self.key, self.value = (nn.Linear(config.hidden_size, config.hidden_size) for _ in range(3))

    def forward(self, states: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        rows, tokens, width = states.shape
        shape = rows, tokens, self.heads, width // self.heads
        query, key, value = (part(states).view(shape).transpose(1, 2) for part in (self.query, self.key, self.value))
        attended = functional.scaled_dot_product_attention(
            query, key, value, attn_mask=mask, scale=(width // self.heads) ** -0.5
        )
        return attended.transpose(1, 2).reshape(rows, tokens, width).contiguous()


class _Output(nn.Module):
    def __init__(self, inner: int, width: int, config: SimpleNamespace) -> None:
        super().__init__()
        self.dense = nn.Linear(inner, width)
        self.LayerNorm = nn.LayerNorm(width, eps=config.layer_norm_eps)

    def forward(self, states: torch.Tensor, before: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = self.LayerNorm(self.dense(states) + before)
        return result


@dataclass(frozen=True, slots=True)
class _Tokens:
    """The ids of a text's tokens, with those at its ends."""

    input_ids: list[int]


class BertTokenizer:
    """The tokenizer; `model_max_length` is how many tokens are read of a text, with those at its ends."""

    unk_token = "[UNK]"  # noqa: S105 - a token of text

    def __init__(self, folder: Path) -> None:
        """Read the tokenizer's files in a folder."""
        self._tokenizer: Any = Tokenizer.from_file(str(folder / TOKENS))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self.model_max_length = int(read_json(folder / "tokenizer_config.json")["model_max_length"])

    @classmethod
    def from_pretrained(cls, folder: str) -> BertTokenizer:
        """Load the tokenizer in a folder."""
        return cls(Path(folder))

    def __call__(self, text: str) -> _Tokens:
        """Return all tokens of a text."""
        return _Tokens(self._tokenizer.encode(text).ids)

    def tokenize(self, text: str) -> list[str]:
        """Return the tokens of a text as texts, without those at its ends."""
        tokens: list[str] = self._tokenizer.encode(text, add_special_tokens=False).tokens
        return tokens

    def padded(self, text: str) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the ids of `model_max_length` tokens (1 x tokens), and their mask, which is 0 for padding."""
        ids = self(text).input_ids
        if len(ids) > self.model_max_length:
            ids = [*ids[: self.model_max_length - 1], ids[-1]]
        padding = self.model_max_length - len(ids)
        return torch.tensor([ids + [0] * padding]), torch.tensor([[1] * len(ids) + [0] * padding])


class TextPipeline:
    """A model's tokenizer, text encoder and scheduler, with the methods of diffusers' pipelines that are used here."""

    def __init__(self, tokenizer: BertTokenizer, encoder: Bert, scheduler: Any) -> None:
        """Store the parts."""
        self.config, self.scheduler, self.tokenizer = SimpleNamespace(), scheduler, tokenizer
        self.text_encoder: Bert | None = encoder

    def encode_prompt(
        self,
        prompt: str,
        device: torch.device,
        negative_prompt: str,
        negative_prompt_embeds: torch.Tensor | None = None,
        **_options: Any,
    ) -> Sequence[torch.Tensor]:
        """Return the states (1 x tokens x width) of both prompts; those of the negative one may be given."""
        known = negative_prompt_embeds
        return self._encode(prompt, device), self._encode(negative_prompt, device) if known is None else known

    def _encode(self, text: str, device: torch.device) -> torch.Tensor:
        assert self.text_encoder is not None  # noqa: S101 - for types: it is loaded before
        ids, mask = self.tokenizer.padded(text)
        return self.text_encoder(ids.to(device), mask.to(device))[0]  # type: ignore[no-any-return]
