"""The sentences about settings of a walk: what each must be, and why a model cannot have a value.

A rule takes the limits and returns what a field must be; a flaw takes a valid value too, and returns "" if the model
can have it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from app.core.i18n.formatting import decimal, join_words
from app.core.i18n.gettext import _
from app.offer.generation import frame_rates, offers
from app.offer.generation.limits import STOPS_MIN, Limits


def frames_rule(limits: Limits, least: int = STOPS_MIN) -> str:
    """Return the message with the allowed number of frames."""
    return _(
        "Frames must be a whole number from %(least)s (one for each stop) to %(most)s.",
        least=least,
        most=limits.frames_max,
    )


def fps_rule(_limits: Limits) -> str:
    """Return the message with the allowed frame rates."""
    return _(
        "Frames a second must be a number from %(least)s to %(most)s.",
        least=frame_rates.FPS_MIN,
        most=frame_rates.FPS_MAX,
    )


def steps_rule(limits: Limits) -> str:
    """Return the message with the allowed number of steps."""
    return _("Steps must be a whole number from 1 to %(most)s.", most=limits.steps_max)


def guidance_rule(limits: Limits) -> str:
    """Return the message with the allowed guidance."""
    return _("Guidance must be a number from 0 to %(most)s.", most=decimal(limits.guidance_max))


def guidance_flaw(guidance: float, limits: Limits) -> str:
    """Return why a model cannot have this guidance: it takes none."""
    if guidance <= 1 or limits.takes_guidance:
        return ""
    model = limits.offer.name
    return _("Guidance cannot be set for the model %(model)s, which paints without. Leave it out.", model=model)


def size_rule(limits: Limits) -> str:
    """Return the message with the sizes that the model supports."""
    if not limits.sizes:
        return _("The size cannot be chosen of the model that paints here.")
    return _("The size must be one of %(sizes)s, in pixels of a side.", sizes=join_words(map(str, limits.sizes)))


def size_flaw(size: int, limits: Limits) -> str:
    """Return why a model cannot have this size, with those that it supports."""
    return "" if size in limits.sizes else size_rule(limits)


def aspect_flaw(aspect: str, limits: Limits) -> str:
    """Return why a model cannot have this aspect ratio, with those or the sizes that it supports."""
    facts = limits.offer.facts
    own = facts.frame
    if aspect in limits.aspects:
        return ""
    if own is None:
        return _("The aspect ratio cannot be chosen of the model %(model)s. Leave it out.", model=facts.name)
    frames = [(size, size) for size in limits.sizes] or [(own[0], own[1])]
    if len(limits.aspects) > 1:
        known = join_words(limits.aspects)
        return _("The aspect ratio of the model %(model)s must be one of %(known)s.", model=facts.name, known=known)
    sizes = join_words(f"{width} × {height}" for width, height in frames)
    values = {"model": facts.name, "sizes": sizes}
    return _("The model %(model)s paints only pictures of %(sizes)s pixels. Leave the aspect ratio out.", **values)


def one_of(field: str, values: Iterable[str]) -> str:
    """Return the message that a field must have one of some values."""
    return _("%(field)s must be one of %(known)s.", field=field, known=join_words(values))


def model_flaw(name: str, limits: Limits) -> str:
    """Return that no model of this name is on offer, if so."""
    return "" if name in limits.models else offers.current().not_offered(f"{name:.60}")


def true_or_false(name: str) -> Callable[[Limits], str]:
    """Return the rule of a switch."""
    return lambda _limits: _("%(field)s must be true or false.", field=name)


def walk_rule(name: str) -> Callable[[Limits], str]:
    """Return the rule of a field that names a walk."""
    return lambda _limits: _("%(field)s must be the id of a walk.", field=name)
