"""Response types of the API. The OpenAPI document is generated from them, and mypy checks the code against them."""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict  # pydantic reads the standard library's from Python 3.12 on only

from app.core.field_docs import documented
from app.reading.reading import Mark
from app.site.presentation.walk_description import WALK_ID, WalkDescription


@documented
class NewWalk(WalkDescription):
    """A walk in the response to the request that created it."""

    owner_token: Annotated[str | None, Field(examples=["5f1c…e07a"])]
    """The token that changes, cancels or deletes the walk, shown only this once: keep it. Null in a repeated request,
    unless you sent it as bearer token, and null with an API token, which then owns the walk."""


@documented
class DrawingDescription(TypedDict):
    """A reference drawing."""

    drawing: Annotated[str, Field(examples=["cb73ecce6d2ee0de2cf7"])]
    """Its digest, as used in scenes."""
    name: Annotated[str, Field(examples=["bat"])]
    """The name of what it shows."""
    picture: Annotated[str, Field(examples=["/drawings/cb73ecce6d2ee0de2cf7.webp"])]
    """The address of the drawing in one colour: WebP, root-relative."""


@documented
class ThingDescription(DrawingDescription):
    """A thing that was recognised in a prompt."""

    phrase: Annotated[str, Field(examples=["two bats"])]
    """The words of the prompt that name it."""
    others: list[DrawingDescription]
    """Other drawings that the words may mean, the likeliest first."""
    number: Annotated[int, Field(examples=[2])]
    """How many of it are shown."""
    colour: Annotated[str | None, Field(examples=[None])]
    """Its colour; null for the drawing's own."""
    place: Annotated[str | None, Field(examples=[None])]
    """Its position relative to the next thing, such as `above` or `in`; null if not given."""
    freely: Annotated[bool, Field(examples=[False])]
    """Whether it was matched by semantic search only."""


@documented
class SettingDescription(TypedDict):
    """The setting of a scene; the seed decides what is null."""

    kind: Annotated[str | None, Field(examples=[None])]
    """The place, such as `sea` or `table`."""
    time: Annotated[str | None, Field(examples=["night"])]
    """`day`, `dusk` or `night`."""
    weather: Annotated[str | None, Field(examples=[None])]
    """`rain` or `snow`."""
    ground: Annotated[str | None, Field(examples=[None])]
    """The colour of the background."""
    composition: Annotated[str | None, Field(examples=[None])]
    """The composition: `row`, `grid`, `pattern` or `close-up`."""


@documented
class MarkDescription(TypedDict):
    """A word of a prompt that means something, and what was made of it."""

    word: Annotated[str, Field(examples=["bats"])]
    """The word as written."""
    mark: Annotated[Mark, Field(examples=["read"])]
    """Whether it is shown, only stood for by something near it, or not shown."""
    thing: Annotated[str | None, Field(examples=["bat"])]
    """The name of the thing that it led to; null if it led to none, as colours and places do."""
    corrected: Annotated[str | None, Field(examples=[None])]
    """The word that it was taken for, if it seems misspelt; else null."""


@documented
class ReadingDescription(TypedDict):
    """The interpretation of a prompt for a sketch-conditioned model."""

    things: list[ThingDescription]
    """The things in it; empty if the prompt names only a place."""
    setting: SettingDescription
    freely: Annotated[bool, Field(examples=[False])]
    """Whether any thing was matched by semantic search only."""
    marks: list[MarkDescription]
    """The words of the prompt that mean something, in their order, and whether each is shown."""
    note: Annotated[str | None, Field(examples=[None])]
    """What was not read or was ignored, as in a stop's `note`; null if the whole prompt was read."""
    ignored: Annotated[list[str], Field(examples=[[]])]
    """The tags and syntax of other tools in the prompt, which are ignored."""
    words: Annotated[str, Field(examples=["two bats at night"])]
    """The English words that the model receives."""
    hands: Annotated[list[str], Field(examples=[[]])]
    """The styles that the prompt names, as written."""
    unwanted: Annotated[list[str], Field(examples=[[]])]
    """The names of what must not be shown."""
    language: Annotated[str, Field(examples=["en"])]
    """The language that the prompt was parsed in."""
    reader: Annotated[int, Field(examples=[1])]
    """The version of the prompt parser, as in scenes."""


