"""Alerts and dashboard ask for exposed metrics, promtool understands them, and the documentation lists every figure."""

import json
import re
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from app.core.config import ROOT
from tests.support.needs import require
from worker import metrics

FOLDER = ROOT / "deploy" / "monitoring"
NAME = re.compile(r"\b(?:moma_\w+|process_\w+|up)\b(?=[^\w(]|$)")
SUFFIX = re.compile(r"_(?:total|count|sum|bucket|created|info)$")
OF_PROMETHEUS = {"up"}


def alerts() -> list[dict[str, Any]]:
    """Read the rules."""
    groups = yaml.safe_load((FOLDER / "alerts.yml").read_text("utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    """Read the panels of the dashboard, without its rows."""
    found = json.loads((FOLDER / "dashboard.json").read_text("utf-8"))["panels"]
    return [panel for panel in found if panel["type"] != "row"]


def asked() -> Iterator[tuple[str, str]]:
    """List the figures that alerts and dashboard ask for, with who asks."""
    for rule in alerts():
        yield from ((rule["alert"], name) for name in NAME.findall(rule["expr"]))
    for panel in panels():
        for target in panel["targets"]:
            yield from ((panel["title"], name) for name in NAME.findall(target["expr"]))


@pytest.fixture
def exposed(client: FlaskClient) -> set[str]:
    """Name the families that the site and a worker expose."""
    from prometheus_client import generate_latest

    client.get("/about")
    texts = client.get("/metrics").text, generate_latest(metrics.REGISTRY).decode()
    return {SUFFIX.sub("", family.name) for text in texts for family in text_string_to_metric_families(text)}


def test_alerts_and_dashboard_ask_for_exposed_metrics(exposed: set[str]) -> None:
    names = list(asked())
    assert len(names) > 40
    assert [(who, name) for who, name in names if SUFFIX.sub("", name) not in exposed | OF_PROMETHEUS] == []


def test_every_figure_of_ours_is_documented_and_nothing_else_is(exposed: set[str]) -> None:
    text = (ROOT / "docs/reference/metrics.md").read_text("utf-8")
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    documented = {SUFFIX.sub("", name) for row in rows for name in re.findall(r"`((?:moma|process)_[a-z_]+)", row)}
    assert documented == {name for name in exposed if name.startswith("moma_")} | {"process_resident_memory_bytes"}


def test_values_of_labels_are_documented() -> None:
    text = (ROOT / "docs/reference/metrics.md").read_text("utf-8")
    assert [stage for stage in metrics.STAGES if f"`{stage}`" not in text] == []


def test_every_alert_says_what_to_do() -> None:
    runbook = (ROOT / "docs/reference/runbook.md").read_text("utf-8")
    headings = re.findall(r"^### (\w+)$\n\*(Page|Ticket)\.\*", runbook, re.MULTILINE)
    assert headings == [(rule["alert"], rule["labels"]["severity"].capitalize()) for rule in alerts()]
    for rule in alerts():
        assert rule["annotations"]["runbook_url"] == f"<repository>/docs/reference/runbook.md#{rule['alert'].lower()}"
        assert rule["annotations"]["summary"].endswith(".")


def test_every_alert_is_tried() -> None:
    tests = yaml.safe_load((FOLDER / "alerts_test.yml").read_text("utf-8"))["tests"]
    raised = {case["alertname"] for test in tests for case in test["alert_rule_test"] if case["exp_alerts"]}
    assert raised == {rule["alert"] for rule in alerts()}


def test_dashboard_is_one_that_grafana_reads_with_any_prometheus() -> None:
    board = json.loads((FOLDER / "dashboard.json").read_text("utf-8"))
    assert board["schemaVersion"] >= 39  # Grafana 11's
    (variable,) = board["templating"]["list"]
    assert (variable["type"], variable["query"]) == ("datasource", "prometheus")
    ids = [panel["id"] for panel in board["panels"]]
    assert len(set(ids)) == len(ids)
    for panel in panels():
        uids = [panel["datasource"]["uid"], *(target["datasource"]["uid"] for target in panel["targets"])]
        assert set(uids) == {f"${{{variable['name']}}}"}


def test_panels_lie_beside_each_other() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in json.loads((FOLDER / "dashboard.json").read_text("utf-8"))["panels"]:
        place = panel["gridPos"]
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24
        taken |= cells


@pytest.mark.server
@pytest.mark.parametrize(
    "command",
    [
        ("check", "config", "--syntax-only", "prometheus.yml"),
        ("check", "rules", "alerts.yml"),
        ("test", "rules", "alerts_test.yml"),
    ],
    ids=" ".join,
)
def test_promtool_is_content(command: tuple[str, ...]) -> None:
    done = subprocess.run([require("promtool"), *command], cwd=FOLDER, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "SUCCESS" in done.stdout


@pytest.mark.server
def test_queries_of_the_dashboard_are_read_by_promtool(tmp_path: Any) -> None:
    queries = [target["expr"].replace("$__rate_interval", "5m") for panel in panels() for target in panel["targets"]]
    rules = [{"record": f"panel:{number}", "expr": query} for number, query in enumerate(queries)]
    (tmp_path / "panels.yml").write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}), "utf-8")
    command = [require("promtool"), "check", "rules", "--lint=none", str(tmp_path / "panels.yml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
