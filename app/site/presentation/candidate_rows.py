"""Rows of candidates on the form: pictures to choose from for a stop, and the requests for them.

The value of a candidate's form field holds its seed and drawings, so that a form with a chosen candidate no longer
depends on the row.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from app.core.errors import FieldError, InvalidInput
from app.core.i18n.foreign_messages import translate_foreign
from app.core.i18n.gettext import _
from app.core.i18n.locales import here
from app.offer.generation import model_styles, offers
from app.requests.walk_requests import candidates
from app.requests.walk_requests.candidates import CandidateRequest
from app.requests.walk_requests.walk_request import SETTINGS
from app.site.presentation import readings
from app.site.presentation.make_form import MakeForm, StopLine, picked
from app.storage.candidate_models import FAILED, WAITING, Candidate, CandidateSet
from app.walks.queue import candidate_requests
from app.walks.queue.candidate_requests import A_ROW

SOON_MS, LATE_MS = 500, 5000
"""Milliseconds after which a page polls again, with and without a living worker."""

OWN = ("seed", "scene")
"""The fields of a stop in which its candidates differ."""


@dataclass(frozen=True, slots=True)
class CandidateShown:
    """A picture to choose: the value of its form field, its number from 1, and its size in pixels.

    ``is_proposal``: the stop looks like this if none is chosen.
    """

    value: str
    number: int
    index: int
    width: int
    height: int
    is_proposal: bool
    is_picked: bool


@dataclass(frozen=True, slots=True)
class CandidateRow:
    """A row of pictures to choose from, with those generated so far; ``missing`` counts the others."""

    id: str
    candidates: tuple[CandidateShown, ...]
    missing: int
    error: str
    has_more: bool
    worker_ready: bool
    repainted: str = ""  # the name of the style that a photo is repainted in, where that is all there is

    @property
    def is_waiting(self) -> bool:
        """Return whether more pictures are being generated."""
        return self.missing > 0

    @property
    def look_again(self) -> int:
        """Return the milliseconds after which a page polls again."""
        return SOON_MS if self.worker_ready else LATE_MS

    @property
    def status(self) -> str:
        """Return the row's status as a sentence; ``""`` when it is complete."""
        if self.error:
            return self.error
        if not self.is_waiting:
            return ""
        return _("They are being painted.") if self.worker_ready else _("The painter is away just now.")


def remove_outdated(form: MakeForm, owners: Collection[str]) -> None:
    """Remove from the form the rows that no longer exist, and those whose stop or settings have changed.

    If the stop's prompt has changed, a seed taken from one of the row's pictures is reset as well.
    """
    for index, stop in enumerate(form.stops):
        candidate_set = _set_of(stop, owners)
        if candidate_set is None:
            stop.candidates = ""
            continue
        request = request_for(form, index)
        limits = candidates.limits_of(request, offers.current())
        style = readings.chosen_styles(form, limits).get(index, "")
        if _is_same(candidate_set.request, request) and candidate_set.request.get("unnamed", "") == style:
            continue
        stop.candidates = ""
        before = candidate_set.request["stop"]
        seeds = {each["seed"] for each in candidate_set.pool}
        if before["prompt"] != request["stop"]["prompt"] and stop.own.get("seed") in seeds:
            stop.own.pop("seed")
            if before["seed"] is not None:
                stop.own["seed"] = before["seed"]


def request_for(form: MakeForm, index: int) -> dict[str, Any]:
    """Return the unchecked request for candidates of a stop of the form."""
    body = form.as_body()
    settings: dict[str, Any] = {
        name: body[name]
        for name in CandidateRequest.model_fields
        if name in SETTINGS and name in body and name != "seed"
    }
    if "model" not in settings and form.parent is not None and offers.current().find(form.parent.model_name):
        settings["model"] = form.parent.model_name
    return {"stop": body["stops"][index], "seed": readings.seed_of(form), **settings}


