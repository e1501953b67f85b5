"""Response types of the API. The OpenAPI document is generated from them, and mypy checks the code against them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict  # pydantic reads the standard library's from Python 3.12 on only

from app.presentation.walk_description import WALK_ID, WalkDescription


class NewWalk(WalkDescription):
    """A walk in the response to the request that created it."""

    owner_token: Annotated[
        str | None,
        Field(
            description="The token that changes, cancels or deletes the walk, shown only this once: keep it. Null in a "
            "repeated request, unless you sent it as bearer token, and null with an API token, which then owns the "
            "walk.",
            examples=["5f1c…e07a"],
        ),
    ]


class DrawingDescription(TypedDict):
    """A reference drawing."""

    drawing: Annotated[str, Field(description="Its digest, as used in scenes.", examples=["cb73ecce6d2ee0de2cf7"])]
    name: Annotated[str, Field(description="The name of what it shows.", examples=["bat"])]
    picture: Annotated[
        str,
        Field(
            description="The address of the drawing in one colour: WebP, root-relative.",
            examples=["/drawings/cb73ecce6d2ee0de2cf7.webp"],
        ),
    ]


class ThingDescription(DrawingDescription):
    """A thing that was recognised in a prompt."""

    phrase: Annotated[str, Field(description="The words of the prompt that name it.", examples=["two bats"])]
    others: Annotated[
        list[DrawingDescription], Field(description="Other drawings that the words may mean, the likeliest first.")
    ]
    number: Annotated[int, Field(description="How many of it are shown.", examples=[2])]
    colour: Annotated[str | None, Field(description="Its colour; null for the drawing's own.", examples=[None])]
    place: Annotated[
        str | None,
        Field(
            description="Its position relative to the next thing, such as `above` or `in`; null if not given.",
            examples=[None],
        ),
    ]
    freely: Annotated[bool, Field(description="Whether it was matched by semantic search only.", examples=[False])]


class SettingDescription(TypedDict):
    """The setting of a scene; the seed decides what is null."""

    kind: Annotated[str | None, Field(description="The place, such as `sea` or `table`.", examples=[None])]
    time: Annotated[str | None, Field(description="`day`, `dusk` or `night`.", examples=["night"])]
    weather: Annotated[str | None, Field(description="`rain` or `snow`.", examples=[None])]
    ground: Annotated[str | None, Field(description="The colour of the background.", examples=[None])]
    composition: Annotated[
        str | None,
        Field(description="The composition: `row`, `grid`, `pattern` or `close-up`.", examples=[None]),
    ]


class ReadingDescription(TypedDict):
    """The interpretation of a prompt for a sketch-conditioned model."""

    things: Annotated[
        list[ThingDescription], Field(description="The things in it; empty if the prompt names only a place.")
    ]
    setting: SettingDescription
    freely: Annotated[
        bool, Field(description="Whether any thing was matched by semantic search only.", examples=[False])
    ]
    words: Annotated[
        str, Field(description="The English words that the model receives.", examples=["two bats at night"])
    ]
    hands: Annotated[list[str], Field(description="The styles that the prompt names, as written.", examples=[[]])]
    unwanted: Annotated[list[str], Field(description="The names of what must not be shown.", examples=[[]])]
    language: Annotated[str, Field(description="The language that the prompt was parsed in.", examples=["en"])]
    reader: Annotated[int, Field(description="The version of the prompt parser, as in scenes.", examples=[1])]


class StyleDescription(TypedDict):
    """A style that a stop can be generated in."""

    name: Annotated[str, Field(description="Its name, for a stop's `style`.", examples=["linocut"])]
    title: Annotated[str, Field(description="Its title.", examples=["Linocut"])]
    hand: Annotated[str, Field(description="The words for a stop's `hand`.", examples=["linocut"])]
    suits: Annotated[
        str | None,
        Field(description="The subjects it suits, in a few words.", examples=["birds, workers and bold shapes"]),
    ]
    layouts: Annotated[
        list[str],
        Field(description="The layouts that a stop in this style may have; empty if the style has no layouts.",
              examples=[[]]),
    ]  # fmt: skip
    picture: Annotated[
        str | None,
        Field(description="A sample picture: WebP, root-relative.", examples=["/styles/linocut.webp"]),
    ]
    likeness: Annotated[
        float | None,
        Field(
            description="How well it suits the prompt, comparable within one response; null without a prompt.",
            examples=[1.42],
        ),
    ]
    because: Annotated[
        str | None,
        Field(
            description="The part of its description nearest to the prompt; null without one.",
            examples=["the city at night"],
        ),
    ]


class ArtistDescription(TypedDict):
    """An artist near a prompt, by the titles and subjects of their works in a catalogue."""

    name: Annotated[str, Field(description="The name of their style, for a stop's `style`.", examples=["jane-doe"])]
    title: Annotated[str, Field(description="The artist's name.", examples=["Jane Doe"])]
    hand: Annotated[
        str | None,
        Field(description="The style that is used: their own, or a substitute.", examples=["watercolour"]),
    ]
    model: Annotated[
        str | None, Field(description="The model trained on their style; null if there is none.", examples=[None])
    ]
    works: Annotated[int, Field(description="The number of their works in the catalogue.", examples=[42])]
    likeness: Annotated[float, Field(description="How near they are, comparable within one response.", examples=[1.42])]
    because: Annotated[str, Field(description="The title or subject nearest to the prompt.", examples=["shipwreck"])]


class LoraDescription(TypedDict):
    """A LoRA that a stop may use."""

    name: Annotated[str, Field(description="Its name, for a stop's `lora`.", examples=["ink"])]
    title: Annotated[str, Field(description="Its title.", examples=["Ink wash"])]
    licence: Annotated[str | None, Field(description="Its licence, if known.", examples=["CC0-1.0"])]
    trigger: Annotated[str | None, Field(description="The trigger words for the prompt, if known.", examples=[None])]
    family: Annotated[
        str | None, Field(description="The model family that it fits, if known.", examples=["Stable Diffusion XL"])
    ]
    digest: Annotated[
        str, Field(description="Its digest, as in recipes.", examples=["4f0c1d6f0f2b7a35c8a1c0de5e1b2a90"])
    ]


class StyleList(TypedDict):
    """Styles, artists and LoRAs; with a prompt, those that suit it best first."""

    styles: Annotated[list[StyleDescription], Field(description="The styles.")]
    artists: Annotated[
        list[ArtistDescription], Field(description="The artists near the prompt; empty without a prompt.")
    ]
    loras: Annotated[list[LoraDescription], Field(description="The LoRA files that fit the model.", examples=[[]])]


class WalkList(TypedDict):
    """A page of walks published in the gallery."""

    walks: Annotated[list[WalkDescription], Field(description="The walks.")]
    next_cursor: Annotated[
        str | None, Field(description="The cursor of the next page; null on the last.", examples=[None])
    ]
    previous_cursor: Annotated[
        str | None, Field(description="The cursor of the previous page; null on the first.", examples=[None])
    ]
    found: Annotated[
        int | None,
        Field(
            description="How many walks match the search or filters, counted up to 1,001; null without either.",
            examples=[1],
        ),
    ]


class CuratedWalk(TypedDict):
    """A walk's curation state."""

    id: Annotated[str, Field(description="The walk's id.", examples=[WALK_ID])]
    hidden: Annotated[bool, Field(description="Whether the site has hidden it.", examples=[True])]
    featured: Annotated[bool, Field(description="Whether the site features it.", examples=[False])]


class LikeList(TypedDict):
    """Published walks that look similar to a frame, the most similar first."""

    frame: Annotated[int, Field(description="The index of the frame that was compared.", examples=[12])]
    walks: Annotated[
        list[WalkDescription] | None,
        Field(description="The walks; null until a worker has computed the frame's image embedding."),
    ]
