"""What pydantic refuses becomes one sentence for each field."""

from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, ValidationError

from app.core.errors import FieldError
from app.core.field_errors import ERRORS_MAX, Path, refusal


class Row(BaseModel):
    """Numbers, and no other fields."""

    model_config = ConfigDict(extra="forbid", strict=True)

    numbers: list[int] = []
    name: int | list[int] = 0


def refused(data: dict[str, Any], *, depth: int | None = None) -> list[FieldError]:
    """Return what is said of a row."""

    def sentence(path: Path, item: Any) -> str:
        return f"{path[-1]} {item['type']}"

    with pytest.raises(ValidationError) as caught:
        Row.model_validate(data)
    return refusal(caught.value, sentence, depth=depth).errors


def test_refusal_names_each_wrong_field_in_its_order() -> None:
    errors = refused({"numbers": [1, "two", 3.5], "more": 1})
    assert [each.path for each in errors] == [("numbers", 1), ("numbers", 2), ("more",)]
    assert [each.message for each in errors] == ["1 int_type", "2 int_type", "more extra_forbidden"]


def test_refusal_of_some_depth_tells_of_a_field_once() -> None:
    errors = refused({"numbers": ["one", "two"], "name": "three"}, depth=1)
    assert [each.path for each in errors] == [("numbers",), ("name",)]
    assert [each.message for each in errors] == ["numbers int_type", "name int_type"]


def test_refusal_tells_of_no_more_fields_than_are_read() -> None:
    assert len(refused({"numbers": ["none"] * 1_000})) == ERRORS_MAX
