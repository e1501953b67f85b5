"""The JSON description of a walk, for the API and commands: its types, and the function that fills them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, cast

from pydantic import Field
from typing_extensions import TypedDict  # pydantic reads the standard library's from Python 3.12 on only

from app.core.addresses import on_site
from app.core.field_docs import documented
from app.requests.walk_requests import recipe, walk_rows
from app.requests.walk_requests.recipe_schema import STOPS, Recipe, RecipeDrawing
from app.requests.walk_requests.stop_options import DescribedOptions
from app.requests.walk_requests.walk_request import DescribedSettings
from app.storage.film_measures import PUBLISHED, DescribedMeasures, Smoothness
from app.storage.walk_models import ID, STATES, Stop, StopOptions, Walk
from app.walks.queue import fair_queue, revisions
from app.walks.saved import lineage, reuse, shapes
from app.walks.saved.film_formats import FORMATS

WALK_ID = "k7mz3vq9xw2hd8cf"
FINISHED_AT = "2026-11-20T12:00:05.210000+00:00"


Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]


@documented
class StopDescription(DescribedOptions):
    """One stop of a walk."""

    prompt: Annotated[str, Field(examples=["a lemon"])]
    """Its prompt."""
    negative_prompt: Annotated[str, Field(examples=[""])]
    """Its negative prompt."""
    seed: Annotated[int | None, Field(examples=[None])]
    """Its own seed; null if it uses the walk's."""
    hand: Annotated[str | None, Field(examples=[None])]
    """The requested style; null if none was requested."""
    style: Annotated[str | None, Field(examples=["linocut"])]
    """The style that it is painted in: the requested one, the one that its prompt names, or the one chosen for it. Null
    where the model follows its text alone."""
    found_hand: Annotated[str | None, Field(examples=[None])]
    """The style that the image encoder recognised in the finished picture; null if the style is known, or if the
    encoder is not sure."""
    note: Annotated[str | None, Field(examples=[None])]
    """What of its texts was not read, ignored or chosen freely, if anything: from the request on, and after what the
    worker found; several have `; ` between. Null for a given scene that needs none."""
    scene: Annotated[dict[str, Any] | None, Field(examples=[None])]
    """The interpretation of its prompt; null if the model is conditioned on text only."""
    photo: Annotated[str | None, Field(examples=[None])]
    """The SHA-256 of its photo; only the owner can see the photo."""
    cut_out: Annotated[bool | None, Field(examples=[None])]
    """Whether only the photo's main subject is used; null without a photo."""


@documented
class DescribedSound(TypedDict):
    """The part of a sound that a film is set to. The sound is heard in the films, and served nowhere else."""

    digest: Annotated[str, Field(examples=["5e" * 32])]
    """The SHA-256 of the sound as it was uploaded."""
    start: Annotated[float, Field(examples=[12.0])]
    """Where the part begins, in seconds."""
    length: Annotated[float, Field(examples=[15.0])]
    """How long the part and the film are, in seconds."""
    way: Annotated[str, Field(examples=["pulse"])]
    """How the walk follows it: steady, pulse or energy."""


if TYPE_CHECKING:
    Films = dict[str, str | None]
else:
    Films = TypedDict(
        "Films",
        {
            each.kind: Annotated[
                str | None,
                Field(
                    description=each.about,
                    examples=[f"/walks/{WALK_ID}.{each.extension}" if each.has_example else None],
                ),
            ]
            for each in FORMATS
        },
    )
    Films.__doc__ = (
        "Addresses of the films, root-relative; null until one exists. The files improve while the walk is generated."
    )


@documented
class _DescribedWalk(TypedDict):
    """What a walk is."""

    id: Annotated[str, Field(pattern=f"^{ID.pattern}$", examples=[WALK_ID])]
    """Its id in addresses."""
    number: Annotated[int, Field(examples=[1284])]
    """Its number: walks are numbered from 1 on."""
    state: Annotated[str, Field(json_schema_extra={"enum": list(STATES)}, examples=["finished"])]
    """queued, then painting, then finished; or refused (unfit), failed (an error on our side), cancelled."""
    title: Annotated[str, Field(examples=["A lemon, the sun"])]
    """Its title."""
    stops: Annotated[
        list[StopDescription],
        Field(
            examples=[
                [
                    stop
                    | {"style": "linocut"}
                    | dict.fromkeys(("found_hand", "note", "scene", "photo", "cut_out", *StopOptions.names()))
                    for stop in STOPS
                ]
            ]
        ),
    ]
    """Its stops, from first to last."""
    drawings: Annotated[list[RecipeDrawing], Field(examples=[[]])]
    """Its reference drawings, with their artists and licences; empty if the model is conditioned on text only."""


