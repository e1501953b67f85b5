"""Recipes: JSON with everything that fixes a walk's pixels, stored beside its films and inside them."""

from __future__ import annotations

import json
from mmap import mmap
from typing import Any, cast

from flask import current_app
from pydantic import TypeAdapter, ValidationError

from app.core import bounds
from app.core.errors import InvalidInput
from app.core.i18n.formatting import join_choices
from app.core.i18n.gettext import N_, _
from app.core.models.facts import CONSISTENT, ModelFacts
from app.offer.drawings import drawing_credits
from app.offer.generation import adapters, embeddings, frame_rates, loras, offers, presets
from app.offer.generation.offers import Offer, Offers
from app.requests.walk_requests import validation, walk_rows
from app.requests.walk_requests.recipe_pins import PinnedDrawing, PinnedSettings, flaw
from app.requests.walk_requests.recipe_schema import (
    Recipe,
    RecipeDrawing,
    RecipeLevel,
    RecipeSampler,
    RecipeSound,
    RecipeStop,
)
from app.requests.walk_requests.walk_request import ALWAYS, IF_SET, SETTINGS, USUAL, RecordedSettings, WalkRequest
from app.storage.walk_models import ROUND, Stop, StopOptions, Walk
from app.walks.saved import cards, film_formats, lineage
from app.walks.saved.film_recipes import RECIPE_MAX

FORMAT = "moma-lisa recipe"
FIRST, VERSION = 1, 2  # in the first version, every frame was rendered in full
OF_ANOTHER_SITE = N_(
    "The recipe is missing: this %(kind)s contains none of ours. It was not made here, or another program saved it"
    " since. Choose the file as it was downloaded."
)
UNREADABLE = N_("The recipe cannot be read: this is neither a %(kinds)s made here nor a recipe file.")
OF_ANOTHER_KIND = N_("The recipe is of another kind than this site's: it does not say that it is a moma-lisa recipe.")
OF_FIRST = ("stops", "seed", "frames")
"""The fields of a request that recipes of each version hold; later ones hold the settings too that are recorded."""
UNRECORDED = {"continues", "remix_of", "unlisted", "photos_may_be_shown", "publish_sound"}
"""The fields of a request that recipes do not hold as they are."""
DEVICE = ("precision", "memory_format", "threads", "batch")
SAMPLER = ("scheduler", "steps", "guidance")
FIELD_FLAWS = {
    "sampler_steps": N_("its number of steps cannot be used"), "width": N_("its size cannot be used"),
    "height": N_("its size cannot be used"), "memory_format": N_("its memory format cannot be used"),
    "model_name": N_("its model cannot be used"), "model_revision": N_("its model's revision cannot be used"),
    "batch": N_("its batch size cannot be used"), "fps": N_("its frames a second cannot be used"),
}  # fmt: skip
DRAWINGS = TypeAdapter(list[PinnedDrawing])


def recipe_of(walk: Walk) -> Recipe:
    """Return the recipe of ``walk``; values that are only known after rendering are ``None`` until then."""
    written: Recipe = {
        "format": FORMAT,
        "version": FIRST,
        "synthetic": True,
        "digital_source_type": cards.IPTC_SYNTHETIC,
        "stops": [_stop(stop) for stop in walk.stops],
        "seed": walk.seed,
        "frames": walk.frames,
        "positions": walk.positions,
        "fps": walk.fps,
        "size": None if walk.width is None else [walk.width, walk.height],
        "model": {"name": walk.model_name, "revision": walk.model_revision, "prefix": walk.prefix},
        "sampler": {"scheduler": walk.scheduler, "steps": walk.sampler_steps, "guidance": walk.guidance},
        "device": {
            "precision": walk.precision,
            "memory_format": walk.memory_format,
            "threads": walk.threads,
            "batch": walk.batch,
        },
        "software": walk.software,
    }
    if not _is_in_full(walk):
        written["version"] = VERSION
        written = {**written, **_settings(walk)}
        written["model"]["asked"] = walk.model
        written["sampler"] = cast(RecipeSampler, walk.sampling)
        written["levels"] = cast(list[RecipeLevel] | None, walk.levels)
    if walk.drawings:
        written["drawings"] = drawings_of(walk)
    if sound := _sound(walk):
        written["sound"] = sound
    if original := lineage.remixed_from(walk):
        written["remix_of"] = original.id
    return written