@documented
class StyleDescription(TypedDict):
    """A style that a stop can be generated in."""

    name: Annotated[str, Field(examples=["linocut"])]
    """Its name, for a stop's `style`."""
    title: Annotated[str, Field(examples=["Linocut"])]
    """Its title."""
    hand: Annotated[str, Field(examples=["linocut"])]
    """The words for a stop's `hand`."""
    suits: Annotated[str | None, Field(examples=["birds, workers and bold shapes"])]
    """The subjects it suits, in a few words."""
    layouts: Annotated[list[str], Field(examples=[[]])]
    """The layouts that a stop in this style may have; empty if the style has no layouts."""
    picture: Annotated[str | None, Field(examples=["/styles/linocut.webp"])]
    """A sample picture: WebP, root-relative."""
    likeness: Annotated[float | None, Field(examples=[1.42])]
    """How well it suits the prompt, comparable within one response; null without a prompt."""
    because: Annotated[str | None, Field(examples=["the city at night"])]
    """The part of its description nearest to the prompt; null without one."""


@documented
class ArtistDescription(TypedDict):
    """An artist near a prompt, by the titles and subjects of their works in a catalogue."""

    name: Annotated[str, Field(examples=["jane-doe"])]
    """The name of their style, for a stop's `style`."""
    title: Annotated[str, Field(examples=["Jane Doe"])]
    """The artist's name."""
    hand: Annotated[str | None, Field(examples=["watercolour"])]
    """The style that is used: their own, or a substitute."""
    model: Annotated[str | None, Field(examples=[None])]
    """The model trained on their style; null if there is none."""
    works: Annotated[int, Field(examples=[42])]
    """The number of their works in the catalogue."""
    likeness: Annotated[float, Field(examples=[1.42])]
    """How near they are, comparable within one response."""
    because: Annotated[str, Field(examples=["shipwreck"])]
    """The title or subject nearest to the prompt."""


@documented
class LoraDescription(TypedDict):
    """A LoRA that a stop may use."""

    name: Annotated[str, Field(examples=["ink"])]
    """Its name, for a stop's `lora`."""
    title: Annotated[str, Field(examples=["Ink wash"])]
    """Its title."""
    licence: Annotated[str | None, Field(examples=["CC0-1.0"])]
    """Its licence, if known."""
    trigger: Annotated[str | None, Field(examples=[None])]
    """The trigger words for the prompt, if known."""
    family: Annotated[str | None, Field(examples=["Stable Diffusion XL"])]
    """The model family that it fits, if known."""
    digest: Annotated[str, Field(examples=["4f0c1d6f0f2b7a35c8a1c0de5e1b2a90"])]
    """Its digest, as in recipes."""


@documented
class StyleList(TypedDict):
    """Styles, artists and LoRAs; with a prompt, those that suit it best first."""

    styles: list[StyleDescription]
    """The styles."""
    artists: list[ArtistDescription]
    """The artists near the prompt; empty without a prompt."""
    loras: Annotated[list[LoraDescription], Field(examples=[[]])]
    """The LoRA files that fit the model."""


@documented
class WalkList(TypedDict):
    """A page of walks published in the gallery."""

    walks: list[WalkDescription]
    """The walks."""
    next_cursor: Annotated[str | None, Field(examples=[None])]
    """The cursor of the next page; null on the last."""
    previous_cursor: Annotated[str | None, Field(examples=[None])]
    """The cursor of the previous page; null on the first."""
    found: Annotated[int | None, Field(examples=[1])]
    """How many walks match the search or filters, counted up to 1,001; null without either."""


@documented
class CuratedWalk(TypedDict):
    """A walk's curation state."""

    id: Annotated[str, Field(examples=[WALK_ID])]
    """The walk's id."""
    hidden: Annotated[bool, Field(examples=[True])]
    """Whether the site has hidden it."""
    featured: Annotated[bool, Field(examples=[False])]
    """Whether the site features it."""


@documented
class LikeList(TypedDict):
    """Published walks that look similar to a frame, the most similar first."""

    frame: Annotated[int, Field(examples=[12])]
    """The index of the frame that was compared."""
    walks: list[WalkDescription] | None
    """The walks; null until a worker has computed the frame's image embedding."""
