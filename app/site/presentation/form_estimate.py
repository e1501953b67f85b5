"""The time of a walk that is asked for, in words, and for the form shorter choices where it is long."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from flask import current_app

from app.core.i18n.formatting import duration_about, plural, sentence
from app.core.i18n.gettext import _
from app.offer.generation import presets, sampler_settings
from app.offer.generation.limits import Limits
from app.offer.generation.offers import Offer
from app.requests.walk_requests.walk_request import WalkRequest
from app.site.presentation import typed_numbers as typed
from app.site.presentation import wording
from app.site.presentation.make_form import FRAME_CHOICES, MakeForm
from app.walks.queue import estimates
from app.walks.queue.estimates import NewWalkEstimate

LONG = 60.0
"""Seconds above which a walk is called long, and shorter choices are offered."""
SAVED = 0.75
"""What a shorter choice takes at most, as a share of the walk as it is."""
OFFERED_MAX = 2


@dataclass(frozen=True, slots=True)
class Choices:
    """The options that change a walk's time, each as the form has it or by default."""

    frames: int
    preset: str
    size: int | None
    steps: int | None
    guidance: float | None
    aspect: str | None

    @classmethod
    def from_form(cls, form: MakeForm, limits: Limits) -> Choices:
        """Return the options of a form; what is missing or invalid there is the default."""
        frames = typed.whole_number(form.frames)
        asked = min(frames, limits.frames_max) if isinstance(frames, int) and frames > 0 else form.frames_usual
        if form.sound.id:  # the film has as many frames as the part lasts, and no more pictures than frames
            asked = min(asked, max(1, round(form.sound.part[1] * form.fps_shown(current_app.config["FPS"]))))
        steps, guidance = typed.whole_number(form.steps), typed.number(form.guidance)
        return cls(
            asked,
            form.preset if form.preset in presets.NAMES else presets.DEFAULT,
            form.size_asked(limits) or next(iter(limits.sizes), None),
            steps if isinstance(steps, int) and 1 <= steps <= limits.steps_max else None,
            guidance if isinstance(guidance, float) and guidance <= limits.guidance_max else None,
            form.aspect if form.aspect in limits.aspects else None,
        )


@dataclass(frozen=True, slots=True)
class Shorter:
    """A choice that makes the walk shorter: the option, its value in the form, its words, and the seconds then."""

    option: str
    value: str
    words: str
    seconds: float

    @property
    def text(self) -> str:
        """Return its words with the time: ``256 pixels: about 40 seconds``."""
        return _("%(choice)s: %(time)s", choice=self.words, time=duration_about(self.seconds))


@dataclass(frozen=True, slots=True)
class FormEstimate:
    """What the form says of the walk's time: sentences, whether it is long, and at most two shorter choices."""

    sentences: str
    is_long: bool
    shorter: tuple[Shorter, ...]


def of_form(form: MakeForm, limits: Limits, *, worker_ready: bool) -> FormEstimate:
    """Return the estimate for a form and its model's limits; ``worker_ready`` is whether a worker lives."""
    choices = Choices.from_form(form, limits)
    estimate = _estimate(form, limits, choices)
    seconds = _seconds(estimate)
    is_long = seconds > LONG
    return FormEstimate(
        _sentences(estimate, worker_ready=worker_ready),
        is_long,
        _pick(form, limits, choices, seconds) if is_long else (),
    )


def of_request(request: WalkRequest, *, worker_ready: bool) -> str:
    """Return the sentences on the time of a walk that is asked for by one press."""
    usual = Limits.current().frames_default if request.sound is None else current_app.config["SOUND_PICTURES"]
    frames = request.frames or usual
    estimate = _of_choices(request.offer, request, stops=len(request.stops), frames=frames, ending=request.ending)
    return _sentences(estimate, worker_ready=worker_ready)


def _sentences(estimate: NewWalkEstimate, *, worker_ready: bool) -> str:
    """Return who waits and how long the walk takes, or that no worker lives and how long it then takes."""
    about = duration_about(_seconds(estimate))
    time = about if estimate.is_measured else _("%(time)s, at a guess", time=about)
    if worker_ready:
        return f"{wording.waiting_words(estimate.waiting)} {sentence(time)}."
    away = _("The painter is away just now.")
    then = _("Once it is back: %(time)s.", time=time)
    return f"{away} {then}"


def _pick(form: MakeForm, limits: Limits, choices: Choices, seconds: float) -> tuple[Shorter, ...]:
    """Return the shorter choices to offer, of each option one.

    Those that are not long are first, and of them those that change the least; of long ones the shortest.
    """
    best: dict[str, Shorter] = {}
    for option, value, words, changed in _alternatives(form, limits, choices):
        each = Shorter(option, value, words, _seconds(_estimate(form, limits, changed)))
        if each.seconds <= SAVED * seconds and (option not in best or _rank(each) < _rank(best[option])):
            best[option] = each
    return tuple(sorted(best.values(), key=_rank)[:OFFERED_MAX])


def _rank(choice: Shorter) -> tuple[bool, float]:
    is_long = choice.seconds > LONG
    return is_long, choice.seconds if is_long else -choice.seconds


def _alternatives(form: MakeForm, limits: Limits, now: Choices) -> Iterator[tuple[str, str, str, Choices]]:
    """Return each single change that could make the walk shorter: option, value, words, and the options then."""
    for size in limits.sizes:
        if now.size and size < now.size:
            yield "size", str(size), _("%(count)s pixels", count=size), replace(now, size=size)
    for preset in presets.NAMES[: presets.NAMES.index(now.preset)]:
        name = _("quality “%(name)s”", name=wording.preset_name(preset))
        yield "preset", preset, name, replace(now, preset=preset)
    for frames in FRAME_CHOICES:
        if len(form.stops) <= frames < now.frames:
            yield "frames", str(frames), plural(frames, "frame"), replace(now, frames=frames)
    if now.steps:
        yield "steps", "", _("the usual steps"), replace(now, steps=None)


def _estimate(form: MakeForm, limits: Limits, choices: Choices) -> NewWalkEstimate:
    stops = len(form.stops)
    return _of_choices(limits.offer, choices, stops=stops, frames=choices.frames, ending=form.ending)


def _of_choices(
    offer: Offer, choices: Choices | WalkRequest, *, stops: int, frames: int, ending: str
) -> NewWalkEstimate:
    """Return the estimate for a model with the quality, steps, guidance, size and aspect of these choices."""
    settings = sampler_settings.resolve_settings(
        offer,
        choices.preset,
        steps=choices.steps,
        guidance=choices.guidance,
        size=choices.size,
        aspect=choices.aspect,
    )
    return estimates.estimate_new_walk(offer, settings, stops=stops, frames=frames, ending=ending)


def _seconds(estimate: NewWalkEstimate) -> float:
    """Return the seconds until the walk would be done; without a worker those that one would take for it."""
    return estimate.own if estimate.seconds is None else estimate.seconds
