"""The garbage collector rests while code is imported, and not after it."""

import gc
from collections.abc import Iterator

import pytest

from app.core import garbage


@pytest.fixture(autouse=True)
def unfrozen() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_collector_is_off_within_the_block_alone() -> None:
    with garbage.paused():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_collector_is_on_again_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError), garbage.paused():
        raise ZeroDivisionError
    assert gc.isenabled()


def test_what_was_made_in_the_block_is_not_collected_later() -> None:
    with garbage.paused():
        kept = [[]]  # type: list[list[int]]
    assert gc.get_freeze_count() > 0
    assert not any(each is kept for each in gc.get_objects())
