"""The structure of recipes as types, checked by mypy and published in the OpenAPI document."""

from __future__ import annotations

from typing import Annotated, Any, NotRequired

from pydantic import Field
from typing_extensions import TypedDict  # pydantic reads the standard library's from Python 3.12 on only

from app.core.field_docs import documented
from app.requests.walk_requests.stop_options import RecordedOptions
from app.requests.walk_requests.walk_request import RecordedSettings
from sketch.scene import Scene, Thing

PHOTO = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
SCENE = Scene((Thing("0a1b2c3d4e5f6a7b8c9d"),)).as_json()
STOPS = [{"prompt": prompt, "negative_prompt": "", "seed": None, "hand": None} for prompt in ("a lemon", "the sun")]


@documented
class RecipeStop(RecordedOptions):
    """One stop of a recipe."""

    prompt: Annotated[str, Field(examples=["a lemon"])]
    """What the stop shows."""
    negative_prompt: Annotated[str, Field(examples=[""])]
    """What the pictures should not show."""
    seed: Annotated[int | None, Field(examples=[None])]
    """Its own seed; null when it is the walk's."""
    hand: Annotated[str | None, Field(examples=[None])]
    """The words of its style; null when the model chooses."""
    scene: NotRequired[Annotated[dict[str, Any], Field(examples=[SCENE])]]
    """How the prompt was interpreted: drawings, their places, a setting."""
    photo: NotRequired[Annotated[str, Field(examples=[PHOTO])]]
    """The SHA-256 of its photo, which itself is in no recipe."""
    cut_out: NotRequired[Annotated[bool, Field(examples=[False])]]
    """Whether only the photo's main object is used."""


@documented
class RecipeDrawing(TypedDict):
    """A reference drawing of the pictures, with its credit; the drawing itself is not in the recipe."""

    digest: Annotated[str, Field(examples=["0a1b2c3d4e5f6a7b8c9d"])]
    """Its name in scenes."""
    name: Annotated[str, Field(examples=["house"])]
    """What it shows."""
    artist: Annotated[str | None, Field(examples=["Google LLC"])]
    """Its artist; null if not known."""
    licence: Annotated[str | None, Field(examples=["Apache-2.0"])]
    """Its licence; null if not known."""
    source: Annotated[str | None, Field(examples=["npm:@iconify-json/noto@1.2.9#house"])]
    """Where it is from; null if not known."""


@documented
class RecipeModel(TypedDict):
    """The model that rendered the walk."""

    name: Annotated[str | None, Field(examples=["house"])]
    """Its name."""
    revision: Annotated[str | None, Field(examples=["3f9a2c1d0e5b"])]
    """Its revision."""
    prefix: Annotated[str | None, Field(examples=[""])]
    """What the model puts before each prompt."""
    asked: NotRequired[Annotated[str | None, Field(examples=[None])]]
    """The model asked for; null for the site's first."""


@documented
class RecipeSampler(TypedDict):
    """The settings of the sampler."""

    scheduler: Annotated[str | None, Field(examples=["DPMSolverMultistepScheduler"])]
    """The solver."""
    steps: Annotated[int, Field(examples=[20])]
    """Its steps."""
    guidance: Annotated[float, Field(examples=[3.5])]
    """How closely the prompt is followed."""
    guided: NotRequired[Annotated[list[int], Field(examples=[[2, 14]])]]
    """The first of the guided steps, and the one after."""
    gain: NotRequired[Annotated[float, Field(examples=[1.12])]]
    """How much stronger the guidance is in its steps than requested."""
    detail: NotRequired[Annotated[float, Field(examples=[0.2])]]
    """How much stronger fine details are midway between two stops."""
    spacing: NotRequired[Annotated[list[float] | None, Field(examples=[[-5.0, 3.0]])]]
    """The half log signal-to-noise ratios of the first and last step; null for the model's own."""
    adapters: NotRequired[
        Annotated[dict[str, str], Field(examples=[{"our prints": "4f0c1d6f0f2b7a35c8a1c0de5e1b2a90"}])]
    ]
    """The digests of the adapters of its styles, by the styles' words."""
    loras: NotRequired[Annotated[dict[str, str], Field(examples=[{"ink": "4f0c1d6f0f2b7a35c8a1c0de5e1b2a90"}])]]
    """The digests of the LoRA files of its stops, by their names."""
    prompt_syntax: NotRequired[Annotated[int, Field(examples=[1])]]
    """The version of the syntax of prompt weights; without it, brackets are text."""
    embeddings: NotRequired[
        Annotated[dict[str, str], Field(examples=[{"ink-style": "4f0c1d6f0f2b7a35c8a1c0de5e1b2a90"}])]
    ]
    """The digests of the embeddings that its prompts name, by their names."""
    ladder: NotRequired[Annotated[list[list[int]], Field(examples=[[[6, 6], [9, 12]]])]]
    """The steps to which its knots (intermediate samples) run, and how many per leg."""
    branches: NotRequired[Annotated[bool, Field(examples=[True])]]
    """Whether frames start from the nearest knots."""
    mixing: NotRequired[Annotated[int, Field(examples=[2])]]
    """How states are blended: 2 blends the expected picture and its noise apart, 1 (or nothing) the latents as they
    are."""
    enlarged: NotRequired[Annotated[int, Field(examples=[2])]]
    """How many times the model's own size a side is, if larger."""
    finer: NotRequired[Annotated[int, Field(examples=[2])]]
    """How many times of these the decoder's finer stage adds."""
    aspect: NotRequired[Annotated[str, Field(examples=["16:9"])]]
    """The aspect ratio, if the pictures are not square."""
    frame: NotRequired[Annotated[list[int], Field(examples=[[512, 288]])]]
    """Their width and height in pixels."""
    decoder: NotRequired[Annotated[str, Field(examples=["float32"])]]
    """The decoder's precision, if it may differ from the network's."""


