"""The time that the form tells: of the options as they are, with what would be shorter where it is long."""

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from app.offer.generation import sampler_settings
from app.offer.generation.limits import Limits
from app.site.presentation import form_estimate
from app.site.presentation import make_form as forms
from app.site.presentation.form_estimate import FormEstimate
from app.storage.walk_models import Walk
from app.walks.queue import estimates, jobs
from tests.support.rows import Maker, change

pytestmark = pytest.mark.usefixtures("living")


def take(walk: Walk, pace: float) -> None:
    """Set the seconds of the only finished walk, a worker's first, so that the next ones take so many for each unit."""
    limits = Limits.current()
    settings = sampler_settings.resolve_settings(limits.offer)
    work = estimates.duration.work_of_walk(settings, stops=2, frames=walk.frames)
    change(walk, paint_seconds=work.seconds(pace * estimates.duration.FIRST))


def estimated(*prompts: str, worker_ready: bool = True, **fields: str) -> FormEstimate:
    limits = Limits.current()
    pairs = [("prompt", prompt) for prompt in prompts or ("a fox", "a kite")]
    form = forms.from_fields(MultiDict([*pairs, *fields.items()]), limits)
    return form_estimate.of_form(form, limits, worker_ready=worker_ready)


def test_usual_walk_is_short_and_offers_nothing(app: Flask, publish: Maker) -> None:
    take(publish(), 0.02)
    estimate = estimated()
    assert estimate.sentences == "No one is waiting. About 5 seconds."
    assert (estimate.is_long, estimate.shorter) == (False, ())


def test_before_the_first_walk_the_time_is_called_a_guess(app: Flask) -> None:
    assert estimated().sentences == "No one is waiting. About 3 seconds, at a guess."


@pytest.mark.parametrize(
    "fields", [{"frames": "60"}, {"size": "512"}, {"preset": "exact"}, {"steps": "9"}, {"ending": "round"}]
)
def test_options_that_change_the_work_change_the_sentence(app: Flask, publish: Maker, fields: dict[str, str]) -> None:
    take(publish(), 0.04)
    assert estimated(**fields).sentences != estimated().sentences


def test_walks_ahead_count_with_their_own_time(app: Flask, publish: Maker, request_walk: Maker) -> None:
    take(publish(), 0.02)
    request_walk(frames=24)
    assert estimated().sentences == "One walk is waiting. About 10 seconds."
    request_walk(frames=2, size=512, visitor="ben")  # half as much to render, and much more to decode
    assert estimated().sentences == "Two walks are waiting. About 15 seconds."


def test_long_walk_offers_what_is_short_and_changes_least(app: Flask, publish: Maker) -> None:
    take(publish(), 0.04)
    estimate = estimated(frames="120", size="512")
    assert estimate.is_long
    assert [(choice.option, choice.value) for choice in estimate.shorter] == [("frames", "60"), ("size", "256")]
    assert [choice.text for choice in estimate.shorter] == [
        "60 frames: about 55 seconds",
        "256 pixels: about 35 seconds",
    ]
    for choice in estimate.shorter:
        changed = {"frames": "120", "size": "512"} | {choice.option: choice.value}
        assert not estimated(**changed).is_long


def test_where_nothing_is_short_the_shortest_are_offered(app: Flask, publish: Maker) -> None:
    take(publish(), 0.04)
    estimate = estimated(frames="240", size="512", preset="exact")
    assert [choice.option for choice in estimate.shorter] == ["frames", "size"]
    assert [choice.seconds for choice in estimate.shorter] == sorted(choice.seconds for choice in estimate.shorter)


def test_typed_steps_are_offered_as_the_usual_ones(app: Flask, publish: Maker) -> None:
    take(publish(), 0.2)
    assert [(choice.option, choice.value) for choice in estimated(steps="40").shorter] == [("steps", "")]


def test_frames_below_the_stops_are_not_offered(app: Flask, publish: Maker) -> None:
    app.config["STOPS_MAX"] = 30
    take(publish(), 0.2)
    estimate = estimated(*"abcdefghijklmnopqrstuvwxyz", frames="240")
    assert "24" not in [choice.value for choice in estimate.shorter]


def test_without_a_worker_the_sentence_says_so(app: Flask, publish: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "workers", list)
    take(publish(), 0.02)
    away = "The painter is away just now."
    assert estimated(worker_ready=False).sentences == f"{away} Once it is back: about 5 seconds."
    assert estimated(worker_ready=False, frames="240", preset="exact").is_long


@pytest.mark.parametrize("frames", ["x", "0", "-3", "٣", "1e9", "9" * 400])
def test_unusable_frames_are_estimated_as_the_usual_ones_or_the_most(app: Flask, frames: str) -> None:
    assert estimated(frames=frames).sentences in (estimated().sentences, estimated(frames="240").sentences)
