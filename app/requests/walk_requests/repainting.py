"""Repaint a finished walk in another style or at a larger size: with the same sketches and seeds.

The frame positions are computed again, because what is uniform in one style or size is less uniform in another.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import func, select

from app.collection.styles import added, shipped
from app.collection.styles import style as styles
from app.collection.styles.added import AddedStyle
from app.collection.styles.style import Style
from app.core.errors import Conflict, InvalidInput
from app.core.i18n.formatting import join_words
from app.core.i18n.gettext import N_, _
from app.offer.generation import model_styles, offers
from app.offer.generation.offers import Offer
from app.requests.walk_requests import layouts, validation, walk_rows
from app.requests.walk_requests.walk_request import WalkRequest
from app.storage.database import db
from app.storage.walk_models import CANCELLED, FAILED, FINISHED, REFUSED, Stop, Walk
from app.walks.queue import revisions
from app.walks.saved import shapes

UNFINISHED = N_("This walk is not finished. It can be repainted once it is.")
LED_BY_WORDS = N_(
    "This walk was painted by words alone. Only where sketches led the painter can the same pictures be painted in"
    " another style. Remix it instead: other words behind each prompt make another walk."
)
ONLY_LED = N_(
    "This walk was painted by words alone. Only where sketches led the painter does a larger film show the same"
    " pictures."
)
LARGEST = N_("This film is as large as its model paints it.")
MODEL_GONE = N_(
    "The model that painted this walk, %(model)s, is no longer here in that revision. No other paints the same"
    " pictures, so there is no larger film of this walk any more."
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
    return tuple(style for style in distinct.values() if used != {style.model_style.words})


def flaw(walk: Walk) -> str:
    """Return why a walk cannot be repainted in any style; ``""`` if it can be."""
    if walk.state != FINISHED:
        return _(UNFINISHED)
    is_led = _model(walk).facts.has_sketches
    return "" if is_led and _is_led(walk) else _(LED_BY_WORDS)


def restyled_request(
    walk: Walk, style: str, *, owners: Collection[str] = (), unlisted: bool | None = None
) -> WalkRequest:
    """Return the request for the same walk in a style, by the style's name, words or title.

    ``owners`` are the hashes of the visitor who requests it: that photos and the sound may be published holds for the
    walk's owner alone. ``unlisted`` defaults to that of the walk.

    :raises Conflict: when the walk is not finished.
    :raises InvalidInput: when it cannot be repainted, or not in this style.
    """
    if walk.state != FINISHED:
        raise Conflict(_(UNFINISHED))
    if problem := flaw(walk):
        raise InvalidInput.on("walk", message=problem)
    model, model_style = _renderer_of(walk, style)
    stops = [_restyled(stop, model_style, model, walk) for stop in walk.stops]
    return _request(walk, model, owners=owners, unlisted=unlisted, stops=stops)


def larger_sizes(walk: Walk) -> tuple[int, ...]:
    """Return the sizes, longer sides in pixels, at which a walk's model paints the same pictures larger.

    The model may be here in another revision: `larger_flaw` says so.
    """
    model, side = _model(walk), shapes.longer_side(walk)
    if walk.state != FINISHED or side is None or model.name != walk.model_name or not _is_led(walk):
        return ()
    return tuple(size for size in model.facts.sizes if size > side)


def larger_flaw(walk: Walk) -> str:
    """Return why a walk cannot be repainted at a larger size; ``""`` if it can be."""
    if walk.state != FINISHED:
        return _(UNFINISHED)
    if not _is_led(walk):
        return _(ONLY_LED)
    if _model(walk).name != walk.model_name or revisions.is_model_here(walk) is False:
        return _(MODEL_GONE, model=walk.model_title or walk.model_name)
    return "" if larger_sizes(walk) else _(LARGEST)


def larger_request(
    walk: Walk, size: int | str, *, owners: Collection[str] = (), unlisted: bool | None = None
) -> WalkRequest:
    """Return the request for the same walk at a larger size, in the styles that its stops have.

    ``owners`` and ``unlisted`` are as in `restyled_request`.

    :raises Conflict: when the walk is not finished.
    :raises InvalidInput: when it cannot be repainted larger, or not at this size.
    """
    if walk.state != FINISHED:
        raise Conflict(_(UNFINISHED))
    if problem := larger_flaw(walk):
        raise InvalidInput.on("walk", message=problem)
    sizes = {str(each): each for each in larger_sizes(walk)}
    if str(size) not in sizes:
        known = join_words(sizes)
        raise InvalidInput.on(
            "size", message=_("The size cannot be “%(size)s”. There is %(sizes)s.", size=f"{size!s:.20}", sizes=known)
        )
    return _request(walk, _model(walk), owners=owners, unlisted=unlisted, size=sizes[str(size)])


def _request(
    walk: Walk, model: Offer, *, owners: Collection[str], unlisted: bool | None, **changed: Any
) -> WalkRequest:
    """Return the request for a walk by a model, with what is ``changed``."""
    is_own = not walk.owner_hash or walk.owner_hash in owners  # the site itself agreed for its own walks
    again = walk_rows.remade(walk)
    request = again.model_dump() | _settings(again, walk, model) | changed
    request["unlisted"] = walk.unlisted if unlisted is None else unlisted
    request["photos_may_be_shown"] = is_own and walk.photos_may_be_shown
    request["publish_sound"] = is_own and walk.publish_sound
    request["model"] = walk.model if model == offers.current().find(walk.model) else model.name
    return validation.validate(request)


def repeat_key(walk: Walk, request: WalkRequest, owner_hash: str) -> str:
    """Return an idempotency key, so that a repeated request returns the same walk unless that walk came to nothing."""
    nothing = Walk.state.in_((FAILED, REFUSED, CANCELLED))
    own = select(func.count()).where(Walk.owner_hash == owner_hash, Walk.remix_of == walk.id, nothing)
    return f"repaint {request.fingerprint()} {db.session.scalar(own)}"


def _is_led(walk: Walk) -> bool:
    """Return whether a sketch leads each picture of a walk."""
    return all(stop.scene is not None for stop in walk.stops)


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
        return own, style.model_style.words
    for taught in added.every():
        model = _model_of(taught)
        if model is not None and styles.find(name, [taught.style]):
            return model, taught.words
    known = join_words(style.name for style in styles_for(walk))
    raise InvalidInput.on(
        "style", message=_("The style cannot be “%(style)s”. There are %(styles)s.", style=f"{name:.60}", styles=known)
    )


def _restyled(stop: Stop, style_words: str, model: Offer, walk: Walk) -> dict[str, Any]:
    """Return a stop of the request in another style, its scene composed again; another model has none of its LoRAs."""
    again = walk_rows.stop_request_of(stop).model_dump() | {"hand": style_words}
    if model != _model(walk):
        again |= dict.fromkeys(stop.options.seen())
    if stop.scene is None:
        return again
    style = model_styles.find(style_words, model.styles)
    scene = layouts.recompose(stop.scene, style.marks if style else "", seed=walk.seed_of(stop), walk_seed=walk.seed)
    return again | {"scene": scene | {"words": _without_styles(scene.get("words", ""), model.styles)}}


def _without_styles(words: str, known: tuple[model_styles.ModelStyle, ...]) -> str:
    """Return the scene's words without the previous style, which was chosen at random or named in the prompt."""
    named = {style.words for style in known}
    return ", ".join(part for part in words.split(", ") if part not in named)


def _settings(again: WalkRequest, walk: Walk, model: Offer) -> dict[str, Any]:
    """Return the settings that a model has to be asked for: the aspect ratio and, if it is the walk's own, the others.

    Steps, guidance and size are asked for where they are not the usual ones.
    """
    unusual = walk_rows.unusual_settings(again)
    names = ("steps", "guidance", "size") if model == _model(walk) else ()
    aspect = unusual.get("aspect")
    settings = dict.fromkeys(("steps", "guidance", "size")) | {name: unusual.get(name) for name in names}
    return settings | {"aspect": aspect if aspect in model.facts.aspects else None}
