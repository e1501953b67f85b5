"""Several pictures that a stop might be, for its visitor to choose from: what is asked for, and what they differ in.

What a candidate shows follows from a seed and, where drawings lead the model, from the drawings chosen with it; so the
stop that takes them over is painted as the candidate was. The first is the proposal: what is painted where nobody
chooses.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from app.commissions import error_messages, scenes
from app.commissions.schema import Aspect, Guidance, ModelName, Preset, Seed, Size, Steps, StopRequest
from app.commissions.validation import embedding_errors, negative_prompt_errors, settings_errors
from app.drawings import sketchbooks
from app.errors import FieldError, InvalidInput
from app.field_errors import ERRORS_MAX
from app.generation import adapters, loras, models_on_offer, prompt_texts, sampler_settings
from app.generation.limits import Limits
from app.moderation import banned_words
from app.queue import candidate_requests
from app.queue.candidate_requests import A_ROW, MOST
from app.reading import chosen
from app.reading.chosen import AS_READ
from app.reading.reader import Reader
from app.reading.reading import FREELY, Reading
from app.storage.candidate_models import CandidateSet

POOL = 4 * A_ROW
"""From how many a row is chosen where sketches lead the model: what they will look like is known beforehand."""


class CandidateRequest(BaseModel):
    """Candidates for a stop, as they are asked for: the stop, and what of its walk fixes how it is painted."""

    model_config = ConfigDict(extra="forbid", strict=True, use_attribute_docstrings=True)

    stop: StopRequest
    """The stop as it would be commissioned: the proposal, and what all candidates have in common."""
    count: Annotated[int, Field(ge=1, le=MOST, examples=[A_ROW])] = A_ROW
    """How many pictures, the proposal among them."""
    seed: Annotated[Seed, Field(examples=[11])]
    """The seed that the walk is to have; where the stop has none of its own, it is painted by this one."""
    preset: Preset = None
    """How much work a picture is worth, as for the walk."""
    steps: Steps = None
    """How many steps the sampler takes, as for the walk."""
    guidance: Guidance = None
    """How closely the pictures keep to the words, as for the walk."""
    size: Size = None
    """How many pixels the longer side of the walk's pictures has; candidates are shown with at most 256."""
    aspect: Aspect = None
    """Width to height of the pictures, as for the walk; square without it."""
    model: ModelName = None
    """What paints, one of the models on offer; without it the site's first."""

    @property
    def stop_seed(self) -> int:
        """Return the seed that the proposal is painted by."""
        return self.seed if self.stop.seed is None else self.stop.seed


def validate(data: Any) -> CandidateRequest:
    """Check a request for candidates against the rules and limits of commissions.

    :raises InvalidInput: with one :class:`FieldError` for each field that is wrong.
    """
    limits = limits_of(data)
    shape = 'Candidates are asked for by an object such as {"stop": {"prompt": "a lemon"}, "seed": 11}.'
    wanted = error_messages.read_model(CandidateRequest, data, limits, shape=shape)
    stop = wanted.stop
    texts = {"prompt": stop.prompt, "negative_prompt": stop.negative_prompt, "hand": stop.hand or ""}
    told = (
        (("stop", name), error_messages.subject(("stop", name)), text)
        for name, text in (*texts.items(), ("scene", (stop.scene or {}).get("words", "")))
    )
    negatives = negative_prompt_errors(stop.negative_prompt, ("stop", "negative_prompt"), limits)
    if errors := [*settings_errors(wanted, limits), *negatives, *banned_words.flaws(told), *_foreign_drawings(wanted),
                  *_layouts_not_offered(wanted, limits), *embedding_errors(stop, ("stop",), limits)]:  # fmt: skip
        raise InvalidInput(errors[:ERRORS_MAX])
    return wanted


def limits_of(data: Any) -> Limits:
    """Return the bounds of what may be asked of the model that a request names, of the first where it names none."""
    name = data.get("model") if isinstance(data, dict) else None
    return Limits.current(name if isinstance(name, str) and models_on_offer.find(name) else None)


