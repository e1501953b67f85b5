"""A request is passed on rather than looked up again: what it meets on its way from the door to the queue."""

from typing import Any

from flask import Flask

from app.requests.walk_requests import drafts, intake, validation
from tests.support.call_trace import trace

WALK: dict[str, Any] = {
    "stops": [{"prompt": "a lemon on a table"}, {"prompt": "the sun over the sea, watercolour"}],
    "seed": 3,
}


def test_request_is_validated_and_placed_without_returning_often(app: Flask) -> None:
    with app.test_request_context():
        intake.submit(drafts.draft(validation.validate(WALK), visitor_key="first"))  # what is loaded once is loaded
    with app.test_request_context():
        validated = trace(lambda: validation.validate(WALK | {"seed": 5}))
        request = validation.validate(WALK | {"seed": 5})
        drafted = trace(lambda: drafts.draft(request, visitor_key="second"))
        draft = drafts.draft(request, visitor_key="second")
        placed = trace(lambda: intake.submit(draft))
    assert validated.returns <= 15, " ".join(validated.stays)
    assert len(drafted.packages) <= 12, sorted(drafted.packages)
    assert len(placed.files) <= 20, sorted(placed.files)


def test_no_model_is_looked_up_between_the_door_and_the_queue(app: Flask) -> None:
    with app.test_request_context():
        request = validation.validate(WALK)
        placed = trace(lambda: intake.submit(drafts.draft(request, visitor_key="first")))
    lookups = [name for _package, name in placed.calls if name in ("offers.Offers.find", "offers.Offers.get")]
    assert lookups == []
