"""A walk's copy of a photo."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from app.storage.walk_models import Walk
from app.walks.uploads import photo_stops


def test_address_of_a_photo_does_not_follow_from_what_its_recipe_shows(commissioned: Callable[..., Walk]) -> None:
    walk, data = commissioned(), b"a photo"
    digest = hashlib.sha256(data).hexdigest()
    first, second = (photo_stops.attach(walk, {0: (data, digest)})[0] for _ in range(2))
    assert walk.stops[0].photo == digest
    assert digest[:12] not in first
    assert first != second
    assert photo_stops.read_photo(walk, 0) == data
