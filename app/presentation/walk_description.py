"""A walk as JSON, for programs and commands: its fields as types, and how they are filled."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict  # pydantic reads the standard library's from Python 3.12 on only

from app.commissions import recipe
from app.commissions.recipe_schema import STOPS, Recipe, RecipeDrawing
from app.models.aspects import ASPECTS
from app.queue import fair_queue, revisions
from app.storage.walk_models import ENDINGS, ID, STATES, Stop, Walk
from app.walks import lineage, reuse, shapes

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


def describe(walk: Walk) -> WalkDescription:
    """Describe a walk as JSON: the fields that programs rely on."""
    place = fair_queue.find_place(walk)
    return {
        "id": walk.id,
        "number": walk.number,
        "state": walk.state,
        "title": walk.title,
        "stops": [_stop(stop) for stop in walk.stops],
        "drawings": recipe.drawings_of(walk),
        "seed": walk.seed,
        "frames": walk.frames,
        "steps": walk.sampler_steps,
        "guidance": walk.guidance,
        "aspect": shapes.aspect(walk),
        "width": shapes.frame(walk)[0],
        "height": shapes.frame(walk)[1],
        "preset": walk.preset,
        "ending": walk.ending,
        "easing": walk.easing,
        "model": walk.model,
        "model_here": revisions.is_model_here(walk),
        "continues": _id_of(lineage.parent_of(walk)),
        "remix_of": _id_of(lineage.remixed_from(walk)),
        "repeat_of": _id_of(reuse.original_of(walk)),
        "fps": walk.fps,
        "frames_painted": walk.painted_count,
        "progress": round(walk.painted_count / walk.frames, 4),
        "queue_position": place.position,
        "eta_seconds": None if place.seconds is None else round(place.seconds, 1),
        "painters": place.painters,  # how many the estimate counts on; with none there is no estimate
        "smoothness": _smoothness(walk),
        "paint_seconds": walk.paint_seconds,
        "first_film_seconds": walk.first_film_seconds,
        "passes": walk.passes,
        "unlisted": walk.unlisted,
        "photos_may_be_shown": walk.photos_may_be_shown,
        "featured": walk.featured_at is not None,
        "media": _media(walk),
        "recipe": recipe.recipe_of(walk),
        "url": walk.url,
        "created_at": walk.created_at.isoformat(),
        "finished_at": None if walk.finished_at is None else walk.finished_at.isoformat(),
        "error": walk.error,
    }


def _stop(stop: Stop) -> StopDescription:
    return {
        "prompt": stop.prompt,
        "negative_prompt": stop.negative_prompt,
        "seed": stop.seed,
        "hand": stop.hand or None,
        "found_hand": stop.found_hand or None,
        "note": stop.note or None,
        "scene": stop.scene,
        "photo": stop.photo,
        "cut_out": stop.cut_out,
        "lora": stop.lora,
        "lora_weight": stop.lora_weight,
        "clip_skip": stop.clip_skip,
    }


def _id_of(walk: Walk | None) -> str | None:
    return None if walk is None else walk.id


def _smoothness(walk: Walk) -> Smoothness | None:
    if walk.evenness is None:
        return None
    return {
        "evenness": walk.evenness,
        "jump": walk.jump,
        "morph": walk.morph,
        "perceptual_step": walk.perceptual_step,
        "steps": walk.strides,
    }


def _media(walk: Walk) -> Films:
    def address(kind: str, extension: str) -> str | None:
        return f"/walks/{walk.id}.{extension}" if kind in walk.media else None

    return {
        "gif": address("gif", "gif"),
        "mp4": address("mp4", "mp4"),
        "webp": address("webp", "webp"),
        "poster": address("poster", "png"),
    }
