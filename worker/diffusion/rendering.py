"""What is asked of a painter: what stands at each stop, and the settings that fix the pixels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sketch.scene import Scene
from worker.networks.adapters import Weights


class PaintingError(Exception):
    """A picture could not be painted."""


@dataclass(frozen=True, slots=True)
class StopInput:
    """One station of a walk, its seed drawn.

    `subject` is what of the prompt its visitor wrote, where words of a hand were added; the note speaks of that.
    A prompt that `has_hand` goes without the model's prefix, which means any hand. A `scene` is what the prompt was
    read as, for models that are led by sketches; `adapters` are what the model learned of its hand here, and its LoRA,
    with their weights.
    """

    prompt: str
    negative_prompt: str
    seed: int
    subject: str = ""
    has_hand: bool = False
    scene: Scene | None = None
    adapters: Weights = field(default_factory=dict)


BENCHMARK, TF32 = SWITCHES = "cudnn_benchmark", "tf32"
"""What may be switched on of torch: that cuDNN times its algorithms, that float32 matrices are multiplied in TF32."""


@dataclass(frozen=True, slots=True)
class GpuOptions:
    """The options of a GPU; as many pictures are decoded at once as have `decoded_pixels`, 0 for the CPU's number."""

    decoded_pixels: int = 0
    switches: tuple[str, ...] = ()

    @classmethod
    def of(cls, recorded: Mapping[str, Any]) -> GpuOptions:
        """Read what a walk records."""
        return cls(recorded["decoded_pixels"], tuple(recorded["switches"]))

    def to_json(self) -> dict[str, Any] | None:
        """Return what a walk records; None where all is as it is by default."""
        if self == DEFAULT:
            return None
        return {"decoded_pixels": self.decoded_pixels, "switches": list(self.switches)}


DEFAULT = GpuOptions()


@dataclass(frozen=True, slots=True)
class Rendering:
    """All settings that fix a frame's pixels besides the stops and the model, and how many frames a batch holds.

    `guided` is the interval of steps that take a second pass for guidance, all if it is None; `spacing` the half
    log-SNR from which and to which the steps go at equal distances, the solver's own steps if it is None. `decoded`
    are the depths whose thumbnails are taken with the decoder: those of the ladder's further rungs, or its only one,
    since they place the frames. `detail` is by how much the finest of the latents is stronger midway between stops.
    `finer` is how many times as large as usual latents are decoded, by the decoder's finer stage. `decoder` is the
    decoder's precision where the walk records it: if numbers overflow there, only decoding is repeated in float32.
    `gpu` is what a GPU does otherwise than by default.
    """

    scheduler: str
    steps: int
    guidance: float
    width: int
    height: int
    precision: str
    memory_format: str
    threads: int
    batch: int
    guided: tuple[int, int] | None = None
    spacing: tuple[float, float] | None = None
    decoded: frozenset[int] = frozenset()
    detail: float = 0.0
    finer: int = 1
    decoder: str | None = None
    gpu: GpuOptions = DEFAULT

    @classmethod
    def of(
        cls, sampling: Mapping[str, Any], *, decoder: str | None = None, gpu: GpuOptions = DEFAULT, **device: Any
    ) -> Rendering:
        """Join a preset's settings, as `presets.resolve` returns them or a recipe records them, with a device's.

        `decoder` is the decoder's precision where `sampling` records none, and `gpu` likewise.
        """
        guided, spacing, ladder = sampling.get("guided"), sampling.get("spacing"), sampling.get("ladder", ())
        push, gain = sampling["guidance"] - 1, sampling.get("gain", 1.0)  # from guidance 1, which is none
        return cls(
            scheduler=sampling["scheduler"],
            steps=sampling["steps"],
            guidance=1 + gain * push if push > 0 else sampling["guidance"],
            guided=(guided[0], guided[1]) if guided else None,
            spacing=(spacing[0], spacing[1]) if spacing else None,
            decoded=frozenset(depth for depth, _ in ladder[1:] or ladder),
            detail=sampling.get("detail", 0.0),
            finer=sampling.get("finer", 1),
            decoder=sampling.get("decoder", decoder),
            gpu=GpuOptions.of(sampling["gpu"]) if "gpu" in sampling else gpu,
            **device,
        )


def note(tokenizer: Any, most: int, prompt: str, subject: str) -> str:
    """Return a note when a prompt is cut at so many tokens, or half of its visitor's words are not known."""
    if len(tokenizer(prompt).input_ids) > most:
        return "cut"
    words: list[list[str]] = []
    for token in tokenizer.tokenize(subject):
        if token.startswith("##") and words:
            words[-1].append(token[2:])
        else:
            words.append([token])
    unknown = sum(_is_unknown(word, tokenizer.unk_token) for word in words)
    return "unknown words" if words and 2 * unknown >= len(words) else ""


def _is_unknown(pieces: list[str], unknown: str) -> bool:
    """Return whether a word is the unknown token, or, as WordPiece does to foreign scripts, only spelled out."""
    return pieces == [unknown] or (len(pieces) > 1 and all(len(piece) == 1 for piece in pieces))
