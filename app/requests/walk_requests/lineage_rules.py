"""Rules for requests that continue another walk, or are a remix of one.

A walk that continues another starts at that walk's last stop, so that the films join without a seam.
"""

from __future__ import annotations

from app.core.i18n.gettext import N_, _
from app.requests.walk_requests import stop_options
from app.requests.walk_requests.walk_request import WalkRequest
from app.storage.walk_models import FINISHED, Stop, StopOptions, Walk
from app.walks.saved import lookup

UNFINISHED = N_("queued"), N_("painting"), N_("refused"), N_("failed"), N_("cancelled")
"""The states of unfinished walks, as sentences name them."""


def continued_walk(request: WalkRequest) -> Walk | None:
    """Return the walk that a request continues, if it is still visible by its address, else ``None``."""
    return lookup.visible_walk(request.continues)


def continuation_flaw(request: WalkRequest) -> str:
    """Return why a request cannot continue the walk that it names; ``""`` if it can, or names none."""
    if request.continues is None:
        return ""
    parent = lookup.visible_walk(request.continues)
    if parent is None:
        return _("The walk to go on from is not here: it may have been deleted, or its id mistyped.")
    if parent.state != FINISHED:
        return _("The walk to go on from is not finished; it is %(state)s.", state=_(parent.state))
    last, first = parent.stops[-1], request.stops[0]
    seed = request.seed if first.seed is None else first.seed
    same_words = (first.prompt, first.negative_prompt, first.requested_style or "") == (
        last.prompt,
        last.negative_prompt,
        last.requested_style,
    )
    if (
        same_words
        and StopOptions.from_stop(first).seen() == last.options.seen()
        and seed in (None, parent.seed_of(last))
    ):
        return ""
    description = _describe_stop(last, parent.seed_of(last))
    return _("Stop 1 must be the last stop of the walk to go on from: %(stop)s.", stop=description)


def _describe_stop(stop: Stop, seed: int) -> str:
    """Return a description of a stop with all that must match: ``“the sun”, style neon, without “rain”, seed 11``."""
    text = _("“%(words)s”", words=stop.prompt)
    if stop.requested_style:
        text += ", " + _("style %(own)s", own=stop.requested_style)
    text += "".join(f", {words}" for words in stop_options.describe(stop.options))
    if stop.negative_prompt:
        text += ", " + _("without %(own)s", own=_("“%(words)s”", words=stop.negative_prompt))
    return text + ", " + _("seed %(own)s", own=seed)


def remix_flaw(remix_of: str | None) -> str:
    """Return why no remix of the named walk can be made; ``""`` if it can, or none is named."""
    if remix_of is None or lookup.visible_walk(remix_of) is not None:
        return ""
    return _("The walk that this is a remix of is not here: it may have been deleted, or its id mistyped.")