@documented
class RecipeLevel(TypedDict):
    """One pass of the walk: its stops, intermediate samples, which are not shown, or frames."""

    kind: Annotated[str, Field(examples=["stops"])]
    """stops, knots or frames."""
    until: Annotated[int, Field(examples=[20])]
    """The step they were rendered to."""
    positions: Annotated[list[float], Field(examples=[[0.0, 1.0]])]
    """Their positions."""
    batches: Annotated[list[list[int]], Field(examples=[[[0, 1]]])]
    """Which of them were rendered together, in order."""
    pad: Annotated[int, Field(examples=[2])]
    """The number to which smaller batches are padded."""


@documented
class RecipeSound(TypedDict):
    """The part of a sound that the film is set to; the sound itself is in no recipe."""

    digest: Annotated[str, Field(examples=[PHOTO])]
    """The SHA-256 of the sound as it was uploaded."""
    start: Annotated[float, Field(examples=[12.0])]
    """Where the part begins, in seconds."""
    length: Annotated[float, Field(examples=[15.0])]
    """How long the part and the film are, in seconds."""
    way: Annotated[str, Field(examples=["pulse"])]
    """How the walk follows it: steady, pulse or energy."""
    pictures: Annotated[int, Field(examples=[240])]
    """How many distinct pictures the film was planned with at most."""
    holds: Annotated[list[int] | None, Field(examples=[[180, 195]])]
    """For how many frame times each picture is shown; 0: it is not, because the film would flash. Null until it is
    planned."""


@documented
class RecipeDevice(TypedDict):
    """Further settings that the pixels depend on."""

    precision: Annotated[str | None, Field(examples=["float32"])]
    """The data type of numbers."""
    memory_format: Annotated[str | None, Field(examples=["contiguous"])]
    """The memory format of tensors."""
    threads: Annotated[int | None, Field(examples=[2])]
    """The number of threads."""
    batch: Annotated[int | None, Field(examples=[4])]
    """How many pictures are rendered at once."""


@documented
class Recipe(RecordedSettings):
    """Everything that fixes the pixels of a walk; values that are only known after rendering are null until then."""

    format: Annotated[str, Field(examples=["moma-lisa recipe"])]
    """Marks the object as a recipe."""
    version: Annotated[int, Field(examples=[2])]
    """The format's version: 2, or 1 when every frame was rendered in full."""
    synthetic: Annotated[bool, Field(examples=[True])]
    """The pictures are machine-made."""
    digital_source_type: Annotated[
        str, Field(examples=["http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"])
    ]
    """The same as an IPTC term."""
    stops: Annotated[list[RecipeStop], Field(examples=[STOPS])]
    """The stops."""
    seed: Annotated[int, Field(examples=[11])]
    """The walk's seed."""
    frames: Annotated[int, Field(examples=[2])]
    """The number of frames."""
    positions: Annotated[list[float] | None, Field(examples=[[0.0, 1.0]])]
    """The position of each frame; stop n is at n."""
    fps: Annotated[float, Field(examples=[12.5])]
    """Frames per second."""
    size: Annotated[list[int | None] | None, Field(examples=[[128, 128]])]
    """Width and height."""
    model: RecipeModel
    sampler: RecipeSampler
    levels: NotRequired[list[RecipeLevel] | None]
    """The passes in which it was rendered; null until it is finished."""
    drawings: NotRequired[list[RecipeDrawing]]
    """The reference drawings of its scenes, for sketch-conditioned models."""
    sound: NotRequired[RecipeSound]
    """The sound that the film is set to; `frames` are then its distinct pictures."""
    remix_of: NotRequired[Annotated[str, Field(examples=["k3v9x2mq7wzt4hbn"])]]
    """The ID of the public walk that it is a remix or repaint of; it changes no picture."""
    device: RecipeDevice
    software: Annotated[str | None, Field(examples=["MoMA Lisa 1.1.0, diffusers 0.42.1"])]
    """The software that rendered it."""
