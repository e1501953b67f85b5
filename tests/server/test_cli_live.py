"""The commands beside a running site, and on their own."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageSequence

from tests.support.live import LiveSite, lend_measured, wait_until

pytestmark = pytest.mark.server


def pixels(film: Path) -> list[bytes]:
    """Read a film's frames as a viewer shows them."""
    with Image.open(film) as picture:
        return [frame.convert("RGB").tobytes() for frame in ImageSequence.Iterator(picture)]


def test_a_film_is_made_with_the_running_sites_worker(site: LiveSite, tmp_path: Path) -> None:
    worker = site.worker_pid()
    film = tmp_path / "film.gif"
    said = site.flask("walks", "create", "a bear", "the sun", "--wait", "--out", film).stdout
    assert "finished, 24 of 24 frames" in said
    assert len(set(pixels(film))) == 24
    assert site.worker_pid() == worker
    wait_until(lambda: len(site.parts()) == 5, what="the end of the command's processes")


def test_the_recipe_in_a_film_paints_identical_pixels(site: LiveSite, tmp_path: Path) -> None:
    film, again = tmp_path / "film.gif", tmp_path / "again.gif"
    asked = ("a bear", "the sun", "--frames", "5", "--seed", "3", "--out", film, "--json")
    first = json.loads(site.flask("walks", "create", *asked).stdout)
    second = json.loads(site.flask("walks", "create", "--recipe", film, "--out", again, "--json").stdout)
    assert first["id"] != second["id"]
    assert second["recipe"] == first["recipe"]
    assert pixels(again) == pixels(film)
    frames = [sorted(site.folder(walk["id"]).glob("frames/*.png")) for walk in (first, second)]
    assert len({path.read_bytes() for path in frames[0]}) == 5
    assert [path.read_bytes() for path in frames[0]] == [path.read_bytes() for path in frames[1]]


def test_without_a_site_the_command_starts_its_own_and_leaves_no_process(
    new_site: Callable[..., LiveSite], tmp_path: Path
) -> None:
    alone = new_site()
    alone.instance.mkdir()
    lend_measured(alone.instance)
    film = tmp_path / "film.gif"
    done = alone.flask("walks", "create", "a bear", "the sun", "--frames", "3", "--out", film, "--json")
    walk = json.loads(done.stdout)
    assert walk["state"] == "finished"
    assert len(pixels(film)) == 3
    assert alone.processes() == {}
    assert not (alone.instance / "redis.json").exists()


def test_the_doctor_finds_a_running_site_well(site: LiveSite) -> None:
    def findings() -> dict[str, bool]:
        return {finding["part"]: finding["well"] for finding in json.loads(site.flask("doctor", "--json").stdout)}

    parts = "database", "redis", "media", "model", "meaning", "looks", "disk", "secrets", "proxy", "worker"
    well = dict.fromkeys(parts, True)
    wait_until(lambda: findings() == well, what="health")  # Redis is asked only briefly