def drawings_of(walk: Walk) -> list[RecipeDrawing]:
    """Return the reference drawings of a walk, with their artists and licences."""
    records = drawing_credits.current(walk.drawings)
    return [cast(RecipeDrawing, {name: value or None for name, value in each.items()}) for each in records]


def drawings_text(walk: Walk) -> str:
    """Return the credits of a walk's reference drawings as English text for files; ``""`` if there are none."""
    texts = [credit.text for credit in drawing_credits.of_walk(walk.drawings)]
    return f"After drawings: {'; '.join(texts)}." if texts else ""


def parse_drawings(recipe: dict[str, Any]) -> list[dict[str, str]] | None:
    """Return the drawing credits that a recipe records, as a walk's row holds them; ``None`` if there are none.

    Use it only for recipes of our own archives: in other recipes the credits cannot be trusted.

    :raises InvalidInput: when the credits do not have the format of recipes.
    """
    try:
        drawings = DRAWINGS.validate_python(recipe.get("drawings") or [])
    except ValidationError as error:
        raise _altered(_("its drawings cannot be used")) from error
    return [{name: value or "" for name, value in each.model_dump().items()} for each in drawings] or None


def _stop(stop: Stop) -> RecipeStop:
    """Return a stop as recipes hold it; optional keys are left out if they are unset."""
    written: RecipeStop = {
        "prompt": stop.prompt,
        "negative_prompt": stop.negative_prompt,
        "seed": stop.seed,
        "hand": stop.requested_style or None,
    }
    if stop.scene is not None:
        written["scene"] = stop.scene
    if stop.photo is not None:
        written["photo"], written["cut_out"] = stop.photo, bool(stop.cut_out)
    return cast(RecipeStop, {**written, **stop.options.given()})


def _settings(walk: Walk) -> RecordedSettings:
    """Return the settings of a walk that recipes hold by their names."""
    recorded = {
        name: value
        for name, value in walk_rows.settings_of(walk).items()
        if (how := SETTINGS[name].record) == ALWAYS or (how == IF_SET and value != USUAL[name])
    }
    return cast(RecordedSettings, recorded)


def _sound(walk: Walk) -> RecipeSound | None:
    """Return the sound of a walk as recipes hold it; ``None`` without one."""
    if walk.sound_digest is None:
        return None
    part = {name: getattr(walk, f"sound_{name}") for name in ("digest", "start", "length", "way", "pictures")}
    return cast(RecipeSound, {**part, "holds": walk.holds})


def _is_in_full(walk: Walk) -> bool:
    """Return whether every frame was rendered in full, without passes, as in the first version."""
    return walk.sampling is None or (walk.levels is None and walk.positions is not None)


def dumps(walk: Walk) -> str:
    """Return the recipe of ``walk`` as compact ASCII JSON that fits a film's comment block."""
    return json.dumps(recipe_of(walk), ensure_ascii=True, separators=(",", ":"))


