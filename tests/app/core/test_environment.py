"""Variables outside of the settings: empty ones mean the default, and space around a value is no part of it."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import create_app
from app.access.observability import metrics
from app.core import environment
from app.core.errors import ConfigError
from tests.support.time_zone import time_zone


@pytest.fixture(autouse=True)
def _time_zone() -> Iterator[None]:
    """Set the time zone of the process again after a test."""
    with time_zone("UTC"):
        yield


@pytest.mark.parametrize("value", ["", " ", "\r", "\t\n"])
def test_clean_removes_empty_variables(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    for name in environment.NAMES:
        monkeypatch.setenv(name, value)
    environment.clean()
    assert [name for name in environment.NAMES if name in os.environ] == []


def test_clean_removes_space_around_a_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", " 1\r")
    monkeypatch.setenv("TZ", "America/New_York\r")
    environment.clean()
    assert os.environ["HF_HUB_OFFLINE"] == "1"
    assert time.tzname[0] == "EST"


def test_clean_leaves_an_empty_list_of_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    environment.clean()
    assert os.environ["CUDA_VISIBLE_DEVICES"] == ""


def test_variable_that_is_empty_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", " \r")
    assert environment.variable("PORT", "8000") == "8000"


@pytest.mark.parametrize(
    "zone", ["", "UTC", "Europe/Berlin", ":Europe/Berlin", "EST5EDT,M3.2.0,M11.1.0", "<+0330>-3:30", "UTC0"]
)
def test_time_zone_is_a_name_or_a_rule(monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    monkeypatch.setenv("TZ", zone)
    assert environment.time_zone_flaw() == ""


@pytest.mark.parametrize("zone", ["America/New_Yrok", "America", "+02:00", "/nowhere", "CEST summer"])
def test_site_in_an_unknown_time_zone_refuses(monkeypatch: pytest.MonkeyPatch, instance: Path, zone: str) -> None:
    monkeypatch.setenv("TZ", zone)
    with pytest.raises(ConfigError, match=f"TZ must be a time zone that is installed here, .*, not '{zone[:2]}?"):
        create_app({}, instance_path=str(instance))


def test_empty_metrics_folder_writes_no_files(monkeypatch: pytest.MonkeyPatch, instance: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    monkeypatch.setenv(metrics.FOLDER, " ")
    app = create_app({}, instance_path=str(instance))
    app.test_client().get("/livez")
    assert list((tmp_path / "empty").iterdir()) == []
