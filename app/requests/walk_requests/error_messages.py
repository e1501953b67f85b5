"""Messages about invalid requests, each naming the field and the limit."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from app.core import field_errors
from app.core.field_errors import Path
from app.core.i18n.gettext import N_, _
from app.core.text.stored import UNREADABLE
from app.offer.generation.limits import STOPS_MIN, Limits
from app.offer.generation.model_styles import words_of
from app.requests.walk_requests import sound_request
from app.requests.walk_requests.setting_rules import one_of, true_or_false
from app.requests.walk_requests.stop_options import OPTIONS
from app.requests.walk_requests.walk_request import SETTINGS
from app.walks.queue.candidate_requests import MOST as CANDIDATES_MOST

SUBJECTS = {
    "prompt": N_("The prompt"),
    "negative_prompt": N_("The negative prompt"),
    "seed": N_("The seed"),
    "hand": N_("The hand"),
    "style": N_("The style"),
    "layout": N_("The layout"),
    "scene": N_("The scene"),
    "picture": N_("The picture"),
    "title": N_("The title"),
    "id": N_("The sound"),
    "continues": N_("The walk to go on from"),
    "remix_of": N_("The original"),
} | {name: option.subject for name, option in OPTIONS.items()}
SWITCHES = "cut_out", "hidden", "featured"

Model = TypeVar("Model", bound=BaseModel)


def read_model(
    kind: type[Model], data: Any, limits: Limits, *, shape: str, rules: Mapping[str, str] = MappingProxyType({})
) -> Model:
    """Validate ``data`` as a model and return the model.

    ``shape`` is the message, in English, when ``data`` is no object at all. ``rules`` are messages by field name, for
    fields whose rule differs from that of a walk.

    :raises InvalidInput: with one :class:`FieldError` for each invalid field, up to a limit.
    """
    try:
        return kind.model_validate(data, context=limits)
    except ValidationError as error:
        raise field_errors.refusal(
            error, lambda path, item: _sentence(kind, path, item, limits, shape, rules)
        ) from error


def _sentence(
    kind: type[BaseModel], path: Path, item: Any, limits: Limits, shape: str, rules: Mapping[str, str]
) -> str:
    """Return the message for one error: ``shape`` without a path, else the field's own rule or the usual message."""
    if not path:
        return _(shape)
    if len(path) == 1 and rules and item["type"] == "extra_forbidden":
        known = ", ".join(kind.model_fields)
        return _("%(field)s is no field here. Use %(known)s.", field=f"{path[0]!s:.60}", known=known)
    return rules[str(path[0])] if len(path) == 1 and path[0] in rules else field_sentence(path, item, limits)


def field_sentence(path: Path, item: Any, limits: Limits) -> str:
    """Return the message for one of pydantic's errors, with the field and the limit."""
    field = path[-1]
    if item["type"] == "extra_forbidden":
        return _("%(field)s is not a field of a walk.", field=f"{field!s:.60}")
    if item["type"] == "value_error":
        return f"{subject(path)} {item['ctx']['error']}"
    if item["type"] == "string_unicode":
        return f"{subject(path)} {_(UNREADABLE)}"
    if len(path) == 2 and path[0] == "stops":
        return _('Stop %(number)s must be an object such as {"prompt": "a lemon"}.', number=int(path[1]) + 1)
    if option := OPTIONS.get(str(field)):
        return option.rule(subject(path), limits)
    if setting := SETTINGS.get(str(field)):
        return setting.rule(limits)
    rules = {
        "hand": _("%(field)s must be one of %(known)s.", field=subject(path), known=words_of(limits.styles))
        if limits.styles
        else _("%(subject)s cannot be chosen: the model that paints here knows none.", subject=subject(path)),
        "stop": _('stop must be an object such as {"prompt": "a lemon"}.'),
        "count": _("count must be a whole number from %(least)s to %(most)s.", least=1, most=CANDIDATES_MOST),
        "style": _("%(subject)s must be the name of a style, or null.", subject=subject(path)),
        "stops": _("stops must be a list of %(least)s to %(most)s stops.", least=STOPS_MIN, most=limits.stops_max),
        "title": _("The title must be a text of 1 to %(most)s characters, or null.", most=limits.prompt_max),
        **{name: true_or_false(name)(limits) for name in SWITCHES},
        "picture": _("%(subject)s must be named by the id of an upload.", subject=subject(path)),
        "sound": _('sound must be an object such as {"id": "…", "start": 12, "length": 15, "way": "pulse"}, or null.'),
        "id": _("The sound must be named by the id of an upload, as its id."),
        "start": _("The start of the sound must be a number of seconds from 0 on."),
        "length": sound_request.length_rule(),
        "way": one_of("way", sound_request.WAYS),
        "prompt": _(
            "%(subject)s must be a text of 1 to %(most)s characters.", subject=subject(path), most=limits.prompt_max
        ),
        "negative_prompt": _(
            "%(subject)s must be a text of at most %(most)s characters.", subject=subject(path), most=limits.prompt_max
        ),
    }
    return rules[str(field)]


def no_negatives(path: tuple[str | int, ...], model: str) -> str:
    """Return the message that a model takes no negative prompts."""
    return _(
        "%(subject)s must be empty: the model %(model)s takes no negative prompts.", subject=subject(path), model=model
    )


def subject(path: tuple[str | int, ...]) -> str:
    """Return the name of a field as the beginning of a sentence, with the number of its stop."""
    name = str(path[-1])
    label = _(SUBJECTS[name]) if name in SUBJECTS else f"The {name}"
    return label + stop_suffix(int(path[1])) if len(path) == 3 else label


def stop_suffix(index: int) -> str:
    """Return " of stop N", for use within a sentence."""
    return _(" of stop %(number)s", number=index + 1)
