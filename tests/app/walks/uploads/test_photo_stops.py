"""A walk's copy of a photo."""

import hashlib

from app.walks.uploads import photo_stops
from tests.conftest import Maker


def test_address_of_a_photo_does_not_follow_from_what_its_recipe_shows(request_walk: Maker) -> None:
    walk, data = request_walk(), b"a photo"
    digest = hashlib.sha256(data).hexdigest()
    first, second = (photo_stops.attach(walk, {0: (data, digest)})[0] for _ in range(2))
    assert walk.stops[0].photo == digest
    assert digest[:12] not in first
    assert first != second
    assert photo_stops.read_photo(walk, 0) == data
