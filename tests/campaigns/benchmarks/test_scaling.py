"""What a size needs, and how it is told."""

from __future__ import annotations

import json
import re

import defusedxml.ElementTree as ElementTree
import pytest
import yaml

from benchmarks import scaling, scaling_plot
from benchmarks.queueing import Scaler
from benchmarks.scaling_measures import MEASURED
from tests.support.manifests import FOLDER

MEASURES = json.loads(MEASURED.read_text("utf-8"))
ASSUMED = scaling.Assumed()


def test_simulated_scaler_is_the_one_that_a_cluster_is_given() -> None:
    text = (FOLDER / "base" / "worker-scaling.yaml").read_text("utf-8")
    spec = next(each["spec"] for each in yaml.safe_load_all(text) if each["kind"] == "ScaledObject")
    unfinished, busy = (trigger["metadata"] for trigger in spec["triggers"])
    behaviour, rule = spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"], Scaler()
    assert rule.each == float(unfinished["targetQueryValue"])
    assert rule.busy == float(busy["targetQueryValue"])
    assert f"interval '{rule.lately:g} seconds'" in busy["query"]
    assert f"/ {rule.lately:g} FROM" in busy["query"]
    assert rule.period == spec["pollingInterval"]
    assert rule.least == spec["minReplicaCount"]
    assert rule.stable_seconds == behaviour["scaleDown"]["stabilizationWindowSeconds"]
    assert [policy["value"] for policy in behaviour["scaleUp"]["policies"]] == [100, rule.step]


@pytest.mark.slow
def test_bottleneck_moves_from_nothing_to_painting_to_postgres() -> None:
    found = [
        scaling.estimate(size, MEASURES, ASSUMED).bottleneck.partition(":")[0] for size in (10, 10_000, 100_000, 10**7)
    ]
    assert found == ["nothing", "painting", "Postgres' connections", "Postgres' processors"]


@pytest.mark.slow
def test_needs_grow_with_the_size() -> None:
    small, large = (scaling.estimate(size, MEASURES, ASSUMED) for size in (10_000, 1_000_000))
    assert large.database_cores == pytest.approx(100 * small.database_cores)
    assert large.stored_a_day == pytest.approx(100 * small.stored_a_day)
    assert large.day.workers_mean == pytest.approx(100 * small.day.workers_mean, rel=0.15)
    assert large.cards.workers_most < large.day.workers_most


def test_page_tells_what_is_measured_now() -> None:
    page = scaling.PAGE.read_text("utf-8")
    told = page.partition(scaling.BEGIN)[2].partition(scaling.END)[0]
    assert scaling._describe_measures(MEASURES) in told
    assert ASSUMED.summary() in told
    assert scaling.table([scaling.estimate(10, MEASURES, ASSUMED)]).splitlines()[-1] in told
    assert scaling.rules(MEASURES, ASSUMED) in told


def test_picture_has_a_line_and_a_name_for_each_need() -> None:
    lines = {"workers & more": [1.0, 10.0, 1000.0], "cores": [0.01, 1.0, 900.0]}
    drawn = ElementTree.fromstring(scaling_plot.drawing([10, 1000, 10**5], lines, limit=64))
    names = [text.text for text in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert {"workers & more", "cores"} <= set(names)
    ways = [line.attrib["points"].split() for line in drawn.iter("{http://www.w3.org/2000/svg}polyline")]
    assert [len(way) for way in ways] == [3, 3]
    places = [float(text.attrib["y"]) for text in drawn.iter() if text.text in lines]
    assert abs(places[0] - places[1]) >= scaling_plot.NAME_HEIGHT


def test_bytes_are_told_in_the_unit_that_fits() -> None:
    told = [scaling._bytes(value) for value in (0, 999, 89_965, 3_223_015, 7.7e13)]
    assert all(re.fullmatch(r"[\d.,]+ [kMGT]?B", each) for each in told)
    assert told[2:] == ["90 kB", "3.2 MB", "77 TB"]
