"""Validation of requests for walks; each error names the field and the rule that it breaks."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import Any

from flask import current_app
from pydantic import BaseModel

from app.collection.moderation import banned_words
from app.collection.styles import model_choice
from app.core.errors import FieldError, InvalidInput
from app.core.field_errors import ERRORS_MAX
from app.core.i18n.gettext import N_, _
from app.offer.generation import embeddings, offers
from app.offer.generation.limits import STOPS_MIN, Limits
from app.offer.generation.model_styles import ModelStyle
from app.requests.walk_requests import error_messages, lineage_rules, scenes, setting_rules, sound_request, stop_words
from app.requests.walk_requests.stop_options import StopRequest
from app.requests.walk_requests.walk_request import SETTINGS, WalkRequest
from app.storage.walk_models import ID, ROUND
from app.walks.saved import lineage

SHAPE = N_('A walk must be an object such as {"stops": […]}.')


def validate(
    data: Any, *, recipe_model: str | None = None, style_words: Collection[str] = (), loras: Collection[str] = ()
) -> WalkRequest:
    """Validate a request against the rules and limits, and return it.

    ``recipe_model`` is the model that a recipe names, whose limits then hold. A request without a model
    gets the one that has the styles of its stops. ``style_words`` are the words of styles
    that the recipe says the model learned, ``loras`` the names of its LoRA files. Whether these still exist is not
    checked here.

    :raises InvalidInput: with one :class:`FieldError` for each invalid field.
    """
    check_stop_count(data)
    known = offers.current()
    if recipe_model is None:
        data = model_choice.follow(data, known)
    limits = Limits.for_offer(known, known.find(recipe_model) if recipe_model else known.get(_requested_model(data)))
    if style_words or loras:
        limits = replace(
            limits,
            styles=(*limits.styles, *(ModelStyle(words, words) for words in style_words)),
            loras=tuple(dict.fromkeys((*limits.loras, *loras))),
        )
    request = error_messages.read_model(WalkRequest, data, limits, shape=SHAPE)
    errors = _rule_errors(request, limits)
    errors += scenes.layout_errors(request.stops, limits)
    if recipe_model is None:  # a recipe lists the embeddings of its prompts
        for index, stop in enumerate(request.stops):
            errors += embedding_errors(stop, ("stops", index), limits)
    if errors:
        raise InvalidInput(errors[:ERRORS_MAX])
    return request


def check_stop_count(data: Any) -> None:
    """Check that a request has no more stops than allowed, before any of them is looked at.

    :raises InvalidInput: with the limit.
    """
    stops, most = data.get("stops") if isinstance(data, dict) else None, current_app.config["STOPS_MAX"]
    if isinstance(stops, list) and len(stops) > most:
        raise InvalidInput([_stop_count_error(len(stops), most)])


def _stop_count_error(count: int, most: int) -> FieldError:
    values = {"least": STOPS_MIN, "most": most, "count": count}
    return FieldError(("stops",), _("A walk has %(least)s to %(most)s stops; this one has %(count)s.", **values))


def _requested_model(data: Any) -> str | None:
    """Return the requested model, or that of the continued walk; ``None`` if neither is named."""
    if not isinstance(data, dict):
        return None
    name, earlier = data.get("model"), data.get("continues")
    if name is None and isinstance(earlier, str) and ID.fullmatch(earlier):
        name = lineage.model_of(earlier)
    return name if isinstance(name, str) else None


def _rule_errors(request: WalkRequest, limits: Limits) -> list[FieldError]:
    """Return an error for each rule that a request breaks beyond those of single fields."""
    errors = []
    stop_count = len(request.stops)
    if not STOPS_MIN <= stop_count <= limits.stops_max:
        errors.append(_stop_count_error(stop_count, limits.stops_max))
    elif not _has_frames(request, limits):
        errors.append(FieldError(("frames",), setting_rules.frames_rule(limits, least=stop_count)))
    errors += settings_errors(request, limits)
    for index, stop in enumerate(request.stops):
        errors += negative_prompt_errors(stop.negative_prompt, ("stops", index, "negative_prompt"), limits)
    errors += _equal_neighbours(request)
    errors += sound_request.errors(request)
    errors += _banned_words_errors(request)
    if not errors and (flaw := lineage_rules.continuation_flaw(request)):
        errors.append(FieldError(("continues",), flaw))
    if flaw := lineage_rules.remix_flaw(request.remix_of):
        errors.append(FieldError(("remix_of",), flaw))
    return errors


def _has_frames(request: WalkRequest, limits: Limits) -> bool:
    """Return whether the number of frames is at least one for each stop and not too large; a sound has its own rule."""
    if request.frames is None or request.sound is not None:
        return True
    return len(request.stops) <= request.frames <= limits.frames_max


def settings_errors(request: BaseModel, limits: Limits) -> list[FieldError]:
    """Return an error for each setting of a request that its model cannot have."""
    given = ((name, getattr(request, name, None)) for name in SETTINGS)
    flaws = ((name, SETTINGS[name].flaw(value, limits)) for name, value in given if value is not None)
    return [FieldError((name,), flaw) for name, flaw in flaws if flaw]


def negative_prompt_errors(text: str, path: tuple[str | int, ...], limits: Limits) -> list[FieldError]:
    """Return an error for a negative prompt if the model has none, since it would have no effect."""
    if not text or limits.has_negatives:
        return []
    return [FieldError(path, error_messages.no_negatives(path, limits.offer.name))]


def embedding_errors(stop: StopRequest, path: tuple[str | int, ...], limits: Limits) -> Iterator[FieldError]:
    """Yield an error for each embedding that a stop's texts name and its model cannot use."""
    if not limits.offer.facts.reads_weights:  # it reads such names as plain words
        return
    for name, text in (("prompt", stop.prompt), ("negative_prompt", stop.negative_prompt)):
        if problem := embeddings.flaw(text, limits.offer.facts):
            yield FieldError((*path, name), f"{error_messages.subject((*path, name))} {problem}")


