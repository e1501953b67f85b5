"""Documents are measured before anything looks at their parts."""

from typing import Any

import pytest

from app.core import bounds
from app.core.errors import InvalidInput


@pytest.mark.parametrize(
    ("document", "field", "message"),
    [
        ([1] * 50_001, "", "The document has more than 50,000 values"),
        ({"a": [[0] * 30_000, [0] * 30_000]}, "", "The document has more than 50,000 values"),
        ({str(place): None for place in range(50_001)}, "", "The document has more than 50,000 values"),
        ({"stops": [{}, {"prompt": "x" * 10_001}]}, "stops.1.prompt", "stops.1.prompt has 10,001 characters"),
        ({"x" * 10_001: 1}, "x" * 60, "has 10,001 characters; at most 10,000 are read."),
        ("x" * 10_001, "", "The document has 10,001 characters"),
    ],
)
def test_what_is_too_much_is_refused_with_the_limit(document: Any, field: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message) as refused:
        bounds.check(document)
    assert refused.value.errors[0].field == field


@pytest.mark.parametrize("document", [None, 1, "x" * 10_000, [], {"a": [1, {"b": ["c"]}]}, [0] * 49_999])
def test_what_is_within_the_limits_is_not_refused(document: Any) -> None:
    bounds.check(document)
