"""What a recipe looks like, as types: mypy holds the code to them, and the OpenAPI document is written from them."""

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

    prompt: Annotated[str, Field(description="What is painted here.", examples=["a lemon"])]
    negative_prompt: Annotated[str, Field(description="What is left out.", examples=[""])]
    seed: Annotated[int | None, Field(description="Its own seed; null when it is the walk's.", examples=[None])]
    hand: Annotated[
        str | None, Field(description="The hand it is painted in; null when the model chooses.", examples=[None])
    ]
    scene: NotRequired[
        Annotated[
            dict[str, Any],
            Field(description="What the prompt was read as: drawings, their places, a setting.", examples=[SCENE]),
        ]
    ]
    photo: NotRequired[
        Annotated[
            str,
            Field(description="The SHA-256 of the photo that it is made of, which no recipe holds.", examples=[PHOTO]),
        ]
    ]
    cut_out: NotRequired[
        Annotated[bool, Field(description="Whether of the photo its main thing alone is used.", examples=[False])]
    ]
    lora: NotRequired[Annotated[str, Field(description="The LoRA it is painted with, by its name.", examples=["ink"])]]
    lora_weight: NotRequired[
        Annotated[float, Field(description="How strongly that LoRA works, from -2 to 2.", examples=[1.0])]
    ]
    clip_skip: NotRequired[
        Annotated[int, Field(description="How many of the text encoder's last layers are left out.", examples=[2])]
    ]


class RecipeDrawing(TypedDict):
    """A drawing that the pictures were painted after, and whose it is; the drawing itself is not in the recipe."""

    digest: Annotated[str, Field(description="What scenes call it.", examples=["0a1b2c3d4e5f6a7b8c9d"])]
    name: Annotated[str, Field(description="What it shows.", examples=["house"])]
    artist: Annotated[
        str | None, Field(description="Whose it is; null where that was not told.", examples=["Google LLC"])
    ]
    licence: Annotated[
        str | None, Field(description="Under which licence; null where that was not told.", examples=["Apache-2.0"])
    ]
    source: Annotated[
        str | None,
        Field(
            description="Where it is from; null where that was not told.",
            examples=["npm:@iconify-json/noto@1.2.9#house"],
        ),
    ]


class RecipeModel(TypedDict):
    """The model that paints."""

    name: Annotated[str | None, Field(description="Its name.", examples=["house"])]
    revision: Annotated[str | None, Field(description="Its revision.", examples=["3f9a2c1d0e5b"])]
    prefix: Annotated[str | None, Field(description="What the house puts before each prompt.", examples=[""])]
    asked: NotRequired[
        Annotated[str | None, Field(description="The model asked for; null for the site's first.", examples=[None])]
    ]


class RecipeSampler(TypedDict):
    """How the model is led."""

    scheduler: Annotated[str | None, Field(description="The solver.", examples=["DPMSolverMultistepScheduler"])]
    steps: Annotated[int, Field(description="Its steps.", examples=[20])]
    guidance: Annotated[float, Field(description="How strictly the prompt is followed.", examples=[3.5])]
    guided: NotRequired[
        Annotated[list[int], Field(description="The first of the guided steps, and the one after.", examples=[[2, 14]])]
    ]
    gain: NotRequired[
        Annotated[
            float, Field(description="How much stronger guidance pushes in its steps than was asked.", examples=[1.12])
        ]
    ]
    detail: NotRequired[
        Annotated[
            float,
            Field(description="How much stronger fine details are shown midway between two stops.", examples=[0.2]),
        ]
    ]
    spacing: NotRequired[
        Annotated[
            list[float] | None,
            Field(
                description="From and to which half log signal-to-noise ratio the steps go; null for the model's own.",
                examples=[[-5.0, 3.0]],
            ),
        ]
    ]
    adapters: NotRequired[
        Annotated[
            dict[str, str],
            Field(
                description="The digests of what the model learned of its hands here, by their words.",
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
                description="By which version of the syntax prompts have weights; without it, brackets are text.",
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
                description="To which steps its knots are painted, and how many to a leg.", examples=[[[6, 6], [9, 12]]]
            ),
        ]
    ]
    branches: NotRequired[
        Annotated[bool, Field(description="Whether frames start from the knots beside them.", examples=[True])]
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
        Annotated[int, Field(description="How many times the model's own size a side is, where more.", examples=[2])]
    ]
    finer: NotRequired[
        Annotated[int, Field(description="How many times of these the decoder's finer stage paints.", examples=[2])]
    ]
    aspect: NotRequired[
        Annotated[str, Field(description="Width to height, where the pictures are not square.", examples=["16:9"])]
    ]
    frame: NotRequired[
        Annotated[list[int], Field(description="Their width and height in pixels.", examples=[[512, 288]])]
    ]
    decoder: NotRequired[
        Annotated[
            str,
            Field(description="The decoder's precision, where it may differ from the network's.", examples=["float32"]),
        ]
    ]


