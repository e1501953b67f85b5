"""Pictures are decoded one at a time; two more wait, and others are asked to come back."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask

from app.core.errors import NoRoom
from app.walks.uploads import decoding_turns
from tests.support.live import PATIENCE, wait_until

pytestmark = pytest.mark.usefixtures("app")


def test_two_wait_while_one_is_decoded_and_the_next_is_refused(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    first_ends, running, taken, is_free = threading.Event(), [], [], decoding_turns._is_free
    monkeypatch.setattr(decoding_turns, "_is_free", lambda place: is_free(place) and not taken.append(place.name))

    def decode(name: str) -> None:
        with app.app_context(), decoding_turns.turn():
            running.append(name)
            assert len(running) == 1
            first_ends.wait(PATIENCE)
            running.remove(name)

    with ThreadPoolExecutor() as threads:
        decoded = [threads.submit(decode, "first")]
        wait_until(lambda: running == ["first"])
        decoded += [threads.submit(decode, name) for name in ("second", "third")]
        wait_until(lambda: len(taken) == 1 + decoding_turns.WAITING)
        with pytest.raises(NoRoom, match="Send yours again in a few seconds") as refused, decoding_turns.turn():
            pass
        assert refused.value.status == 503
        assert refused.value.retry_after == decoding_turns.RETRY_SECONDS
        first_ends.set()
        for each in decoded:
            each.result()
    with decoding_turns.turn():
        pass


def test_place_is_free_again_after_an_error() -> None:
    for _ in range(decoding_turns.WAITING + 2):
        with pytest.raises(ZeroDivisionError), decoding_turns.turn():
            raise ZeroDivisionError
