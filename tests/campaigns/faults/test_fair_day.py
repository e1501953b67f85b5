"""A simulated day: everybody's walks are painted, and no stranger waits for two pieces of one other visitor."""

import random

import pytest
from flask import Flask

from tests.support import simulated_queue


@pytest.mark.slow
def test_no_stranger_waits_for_two_pieces_of_one_other_visitor(app: Flask) -> None:
    visitors, floods = simulated_queue.draw_requests(30, random.Random(3)), simulated_queue.flood_requests(30)
    stories = simulated_queue.simulate(visitors + floods, simulated_queue.pace_for(visitors, 0.6))
    assert len(stories) == len(visitors) + 9 + 1 + 30
    assert all(story.done for story in stories)
    strangers = [story for story in stories if story.is_first and not story.request.flood]
    assert len(strangers) == 30
    assert max(max(story.before.values(), default=0) for story in strangers) <= 1
    assert max(len(story.before) for story in strangers) >= 1, "at least one did wait"
