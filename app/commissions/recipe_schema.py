"""The structure of recipes as types, checked by mypy and published in the OpenAPI document."""

from __future__ import annotations

from typing import Annotated, Any, NotRequired

from pydantic import Field
from typing_extensions import TypedDict  # pydantic reads the standard library's from Python 3.12 on only

from sketch.scene import Scene, Thing

PHOTO = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
SCENE = Scene((Thing("0a1b2c3d4e5f6a7b8c9d"),)).as_json()
STOPS = [{"prompt": prompt, "negative_prompt": "", "seed": None, "hand": None} for prompt in ("a lemon", "the sun")]


class RecipeStop(TypedDict):
    """One stop of a recipe."""

    prompt: Annotated[str, Field(description="What the stop shows.", examples=["a lemon"])]
    negative_prompt: Annotated[str, Field(description="What the pictures should not show.", examples=[""])]
    seed: Annotated[int | None, Field(description="Its own seed; null when it is the walk's.", examples=[None])]
    hand: Annotated[
        str | None, Field(description="The words of its style; null when the model chooses.", examples=[None])
    ]
    scene: NotRequired[
        Annotated[
            dict[str, Any],
            Field(description="How the prompt was interpreted: drawings, their places, a setting.", examples=[SCENE]),
        ]
    ]
    photo: NotRequired[
        Annotated[
            str,
            Field(description="The SHA-256 of its photo, which itself is in no recipe.", examples=[PHOTO]),
        ]
    ]
    cut_out: NotRequired[
        Annotated[bool, Field(description="Whether only the photo's main object is used.", examples=[False])]
    ]
    lora: NotRequired[Annotated[str, Field(description="The name of its LoRA.", examples=["ink"])]]
    lora_weight: NotRequired[
        Annotated[float, Field(description="The weight of that LoRA, from -2 to 2.", examples=[1.0])]
    ]
    clip_skip: NotRequired[
        Annotated[int, Field(description="How many of the text encoder's last layers are skipped.", examples=[2])]
    ]


class RecipeDrawing(TypedDict):
    """A reference drawing of the pictures, with its credit; the drawing itself is not in the recipe."""

    digest: Annotated[str, Field(description="Its name in scenes.", examples=["0a1b2c3d4e5f6a7b8c9d"])]
    name: Annotated[str, Field(description="What it shows.", examples=["house"])]
    artist: Annotated[str | None, Field(description="Its artist; null if not known.", examples=["Google LLC"])]
    licence: Annotated[str | None, Field(description="Its licence; null if not known.", examples=["Apache-2.0"])]
    source: Annotated[
        str | None,
        Field(
            description="Where it is from; null if not known.",
            examples=["npm:@iconify-json/noto@1.2.9#house"],
        ),
    ]


class RecipeModel(TypedDict):
    """The model that rendered the walk."""

    name: Annotated[str | None, Field(description="Its name.", examples=["house"])]
    revision: Annotated[str | None, Field(description="Its revision.", examples=["3f9a2c1d0e5b"])]
    prefix: Annotated[str | None, Field(description="What the model puts before each prompt.", examples=[""])]
    asked: NotRequired[
        Annotated[str | None, Field(description="The model asked for; null for the site's first.", examples=[None])]
    ]


class RecipeSampler(TypedDict):
    """The settings of the sampler."""

    scheduler: Annotated[str | None, Field(description="The solver.", examples=["DPMSolverMultistepScheduler"])]
    steps: Annotated[int, Field(description="Its steps.", examples=[20])]
    guidance: Annotated[float, Field(description="How closely the prompt is followed.", examples=[3.5])]
    guided: NotRequired[
        Annotated[list[int], Field(description="The first of the guided steps, and the one after.", examples=[[2, 14]])]
    ]
    gain: NotRequired[
        Annotated[
            float, Field(description="How much stronger the guidance is in its steps than requested.", examples=[1.12])
        ]
    ]
    detail: NotRequired[
        Annotated[
            float,
            Field(description="How much stronger fine details are midway between two stops.", examples=[0.2]),
        ]
    ]
    spacing: NotRequired[
        Annotated[
            list[float] | None,
            Field(
                description="The half log signal-to-noise ratios of the first and last step; null for the model's own.",
                examples=[[-5.0, 3.0]],
            ),
        ]
    ]
    adapters: NotRequired[
        Annotated[
            dict[str, str],
            Field(
                description="The digests of the adapters of its styles, by the styles' words.",
                examples=[{"our prints": "4f0c1d6f0f2b7a35c8a1c0de5e1b2a90"}],
            ),
        ]
    ]
    loras: NotRequired[
        Annotated[
            dict[str, str],
            Field(
                description="The digests of the LoRA files of its stops, by their names.",
                examples=[{"ink": "4f0c1d6f0f2b7a35c8a1c0de5e1b2a90"}],
            ),
        ]
    ]
    prompt_syntax: NotRequired[
        Annotated[
            int,
            Field(
                description="The version of the syntax of prompt weights; without it, brackets are text.",
                examples=[1],
            ),
        ]
    ]
    embeddings: NotRequired[
        Annotated[
            dict[str, str],
            Field(
                description="The digests of the embeddings that its prompts name, by their names.",
                examples=[{"ink-style": "4f0c1d6f0f2b7a35c8a1c0de5e1b2a90"}],
            ),
        ]
    ]
    ladder: NotRequired[
        Annotated[
            list[list[int]],
            Field(
                description="The steps to which its knots (intermediate samples) run, and how many per leg.",
                examples=[[[6, 6], [9, 12]]],
            ),
        ]
    ]
    branches: NotRequired[
        Annotated[bool, Field(description="Whether frames start from the nearest knots.", examples=[True])]
    ]
    mixing: NotRequired[
        Annotated[
            int,
            Field(
                description="How states are blended: 2 blends the expected picture and its noise apart, 1 (or nothing)"
                " the latents as they are.",
                examples=[2],
            ),
        ]
    ]
    enlarged: NotRequired[
        Annotated[int, Field(description="How many times the model's own size a side is, if larger.", examples=[2])]
    ]
    finer: NotRequired[
        Annotated[int, Field(description="How many times of these the decoder's finer stage adds.", examples=[2])]
    ]
    aspect: NotRequired[
        Annotated[str, Field(description="The aspect ratio, if the pictures are not square.", examples=["16:9"])]
    ]
    frame: NotRequired[
        Annotated[list[int], Field(description="Their width and height in pixels.", examples=[[512, 288]])]
    ]
    decoder: NotRequired[
        Annotated[
            str,
            Field(description="The decoder's precision, if it may differ from the network's.", examples=["float32"]),
        ]
    ]


