"""Commissioning a walk: validate, save, commit, then tell the worker."""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Any, Literal

from flask import current_app
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, ValidationInfo
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import line, queue, search, visitor
from app.database import db, writing
from app.errors import FieldError, InvalidInput
from app.hands import Hand
from app.hands import find as find_hand
from app.hands import known as known_hands
from app.models import Stop, Walk, new_id

SEED_MAX = 2**32 - 1
PRINTABLE = r"^[^\x00-\x1f\x7f]*$"  # Postgres keeps no NUL in a text
STOPS_MIN = 2
UNREADABLE = "\N{REPLACEMENT CHARACTER}"
ERRORS_MAX = 20  # a hostile megabyte has room for a hundred thousand


@dataclass(frozen=True, slots=True)
class Limits:
    """What may be asked for; each number is a setting."""

    stops_max: int
    prompt_max: int
    frames_max: int
    frames_default: int
    steps_max: int = 100
    guidance_max: float = 20.0
    hands: tuple[Hand, ...] = ()  # those of the loaded model

    @classmethod
    def current(cls) -> Limits:
        """Return the current application's limits."""
        config = current_app.config
        return cls(
            config["STOPS_MAX"],
            config["PROMPT_MAX"],
            config["FRAMES_MAX"],
            config["FRAMES_DEFAULT"],
            steps_max=config["STEPS_MAX"],
            guidance_max=config["GUIDANCE_MAX"],
            hands=known_hands(),
        )


def _prompt(text: str, info: ValidationInfo) -> str:
    text = _clean(text, info)
    if not any(_is_visible(character) for character in text):
        raise ValueError("is empty. Write at least one word.")
    return text


def _clean(text: str, info: ValidationInfo) -> str:
    text = " ".join(unicodedata.normalize("NFC", text).split())
    if UNREADABLE in text or any(unicodedata.category(character) == "Cs" for character in text):
        raise ValueError("contains characters that could not be read. Send it as UTF-8.")
    if any(unicodedata.category(character) == "Cc" for character in text):
        raise ValueError("contains control characters. Use letters, digits and punctuation only.")
    limit = info.context.prompt_max if info.context else 300
    if len(text) > limit:
        raise ValueError(f"is {len(text)} characters long; at most {limit} are read.")
    return text


def _hand(text: str | None, info: ValidationInfo) -> str | None:
    if text is None or not text.strip():
        return None
    known = info.context.hands if info.context else ()
    if hand := find_hand(text, known):
        return str(hand.words)
    if not known:
        raise ValueError(f"cannot be “{text:.60}”: the model that paints here knows none.")
    raise ValueError(f"cannot be “{text:.60}”. The model knows {words_of(known)}.")


def words_of(known: Iterable[Hand]) -> str:
    """List the words of hands as a sentence does."""
    words = [hand.words for hand in known]
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _is_visible(character: str) -> bool:
    return unicodedata.category(character)[0] not in "ZC"


Seed = Annotated[int, Field(ge=0, le=SEED_MAX)]


def _told(rules: Callable[[Limits], dict[str, Any]]) -> Any:
    """Say the limits that are settings in the JSON schema, as they are when it is written."""
    return Field(json_schema_extra=lambda schema: schema.update(rules(Limits.current())))


class StopWanted(BaseModel):
    """One stop as it is asked for."""

    model_config = ConfigDict(extra="forbid", strict=True, use_attribute_docstrings=True)

    prompt: Annotated[
        str,
        AfterValidator(_prompt),
        _told(lambda limits: {"minLength": 1, "maxLength": limits.prompt_max, "examples": ["a lemon"]}),
    ]
    """What is painted here, in any script: at least one visible character. Spaces in a row count as one."""
    negative_prompt: Annotated[
        str, AfterValidator(_clean), _told(lambda limits: {"maxLength": limits.prompt_max, "examples": [""]})
    ] = ""
    """What is left out."""
    seed: Annotated[Seed | None, Field(examples=[None])] = None
    """A seed of its own; without it the walk's."""
    hand: Annotated[
        str | None,
        AfterValidator(_hand),
        _told(lambda limits: {"enum": [*(hand.words for hand in limits.hands), None], "examples": [None]}),
    ] = None
    """The hand it is painted in, one of those that the model has; without one the model chooses."""