def request_candidates(form: MakeForm, index: int, *, count: int = A_ROW, **who: Any) -> None:
    """Request ``count`` candidates for a stop of the form, or set the form's errors if the request is invalid.

    The form keeps the seed that was used, so that the chosen picture stays the same until the form is sent.
    ``who`` are the further arguments of :func:`app.requests.walk_requests.candidates.place`.

    :raises NoRoom: when the visitor's hourly limit, the queue or the disk is full.
    """
    stop = form.stops[index]
    try:
        wanted = candidates.validate(request_for(form, index) | {"count": count})
    except InvalidInput as error:
        errors = [FieldError(("stops", index, *each.path[1:]), each.message) if each.path[:1] == ("stop",) else each
                  for each in error.errors]  # fmt: skip
        form.explain(InvalidInput(errors))
        return
    form.seed = str(wanted.seed)
    limits = candidates.limits_of({"model": wanted.model}, offers.current())
    unnamed = readings.chosen_styles(form, limits).get(index, "")
    stop.candidates = candidates.submit(
        wanted, drawing=stop.drawing, language=here().language, unnamed=unnamed, **who
    ).id


def of_form(form: MakeForm, owners: Collection[str], *, worker_ready: bool) -> list[CandidateRow | None]:
    """Return the row of each stop; ``None`` for a stop without candidates."""
    sets = ((stop, _set_of(stop, owners)) for stop in form.stops)
    return [None if each is None else row(each, stop, worker_ready=worker_ready) for stop, each in sets]


def row(candidate_set: CandidateSet, stop: StopLine, *, worker_ready: bool) -> CandidateRow:
    """Return a candidate set as the row of a stop; ``worker_ready`` says whether a worker is alive."""
    shown = tuple(_shown(candidate_set, stop))
    missing = candidate_set.wanted - len(shown) if candidate_set.state == WAITING else 0
    error = translate_foreign(candidate_set.error or "") if candidate_set.state == FAILED else ""
    has_more = not missing and not error and len(shown) < candidate_requests.MOST
    request = candidate_set.request["stop"]
    style = request["hand"] if request["picture"] and candidate_set.wanted == 1 else None
    known = model_styles.find(style, offers.current().get(candidate_set.model).styles) if style else None
    repainted = known.name if known else style or ""
    return CandidateRow(candidate_set.id, shown, missing, error, has_more, worker_ready, repainted)


def _shown(candidate_set: CandidateSet, stop: StopLine) -> Iterator[CandidateShown]:
    chosen = picked(stop.own.get("seed"), stop.drawing)
    for candidate in candidate_set.candidates:
        value = _value(candidate_set, candidate)
        sizes = candidate.width, candidate.height
        number = candidate.index + 1
        yield CandidateShown(value, number, candidate.index, *sizes, candidate.pool_index == 0, value == chosen)


def _value(candidate_set: CandidateSet, candidate: Candidate) -> str:
    """Return the value of a candidate's form field: seed and drawings; for the proposal, those of the request."""
    if candidate.pool_index == 0:
        return picked(candidate_set.request["stop"]["seed"], candidate_set.request["drawing"])
    each = candidate_set.pool[candidate.pool_index]
    return picked(each["seed"], each["drawing"])


def _set_of(stop: StopLine, owners: Collection[str]) -> CandidateSet | None:
    return candidate_requests.find_of_owner(stop.candidates, *owners) if stop.candidates else None


def _is_same(stored: dict[str, Any], request: dict[str, Any]) -> bool:
    """Return whether a request equals the stored one, except in the fields in which candidates differ."""
    try:
        wanted = CandidateRequest.model_validate(request, context=candidates.limits_of(request, offers.current()))
    except ValueError:
        return False
    again = wanted.model_dump(exclude={"count": True, "stop": set(OWN)})
    before = {name: stored.get(name) for name in again}
    return again == before | {"stop": {name: value for name, value in stored["stop"].items() if name not in OWN}}
