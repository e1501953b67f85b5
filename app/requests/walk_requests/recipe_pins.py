"""Settings that a recipe fixes beyond its request, and checks that reveal an altered recipe.

Every value is bounded, so a forged recipe cannot make a worker allocate or run without end.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.core.i18n.gettext import _
from app.core.models import aspects
from app.core.models.facts import ModelFacts
from app.core.text import embedding_names
from app.offer.generation import frame_rates
from app.offer.generation.loras import NAME_MAX
from app.storage.drawing_models import CREDIT_MAX, SOURCE_MAX
from app.storage.task_kinds import FRAMES, KNOTS, STOPS
from app.storage.walk_models import STYLE_MAX

PRINTABLE = r"^[^\x00-\x1f\x7f]*$"  # Postgres keeps no NUL in a text
STEPS_MAX = 200
BATCH_MAX = 64
POSITIONS_MAX = 10_000
HOLD_MAX = 1_000_000
KNOTS_MAX = 128  # intermediate samples per leg and pass
GAIN_MAX = 10.0
DETAIL_MAX = 2.0
FPS_MAX = 1000
SNR_MAX = 50.0  # half a log signal-to-noise ratio
LEVELS_MAX = 64
ADAPTERS_MAX = 64  # as many as any walk has stops
EMBEDDINGS_MAX = 256
DECODED_PIXELS_MAX = 2**28
OPTIONAL = (
    "gain", "detail", "enlarged", "finer", "aspect", "frame", "adapters", "loras", "prompt_syntax", "embeddings",
    "decoder", "mixing", "gpu",
)  # fmt: skip  # settings that a sampler may lack
EXACT = ConfigDict(extra="forbid", strict=True)

Framed = Literal["3:2", "2:3", "16:9", "9:16"]
Side = Annotated[int, Field(ge=8, le=4096, multiple_of=8)]
Count = Annotated[int, Field(ge=0, le=POSITIONS_MAX)]
Depth = Annotated[int, Field(ge=0, le=STEPS_MAX)]
LoraName = Annotated[str, Field(max_length=NAME_MAX, pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
EmbeddingName = Annotated[str, Field(pattern=f"^(?:{embedding_names.NAME.pattern})$")]
StyleWords = Annotated[str, Field(max_length=STYLE_MAX, pattern=PRINTABLE)]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
Positions = Annotated[list[float], Field(max_length=POSITIONS_MAX)]


class PinnedLevel(BaseModel):
    """A pass: positions that were rendered up to one step of the solver, in batches of indexes into them."""

    model_config = EXACT

    kind: Literal["stops", "knots", "frames"]
    until: Annotated[int, Field(ge=1, le=STEPS_MAX)]
    positions: Annotated[Positions, Field(min_length=1)]  # a pass without positions would never finish
    batches: Annotated[
        list[Annotated[list[Count], Field(min_length=1, max_length=BATCH_MAX)]], Field(max_length=POSITIONS_MAX)
    ]
    pad: Annotated[int, Field(ge=1, le=BATCH_MAX)] = 1  # the size to which smaller batches are padded


class PinnedGpuOptions(BaseModel):
    """GPU options that differ from the defaults: pixels decoded at once, and the switches that were on."""

    model_config = EXACT

    decoded_pixels: Annotated[int, Field(ge=0, le=DECODED_PIXELS_MAX)]
    switches: Annotated[list[Literal["cudnn_benchmark", "tf32"]], Field(max_length=2)]


class PinnedSampling(BaseModel):
    """Sampler settings beyond the steps: the guided interval, and the schedule of intermediate samples."""

    model_config = EXACT

    guided: Annotated[list[Depth], Field(min_length=2, max_length=2)]
    gain: Annotated[float, Field(ge=0, le=GAIN_MAX, allow_inf_nan=False)] | None = None  # None in old recipes: 1
    detail: Annotated[float, Field(ge=0, le=DETAIL_MAX, allow_inf_nan=False)] | None = None  # None in old recipes: 0
    spacing: (
        Annotated[
            list[Annotated[float, Field(ge=-SNR_MAX, le=SNR_MAX, allow_inf_nan=False)]],
            Field(min_length=2, max_length=2),
        ]
        | None
    )
    ladder: Annotated[
        list[Annotated[list[Annotated[int, Field(ge=1, le=STEPS_MAX)]], Field(min_length=2, max_length=2)]],
        Field(min_length=1, max_length=LEVELS_MAX),
    ]
    branches: bool
    mixing: Literal[2] | None = None  # None in old recipes, meaning 1
    enlarged: Annotated[int, Field(ge=2, le=8)] | None = None  # factor of the model's own size
    finer: Literal[2] | None = None  # the part of this factor that the decoder's finer stage adds
    aspect: Framed | None = None  # None for a square
    frame: Annotated[list[Side], Field(min_length=2, max_length=2)] | None = None  # width and height in pixels
    adapters: Annotated[dict[StyleWords, Digest], Field(max_length=ADAPTERS_MAX)] | None = None
    loras: Annotated[dict[LoraName, Digest], Field(max_length=ADAPTERS_MAX)] | None = None
    prompt_syntax: Literal[1] | None = None  # None if brackets are text
    embeddings: Annotated[dict[EmbeddingName, Digest], Field(max_length=EMBEDDINGS_MAX)] | None = None
    decoder: Literal["bfloat16", "float16", "float32"] | None = None  # if the network has half precision
    gpu: PinnedGpuOptions | None = None


class PinnedDrawing(BaseModel):
    """A reference drawing of a recipe's scenes, with its credit."""

    model_config = EXACT

    digest: Annotated[str, Field(pattern=r"^[0-9A-Za-z]{1,64}$")]
    name: Annotated[str, Field(max_length=CREDIT_MAX, pattern=PRINTABLE)]
    artist: Annotated[str, Field(max_length=CREDIT_MAX, pattern=PRINTABLE)] | None
    licence: Annotated[str, Field(max_length=CREDIT_MAX, pattern=PRINTABLE)] | None
    source: Annotated[str, Field(max_length=SOURCE_MAX, pattern=PRINTABLE)] | None


