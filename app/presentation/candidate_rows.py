"""The pictures that a stop of the form may be painted as: a row to choose from, and what is asked for it.

A candidate's field says what it is painted by, so that the form that takes it over needs nothing of the row any more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from app.commissions import candidates
from app.commissions.candidates import CandidateRequest
from app.errors import FieldError, InvalidInput
from app.generation import hands, models_on_offer
from app.i18n.foreign_messages import translate_foreign
from app.i18n.gettext import _
from app.i18n.locales import here
from app.presentation import readings
from app.presentation.make_form import MakeForm, StopLine, picked
from app.queue import candidate_requests
from app.queue.candidate_requests import A_ROW
from app.storage.candidate_models import FAILED, WAITING, Candidate, CandidateSet

SOON_MS, LATE_MS = 500, 5000
"""After how long a page looks again, where somebody paints and where nobody does."""

OWN = ("seed", "scene")
"""What of a stop its candidates differ in."""


@dataclass(frozen=True, slots=True)
class CandidateShown:
    """A picture to choose: the value of its field, its number from 1, and whether it is what is painted anyway."""

    value: str
    number: int
    index: int
    width: int
    height: int
    is_proposal: bool
    is_picked: bool


@dataclass(frozen=True, slots=True)
class CandidateRow:
    """A row of pictures to choose from, as far as it is painted."""

    id: str
    candidates: tuple[CandidateShown, ...]
    missing: int
    error: str
    has_more: bool
    worker_ready: bool
    repainted: str = ""  # the name of the style that a photo is repainted in, where that is all there is

    @property
    def is_waiting(self) -> bool:
        """Tell whether there are more to come."""
        return self.missing > 0

    @property
    def look_again(self) -> int:
        """Milliseconds after which a page looks again."""
        return SOON_MS if self.worker_ready else LATE_MS

    @property
    def said(self) -> str:
        """Say how far it is."""
        if self.error:
            return self.error
        if not self.is_waiting:
            return ""
        return _("They are being painted.") if self.worker_ready else _("The painter is away just now.")


def look_at(form: MakeForm, owner_hash: str | None) -> None:
    """Leave rows aside that are gone, or whose stop is to be painted otherwise by now.

    Of other words, a picture that was picked is left aside as well.
    """
    for index, stop in enumerate(form.stops):
        found = _of(stop, owner_hash)
        if found is None:
            stop.candidates = ""
            continue
        asked = requested(form, index)
        limits = candidates.limits_of(asked)
        style = readings.style_of(form, index, limits)
        if _is_same(found.asked, asked) and found.asked.get("unnamed", "") == style:
            continue
        stop.candidates = ""
        told = found.asked["stop"]
        if told["prompt"] != asked["stop"]["prompt"] and stop.own.get("seed") in {each["seed"] for each in found.pool}:
            stop.own.pop("seed")
            if told["seed"] is not None:
                stop.own["seed"] = told["seed"]


def requested(form: MakeForm, index: int) -> dict[str, Any]:
    """Return what the candidates of a stop of the form are asked for with, unchecked."""
    asked = form.commission()
    settings: dict[str, Any] = {
        name: asked[name] for name in ("preset", "steps", "guidance", "size", "aspect", "model") if name in asked
    }
    if "model" not in settings and form.parent is not None and models_on_offer.find(form.parent.model_name):
        settings["model"] = form.parent.model_name
    return {"stop": asked["stops"][index], "seed": readings.seed_of(form), **settings}


def ask(form: MakeForm, index: int, *, count: int = A_ROW, **who: Any) -> None:
    """Have so many candidates for a stop painted, or say on the form what is wrong with it.

    The form's seed is written down: what is picked is to be painted as it was seen, whenever the form is sent.
    ``who`` are the further arguments of :func:`app.commissions.candidates.place`.

    :raises NoRoom: when there is no room for them just now.
    """
    stop = form.stops[index]
    try:
        wanted = candidates.validate(requested(form, index) | {"count": count})
    except InvalidInput as error:
        told = [FieldError(("stops", index, *each.path[1:]), each.message) if each.path[:1] == ("stop",) else each
                for each in error.errors]  # fmt: skip
        form.explain(InvalidInput(told))
        return
    form.seed = str(wanted.seed)
    unnamed = readings.style_of(form, index, candidates.limits_of({"model": wanted.model}))
    stop.candidates = candidates.place(
        wanted, drawing=stop.drawing, language=here().language, unnamed=unnamed, **who
    ).id


def of_form(form: MakeForm, owner_hash: str | None, *, worker_ready: bool) -> list[CandidateRow | None]:
    """Return the row of each stop; None where nobody asked for one."""
    found = ((stop, _of(stop, owner_hash)) for stop in form.stops)
    return [None if each is None else row(each, stop, worker_ready=worker_ready) for stop, each in found]


def row(found: CandidateSet, stop: StopLine, *, worker_ready: bool) -> CandidateRow:
    """Return a set as the row of a stop."""
    shown = tuple(_shown(found, stop))
    missing = found.wanted - len(shown) if found.state == WAITING else 0
    error = translate_foreign(found.error or "") if found.state == FAILED else ""
    has_more = not missing and not error and len(shown) < candidate_requests.MOST
    told = found.asked["stop"]
    hand = told["hand"] if told["picture"] and found.wanted == 1 else None
    known = hands.find(hand, hands.known(models_on_offer.setting(found.model))) if hand else None
    repainted = known.name if known else hand or ""
    return CandidateRow(found.id, shown, missing, error, has_more, worker_ready, repainted)


def _shown(found: CandidateSet, stop: StopLine) -> Iterator[CandidateShown]:
    chosen = picked(stop.own.get("seed"), stop.drawing)
    for candidate in found.candidates:
        value = _value(found, candidate)
        sizes = candidate.width, candidate.height
        number = candidate.index + 1
        yield CandidateShown(value, number, candidate.index, *sizes, candidate.place == 0, value == chosen)


def _value(found: CandidateSet, candidate: Candidate) -> str:
    """Write what a candidate is painted by; the proposal by what was asked for."""
    if candidate.place == 0:
        return picked(found.asked["stop"]["seed"], found.asked["drawing"])
    each = found.pool[candidate.place]
    return picked(each["seed"], each["drawing"])


def _of(stop: StopLine, owner_hash: str | None) -> CandidateSet | None:
    if not stop.candidates or owner_hash is None:
        return None
    return candidate_requests.find_of_owner(stop.candidates, owner_hash)


def _is_same(told: dict[str, Any], asked: dict[str, Any]) -> bool:
    """Tell whether the same would be asked for again, but for what candidates differ in."""
    try:
        wanted = CandidateRequest.model_validate(asked, context=candidates.limits_of(asked))
    except ValueError:
        return False
    again = wanted.model_dump(exclude={"count": True, "stop": set(OWN)})
    before = {name: told.get(name) for name in again}
    return again == before | {"stop": {name: value for name, value in told["stop"].items() if name not in OWN}}