def place(
    wanted: CandidateRequest,
    *,
    owner_hash: str,
    network: str,
    drawing: str = "",
    language: str = "en",
    unnamed: str | None = None,
    admit: Callable[[int], None] | None = None,
) -> CandidateSet:
    """Have candidates painted, unless the same person asked for the same before.

    ``drawing`` are the drawings that were chosen for what the prompt is read as, as the form's field has them; all
    candidates keep to them. ``language`` is that of a prompt whose words do not tell, ``unnamed`` the
    style that was chosen for the whole walk, where it is known.
    """
    asked = wanted.model_dump(exclude={"count"}) | {"drawing": drawing, "language": language}
    if unnamed:
        asked["unnamed"] = unnamed
    painted_by = models_on_offer.setting(wanted.model)
    settings = sampler_settings.resolve_settings(
        wanted.preset,
        wanted.model,
        steps=wanted.steps,
        guidance=wanted.guidance,
        size=wanted.size,
        aspect=wanted.aspect,
    )
    learned = adapters.recorded(settings, [wanted.stop.hand or ""], painted_by)
    laid = loras.recorded(learned, [wanted.stop.lora], painted_by)
    return candidate_requests.request_candidates(
        asked,
        lambda: pool(asked, 0, POOL),
        owner_hash=owner_hash,
        network=network,
        model=wanted.model,
        sampling=prompt_texts.recorded(laid, [wanted.stop], painted_by),
        count=wanted.count,
        admit=admit,
    )


def more(found: CandidateSet, *, network: str, admit: Callable[[int], None] | None = None) -> CandidateSet:
    """Have another row of candidates painted."""
    return candidate_requests.request_more(
        found, lambda first: pool(found.asked, first, POOL), network=network, admit=admit
    )


def pool(asked: dict[str, Any], first: int, count: int) -> list[dict[str, Any]]:
    """List what might be painted, from a place on; the same each time. The proposal has the place 0."""
    wanted = CandidateRequest.model_construct(**asked)
    wanted.stop = StopRequest.model_construct(**asked["stop"])
    model = models_on_offer.setting(wanted.model)
    reader = scenes.reader_of(model)
    found = []
    for place in range(first, first + count):
        seed = _seed(wanted, place)
        drawing, scene = "", None
        if reader is not None:
            stop = wanted.stop
            reading = reader.again(stop.prompt, leave_out=stop.negative_prompt, language=asked["language"], seed=seed)
            drawing = _drawing(reading, reader, asked["drawing"], place)
            put = chosen.put(reading, chosen.fitting(reading, chosen.listed(drawing), reader.drawings))
            scene = scenes.arranged(
                put, model=model, seed=seed, walk_seed=wanted.seed, hand=stop.hand or "", layout=stop.layout,
                unnamed=asked.get("unnamed"),
            ).as_json()  # fmt: skip
            if place == 0 and stop.scene is not None:
                scene = stop.scene
        found.append({"seed": seed, "drawing": drawing, "scene": scene})
    return found


def _seed(wanted: CandidateRequest, place: int) -> int:
    """Draw the seed of a candidate: another setting, another noise, perhaps another drawing of the same name."""
    if place == 0:
        return wanted.stop_seed
    told = f"candidate {place}: {wanted.stop_seed} {wanted.stop.prompt}"
    return int.from_bytes(hashlib.sha256(told.encode("utf-8", "replace")).digest()[:4])


def _drawing(reading: Reading, reader: Reader, asked: str, place: int) -> str:
    """Choose the drawings of a candidate: those that were asked for; of what was read freely, one thing after another.

    Which drawing of a name is shown follows from the seed.
    """
    picked = chosen.fitting(reading, chosen.listed(asked), reader.drawings)
    told = []
    for item, pick in zip(reading.items, picked, strict=True):
        ways = [None, *(item.others if item.how == FREELY else ())]
        drawing = pick or ways[place % len(ways)]
        told.append(AS_READ if drawing is None else drawing.digest)
    return chosen.written(told)


def _layouts_not_offered(wanted: CandidateRequest, limits: Limits) -> list[FieldError]:
    found = scenes.layout_errors([wanted.stop], limits, model=models_on_offer.setting(wanted.model))
    return [FieldError(("stop", *error.path[2:]), error.message) for error in found]


def _foreign_drawings(wanted: CandidateRequest) -> list[FieldError]:
    book = sketchbooks.readable(models_on_offer.setting(wanted.model))
    if book is None or wanted.stop.scene is None:
        return []
    found = scenes.unknown_drawings(book, [wanted.stop.scene])
    return [FieldError(("stop", *error.path[2:]), error.message) for error in found]