class PinnedSound(BaseModel):
    """How many pictures a film set to a sound was planned with, and for how many frame times each is shown."""

    model_config = EXACT

    pictures: Annotated[int, Field(ge=3, le=POSITIONS_MAX)]
    holds: Annotated[list[Annotated[int, Field(ge=0, le=HOLD_MAX)]], Field(min_length=1, max_length=POSITIONS_MAX)]


class PinnedSettings(BaseModel):
    """Settings that a recipe fixes beyond the request, so that the same pixels are rendered again."""

    model_config = ConfigDict(extra="ignore", strict=True)

    sampler_steps: Annotated[int, Field(ge=1, le=STEPS_MAX)]
    guidance: Annotated[float, Field(ge=0, le=100)]
    scheduler: Annotated[str, Field(max_length=80, pattern=PRINTABLE)]
    width: Side
    height: Side
    precision: Literal["float32", "bfloat16", "float16", "float8"]
    memory_format: Literal["contiguous", "channels_last"]
    threads: Annotated[int, Field(ge=1, le=1024)]
    batch: Annotated[int, Field(ge=1, le=BATCH_MAX)]
    fps: Annotated[float, Field(gt=0, le=FPS_MAX, allow_inf_nan=False)] | None = None  # exactly as in the film
    positions: Positions
    model_name: Annotated[str, Field(max_length=200, pattern=PRINTABLE)]
    model_revision: Annotated[str, Field(max_length=64, pattern=PRINTABLE)]
    sampling: PinnedSampling | None = None  # None in the first version, which rendered every frame in full
    levels: Annotated[list[PinnedLevel], Field(max_length=LEVELS_MAX)] | None = None
    sound: PinnedSound | None = None

    @property
    def enlarged(self) -> int:
        """Return how many times as long as the model's own side the pictures' side is."""
        return (self.sampling and self.sampling.enlarged) or 1

    @property
    def aspect(self) -> Framed | None:
        """Return the aspect ratio; ``None`` for a square."""
        return None if self.sampling is None else self.sampling.aspect

    def frame_flaw(self, facts: ModelFacts) -> str:
        """Return why a model with these facts cannot render this size; ``""`` if it can, or its sizes are not known."""
        aspect, frame = self.aspect, self.sampling and self.sampling.frame
        if (aspect is None) != (frame is None):
            return _("its aspect ratio cannot be used")
        longer = self.enlarged * (facts.size or 0)
        if facts.sizes and longer not in facts.sizes:
            return _("its size cannot be used")
        if aspect is None or frame is None or not facts.sizes:
            return ""
        finer = (self.sampling and self.sampling.finer) or 1
        is_painted = aspect in facts.aspects and tuple(frame) == aspects.frame(aspect, longer, facts.multiple * finer)
        return "" if is_painted and frame == [self.width, self.height] else _("its aspect ratio cannot be used")

    def sound_flaw(self, length: float | None, stops: int) -> str:
        """Return how the timing of a film set to this length of a sound was altered; ``""`` if it is valid."""
        if (self.sound is None) != (length is None):
            return _("its sound cannot be used")
        if self.sound is None or length is None:
            return ""
        holds = self.sound.holds
        is_whole = self.fps is not None and sum(holds) == frame_rates.frame_at(length, self.fps)
        is_planned = len(holds) == len(self.positions) <= self.sound.pictures and self.sound.pictures > stops
        return "" if is_whole and is_planned and holds[0] else _("the times of its pictures must fill its sound")

    def columns(self) -> dict[str, Any]:
        """Return the settings as columns of a walk's row.

        Its frames are those that were painted: of a film set to music a request names only how many there may be.
        """
        columns = self.model_dump(exclude={"sound"}) | {"frames": len(self.positions)}
        if self.sound is not None:
            columns |= {"holds": self.sound.holds, "sound_pictures": self.sound.pictures}
        if columns["fps"] is None:
            del columns["fps"]
        if self.sampling is not None:
            first = {"scheduler": self.scheduler, "steps": self.sampler_steps, "guidance": self.guidance}
            rest = {
                name: value for name, value in columns["sampling"].items() if name not in OPTIONAL or value is not None
            }
            columns["sampling"] = first | rest  # in the order of resolved settings, so that recipes are identical
        return columns