class Commission(BaseModel):
    """A walk as it is asked for: what a form, the JSON API and the command line all come down to."""

    model_config = ConfigDict(extra="forbid", strict=True, use_attribute_docstrings=True)

    stops: Annotated[
        list[StopWanted],
        _told(
            lambda limits: {
                "minItems": STOPS_MIN,
                "maxItems": limits.stops_max,
                "examples": [[{"prompt": "a lemon"}, {"prompt": "the sun"}]],
            }
        ),
    ]
    """From first to last. Two neighbours must differ, else nothing lies between them."""
    seed: Annotated[Seed | None, Field(examples=[11])] = None
    """Where the noise comes from; without it one is drawn, and recorded."""
    frames: Annotated[
        int | None,
        _told(
            lambda limits: {
                "minimum": STOPS_MIN,
                "maximum": limits.frames_max,
                "default": limits.frames_default,
                "examples": [limits.frames_default],
            }
        ),
    ] = None
    """How many pictures the film has: at least one for each stop."""
    steps: Annotated[
        int | None, _told(lambda limits: {"minimum": 1, "maximum": limits.steps_max, "examples": [None]})
    ] = None
    """How many steps the sampler takes for each frame; without it the site's usual number."""
    guidance: Annotated[
        Annotated[float, Field(allow_inf_nan=False)] | None,
        _told(lambda limits: {"minimum": 0, "maximum": limits.guidance_max, "examples": [None]}),
    ] = None
    """How closely the pictures keep to the words; 1 or less is no guidance."""
    unlisted: Annotated[bool, Field(examples=[False])] = False
    """Leave the walk out of the gallery: only who knows its address sees it."""


class Pinned(BaseModel):
    """What a recipe fixes beyond the commission, so that the same pixels are painted again."""

    model_config = ConfigDict(extra="ignore", strict=True)

    sampler_steps: Annotated[int, Field(ge=1, le=200)]
    guidance: Annotated[float, Field(ge=0, le=100)]
    scheduler: Annotated[str, Field(max_length=80, pattern=PRINTABLE)]
    width: Annotated[int, Field(ge=8, le=4096, multiple_of=8)]
    height: Annotated[int, Field(ge=8, le=4096, multiple_of=8)]
    precision: Literal["float32", "bfloat16", "float16"]
    memory_format: Literal["contiguous", "channels_last"]
    threads: Annotated[int, Field(ge=1, le=1024)]
    batch: Annotated[int, Field(ge=1, le=64)]
    positions: list[float]
    model_name: Annotated[str, Field(max_length=200, pattern=PRINTABLE)]
    model_revision: Annotated[str, Field(max_length=64, pattern=PRINTABLE)]


def validate(data: Any) -> Commission:
    """Check a commission against the rules and limits.

    :raises InvalidInput: with one :class:`FieldError` for each field that is wrong.
    """
    limits = Limits.current()
    try:
        wanted = Commission.model_validate(data, context=limits)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        raise InvalidInput([_explain(item, limits) for item in found[:ERRORS_MAX]]) from error
    if errors := list(_rule_errors(wanted, limits)):
        raise InvalidInput(errors[:ERRORS_MAX])
    return wanted


def commission(
    wanted: Commission,
    *,
    visitor_key: str,
    owner: str | None = None,
    idempotency_key: str | None = None,
    pinned: Pinned | None = None,
    admit: Callable[[], None] | None = None,
) -> tuple[Walk, bool]:
    """Save a walk, commit, and tell the worker; return it, and whether it is new.

    ``owner`` is the secret that will own the walk; without one the walk's own token does. A repeat with the same
    ``idempotency_key`` returns the first walk and makes none. ``admit`` is called before a new walk is saved, and may
    refuse it by raising.

    :raises InvalidInput: when the key was used for something else.
    """
    fingerprint = _hash(wanted.model_dump_json() + (pinned.model_dump_json() if pinned else ""))
    key = None if idempotency_key is None else _hash(f"{visitor_key} {idempotency_key}")
    try:
        with writing() as session:
            if key and (walk := _commissioned_with(session, key)):
                return _repeat(walk, fingerprint), False
            if admit:
                admit()
            walk = _save(session, wanted, visitor_key=visitor_key, owner=owner, pinned=pinned)
            walk.idempotency_key, walk.commission_hash = key, fingerprint
    except IntegrityError:  # on Postgres the same key may be saved between our look and our commit
        earlier = _commissioned_with(db.session(), key) if key else None
        if earlier is None:
            raise
        return _repeat(earlier, fingerprint), False
    queue.ring()
    return walk, True


def _commissioned_with(session: Session, key: str) -> Walk | None:
    return session.scalar(select(Walk).where(Walk.idempotency_key == key))


def _repeat(walk: Walk, fingerprint: str) -> Walk:
    if walk.commission_hash != fingerprint:
        raise InvalidInput.on(
            "Idempotency-Key", message="This Idempotency-Key was used for another walk. Send a new key with a new walk."
        )
    return walk


