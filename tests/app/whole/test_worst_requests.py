"""However large a request may be, and whatever it is made of, it takes less than a second of processor time."""

from pathlib import Path

import pytest

from tests.conftest import make_app
from tests.support import worst
from tests.support.rows import Maker

pytestmark = pytest.mark.slow


def test_no_address_has_a_request_that_takes_a_second(instance: Path, publish: Maker) -> None:
    walk_id = publish().id
    app = make_app(instance, REQUEST_SECONDS=1.0)
    clients = app.test_client()
    slow = [
        (dear.method, dear.address[:80], dear.what)
        for dear in worst.all_requests(app, walk_id)
        if dear.send(clients)[0] == 503
    ]
    assert slow == []
