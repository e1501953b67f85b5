"""A simulated day: everybody's walks are painted, and no stranger waits for two pieces of one other visitor."""

from __future__ import annotations

import random

import pytest
from flask import Flask

from benchmarks import day


@pytest.mark.slow
def test_no_stranger_waits_for_two_pieces_of_one_other_visitor(app: Flask) -> None:
    visitors = day.draw_requests(30, random.Random(3))
    stories = day.simulate(visitors + day.flood_requests(30), day.pace_for(visitors, 0.6))
    told = day.report(stories)
    assert told["finished"] == told["walks"] == len(visitors) + 9 + 1 + 30
    assert told["all"]["strangers"] == 30
    assert told["all"]["most_pieces_of_one_other"] <= 1
    assert told["all"]["most_others_before"] >= 1, "somebody did wait"