class RecipeLevel(TypedDict):
    """What was painted at the same time: stops, knots between them, which nobody sees, or frames."""

    kind: Annotated[str, Field(description="stops, knots or frames.", examples=["stops"])]
    until: Annotated[int, Field(description="The step they were painted to.", examples=[20])]
    positions: Annotated[list[float], Field(description="Where they lie.", examples=[[0.0, 1.0]])]
    batches: Annotated[
        list[list[int]], Field(description="Which of them were painted together, in order.", examples=[[[0, 1]]])
    ]
    pad: Annotated[int, Field(description="How many a smaller batch is filled up to.", examples=[2])]


class RecipeDevice(TypedDict):
    """What else the pixels depend on."""

    precision: Annotated[str | None, Field(description="The numbers' kind.", examples=["float32"])]
    memory_format: Annotated[str | None, Field(description="Their order in memory.", examples=["contiguous"])]
    threads: Annotated[int | None, Field(description="How many threads paint.", examples=[2])]
    batch: Annotated[int | None, Field(description="How many pictures are painted at once.", examples=[4])]


class Recipe(TypedDict):
    """All that fixes the pixels of a walk; what is not settled before it is painted is null until then."""

    format: Annotated[str, Field(description="Says that this is a recipe.", examples=["moma-lisa recipe"])]
    version: Annotated[
        int,
        Field(description="The format's version: 2, or 1 when every frame was painted in full.", examples=[2]),
    ]
    synthetic: Annotated[bool, Field(description="The pictures are a machine's.", examples=[True])]
    digital_source_type: Annotated[
        str,
        Field(
            description="The same, in the words of IPTC.",
            examples=["http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"],
        ),
    ]
    stops: Annotated[list[RecipeStop], Field(description="The stops.", examples=[STOPS])]
    seed: Annotated[int, Field(description="The walk's seed.", examples=[11])]
    frames: Annotated[int, Field(description="How many pictures.", examples=[2])]
    positions: Annotated[
        list[float] | None, Field(description="Where each picture lies; stop n is at n.", examples=[[0.0, 1.0]])
    ]
    fps: Annotated[float, Field(description="Pictures a second.", examples=[12.5])]
    size: Annotated[list[int | None] | None, Field(description="Width and height.", examples=[[128, 128]])]
    model: RecipeModel
    sampler: RecipeSampler
    preset: NotRequired[Annotated[str, Field(description="The preset.", examples=["balanced"])]]
    ending: NotRequired[Annotated[str, Field(description="How the film ends.", examples=["stop"])]]
    easing: NotRequired[Annotated[bool, Field(description="Whether it slows down at the stops.", examples=[False])]]
    levels: NotRequired[
        Annotated[
            list[RecipeLevel] | None, Field(description="In which levels it was painted; null until it is finished.")
        ]
    ]
    drawings: NotRequired[
        Annotated[
            list[RecipeDrawing],
            Field(description="The drawings of its scenes, and whose they are, where sketches led the painter."),
        ]
    ]
    remix_of: NotRequired[
        Annotated[
            str,
            Field(
                description="The id of the public walk that it is a remix or a repaint of; it changes no picture.",
                examples=["k3v9x2mq7wzt4hbn"],
            ),
        ]
    ]
    device: RecipeDevice
    software: Annotated[str | None, Field(description="What painted it.", examples=["moma-lisa 1.0.0"])]