def parse_recipe(data: bytes | mmap) -> dict[str, Any]:
    """Return the recipe in a recipe file, or in a film or picture made here.

    :raises InvalidInput: when there is no recipe, or it is of another kind, size or version, or beyond
        :mod:`app.core.bounds`.
    """
    text, film = film_formats.find_recipe(data), film_formats.recognise(data)
    if len(text) > RECIPE_MAX:
        raise _unusable(_("The recipe is larger than %(most)s MB without its film.", most=RECIPE_MAX // 1_000_000))
    try:
        recipe = json.loads(text)
    except (ValueError, RecursionError) as error:
        kinds = join_choices(film_formats.NAMES)
        raise _unusable(_(OF_ANOTHER_SITE, kind=film.name) if film else _(UNREADABLE, kinds=kinds)) from error
    bounds.check(recipe)
    if not isinstance(recipe, dict) or recipe.get("format") != FORMAT:
        raise _unusable(_(OF_ANOTHER_SITE, kind=film.name) if film else _(OF_ANOTHER_KIND))
    version = recipe.get("version")
    if type(version) is not int or not FIRST <= version <= VERSION:
        known = {"version": f"{version!r:.20}", "first": FIRST, "last": VERSION}
        raise _unusable(
            _("The recipe is of version %(version)s; this site reads versions %(first)s and %(last)s.", **known)
        )
    return recipe


def read_upload(data: bytes | mmap) -> tuple[WalkRequest, PinnedSettings]:
    """Return the request and the pinned settings of an uploaded recipe, or of a film that contains one.

    :raises InvalidInput: when the recipe cannot be rendered here; the message says why.
    """
    request, pinned = request_of(parse_recipe(data))
    known = offers.current()
    if not (offer := known.find(pinned.model_name)):
        raise InvalidInput.on("model", message=known.not_offered(pinned.model_name))
    for words, digest in ((pinned.sampling and pinned.sampling.adapters) or {}).items():
        if adapters.find(digest, offer.adapters) is None:
            lacks = _(
                "The style “%(style)s” that the recipe was painted in was removed here, or trained again.", style=words
            )
            raise _unusable(lacks)
    for name, digest in ((pinned.sampling and pinned.sampling.loras) or {}).items():
        if loras.find_digest(digest, offer.loras) is None:
            raise _unusable(_("The LoRA “%(lora)s” of the recipe was removed here, or replaced since.", lora=name))
    for name, digest in ((pinned.sampling and pinned.sampling.embeddings) or {}).items():
        if embeddings.find_digest(digest, offer.embeddings) is None:
            lacks = _("The embedding “%(name)s” of the recipe was removed here, or replaced since.", name=name)
            raise _unusable(lacks)
    return request, pinned


def request_of(recipe: dict[str, Any]) -> tuple[WalkRequest, PinnedSettings]:
    """Return the request that a recipe stands for, and the pinned settings that render the same pixels.

    :raises InvalidInput: when a value breaks a rule; the message says what was altered.
    """
    model = recipe.get("model")
    name = model.get("name") if isinstance(model, dict) else None
    recipe_model = name if isinstance(name, str) else None
    fields = {name: recipe.get(name) for name in OF_FIRST}
    if recipe.get("version") == VERSION:
        recorded = {name: each.record for name, each in SETTINGS.items() if each.record}
        fields |= {name: recipe.get(name) for name in recorded if recorded[name] == ALWAYS or name in recipe}
    stops = _requested_stops(fields["stops"])
    if recipe.get("sound") is not None:
        fields |= _requested_sound(recipe["sound"], recipe.get("frames"))
    request = validation.validate(
        fields | {"stops": stops}, recipe_model=recipe_model, style_words=_digest_names(recipe, adapters.RECORDED),
        loras=_digest_names(recipe, loras.RECORDED),
    )  # fmt: skip
    if request.seed is None:
        raise _altered(_("its seed is missing"))
    if recipe.get("version") != VERSION:
        request.preset = "exact"
    pinned = _pinned(recipe)
    known = offers.current()
    offer = known.find(pinned.model_name)
    request.model = _model_of(recipe["model"], offer, known)
    facts = offer.facts if offer else ModelFacts()
    steps_max = facts.steps_max
    if size_flaw := pinned.frame_flaw(facts):
        raise _altered(size_flaw)
    if steps_max is not None and pinned.scheduler in CONSISTENT and pinned.sampler_steps > steps_max:
        values = {"steps": pinned.sampler_steps, "most": steps_max, "model": pinned.model_name}
        raise _altered(_("its %(steps)s steps are more than the %(most)s that %(model)s takes", **values))
    if pinned.enlarged > 1:
        request.size = max(pinned.width, pinned.height)
    request.aspect = pinned.aspect
    request.fps = _requested_fps(pinned.fps)
    pins = (pinned.sampling and pinned.sampling.loras) or {}
    if missing := next((stop.lora for stop in request.stops if stop.lora and stop.lora not in pins), None):
        raise _altered(_("the digest of its LoRA %(lora)s is missing", lora=missing))
    length = None if request.sound is None else request.sound.length
    if sound_flaw := pinned.sound_flaw(length, len(request.stops)):
        raise _altered(sound_flaw)
    frames = request.frames if request.sound is None else recipe.get("frames")
    if pins_flaw := flaw(pinned, stops=len(request.stops), frames=frames, closed=request.ending == ROUND):
        raise _altered(pins_flaw)
    return request, pinned


def _requested_fps(fps: float | None) -> float | None:
    """Return the frame rate to request; ``None`` if it is the default, was reduced, or is out of range."""
    nearest = frame_rates.requestable(fps)
    return nearest if nearest != frame_rates.rounded(current_app.config["FPS"]) else None


def _digest_names(recipe: dict[str, Any], key: str) -> list[str]:
    """Return the styles or LoRA names whose digests a recipe holds; its walk stays valid after they are removed."""
    sampler = recipe.get("sampler")
    digests = sampler.get(key) if isinstance(sampler, dict) else None
    return [*digests] if isinstance(digests, dict) else []


def _requested_stops(stops: Any) -> Any:
    """Return a recipe's stops with photos as pictures named by digest, so that owners need not upload them again."""
    if not isinstance(stops, list):
        return stops
    return [
        {("picture" if name == "photo" else name): value for name, value in stop.items()}
        if isinstance(stop, dict)
        else stop
        for stop in stops
    ]


def _requested_sound(sound: Any, chosen: Any) -> dict[str, Any]:
    """Return a recipe's sound as a request names it, so that its owner need not upload it again.

    The request's frames are the pictures at most; those that were ``chosen`` are the recipe's frames. A site that has
    lowered `SOUND_PICTURES` since refuses only a film that has more.
    """
    if not isinstance(sound, dict):
        return {"sound": sound}
    part = {"id": sound.get("digest"), **{name: sound.get(name) for name in ("start", "length", "way")}}
    pictures, most = sound.get("pictures"), current_app.config["SOUND_PICTURES"]
    if type(pictures) is type(chosen) is int and chosen <= most < pictures:
        pictures = most
    return {"sound": part, "frames": pictures}


def _model_of(model: dict[str, Any], offer: Offer | None, known: Offers) -> str | None:
    """Return the model to request for a recipe: its name, or ``None`` for the first model if the recipe requested none.

    So a walk that is rendered again has exactly the same recipe. A model that is not on offer is reported by the
    worker.
    """
    if offer is None or (offer == known.first and model.get("asked", offer.name) is None):
        return None
    return offer.name


def _pinned(recipe: dict[str, Any]) -> PinnedSettings:
    """Return the pinned settings of a recipe.

    :raises InvalidInput: naming the part of the recipe that is missing or invalid.
    """
    try:
        size, sampler, model = recipe["size"], recipe["sampler"], recipe["model"]
        settings = {
            "sampler_steps": sampler["steps"],
            "guidance": float(sampler["guidance"]),
            "scheduler": sampler["scheduler"],
            "width": size[0],
            "height": size[1],
            "fps": recipe.get("fps"),
            "positions": [float(position) for position in recipe["positions"]],
            "model_name": model["name"],
            "model_revision": model["revision"],
            **{name: recipe["device"][name] for name in DEVICE},
        }
        if recipe.get("version") == VERSION:
            settings["sampling"] = {name: value for name, value in sampler.items() if name not in SAMPLER}
            settings["levels"] = recipe["levels"]
        if recipe.get("sound") is not None:
            settings["sound"] = {name: recipe["sound"][name] for name in ("pictures", "holds")}
        return PinnedSettings.model_validate(settings)
    except ValidationError as error:
        location = error.errors(include_url=False, include_input=False)[0]["loc"]
        name = str(location[0])
        message = _(FIELD_FLAWS[name]) if name in FIELD_FLAWS else _("its %(part)s cannot be used", part=name)
        raise _altered(message) from error
    except (KeyError, TypeError, AttributeError, IndexError, ValueError, OverflowError) as error:
        raise _altered(_("its sampler, size, positions or device cannot be used")) from error


def _altered(flaw_text: str) -> InvalidInput:
    return _unusable(
        _(
            "The recipe cannot be used, because it was changed: %(flaw)s. Choose the file as it was downloaded.",
            flaw=flaw_text,
        )
    )


def _unusable(message: str) -> InvalidInput:
    return InvalidInput.on("recipe", message=message)


def as_body(request: WalkRequest, pinned: PinnedSettings) -> dict[str, Any]:
    """Return the request for what a recipe describes, as the JSON API takes it."""
    settings = {"steps": pinned.sampler_steps, "guidance": pinned.guidance}
    fields = request.model_dump(exclude=UNRECORDED) | settings
    if fields["sound"] is None:
        del fields["sound"]
    for stop in fields["stops"]:
        if stop["scene"] is None:  # as in recipes
            del stop["scene"]
        del stop["layout"]  # the scene holds it
        for name in StopOptions.names():
            if stop[name] is None:
                del stop[name]
        if stop["picture"] is None:
            del stop["picture"], stop["cut_out"]
    return fields | {"preset": request.preset or presets.DEFAULT}
