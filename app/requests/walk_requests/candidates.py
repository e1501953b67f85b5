"""Candidate pictures for a stop, from which a visitor chooses one: the request, and the variants to render.

A candidate follows from a seed and, for sketch-conditioned models, from the drawings chosen with it. So a stop that
takes these over renders as the candidate did. The first candidate is the default: what renders if no choice is made.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field

from app.collection.moderation import banned_words
from app.collection.styles import model_choice
from app.core.errors import FieldError, InvalidInput, NoRoom
from app.core.field_errors import ERRORS_MAX
from app.core.i18n.gettext import _
from app.offer.drawings import sketchbooks
from app.offer.generation import offers, prompt_texts, sampler_settings
from app.offer.generation.limits import Limits
from app.offer.generation.offers import Offer, Offers
from app.reading import chosen
from app.reading.chosen import AS_READ
from app.reading.reader import Reader
from app.reading.reading import FREELY, Reading
from app.requests.walk_requests import error_messages, scenes, stop_words
from app.requests.walk_requests.stop_options import StopRequest
from app.requests.walk_requests.stop_words import Seed
from app.requests.walk_requests.validation import embedding_errors, negative_prompt_errors, settings_errors
from app.requests.walk_requests.walk_request import (
    Aspect,
    Guidance,
    ModelName,
    Preset,
    RequestForModel,
    Size,
    Steps,
)
from app.storage.candidate_models import CandidateSet
from app.walks.queue import candidate_requests
from app.walks.queue.candidate_requests import A_ROW, MOST
from app.walks.uploads import kinds, upload_store

POOL = 4 * A_ROW
"""How many variants a row is chosen from for sketch-conditioned models, whose sketches are known before rendering."""


class CandidateRequest(RequestForModel):
    """A request for candidates: the stop, and the settings of its walk that decide how it is rendered."""

    stop: StopRequest
    """The stop as it would be requested: the first candidate, and what all candidates have in common."""
    count: Annotated[int, Field(ge=1, le=MOST, examples=[A_ROW])] = A_ROW
    """How many pictures, including the first."""
    seed: Annotated[Seed, Field(examples=[11])]
    """The walk's seed; it is used for a stop that has no seed."""
    preset: Preset = None
    """The quality preset, as for the walk."""
    steps: Steps = None
    """How many steps the sampler takes, as for the walk."""
    guidance: Guidance = None
    """How closely the pictures follow the prompt, as for the walk."""
    size: Size = None
    """The longer side of the walk's pictures in pixels; candidates are at most 256 pixels."""
    aspect: Aspect = None
    """The aspect ratio of the pictures, as for the walk; square by default."""
    model: ModelName = None
    """The model, one of those on offer; by default the one that has the stop's style, or the site's first."""

    @property
    def stop_seed(self) -> int:
        """Return the seed of the first candidate."""
        return self.seed if self.stop.seed is None else self.stop.seed


def validate(data: Any) -> CandidateRequest:
    """Validate a request for candidates against the rules and limits of walk requests.

    :raises InvalidInput: with one :class:`FieldError` for each invalid field.
    """
    known = offers.current()
    data = model_choice.follow_stop(data, known)
    limits = limits_of(data, known)
    shape = 'Candidates are asked for by an object such as {"stop": {"prompt": "a lemon"}, "seed": 11}.'
    request = error_messages.read_model(CandidateRequest, data, limits, shape=shape)
    stop = request.stop
    texts = {"prompt": stop.prompt, "negative_prompt": stop.negative_prompt, "hand": stop.requested_style or ""}
    shown_texts = (
        (("stop", name), error_messages.subject(("stop", name)), text)
        for name, text in (*texts.items(), ("scene", stop_words.readable(stop.scene)))
    )
    negatives = negative_prompt_errors(stop.negative_prompt, ("stop", "negative_prompt"), limits)
    if errors := [*settings_errors(request, limits), *negatives, *banned_words.flaws(shown_texts),
                  *_foreign_drawings(request, limits), *_layouts_not_offered(request, limits),
                  *embedding_errors(stop, ("stop",), limits)]:  # fmt: skip
        raise InvalidInput(errors[:ERRORS_MAX])
    return request


def limits_of(data: Any, known: Offers) -> Limits:
    """Return the limits of the model that a request names, or of the first model if it names none."""
    name = data.get("model") if isinstance(data, dict) else None
    return Limits.for_offer(known, known.get(name if isinstance(name, str) else None))


