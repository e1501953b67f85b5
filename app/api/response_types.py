"""What the API answers with, as types: mypy holds the code to them, and the OpenAPI document is written from them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict  # pydantic reads the standard library's from Python 3.12 on only

from app.commissions.recipe_schema import STOPS, Recipe, RecipeDrawing
from app.models.aspects import ASPECTS
from app.storage.walk_models import ENDINGS, ID, STATES

WALK_ID = "k7mz3vq9xw2hd8cf"
FINISHED_AT = "2026-11-20T12:00:05.210000+00:00"


Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]


class StopDescription(TypedDict):
    """One stop of a walk."""

    prompt: Annotated[str, Field(description="What is painted here.", examples=["a lemon"])]
    negative_prompt: Annotated[str, Field(description="What is left out.", examples=[""])]
    seed: Annotated[int | None, Field(description="Its own seed; null when it is the walk's.", examples=[None])]
    hand: Annotated[
        str | None, Field(description="The hand it is painted in; null when the model chooses.", examples=[None])
    ]
    found_hand: Annotated[
        str | None,
        Field(
            description="The hand that the house eye found in the finished picture; null where one was asked for, or "
            "where the eye is not sure.",
            examples=[None],
        ),
    ]
    note: Annotated[
        str | None, Field(description="What the painter could not read of the prompt, if anything.", examples=[None])
    ]
    scene: Annotated[
        dict[str, Any] | None,
        Field(description="What the prompt was read as; null where the model is led by words alone.", examples=[None]),
    ]
    photo: Annotated[
        str | None,
        Field(
            description="The SHA-256 of the photo that it is made of, which its owner alone is given.", examples=[None]
        ),
    ]
    cut_out: Annotated[
        bool | None,
        Field(description="Whether of the photo its main thing alone is used; null without one.", examples=[None]),
    ]
    lora: Annotated[str | None, Field(description="The LoRA it is painted with; null without one.", examples=[None])]
    lora_weight: Annotated[
        float | None, Field(description="How strongly that LoRA works; null without one.", examples=[None])
    ]
    clip_skip: Annotated[
        int | None,
        Field(description="How many of the text encoder's last layers are left out; null for none.", examples=[None]),
    ]


class Smoothness(TypedDict):
    """How even the film is, measured on its pictures."""

    evenness: Annotated[float | None, Field(description="1 when all steps are alike.", examples=[0.93])]
    jump: Annotated[float | None, Field(description="The largest step, in average steps.", examples=[1.4])]
    morph: Annotated[float | None, Field(description="0 for a cross-fade of its stops; at most 1.", examples=[0.42])]
    perceptual_step: Annotated[
        float | None, Field(description="Mean distance of neighbours to the image encoder, 0 to 2.", examples=[0.02])
    ]
    steps: Annotated[
        list[float] | None,
        Field(description="How much each picture differs from the next, root mean square, 0 to 255.", examples=[[8.4]]),
    ]


class Films(TypedDict):
    """Addresses of the films, root-relative; null until there is one. They get better while the walk is painted."""

    gif: Annotated[str | None, Field(description="The film as GIF.", examples=[f"/walks/{WALK_ID}.gif"])]
    mp4: Annotated[str | None, Field(description="The film as MP4.", examples=[f"/walks/{WALK_ID}.mp4"])]
    webp: Annotated[str | None, Field(description="The film as WebP.", examples=[None])]
    poster: Annotated[str | None, Field(description="Its middle picture, PNG.", examples=[f"/walks/{WALK_ID}.png"])]


class WalkDescription(TypedDict):
    """A walk, at whatever point of its life it is."""

    id: Annotated[str, Field(description="Its name in addresses.", pattern=f"^{ID.pattern}$", examples=[WALK_ID])]
    number: Annotated[int, Field(description="How many walks there were with it.", examples=[1284])]
    state: Annotated[
        str,
        Field(
            description="queued, then painting, then finished; or refused (unfit), failed (our fault), cancelled.",
            json_schema_extra={"enum": list(STATES)},
            examples=["finished"],
        ),
    ]
    title: Annotated[str, Field(description="Its name on the wall.", examples=["A lemon, the sun"])]
    stops: Annotated[
        list[StopDescription],
        Field(
            description="Its stops, from first to last.",
            examples=[
                [
                    {**stop, "found_hand": None, "note": None, "scene": None, "photo": None, "cut_out": None}
                    | {"lora": None, "lora_weight": None, "clip_skip": None}
                    for stop in STOPS
                ]
            ],
        ),
    ]
    drawings: Annotated[
        list[RecipeDrawing],
        Field(
            description="The drawings that it is painted after, and whose they are; empty where the model is led by "
            "words alone.",
            examples=[[]],
        ),
    ]
    seed: Annotated[int, Field(description="Where its noise comes from; drawn if not asked for.", examples=[11])]
    frames: Annotated[int, Field(description="How many pictures the film has.", examples=[2])]
    steps: Annotated[int, Field(description="How many steps the sampler takes for each.", examples=[20])]
    guidance: Annotated[float, Field(description="How closely they keep to the words.", examples=[3.5])]
    aspect: Annotated[
        str,
        Field(
            description="Width to height of the pictures, as it was asked for.",
            json_schema_extra={"enum": list(ASPECTS)},
            examples=["1:1"],
        ),
    ]
    width: Annotated[
        int | None,
        Field(
            description="Their width in pixels: the nearest to the aspect ratio that the model paints. Null until that "
            "is known.",
            examples=[256],
        ),
    ]
    height: Annotated[int | None, Field(description="Their height in pixels.", examples=[256])]
    preset: Annotated[
        str, Field(description="How much is spent on a picture: fast, balanced, exact.", examples=["balanced"])
    ]
    ending: Annotated[
        str,
        Field(
            description="How the film ends: stop, back (the way it came), round (to the first stop again).",
            json_schema_extra={"enum": list(ENDINGS)},
            examples=["stop"],
        ),
    ]
    easing: Annotated[bool, Field(description="Whether it slows down at the stops.", examples=[False])]
    model: Annotated[
        str | None, Field(description="The model asked for; null when the site's first paints.", examples=[None])
    ]
    model_here: Annotated[
        bool | None,
        Field(
            description="Whether the model that painted it is here in the same revision: no other paints the same "
            "pictures again, or shows them in the making. Null until it is painted, and where nobody can tell.",
            examples=[True],
        ),
    ]
    continues: Annotated[
        str | None,
        Field(description="The id of the walk that it goes on from; null unless that hangs.", examples=[None]),
    ]
    remix_of: Annotated[
        str | None,
        Field(description="The id of the walk that it is a remix of; null unless that hangs.", examples=[None]),
    ]
    repeat_of: Annotated[
        str | None,
        Field(
            description="The id of the walk that was painted when the same was asked for before, and whose pictures "
            "it shares; null unless that hangs.",
            examples=[None],
        ),
    ]
    fps: Annotated[
        float,
        Field(description="Pictures a second: 100 by a whole number, as a GIF can say it.", examples=[12.5]),
    ]
    frames_painted: Annotated[int, Field(description="How many are painted.", examples=[2])]
    progress: Annotated[float, Field(description="The same, from 0 to 1.", ge=0, le=1, examples=[1.0])]
    queue_position: Annotated[
        int | None, Field(description="Its place in line, 1 is next; null unless it waits.", examples=[None])
    ]
    eta_seconds: Annotated[
        float | None, Field(description="Seconds left; null when done or not known.", examples=[None])
    ]
    painters: Annotated[
        int | None, Field(description="How many painters that estimate counts on; null when done.", examples=[None])
    ]
    smoothness: Annotated[Smoothness | None, Field(description="How even the film is; null until it is finished.")]
    paint_seconds: Annotated[float | None, Field(description="How long the painting took.", examples=[5.1])]
    first_film_seconds: Annotated[float | None, Field(description="How soon there was a film to see.", examples=[0.8])]
    passes: Annotated[
        int | None,
        Field(description="How often the model was asked; 0 for a repeat, null until it is painted.", examples=[480]),
    ]
    unlisted: Annotated[bool, Field(description="Whether it is left out of the gallery.", examples=[False])]
    photos_may_be_shown: Annotated[
        bool,
        Field(
            description="Whether its owner may publish the photos of its stops, and those in them agree.",
            examples=[False],
        ),
    ]
    featured: Annotated[bool, Field(description="Whether the house shows it first.", examples=[False])]
    media: Films
    recipe: Recipe
    url: Annotated[str, Field(description="Its page, root-relative.", examples=[f"/walks/{WALK_ID}-a-lemon-the-sun"])]
    created_at: Annotated[
        Moment, Field(description="When it was asked for.", examples=["2026-11-20T12:00:00.100000+00:00"])
    ]
    finished_at: Annotated[
        Moment | None,
        Field(description="When it came to its end, good or bad; null until then.", examples=[FINISHED_AT]),
    ]
    error: Annotated[str | None, Field(description="What went wrong, if anything.", examples=[None])]


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
