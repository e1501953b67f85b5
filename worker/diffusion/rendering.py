"""The input of a painter: what each stop contains, and the settings that determine the pixels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sketch.scene import Scene
from worker.diffusion.families.text_options import DEFAULT_OPTIONS, TextOptions
from worker.networks.adapters import Weights


class GenerationError(Exception):
    """A picture could not be rendered."""


@dataclass(frozen=True, slots=True)
class StopInput:
    """One stop of a walk, with its seed.

    `subject` is the visitor's part of the prompt, where a style's words were added; the stop's note is about that. A
    prompt that `has_style` gets no prefix, since the model's prefix stands for all styles. `scene` is the
    interpretation of the prompt, for sketch-conditioned models. `adapters` are the weights of what the model learnt of
    the style, and of LoRA files; `options` say how the texts are encoded. `written` is what the visitor wrote, where
    `prompt` is its interpretation; `style` are the words of the style that was chosen.
    """

    prompt: str
    negative_prompt: str
    seed: int
    subject: str = ""
    has_style: bool = False
    scene: Scene | None = None
    adapters: Weights = field(default_factory=dict)
    options: TextOptions = DEFAULT_OPTIONS
    written: str = ""
    style: str = ""


BENCHMARK, TF32 = SWITCHES = "cudnn_benchmark", "tf32"
"""The switches of torch: cuDNN benchmarks its algorithms; float32 matrices are multiplied in TF32."""


@dataclass(frozen=True, slots=True)
class GpuOptions:
    """The options of a GPU. `decoded_pixels` is how many pixels are decoded in one batch, 0 for a CPU's number."""

    decoded_pixels: int = 0
    switches: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, recorded: Mapping[str, Any]) -> GpuOptions:
        """Return the options that a walk records."""
        return cls(recorded["decoded_pixels"], tuple(recorded["switches"]))

    def to_json(self) -> dict[str, Any] | None:
        """Return the options as a walk records them; None for the defaults."""
        if self == DEFAULT:
            return None
        return {"decoded_pixels": self.decoded_pixels, "switches": list(self.switches)}


DEFAULT = GpuOptions()


@dataclass(frozen=True, slots=True)
class Rendering:
    """All settings that determine a frame's pixels, except stops and model, and the number of frames in a batch.

    `guided` is the interval of steps with guidance, all steps if None. `spacing` are the half log-SNRs of the first and
    the last step, between which steps are evenly spaced; None means the solver's own steps. `decoded` are the depths
    whose thumbnails are decoded: those of the later passes, or of the only one, since they place the frames. `detail`
    is how much the finest detail of latents is strengthened midway between stops. `finer` is the multiple of the usual
    size that latents are decoded to. `decoder` is the decoder's precision where the walk records it; if it overflows,
    decoding alone is repeated in float32. `mixing` is how two states are blended: 1 the latents as they are, 2 the
    expected picture and its noise separately. `gpu` are the GPU options that differ from the defaults.
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
    mixing: int = 1
    gpu: GpuOptions = DEFAULT

    @classmethod
    def from_sampling(
        cls, sampling: Mapping[str, Any], *, decoder: str | None = None, gpu: GpuOptions = DEFAULT, **device: Any
    ) -> Rendering:
        """Return a rendering from sampling settings, as `presets.resolve` returns or a recipe records them.

        `decoder` and `gpu` are used where `sampling` records none. `device` are the remaining fields.
        """
        guided, spacing, ladder = sampling.get("guided"), sampling.get("spacing"), sampling.get("ladder", ())
        push, gain = sampling["guidance"] - 1, sampling.get("gain", 1.0)  # guidance 1 is no guidance
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
            mixing=sampling.get("mixing", 1),
            gpu=GpuOptions.from_json(sampling["gpu"]) if "gpu" in sampling else gpu,
            **device,
        )