def flaw(pinned: PinnedSettings, *, stops: int, frames: int | None, closed: bool) -> str:
    """Return how the positions or passes of a recipe were altered; ``""`` if they are valid.

    ``closed`` is true for a walk that ends where it began: its last leg leads from the last stop back to the first.
    """
    if positions_flaw := _positions_flaw(pinned.positions, stops, frames, closed=closed):
        return positions_flaw
    if pinned.sampling is None:
        return ""
    if not pinned.levels:
        return _("its passes are missing")
    return _sampling_flaw(pinned.sampling, pinned.sampler_steps) or _levels_flaw(
        pinned, pinned.sampling, pinned.levels, stops, closed=closed
    )


def _positions_flaw(positions: Sequence[float], stops: int, frames: int | None, *, closed: bool) -> str:
    """Return how the positions were altered: they must rise from the first to the last stop and contain each stop."""
    end = stops if closed else stops - 1
    rising = all(earlier < later for earlier, later in pairwise(positions))
    is_whole = len(positions) == frames and rising and positions[0] == 0
    if not is_whole or (not positions[-1] < end if closed else positions[-1] != end):
        if closed:
            return _("its positions must rise from 0 to below %(end)s, one for each frame", end=end)
        return _("its positions must rise from 0 to %(end)s, one for each frame", end=end)
    if not {float(stop) for stop in range(stops)} <= set(positions):
        return _("a stop is missing among its positions")
    return ""