@documented
class _DescribedProgress(TypedDict):
    """Where a walk stands, and what it is related to."""

    model_here: Annotated[bool | None, Field(examples=[True])]
    """Whether the model that generated it is available in the same revision; no other generates the same pictures, or
    shows their stages. Null until it is generated, and if it cannot be determined."""
    continues: Annotated[str | None, Field(examples=[None])]
    """The id of the walk that it continues; null if that is not published."""
    remix_of: Annotated[str | None, Field(examples=[None])]
    """The id of the walk that it is a remix of; null if that is not published."""
    repeat_of: Annotated[str | None, Field(examples=[None])]
    """The id of the earlier walk from the same request, whose pictures it reuses; null if that is not published."""
    sound: DescribedSound | None
    """The part of a sound that the film is set to; null without one."""
    fps: Annotated[float, Field(examples=[12.5])]
    """Frames per second: 100 divided by a whole number, as in a GIF."""
    frames_painted: Annotated[int, Field(examples=[2])]
    """The number of frames generated so far."""
    progress: Annotated[float, Field(ge=0, le=1, examples=[1.0])]
    """The same as a fraction, from 0 to 1."""
    queue_position: Annotated[int | None, Field(examples=[None])]
    """Its queue position, 1 is next; null unless it is queued."""
    eta_seconds: Annotated[float | None, Field(examples=[None])]
    """Estimated seconds left; null when done or unknown."""
    painters: Annotated[int | None, Field(examples=[None])]
    """The number of workers that the estimate assumes; null when done."""
    smoothness: Smoothness | None
    """Smoothness metrics; null until it is finished."""


@documented
class WalkDescription(_DescribedWalk, DescribedSettings, _DescribedProgress, DescribedMeasures):
    """A walk in any state."""

    unlisted: Annotated[bool, Field(examples=[False])]
    """Whether it is left out of the gallery."""
    publish_sound: Annotated[bool, Field(examples=[False])]
    """Whether the owner has confirmed that they may publish its sound."""
    photos_may_be_shown: Annotated[bool, Field(examples=[False])]
    """Whether the owner has confirmed that the photos of its stops may be published, with the consent of the people in
    them."""
    featured: Annotated[bool, Field(examples=[False])]
    """Whether the site features it."""
    media: Films
    recipe: Recipe
    url: Annotated[str, Field(examples=[f"/walks/{WALK_ID}-a-lemon-the-sun"])]
    """Its page, root-relative."""
    created_at: Annotated[Moment, Field(examples=["2026-11-20T12:00:00.100000+00:00"])]
    """When it was requested."""
    finished_at: Annotated[Moment | None, Field(examples=[FINISHED_AT])]
    """When it finished, failed or was cancelled; null until then."""
    error: Annotated[str | None, Field(examples=[None])]
    """What went wrong, if anything."""


def describe(walk: Walk) -> WalkDescription:
    """Return the JSON description of a walk."""
    estimate = fair_queue.find_estimate(walk)
    return {
        "id": walk.id,
        "number": walk.number,
        "state": walk.state,
        "title": walk.title,
        "stops": [_stop(stop) for stop in walk.stops],
        "drawings": recipe.drawings_of(walk),
        **describe_settings(walk),
        "model_here": revisions.is_model_here(walk),
        "continues": _id_of(lineage.parent_of(walk)),
        "remix_of": _id_of(lineage.remixed_from(walk)),
        "repeat_of": _id_of(reuse.original_of(walk)),
        "sound": _sound(walk),
        "fps": walk.fps,
        "frames_painted": walk.painted_count,
        "progress": round(walk.painted_count / walk.frames, 4),
        "queue_position": estimate.position,
        "eta_seconds": None if estimate.seconds is None else round(estimate.seconds, 1),
        "painters": estimate.workers,  # without a living worker there is no estimate
        "smoothness": _smoothness(walk),
        **cast(DescribedMeasures, {name: getattr(walk, PUBLISHED[name]) for name in DescribedMeasures.__annotations__}),
        "unlisted": walk.unlisted,
        "publish_sound": walk.publish_sound,
        "photos_may_be_shown": walk.photos_may_be_shown,
        "featured": walk.featured_at is not None,
        "media": _media(walk),
        "recipe": recipe.recipe_of(walk),
        "url": walk.url,
        "created_at": walk.created_at.isoformat(),
        "finished_at": None if walk.finished_at is None else walk.finished_at.isoformat(),
        "error": walk.error,
    }


def describe_settings(walk: Walk) -> DescribedSettings:
    """Return the settings of a walk as its JSON holds them."""
    width, height = shapes.frame(walk)
    settings = walk_rows.settings_of(walk) | {"width": width, "height": height}
    return cast(DescribedSettings, {name: settings[name] for name in DescribedSettings.__annotations__})


def _stop(stop: Stop) -> StopDescription:
    described = {
        "prompt": stop.prompt,
        "negative_prompt": stop.negative_prompt,
        "seed": stop.seed,
        "hand": stop.requested_style or None,
        "style": stop.style or None,
        "found_hand": None if stop.style else stop.detected_style or None,
        "note": stop.note or None,
        "scene": stop.scene,
        "photo": stop.photo,
        "cut_out": stop.cut_out,
    }
    return cast(StopDescription, described | {name: getattr(stop, name) for name in StopOptions.names()})


def _sound(walk: Walk) -> DescribedSound | None:
    if walk.sound_digest is None:
        return None
    part = {name: getattr(walk, f"sound_{name}") for name in ("digest", "start", "length", "way")}
    return cast(DescribedSound, part)


def _id_of(walk: Walk | None) -> str | None:
    return None if walk is None else walk.id


def _smoothness(walk: Walk) -> Smoothness | None:
    if walk.evenness is None:
        return None
    measured = {name: getattr(walk, name) for name in Smoothness.__annotations__ if name != "steps"}
    return cast(Smoothness, measured | {"steps": walk.step_sizes})


def _media(walk: Walk) -> Films:
    return {
        each.kind: on_site(f"/walks/{walk.id}.{each.extension}") if each.kind in walk.media else None
        for each in FORMATS
    }