def submit(
    request: CandidateRequest,
    *,
    owner_hash: str,
    network: str,
    drawing: str = "",
    language: str = "en",
    unnamed: str | None = None,
    admit: Callable[[int], None] | None = None,
) -> CandidateSet:
    """Request candidates, or return the candidate set if the same visitor requested the same before.

    ``drawing`` are the drawings chosen for the prompt's objects, as the form field holds them; all candidates use them.
    ``language`` is the language of a prompt whose own words do not show it. ``unnamed`` is the style that was chosen
    for the whole walk, if it is known. ``admit`` is called with the UNet evaluations of new candidates and may raise.

    :raises NoRoom: when the stop's upload is no picture yet.
    """
    photo = request.stop.picture and upload_store.find(kinds.OF_STOPS, request.stop.picture, owner_hash)
    if photo and not photo.is_picture:
        raise NoRoom(_("The picture is still being read. Try again in a moment."), retry_after=1)
    offer = request.offer
    payload = request.model_dump(exclude={"count"}) | {"drawing": drawing, "language": language}
    if unnamed:
        payload["unnamed"] = unnamed
    settings = sampler_settings.resolve_settings(
        offer,
        request.preset,
        steps=request.steps,
        guidance=request.guidance,
        size=request.size,
        aspect=request.aspect,
    )
    return candidate_requests.request_candidates(
        payload,
        lambda: list_variants(payload, 0, POOL, offer),
        owner_hash=owner_hash,
        network=network,
        model=request.model,
        sampling=prompt_texts.record(settings, [request.stop], offer),
        count=request.count,
        admit=admit,
    )


def request_more(
    candidate_set: CandidateSet, *, network: str, admit: Callable[[int], None] | None = None
) -> CandidateSet:
    """Request another row of candidates for a set, and return the set."""
    asked, offer = candidate_set.request, offers.current().get(candidate_set.request.get("model"))
    return candidate_requests.request_more(
        candidate_set, lambda first: list_variants(asked, first, POOL, offer), network=network, admit=admit
    )


def list_variants(payload: dict[str, Any], first: int, count: int, offer: Offer) -> list[dict[str, Any]]:
    """Return ``count`` variants that may be rendered, from index ``first`` on.

    The variant of an index is always the same. Index 0 is the default.
    """
    request = CandidateRequest.model_construct(**payload)
    request.stop = StopRequest.model_construct(**payload["stop"])
    reader = scenes.reader_of(offer)
    variants = []
    for index in range(first, first + count):
        seed = _seed(request, index)
        drawing, scene = "", None
        if reader is not None:
            stop = request.stop
            reading = reader.again(stop.prompt, leave_out=stop.negative_prompt, language=payload["language"], seed=seed)
            drawing = _drawing(reading, reader, payload["drawing"], index)
            interpretation = chosen.put(reading, chosen.fitting(reading, chosen.listed(drawing), reader.drawings))
            scene = scenes.arrange(
                interpretation, offer=offer, seed=seed, walk_seed=request.seed, layout=stop.layout,
                requested_style=stop.requested_style or "", unnamed=payload.get("unnamed"),
            ).as_json()  # fmt: skip
            if index == 0 and stop.scene is not None:
                scene = stop.scene
        variants.append({"seed": seed, "drawing": drawing, "scene": scene})
    return variants


def _seed(request: CandidateRequest, index: int) -> int:
    """Return the seed of a candidate; another seed changes the setting, the noise, and perhaps the drawings."""
    if index == 0:
        return request.stop_seed
    text = f"candidate {index}: {request.stop_seed} {request.stop.prompt}"
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "replace")).digest()[:4])


def _drawing(reading: Reading, reader: Reader, requested: str, index: int) -> str:
    """Return the drawings of a candidate, as the form field holds them.

    These are the chosen drawings, and another one for each candidate where an object was interpreted freely. Which
    drawing of a name is shown follows from the seed.
    """
    picked = chosen.fitting(reading, chosen.listed(requested), reader.drawings)
    digests = []
    for item, pick in zip(reading.items, picked, strict=True):
        options = [None, *(item.others if item.how == FREELY else ())]
        drawing = pick or options[index % len(options)]
        digests.append(AS_READ if drawing is None else drawing.digest)
    return chosen.written(digests)


def _layouts_not_offered(request: CandidateRequest, limits: Limits) -> list[FieldError]:
    errors = scenes.layout_errors([request.stop], limits)
    return [FieldError(("stop", *error.path[2:]), error.message) for error in errors]


def _foreign_drawings(request: CandidateRequest, limits: Limits) -> list[FieldError]:
    book = sketchbooks.find(limits.offer)
    if book is None or request.stop.scene is None:
        return []
    errors = scenes.unknown_drawings(book, [request.stop.scene])
    return [FieldError(("stop", *error.path[2:]), error.message) for error in errors]
