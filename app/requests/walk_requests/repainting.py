"""Repaint a finished walk in another style: with the same sketches, noise and seeds.

The frame positions are computed again, because what is uniform in one style is less uniform in another.
"""

from __future__ import annotations

import hashlib
from typing import Any

from sqlalchemy import func, select

from app.collection.styles import added, shipped
from app.collection.styles import style as styles
from app.collection.styles.added import AddedStyle
from app.collection.styles.style import Style
from app.core.errors import Conflict, InvalidInput
from app.core.i18n.formatting import join_words
from app.core.i18n.gettext import N_, _
from app.core.models.aspects import SQUARE
from app.offer.generation import frame_rates, model_styles, offers, sampler_settings
from app.offer.generation.offers import Offer
from app.requests.walk_requests import layouts, validation
from app.requests.walk_requests.schema import Commission
from app.storage.database import db
from app.storage.walk_models import CANCELLED, FAILED, FINISHED, REFUSED, Stop, Walk
from app.walks.saved import shapes

UNFINISHED = N_("This walk is not finished. It can be repainted once it is.")
LED_BY_WORDS = N_(
    "This walk was painted by words alone. Only where sketches led the painter can the same pictures be painted in"
    " another style. Remix it instead: other words behind each prompt make another walk."
)


def styles_for(walk: Walk) -> tuple[Style, ...]:
    """Return the styles that a walk can be repainted in, except a style that all its stops have; none if it cannot."""
    if flaw(walk):
        return ()
    used = {stop.style for stop in walk.stops}
    offered = (
        *shipped.of_model(_model(walk)),
        *(style.style for style in added.every() if _model_of(style)),
    )
    distinct = {style.name: style for style in offered}
    return tuple(style for style in distinct.values() if used != {style.hand.words})


def flaw(walk: Walk) -> str:
    """Return why a walk cannot be repainted in any style; ``""`` if it can be."""
    if walk.state != FINISHED:
        return _(UNFINISHED)
    is_led = _model(walk).facts.has_sketches
    return "" if is_led and all(stop.scene is not None for stop in walk.stops) else _(LED_BY_WORDS)


def commission_of(walk: Walk, style: str, *, unlisted: bool | None = None) -> Commission:
    """Return the request for the same walk in a style, by the style's name, words or title.

    ``unlisted`` defaults to that of the walk.

    :raises Conflict: when the walk is not finished.
    :raises InvalidInput: when it cannot be repainted, or not in this style.
    """
    if walk.state != FINISHED:
        raise Conflict(_(UNFINISHED))
    if problem := flaw(walk):
        raise InvalidInput.on("walk", message=problem)
    model, hand = _renderer_of(walk, style)
    known = model.styles
    request: dict[str, Any] = {
        "stops": [_stop(stop, hand, known, walk) for stop in walk.stops],
        "seed": walk.seed,
        "frames": walk.frames,
        "preset": walk.preset,
        "ending": walk.ending,
        "easing": walk.easing,
        "fps": frame_rates.requestable(walk.fps),
        "model": walk.model if model == offers.current().find(walk.model) else model.name,
        "unlisted": walk.unlisted if unlisted is None else unlisted,
        "photos_may_be_shown": walk.photos_may_be_shown,
        "remix_of": walk.id,
    }
    return validation.validate(request | _settings(walk, model))


def repeat_key(walk: Walk, request: Commission, owner_hash: str) -> str:
    """Return an idempotency key, so that a repeated request returns the same walk unless that walk came to nothing."""
    nothing = Walk.state.in_((FAILED, REFUSED, CANCELLED))
    own = select(func.count()).where(Walk.owner_hash == owner_hash, Walk.remix_of == walk.id, nothing)
    content = hashlib.sha256(request.model_dump_json().encode()).hexdigest()
    return f"repaint {content} {db.session.scalar(own)}"


def _model(walk: Walk) -> Offer:
    """Return the model that rendered a walk, or the site's first if that is no longer on offer."""
    return offers.current().of_walk(walk)


def _model_of(style: AddedStyle) -> Offer | None:
    """Return the sketch-conditioned model that learned a style, which can render the same shapes; ``None`` for none."""
    model = offers.current().find(style.model) if style.model else None
    return model if model is not None and model.facts.has_sketches else None


def _renderer_of(walk: Walk, name: str) -> tuple[Offer, str]:
    """Return the model for a style, the walk's own if possible, and the words of the style.

    :raises InvalidInput: when no model has a style of this name.
    """
    own = _model(walk)
    if style := styles.find(name, shipped.of_model(own)):
        return own, style.hand.words
    for taught in added.every():
        model = _model_of(taught)
        if model is not None and styles.find(name, [taught.style]):
            return model, taught.words
    known = join_words(style.name for style in styles_for(walk))
    raise InvalidInput.on(
        "style", message=_("The style cannot be “%(style)s”. There are %(styles)s.", style=f"{name:.60}", styles=known)
    )


def _stop(stop: Stop, hand: str, known: tuple[model_styles.ModelStyle, ...], walk: Walk) -> dict[str, Any]:
    """Return a stop of the request: the same stop in another style, with its scene composed again."""
    request: dict[str, Any] = {
        "prompt": stop.prompt,
        "negative_prompt": stop.negative_prompt,
        "seed": stop.seed,
        "hand": hand,
    }
    if stop.scene is not None:
        style = model_styles.find(hand, known)
        scene = layouts.recompose(
            stop.scene, style.marks if style else "", seed=walk.seed_of(stop), walk_seed=walk.seed
        )
        request["scene"] = scene | {"words": _without_hands(scene.get("words", ""), known)}
    if stop.photo is not None:
        request |= {"picture": stop.photo, "cut_out": bool(stop.cut_out)}
    return request


def _without_hands(words: str, known: tuple[model_styles.ModelStyle, ...]) -> str:
    """Return the scene's words without the previous style, which was chosen at random or named in the prompt."""
    named = {hand.words for hand in known}
    return ", ".join(part for part in words.split(", ") if part not in named)


def _settings(walk: Walk, model: Offer) -> dict[str, Any]:
    """Return the walk's aspect ratio and, if the same model renders, its steps, guidance and size, for the request."""
    facts = model.facts
    request: dict[str, Any] = {}
    aspect = shapes.aspect(walk)
    if aspect != SQUARE and aspect in facts.aspects:
        request["aspect"] = aspect
    if model != _model(walk):
        return request
    usual = sampler_settings.resolve_settings(model, walk.preset)
    if walk.sampler_steps != usual["steps"]:
        request["steps"] = walk.sampler_steps
    if walk.guidance != usual["guidance"]:
        request["guidance"] = walk.guidance
    if shapes.longer_side(walk) in facts.sizes[1:]:
        request["size"] = shapes.longer_side(walk)
    return request