def _banned_words_errors(request: WalkRequest) -> list[FieldError]:
    """Return an error for each text with banned words; a scene is skipped if its prompt has an error."""
    errors = banned_words.flaws(_shown_texts(request))
    prompts = {error.path[:2] for error in errors if error.path[-1] == "prompt"}
    return [error for error in errors if "scene" not in error.path or error.path[:2] not in prompts]


def _shown_texts(request: WalkRequest) -> Iterator[banned_words.ShownText]:
    """Yield each text of a request that others will read, with its path and its name."""
    for index, stop in enumerate(request.stops):
        texts = {"prompt": stop.prompt, "negative_prompt": stop.negative_prompt, "hand": stop.requested_style or ""}
        for name, text in texts.items():
            path = ("stops", index, name)
            yield path, partial(error_messages.subject, path), text
        path = ("stops", index, "scene")
        yield (*path, "words"), partial(error_messages.subject, path), stop_words.readable(stop.scene)


def _equal_neighbours(request: WalkRequest) -> Iterator[FieldError]:
    """Yield an error for each stop that equals its neighbour, including its seed."""
    stops = [
        stop.model_copy(update={"seed": request.seed if stop.seed is None else stop.seed}) for stop in request.stops
    ]
    for index, (stop, following) in enumerate(pairwise(stops), start=1):
        if stop == following:
            message = _(
                "Stop %(second)s is the same as stop %(first)s: nothing lies between. Change a word, or its seed.",
                second=index + 1,
                first=index,
            )
            yield FieldError(("stops", index, "prompt"), message)
    if request.ending == ROUND and len(stops) > STOPS_MIN and stops[-1] == stops[0]:
        message = _(
            "Stop %(number)s is the same as stop 1, to which a round leads by itself. Leave it out.", number=len(stops)
        )
        yield FieldError(("stops", len(stops) - 1, "prompt"), message)
