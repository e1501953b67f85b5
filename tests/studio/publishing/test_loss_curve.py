"""The drawing of training: valid SVG, a panel a run, lines that fall where the loss fell."""

import re
from xml.etree import ElementTree

from studio.publishing import loss_curve


def lines(drawn: str) -> list[list[tuple[float, float]]]:
    found = re.findall(r'class="mean" points="([^"]+)"', drawn)
    return [[tuple(map(float, place.split(","))) for place in each.split()] for each in found]  # type: ignore[misc]


def test_each_run_has_a_panel_where_its_loss_falls_to_the_right() -> None:
    falling = [(20 * step, 1 / step) for step in range(1, 120)]
    drawn = loss_curve.draw_curves({"broad": falling, "fine <&>": [(1, 0.5), (2, 0.25)]})
    ElementTree.fromstring(drawn)  # noqa: S314 - our own drawing
    first, second = lines(drawn)
    assert [x for x, _ in first] == sorted(x for x, _ in first) and [y for _, y in first] == sorted(y for _, y in first)
    assert min(x for x, _ in second) > max(x for x, _ in first) and "2,380 steps" in drawn


def test_mean_of_neighbours_keeps_a_constant_and_calms_what_jumps() -> None:
    assert loss_curve.moving_mean([2.0] * 100) == [2.0] * 100
    jumping = loss_curve.moving_mean([0.0, 1.0] * 100)
    assert min(jumping[10:-10]) > 0.3 and max(jumping[10:-10]) < 0.7
    assert loss_curve.moving_mean([3.0]) == [3.0]


def test_constant_loss_and_no_runs_are_drawn_too() -> None:
    ElementTree.fromstring(loss_curve.draw_curves({}))  # noqa: S314
    assert len(lines(loss_curve.draw_curves({"still": [(1, 0.5), (2, 0.5)]}))) == 1
