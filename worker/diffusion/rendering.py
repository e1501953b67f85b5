"""What is asked of a painter: what stands at each stop, and the settings that fix the pixels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sketch.scene import Scene
from worker.diffusion.families.text_options import DEFAULT_OPTIONS, TextOptions
from worker.networks.adapters import Weights


class PaintingError(Exception):
    """A picture could not be painted."""


@dataclass(frozen=True, slots=True)
class StopInput:
    """One station of a walk, its seed drawn.

    `subject` is what of the prompt its visitor wrote, where words of a hand were added; the note speaks of that.
    A prompt that `has_hand` goes without the model's prefix, which means any hand. A `scene` is what the prompt was
    read as, for models that are led by sketches; `adapters` are what the model learned of its hand here, and its LoRA,
    with their weights; `how` says how its texts are read. `written` is what the visitor wrote where
    the prompt is what that was read as.
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
    `mixing` says how two states are blended: 1 their latents as they are, 2 the expected picture and its noise apart.
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
    mixing: int = 1
    gpu: GpuOptions = DEFAULT

    @classmethod
    def from_sampling(
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
            mixing=sampling.get("mixing", 1),
            gpu=GpuOptions.of(sampling["gpu"]) if "gpu" in sampling else gpu,
            **device,
        )