class RecipeLevel(TypedDict):
    """One pass of the walk: its stops, intermediate samples, which are not shown, or frames."""

    kind: Annotated[str, Field(description="stops, knots or frames.", examples=["stops"])]
    until: Annotated[int, Field(description="The step they were rendered to.", examples=[20])]
    positions: Annotated[list[float], Field(description="Their positions.", examples=[[0.0, 1.0]])]
    batches: Annotated[
        list[list[int]], Field(description="Which of them were rendered together, in order.", examples=[[[0, 1]]])
    ]
    pad: Annotated[int, Field(description="The number to which smaller batches are padded.", examples=[2])]


class RecipeDevice(TypedDict):
    """Further settings that the pixels depend on."""

    precision: Annotated[str | None, Field(description="The data type of numbers.", examples=["float32"])]
    memory_format: Annotated[str | None, Field(description="The memory format of tensors.", examples=["contiguous"])]
    threads: Annotated[int | None, Field(description="The number of threads.", examples=[2])]
    batch: Annotated[int | None, Field(description="How many pictures are rendered at once.", examples=[4])]


class Recipe(TypedDict):
    """Everything that fixes the pixels of a walk; values that are only known after rendering are null until then."""

    format: Annotated[str, Field(description="Marks the object as a recipe.", examples=["moma-lisa recipe"])]
    version: Annotated[
        int,
        Field(description="The format's version: 2, or 1 when every frame was rendered in full.", examples=[2]),
    ]
    synthetic: Annotated[bool, Field(description="The pictures are machine-made.", examples=[True])]
    digital_source_type: Annotated[
        str,
        Field(
            description="The same as an IPTC term.",
            examples=["http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"],
        ),
    ]
    stops: Annotated[list[RecipeStop], Field(description="The stops.", examples=[STOPS])]
    seed: Annotated[int, Field(description="The walk's seed.", examples=[11])]
    frames: Annotated[int, Field(description="The number of frames.", examples=[2])]
    positions: Annotated[
        list[float] | None, Field(description="The position of each frame; stop n is at n.", examples=[[0.0, 1.0]])
    ]
    fps: Annotated[float, Field(description="Frames per second.", examples=[12.5])]
    size: Annotated[list[int | None] | None, Field(description="Width and height.", examples=[[128, 128]])]
    model: RecipeModel
    sampler: RecipeSampler
    preset: NotRequired[Annotated[str, Field(description="The preset.", examples=["balanced"])]]
    ending: NotRequired[Annotated[str, Field(description="How the film ends.", examples=["stop"])]]
    easing: NotRequired[Annotated[bool, Field(description="Whether it slows down at the stops.", examples=[False])]]
    levels: NotRequired[
        Annotated[
            list[RecipeLevel] | None,
            Field(description="The passes in which it was rendered; null until it is finished."),
        ]
    ]
    drawings: NotRequired[
        Annotated[
            list[RecipeDrawing],
            Field(description="The reference drawings of its scenes, for sketch-conditioned models."),
        ]
    ]
    remix_of: NotRequired[
        Annotated[
            str,
            Field(
                description="The ID of the public walk that it is a remix or repaint of; it changes no picture.",
                examples=["k3v9x2mq7wzt4hbn"],
            ),
        ]
    ]
    device: RecipeDevice
    software: Annotated[str | None, Field(description="The software that rendered it.", examples=["moma-lisa 1.0.0"])]
