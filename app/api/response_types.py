"""What the API answers with, as types: mypy holds the code to them, and the OpenAPI document is written from them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict  # pydantic reads the standard library's from Python 3.12 on only

from app.presentation.walk_description import WALK_ID, WalkDescription


class NewWalk(WalkDescription):
    """A walk as it is answered to whoever commissioned it."""

    owner_token: Annotated[
        str | None,
        Field(
            description="What changes, cancels or deletes the walk, shown this once: keep it. Null in a repeat, unless "
            "it is the bearer token that you sent, and with an API token, which does so itself.",
            examples=["5f1c…e07a"],
        ),
    ]


class DrawingDescription(TypedDict):
    """A drawing that leads the painter."""

    drawing: Annotated[str, Field(description="Its digest, as scenes name it.", examples=["cb73ecce6d2ee0de2cf7"])]
    name: Annotated[str, Field(description="What it shows.", examples=["bat"])]
    picture: Annotated[
        str,
        Field(
            description="The drawing in one ink, WebP, root-relative.", examples=["/drawings/cb73ecce6d2ee0de2cf7.webp"]
        ),
    ]


class ThingDescription(DrawingDescription):
    """A thing that a prompt was read as."""

    phrase: Annotated[str, Field(description="The words of the prompt that it was read from.", examples=["two bats"])]
    others: Annotated[list[DrawingDescription], Field(description="What else they may mean, the likeliest first.")]
    number: Annotated[int, Field(description="How many of it are shown.", examples=[2])]
    colour: Annotated[str | None, Field(description="Its colour; null for its own.", examples=[None])]
    place: Annotated[
        str | None,
        Field(
            description="How it stands to the thing after it, such as `above` or `in`; null where nothing was said.",
            examples=[None],
        ),
    ]
    freely: Annotated[bool, Field(description="Whether it was found by its meaning alone.", examples=[False])]


class SettingDescription(TypedDict):
    """Where things stand; what is null is left to the seed."""

    kind: Annotated[str | None, Field(description="The place, such as `sea` or `table`.", examples=[None])]
    time: Annotated[str | None, Field(description="`day`, `dusk` or `night`.", examples=["night"])]
    weather: Annotated[str | None, Field(description="`rain` or `snow`.", examples=[None])]
    ground: Annotated[str | None, Field(description="The colour of what is behind.", examples=[None])]
    composition: Annotated[
        str | None,
        Field(description="How they are put together: `row`, `grid`, `pattern`, `close-up`.", examples=[None]),
    ]


class ReadingDescription(TypedDict):
    """What a prompt is read as, where drawings lead the painter."""

    things: Annotated[list[ThingDescription], Field(description="Its things; none where it names but a place.")]
    setting: SettingDescription
    freely: Annotated[bool, Field(description="Whether any thing was found by its meaning alone.", examples=[False])]
    words: Annotated[
        str, Field(description="What the painter is told of it, in English.", examples=["two bats at night"])
    ]
    hands: Annotated[list[str], Field(description="The hands that it names, as they are written.", examples=[[]])]
    unwanted: Annotated[list[str], Field(description="The names of what must not be shown.", examples=[[]])]
    language: Annotated[str, Field(description="The language that it was read in.", examples=["en"])]
    reader: Annotated[int, Field(description="The version of what read it, as scenes name it.", examples=[1])]


class StyleDescription(TypedDict):
    """A style: a way of painting that a stop can be asked for in."""

    name: Annotated[str, Field(description="Its name, as a stop's `style`.", examples=["linocut"])]
    title: Annotated[str, Field(description="What people call it.", examples=["Linocut"])]
    hand: Annotated[str, Field(description="The words of the hand that paints it.", examples=["linocut"])]
    suits: Annotated[
        str | None,
        Field(description="What it suits, in a few words.", examples=["birds, workers and bold shapes"]),
    ]
    layouts: Annotated[
        list[str],
        Field(description="The layouts that a stop in it may ask for; none where the style composes nothing.",
              examples=[[]]),
    ]  # fmt: skip
    picture: Annotated[
        str | None,
        Field(description="A picture painted in it, WebP, root-relative.", examples=["/styles/linocut.webp"]),
    ]
    likeness: Annotated[
        float | None,
        Field(description="How well it suits the prompt, to compare within one answer; null without.", examples=[1.42]),
    ]
    because: Annotated[
        str | None,
        Field(description="What of it is nearest to the prompt; null without one.", examples=["the city at night"]),
    ]


class ArtistDescription(TypedDict):
    """An artist near a prompt, by the titles and subjects of their works in a catalogue."""

    name: Annotated[str, Field(description="Its name among the styles, as a stop's `style`.", examples=["jane-doe"])]
    title: Annotated[str, Field(description="What people call them.", examples=["Jane Doe"])]
    hand: Annotated[
        str | None, Field(description="The hand that paints: one that stands in, or its own.", examples=["watercolour"])
    ]
    model: Annotated[str | None, Field(description="The model that learned it; null without.", examples=[None])]
    works: Annotated[int, Field(description="How many works the catalogue has.", examples=[42])]
    likeness: Annotated[float, Field(description="How near, to compare within one answer.", examples=[1.42])]
    because: Annotated[str, Field(description="What of the works is nearest to the prompt.", examples=["shipwreck"])]


class LoraDescription(TypedDict):
    """A LoRA that a stop may be painted with."""

    name: Annotated[str, Field(description="What a stop names it by.", examples=["ink"])]
    title: Annotated[str, Field(description="What people call it.", examples=["Ink wash"])]
    licence: Annotated[str | None, Field(description="Its licence, as far as it was told.", examples=["CC0-1.0"])]
    trigger: Annotated[
        str | None, Field(description="Words for the prompt that it was trained with, if known.", examples=[None])
    ]
    family: Annotated[
        str | None, Field(description="The models that it is made for, if known.", examples=["Stable Diffusion XL"])
    ]
    digest: Annotated[str, Field(description="What recipes know it by.", examples=["4f0c1d6f0f2b7a35c8a1c0de5e1b2a90"])]


class StyleList(TypedDict):
    """Styles, those that suit a prompt best first."""

    styles: Annotated[list[StyleDescription], Field(description="The styles.")]
    artists: Annotated[list[ArtistDescription], Field(description="The artists near a prompt; none without one.")]
    loras: Annotated[list[LoraDescription], Field(description="The LoRA files that fit the model.", examples=[[]])]


class WalkList(TypedDict):
    """Some walks that hang in the gallery."""

    walks: Annotated[list[WalkDescription], Field(description="The walks.")]
    next_cursor: Annotated[str | None, Field(description="Leads to the next; null at the end.", examples=[None])]
    previous_cursor: Annotated[
        str | None, Field(description="Leads to those before; null at the beginning.", examples=[None])
    ]
    found: Annotated[
        int | None,
        Field(description="How many a search or filters found, counted up to 1,001; null without any.", examples=[1]),
    ]


class CuratedWalk(TypedDict):
    """What a curator decided about a walk."""

    id: Annotated[str, Field(description="The walk's id.", examples=[WALK_ID])]
    hidden: Annotated[bool, Field(description="Whether the house has taken it down.", examples=[True])]
    featured: Annotated[bool, Field(description="Whether the house shows it first.", examples=[False])]


class LikeList(TypedDict):
    """Some walks that hang in the gallery, the likest first."""

    frame: Annotated[int, Field(description="The index of the frame that they are like.", examples=[12])]
    walks: Annotated[
        list[WalkDescription] | None, Field(description="The walks; null while no worker has looked at the walk.")
    ]