def _sampling_flaw(sampling: PinnedSampling, steps: int) -> str:
    """Return how the sampler's settings were altered: their steps must lie within ``steps`` and rise."""
    first, end = sampling.guided
    if not first <= end <= steps:
        return _("its guided steps must lie within its %(steps)s steps", steps=steps)
    if sampling.spacing is not None and not sampling.spacing[0] < sampling.spacing[1]:
        return _("the spacing of its steps must rise")
    depths = [depth for depth, _count in sampling.ladder]
    if depths != sorted(set(depths)) or depths[-1] > steps or any(count > KNOTS_MAX for _, count in sampling.ladder):
        values = {"steps": steps, "most": KNOTS_MAX}
        return _(
            "its schedule must fit its %(steps)s steps, with at most %(most)s intermediate samples between stops",
            **values,
        )
    return ""


def _levels_flaw(
    pinned: PinnedSettings, sampling: PinnedSampling, levels: Sequence[PinnedLevel], stops: int, *, closed: bool
) -> str:
    """Return how the passes were altered: their order, their batches, and the positions in them."""
    for number, level in enumerate(levels):
        if sorted(index for batch in level.batches for index in batch) != list(range(len(level.positions))):
            return _("the batches of pass %(number)s must contain each of its positions once", number=number)
        if not _is_distinct_within(level.positions, stops if closed else stops - 1):
            return _("the positions of pass %(number)s must differ and lie on the walk", number=number)
    kinds: list[str] = [level.kind for level in levels]
    if kinds != sorted(kinds, key=(STOPS, KNOTS, FRAMES).index) or kinds.count(STOPS) != 1:
        return _("its passes must be the stops, then intermediate samples, then frames")
    if levels[0].positions != [float(stop) for stop in range(stops)]:
        return _("its first pass must contain the %(count)s stops", count=stops)
    knots = [level for level in levels if level.kind == KNOTS]
    if not sampling.branches and any(_is_mixed(*neighbours) for neighbours in pairwise(knots)):
        return _("a batch of its intermediate samples must start either from earlier ones or from noise, not from both")
    return _knots_flaw(knots, sampling.ladder, stops) or _frames_flaw(
        [level for level in levels if level.kind != KNOTS], pinned
    )


def _is_mixed(earlier: PinnedLevel, later: PinnedLevel) -> bool:
    """Return whether a batch holds both samples that continue earlier ones and samples that start from noise."""
    there = set(earlier.positions)
    return any(len({later.positions[index] in there for index in batch}) > 1 for batch in later.batches)


def _knots_flaw(levels: Sequence[PinnedLevel], ladder: Sequence[Sequence[int]], stops: int) -> str:
    """Return how the passes of intermediate samples were altered, compared with the ladder."""
    depths = [level.until for level in levels]
    if depths != [depth for depth, _count in ladder][: len(depths)]:
        return _("the depths of its intermediate samples must be those of its schedule")
    if any(position.is_integer() for level in levels for position in level.positions):
        return _("a stop is listed among its intermediate samples")
    if any(len(level.positions) > KNOTS_MAX * stops for level in levels):
        return _("it has more than %(most)s intermediate samples between two stops", most=KNOTS_MAX)
    return ""


def _frames_flaw(levels: Sequence[PinnedLevel], pinned: PinnedSettings) -> str:
    """Return how the passes of stops and frames were altered: together they must hold each frame once."""
    if any(level.until != pinned.sampler_steps for level in levels):
        return _("its stops and frames must be painted to the last step, %(step)s", step=pinned.sampler_steps)
    if sorted(position for level in levels for position in level.positions) != pinned.positions:
        return _("its passes must contain each frame once")
    return ""


def _is_distinct_within(positions: Sequence[float], end: float) -> bool:
    inside = all(math.isfinite(position) and 0 <= position <= end for position in positions)
    return inside and len(set(positions)) == len(positions)
