"""The learning rate over a run: warmed up, falling by a cosine, or constant until it cools; what may change."""

import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch

from studio.errors import FolderError
from studio.training import loop
from studio.training.loop import Schedule
from studio.workspace.training_run import Run
from studio.workspace.work_folder import Folder


def test_rate_warms_up_and_falls_to_a_hundredth() -> None:
    schedule = Schedule(1_000, rate=0.1, warmup=100)
    rates = [schedule.rate_at(step) for step in range(1_000)]
    assert rates[0] == pytest.approx(0.001) and max(rates) == rates[100] == pytest.approx(0.1)
    assert rates[100:] == sorted(rates[100:], reverse=True) and rates[-1] == pytest.approx(0.001, rel=0.05)


def test_constant_rate_stays_until_it_cools_in_a_straight_line() -> None:
    schedule = Schedule(1_000, rate=0.1, warmup=100, constant=True, cool=200)
    rates = [schedule.rate_at(step) for step in range(1_000)]
    assert rates[50] == pytest.approx(0.051) and set(rates[100:801]) == {0.1}
    assert rates[900] == pytest.approx(0.1 * (0.01 + 0.99 / 2)) and rates[999] == pytest.approx(0.001, rel=0.6)
    falls = {round(a - b, 9) for a, b in pairwise(rates[801:])}
    assert len(falls) == 1 and min(rates) > 0
    assert {Schedule(1_000, rate=0.1, warmup=1, constant=True).rate_at(step) for step in (1, 500, 999)} == {0.1}


def test_run_at_a_constant_rate_may_be_lengthened_and_cooled(tmp_path: Path) -> None:
    run = Run(Folder(tmp_path), "led")
    run.begin(Schedule(100, constant=True).settings())
    run.begin(Schedule(900, constant=True, cool=300).settings())
    with pytest.raises(FolderError, match=r"other settings \(rate\)"):
        run.begin(Schedule(900, constant=True, rate=0.5).settings())
    with pytest.raises(FolderError, match="constant"):
        run.begin(Schedule(900).settings())


def test_run_at_a_falling_rate_may_not_be_lengthened(tmp_path: Path) -> None:
    run = Run(Folder(tmp_path), "usual")
    run.begin(Schedule(100).settings())
    with pytest.raises(FolderError, match=r"other settings \(steps\)"):
        run.begin(Schedule(101).settings())


def test_run_that_began_before_there_was_a_setting_goes_on_without_it(tmp_path: Path) -> None:
    run = Run(Folder(tmp_path), "old")
    settings = Schedule(100).settings()
    run.begin({name: value for name, value in settings.items() if name not in ("constant", "cool")} | {"tune": "full"})
    run.begin(settings | {"tune": "full", "muon": False, "layers": "", "unsketched": 0})
    for other in ({"muon": True}, {"layers": "2,1"}, {"tune": ""}, {"unsketched": 0.1}):
        with pytest.raises(FolderError, match=next(iter(other))):
            run.begin(settings | {"tune": "full"} | other)


def squares(model: Any, _step: int, dice: torch.Generator) -> tuple[Any, dict[str, Any]]:
    seen = torch.randn((8, 3), generator=dice)
    return ((model(seen) - seen.sum(1, keepdim=True)) ** 2).mean(), {}


def test_run_that_release_1_0_0_kept_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    run = Run(Folder(tmp_path), "line")
    shutil.copytree(Path(__file__).parent / "kept_by_release_1", run.path)
    model, schedule = torch.nn.Linear(3, 1), Schedule(steps=6, rate=0.05, warmup=0, save_every=3)
    report = loop.fit(model, squares, schedule, run, machine=loop.accelerator(run=run, cpu=True))
    assert (report["taken_now"], report["loss"]) == (3, pytest.approx(3.837735176))
    # What 1.0.0 itself, and 7b0199c5 after it, came to with the same steps: the average, and the weights themselves.
    assert model.weight.tolist() == [pytest.approx([0.155450553, 0.476289660, -0.313018173], abs=1e-7)]
    assert model.bias.tolist() == pytest.approx([-0.270604372], abs=1e-7)
    kept = run.state()
    assert kept and kept["step"] == 6
    assert kept["model"]["weight"].tolist() == [pytest.approx([0.159792602, 0.480774760, -0.308790982], abs=1e-7)]
    assert torch.equal(kept["average"]["weight"], model.weight)


def test_average_is_taken_faster_while_there_is_little_to_average(tmp_path: Path) -> None:
    run, model = Run(Folder(tmp_path), "line"), torch.nn.Linear(3, 1)
    seen: list[torch.Tensor] = []

    def loss_of(model: Any, step: int, dice: torch.Generator) -> tuple[Any, dict[str, Any]]:
        seen.append(model.bias.detach().clone())
        return squares(model, step, dice)

    schedule = Schedule(steps=3, rate=0.05, warmup=0)
    loop.fit(model, loss_of, schedule, run, machine=loop.accelerator(run=run, cpu=True))
    kept = run.state()
    first, second, third = seen[1], seen[2], kept["model"]["bias"]
    average = first
    for step, weights in ((1, second), (2, third)):
        rate = (1 + step) / (10 + step)
        average = rate * average + (1 - rate) * weights
    assert torch.allclose(model.bias, average, atol=1e-7)
