"""The tree of errors: each names its field, and how it is answered."""

import pytest

from app.core import errors
from app.core.errors import FieldError, InvalidInput, MomaError, NotOwner


def test_field_is_written_as_programs_read_it() -> None:
    error = FieldError(("stops", 1, "prompt"), "The prompt of stop 2 is empty.")
    assert error.field == "stops.1.prompt"
    assert error.pointer == "#/stops/1/prompt"


def test_pointer_escapes_what_stands_for_something_else() -> None:
    assert FieldError(("a/b", "c~d"), "").pointer == "#/a~1b/c~0d"


def test_invalid_input_says_all_that_is_wrong() -> None:
    error = InvalidInput([FieldError(("seed",), "The seed is odd."), FieldError(("frames",), "Frames are few.")])
    assert str(error) == "The seed is odd. Frames are few."


@pytest.mark.parametrize(
    ("kind", "status"),
    [("InvalidInput", 422), ("Malformed", 400), ("WalkNotFound", 404), ("WalkGone", 410), ("Conflict", 409),
     ("MediaError", 503), ("ConfigError", 500)],
)  # fmt: skip
def test_each_error_has_its_answer(kind: str, status: int) -> None:
    error = getattr(errors, kind)
    assert issubclass(error, MomaError)
    assert error.status == status


def test_stranger_is_distinguished_from_one_without_a_token() -> None:
    assert NotOwner("").status == 403
    assert NotOwner("", status=401).status == 401