def _save(session: Session, wanted: Commission, *, visitor_key: str, owner: str | None, pinned: Pinned | None) -> Walk:
    config = current_app.config
    walk_id = new_id()
    turn, ticket = line.join(session, visitor_key)
    walk = Walk(
        id=walk_id,
        visitor=visitor_key,
        owner_hash=visitor.digest(owner or str(visitor.owner_token(walk_id))),
        unlisted=wanted.unlisted,
        seed=secrets.randbelow(SEED_MAX + 1) if wanted.seed is None else wanted.seed,
        frames=wanted.frames or _default_frames(wanted),
        fps=config["FPS"],
        words=search.words_of([text for stop in wanted.stops for text in (stop.prompt, stop.hand or "")]),
        sampler_steps=config["STEPS"] if wanted.steps is None else wanted.steps,
        guidance=config["GUIDANCE"] if wanted.guidance is None else wanted.guidance,
        turn=turn,
        ticket=ticket,
        stops=[
            Stop(position=i, **stop.model_dump() | {"hand": stop.hand or ""}) for i, stop in enumerate(wanted.stops)
        ],
    )
    if pinned:
        walk.is_pinned = True
        for name, value in pinned.model_dump().items():
            setattr(walk, name, value)
    session.add(walk)
    return walk


def _default_frames(wanted: Commission) -> int:
    return max(int(current_app.config["FRAMES_DEFAULT"]), len(wanted.stops))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _rule_errors(wanted: Commission, limits: Limits) -> list[FieldError]:
    errors = []
    count = len(wanted.stops)
    if not STOPS_MIN <= count <= limits.stops_max:
        errors.append(
            FieldError(("stops",), f"A walk has {STOPS_MIN} to {limits.stops_max} stops; this one has {count}.")
        )
    elif wanted.frames is not None and not count <= wanted.frames <= limits.frames_max:
        errors.append(FieldError(("frames",), _frames_rule(limits, least=count)))
    if wanted.steps is not None and not 1 <= wanted.steps <= limits.steps_max:
        errors.append(FieldError(("steps",), _steps_rule(limits)))
    if wanted.guidance is not None and not 0 <= wanted.guidance <= limits.guidance_max:
        errors.append(FieldError(("guidance",), _guidance_rule(limits)))
    for index, (stop, following) in enumerate(pairwise(wanted.stops), start=1):
        if stop == following:
            message = f"Stop {index + 1} is the same as stop {index}: nothing lies between. Change a word, or its seed."
            errors.append(FieldError(("stops", index, "prompt"), message))
    return errors


def _explain(item: Any, limits: Limits) -> FieldError:
    """Translate one of pydantic's complaints into a sentence that names the field and the limit."""
    path: tuple[str | int, ...] = tuple(
        part.encode("utf-8", "replace").decode() if isinstance(part, str) else part for part in item["loc"]
    )
    if not path:
        return FieldError(path, 'A walk must be an object such as {"stops": […]}.')
    field = path[-1]
    if item["type"] == "extra_forbidden":
        return FieldError(path, f"{field!s:.60} is not a field of a walk.")
    if item["type"] == "value_error":
        return FieldError(path, f"{_subject(path)} {item['ctx']['error']}")
    if item["type"] == "string_unicode":
        return FieldError(path, f"{_subject(path)} contains characters that could not be read. Send it as UTF-8.")
    rules = {
        "seed": f"The seed must be a whole number from 0 to {SEED_MAX}.",
        "frames": _frames_rule(limits),
        "steps": _steps_rule(limits),
        "guidance": _guidance_rule(limits),
        "hand": f"{_subject(path)} must be one of {words_of(limits.hands)}."
        if limits.hands
        else f"{_subject(path)} cannot be chosen: the model that paints here knows none.",
        "stops": f"stops must be a list of {STOPS_MIN} to {limits.stops_max} stops.",
        "unlisted": "unlisted must be true or false.",
        "prompt": f"{_subject(path)} must be a text of 1 to {limits.prompt_max} characters.",
        "negative_prompt": f"{_subject(path)} must be a text of at most {limits.prompt_max} characters.",
    }
    if len(path) == 2 and path[0] == "stops":
        return FieldError(path, f'Stop {int(path[1]) + 1} must be an object such as {{"prompt": "a lemon"}}.')
    return FieldError(path, rules[str(field)])


def _frames_rule(limits: Limits, least: int = STOPS_MIN) -> str:
    return f"Frames must be a whole number from {least} (one for each stop) to {limits.frames_max}."


def _steps_rule(limits: Limits) -> str:
    return f"Steps must be a whole number from 1 to {limits.steps_max}."


def _guidance_rule(limits: Limits) -> str:
    return f"Guidance must be a number from 0 to {limits.guidance_max:g}."


def _subject(path: tuple[str | int, ...]) -> str:
    names = {"prompt": "prompt", "negative_prompt": "list of what to leave out", "seed": "seed", "hand": "hand"}
    name = names.get(str(path[-1]), str(path[-1]))
    return f"The {name} of stop {int(path[1]) + 1}" if len(path) == 3 else f"The {name}"


def find(walk_id: str) -> Walk | None:
    """Return the walk with this id, deleted or not."""
    walk: Walk | None = db.session.scalar(select(Walk).where(Walk.id == walk_id))
    return walk
