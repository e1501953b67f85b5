"""The form: what was typed stays as typed, and each complaint stands beside its field."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from app.core.errors import InvalidInput, Malformed
from app.core.models.facts import ModelFacts
from app.offer.generation.limits import Limits
from app.offer.generation.offers import Offer
from app.requests.walk_requests.validation import validate
from app.site.presentation import make_form as forms
from app.site.web import form_guards
from app.storage.walk_models import Walk
from app.walks.saved import lifecycle
from tests.support.rows import Maker, change

MODEL = Offer("models/none", Path("models/none"), ModelFacts())
LIMITS = Limits(MODEL, stops_max=8, prompt_max=300, frames_max=240, frames_default=24)


def filled(*prompts: str, **fields: str) -> forms.MakeForm:
    pairs = [("prompt", prompt) for prompt in prompts] + list(fields.items())
    return forms.from_fields(MultiDict(pairs), LIMITS)


def explained(form: forms.MakeForm) -> forms.MakeForm:
    with pytest.raises(InvalidInput) as refused:
        validate(form.as_body())
    form.explain(refused.value)
    return form


def test_empty_form_has_two_lines_and_a_token_of_its_own() -> None:
    first, second = filled(), filled()
    assert [stop.prompt for stop in first.stops] == ["", ""]
    assert first.token
    assert first.token != second.token
    assert not first.has_errors
    assert not first.open


@pytest.mark.parametrize(
    ("prompts", "fields", "example", "taken"),
    [
        (["", " "], {}, ["a lemon", "the sun"], ["a lemon", "the sun"]),
        (["", ""], {}, [], ["", ""]),
        (["a fox", ""], {}, ["a lemon", "the sun"], ["a fox", ""]),
        (["", "", ""], {}, ["a lemon", "the sun"], ["", "", ""]),  # the page shows no example for the stop between
        (["", ""], {"picture": "k7mz3vq9xw2hd8cf"}, ["a lemon", "the sun"], ["", ""]),
    ],
)
def test_example_fills_an_empty_form(
    prompts: list[str], fields: dict[str, str], example: list[str], taken: list[str]
) -> None:
    form = filled(*prompts, **fields)
    form.fill_in_example(example)
    assert [stop.prompt for stop in form.stops] == taken


def test_walk_to_continue_gets_the_end_of_the_example(app: Flask, publish: Maker) -> None:
    with app.test_request_context():
        form = filled("", "", continues=publish("a fox", "a kite").id)
    form.fill_in_example(["a lemon", "the sun"])
    assert [stop.prompt for stop in form.stops] == ["a kite", "the sun"]


def test_fields_are_kept_as_typed() -> None:
    form = filled(" a fox ", "<b>", negative_prompt="rain", seed=" 007", frames="many", unlisted="on", token="once")
    assert [stop.prompt for stop in form.stops] == [" a fox ", "<b>"]
    kept = (form.negative_prompt, form.seed, form.frames, form.unlisted, form.token)
    assert kept == ("rain", " 007", "many", True, "once")


def test_lines_and_token_are_bounded() -> None:
    assert [stop.prompt for stop in filled("a fox").stops] == ["a fox", ""]
    assert len(filled(*["a"] * 1000).stops) == 16
    assert len(filled(token="x" * 1000).token) == 64


def test_ninth_line_is_kept_so_that_it_can_be_refused(app: Flask) -> None:
    form = explained(filled(*"abcdefghi"))
    assert len(form.stops) == 9
    assert form.errors["stops"] == "A walk has 2 to 8 stops; this one has 9."


def test_empty_seed_and_frames_mean_the_defaults(app: Flask) -> None:
    wanted = validate(filled("a fox", "a kite", seed=" ", frames="").as_body())
    assert (wanted.seed, wanted.frames) == (None, None)


SEEDS = ["x", "-1", "1.5", "1e3", "٣", "²", "4294967296", "9" * 500, "0x10", "1_000", "NaN"]
OVERLONG = "The negative prompt is 301 characters long; at most 300 are read."


@pytest.mark.parametrize(
    ("name", "typed", "error"),
    [
        *(("seed", seed, "The seed must be a whole number from 0 to 4294967295.") for seed in SEEDS),
        *(("frames", frames, None) for frames in ("x", "1", "241", "٣٠", "24.0")),
        ("negative_prompt", "x" * 301, OVERLONG),
        *((name, "sideways", None) for name in ("ending", "preset", "model")),
    ],
)
def test_unusable_field_is_explained_once(app: Flask, name: str, typed: str, error: str | None) -> None:
    form = explained(filled("a fox", "a kite", **{name: typed}))
    assert list(form.errors) == [name] and error in (None, form.errors[name])
    assert getattr(form, name) == typed
    assert form.open is (name != "frames")


def test_complaint_about_a_prompt_stands_beside_its_line(app: Flask) -> None:
    form = explained(filled("a fox", " ", seed="7"))
    assert [stop.error for stop in form.stops] == [None, "The prompt of stop 2 is empty. Write at least one word."]
    assert form.has_errors
    assert form.errors == {}


def test_complaint_about_anything_else_stands_over_the_form() -> None:
    form = filled("a fox", "a kite")
    form.explain(InvalidInput.on("Idempotency-Key", message="This key was used."))
    form.explain(InvalidInput.on(message="No walk."))
    assert form.errors == {"form": "No walk."}


@pytest.mark.parametrize(
    ("before", "change", "after"),
    [
        ("ab", "add-stop", ["a", "", "b"]),
        ("abcd", "add-stop", ["a", "b", "c", "", "d"]),
        ("abcdefgh", "add-stop", list("abcdefgh")),
        ("abc", "remove-stop", ["a", "c"]),
        ("abcd", "remove-stop", ["a", "b", "d"]),
        ("ab", "remove-stop", ["a", "b"]),
        ("abc", "turn-round", ["c", "b", "a"]),
        ("abc", "explode", ["a", "b", "c"]),
        ("abc", "", ["a", "b", "c"]),
    ],
)
def test_stops_are_added_removed_and_turned_round(before: str, change: str, after: list[str]) -> None:
    form = filled(*before)
    form.edit(form.command(change), LIMITS.stops_max)
    assert [stop.prompt for stop in form.stops] == after


@pytest.mark.parametrize(
    ("frames", "choices"),
    [
        ("", [24, 60, 120, 240]),
        ("48", [24, 48, 60, 120, 240]),
        ("999", [24, 60, 120, 240]),
        ("0", [24, 60, 120, 240]),
        ("x", [24, 60, 120, 240]),
    ],
)
def test_frames_in_use_are_among_the_choices(frames: str, choices: list[int]) -> None:
    assert filled(frames=frames).frame_choices(24, LIMITS) == choices


def request_of(body: bytes, kind: str = "application/x-www-form-urlencoded") -> Request:
    return Request(EnvironBuilder(method="POST", data=body, content_type=kind).get_environ())


@pytest.mark.parametrize("body", [b"prompt=%ff", b"prompt=\xff", b"prompt=a&%c3=b", b"prompt=%ed%a0%80"])
def test_form_that_is_not_utf8_is_refused(body: bytes) -> None:
    with pytest.raises(Malformed, match="UTF-8"):
        form_guards.refuse_garbled(request_of(body))


def test_forms_and_other_bodies_can_be_read_after_the_check() -> None:
    form, other = request_of(b"prompt=%C3%A9t%C3%A9+%25ff"), request_of(b"\xff", "application/octet-stream")
    for request in (form, other):
        form_guards.refuse_garbled(request)
    assert (form.form["prompt"], other.get_data()) == ("été %ff", b"\xff")


@pytest.fixture
def parent(publish: Maker) -> Walk:
    """Publish a walk to go on from, whose last stop has words, a hand and a seed of its own."""
    walk = publish("a fox", "the sun", seed=7)
    change(walk.stops[1], seed=12, requested_style="linocut", negative_prompt="rain")
    return walk


def test_walk_goes_on_from_the_last_stop_of_another(parent: Walk) -> None:
    form = filled("something else", "a kite", continues=parent.id, seed="12", hand="linocut", negative_prompt="rain")
    assert [stop.prompt for stop in form.stops] == ["the sun", "a kite"]
    wanted = validate(form.as_body())
    assert wanted.continues == parent.id
    assert wanted.stops[0].model_dump(exclude={"picture", "cut_out"}) == {
        "prompt": "the sun", "negative_prompt": "rain", "hand": "linocut", "seed": None, "layout": None, "scene": None,
        "lora": None, "lora_weight": None, "clip_skip": None, "at": None,
    }  # fmt: skip
    assert wanted.seed == 12


def test_joint_stays_as_it_was_painted_whatever_the_rest_is_painted_with(parent: Walk) -> None:
    form = filled("", "a kite", continues=parent.id, seed="99", hand="", negative_prompt="")
    first, second = validate(form.as_body()).stops
    assert (first.prompt, first.negative_prompt, first.requested_style, first.seed) == (
        "the sun",
        "rain",
        "linocut",
        12,
    )
    assert (second.negative_prompt, second.requested_style, second.seed) == ("", None, None)


def test_times_of_stops_are_left_out_when_the_walk_is_turned_round() -> None:
    form = forms.from_fields(MultiDict({"prompt": ["a", "b", "c"], "at": ["", "2", "4"], "sound": "x"}), LIMITS)
    form.edit(form.command("turn-round"), LIMITS.stops_max)
    assert [(stop.prompt, stop.at) for stop in form.stops] == [("c", ""), ("b", ""), ("a", "")]


def test_form_can_let_go_of_the_walk_it_goes_on_from(parent: Walk) -> None:
    form = filled("", "a kite", continues=parent.id)
    form.edit(form.command("turn-round"), LIMITS.stops_max)
    assert [stop.prompt for stop in form.stops] == ["the sun", "a kite"]  # the joint stays where it is
    form.edit(form.command("let-go"), LIMITS.stops_max)
    assert "continues" not in form.as_body()


def test_walk_that_cannot_be_gone_on_from_is_said_and_left_out(app: Flask, request_walk: Maker, parent: Walk) -> None:
    lifecycle.delete_walk(parent)
    for name in (request_walk().id, parent.id, "x", "\0", "a" * 999):
        form = filled("a fox", "a kite", continues=name)
        assert form.errors["form"].startswith("The walk to go on from is not here")
        assert "continues" not in form.as_body()


def test_fields_to_go_on_with_lead_to_the_same_joint(parent: Walk) -> None:
    change(parent, preset="fast", easing=True, ending="back", unlisted=True)
    fields = {name: str(value) for name, value in forms.going_on(parent).items() if value is not None}
    wanted = validate(filled("", "a kite", **fields).as_body())
    assert (wanted.continues, wanted.seed, wanted.preset, wanted.easing) == (parent.id, 12, "fast", True)
    assert (wanted.ending, wanted.unlisted, wanted.frames) == ("stop", True, 2)  # it ends as it likes


FIELDS = st.lists(
    st.tuples(
        st.sampled_from(
            ["prompt", "negative_prompt", "seed", "frames", "unlisted", "token", "edit", "ending", "continues", "x"]
        ),
        st.text(max_size=30) | st.integers().map(str),
    ),
    max_size=14,
)


@given(fields=FIELDS, change=st.sampled_from(["add-stop", "remove-stop", "turn-round", "let-go", "x"]))
def test_form_is_always_a_walk_or_explained(app: Flask, fields: list[Any], change: str) -> None:
    form = forms.from_fields(MultiDict(fields), LIMITS)
    form.edit(form.command(change), LIMITS.stops_max)
    form.frame_choices(24, LIMITS)
    try:
        validate(form.as_body())
    except InvalidInput as refused:
        form.explain(refused)
        assert form.has_errors


def test_size_is_that_typed_if_the_model_has_it(app: Flask) -> None:
    limits, form = Limits.current(), forms.MakeForm(stops=[])
    for typed, size in ((str(limits.sizes[0]), limits.sizes[0]), ("7", None), ("", None), ("x", None)):
        form.size = typed
        assert form.size_asked(limits) == size
