"""The options of a stop are declared once, and everything else is derived from that."""

from app.requests.walk_requests import stop_options
from app.requests.walk_requests.error_messages import SUBJECTS
from app.requests.walk_requests.recipe_schema import RecipeStop
from app.requests.walk_requests.stop_options import OPTIONS, StopRequest
from app.site.presentation.walk_description import StopDescription
from app.storage.walk_models import Stop, StopOptions


def test_option_is_known_everywhere_by_one_name() -> None:
    names = StopOptions.names()
    assert set(names) == set(OPTIONS) <= set(SUBJECTS)
    assert set(names) <= set(Stop.__table__.columns.keys())
    for fields in (StopRequest.model_fields, RecipeStop.__annotations__, StopDescription.__annotations__):
        assert set(names) <= set(fields)


def test_options_that_are_not_set_are_left_out() -> None:
    options = StopOptions.from_record({"prompt": "a fox", "clip_skip": 2})
    assert options == StopOptions(clip_skip=2) == StopOptions.from_stop(Stop(clip_skip=2)) == Stop(clip_skip=2).options
    assert options.given() == options.seen() == {"clip_skip": 2} and StopOptions().given() == {}


def test_sentence_says_the_options_that_are_set() -> None:
    assert stop_options.describe(StopOptions("ink", 0.5, 2)) == ["LoRA ink at 0.5", "clip skip 2"]
    assert stop_options.describe(StopOptions()) == []
