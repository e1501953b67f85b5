"""The page own-model.md: what its commands name exists, and each figure is measured or says that it is not."""

import re

import pytest
import yaml

from app.core.config import DEFAULTS, ROOT
from tests.campaigns.production import units
from tests.support.compose import COMPOSE, OF_THE_MODEL, services

PAGE = (ROOT / "docs/how-to/operators/own-model.md").read_text("utf-8")
BLOCKS = re.findall(r"^```\n(.+?)^```$", PAGE, re.MULTILINE | re.DOTALL)
EXAMPLE = (ROOT / "deploy" / "example.env").read_text("utf-8")
ANSIBLE = ROOT / "deploy" / "ansible" / "roles"
WAYS = ("On your own machine", "systemd", "Compose", "Kubernetes", "Ansible")


def section(title: str) -> str:
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None, title
    return found[1]


def test_settings_of_the_page_exist() -> None:
    settings = {f"MOMA_{name}" for name in DEFAULTS}
    assert settings >= OF_THE_MODEL
    assert set(re.findall(r"\bMOMA_[A-Z_]+", PAGE)) <= settings
    lines = set(re.findall(r"^([a-z_]+) = ", "".join(BLOCKS), re.MULTILINE))
    assert {f"MOMA_{name.upper()}" for name in lines} <= settings
    variables = yaml.safe_load((ANSIBLE / "moma/defaults/main.yml").read_text("utf-8"))
    assert set(re.findall(r"\bmoma_[a-z_]+", PAGE)) <= set(variables)


def test_variables_of_compose_are_in_its_example() -> None:
    named = set(re.findall(r"^([A-Z_]+)=", section("Compose"), re.MULTILINE))
    named |= set(re.findall(r"`([A-Z_]{3,})(?:=[^`]*)?`", section("Compose")))
    assert named <= set(re.findall(r"^#?([A-Z_]+)=", EXAMPLE, re.MULTILINE))
    assert {"MODEL", "WEIGHTS", "WORKERS", "COMPOSE_PROFILES", "WORKER_MEMORY"} <= named
    limits = re.search(r"(\d+) GB on the CPU and (\d+) GB with a GPU", section("Compose"))
    assert limits is not None
    for name, limit in zip(("worker", "worker-gpu"), limits.groups(), strict=True):
        assert services()[name]["mem_limit"] == f"${{WORKER_MEMORY:-{limit}g}}"


def test_services_and_profiles_of_the_page_exist() -> None:
    assert set(re.findall(r"\bworker-gpu(?:-\d)?\b", PAGE)) <= set(services())
    profiles = {profile for service in services().values() for profile in service.get("profiles", [])}
    for named in re.findall(r"COMPOSE_PROFILES=([\w,-]+)", PAGE):
        assert set(named.split(",")) <= profiles
    assert f"docker compose --file {COMPOSE.relative_to(ROOT)} up" in PAGE


def test_files_and_overlays_of_the_page_exist() -> None:
    for path in re.findall(r"(?<![\w/.])(?:/srv/moma/current/)?(deploy/[\w./-]+)", "".join(BLOCKS)):
        assert (ROOT / path).exists(), path
    choices = (ANSIBLE / "cluster_deploy/meta/argument_specs.yml").read_text("utf-8")
    for overlay in ("own-model", "hub-model"):
        assert f"`{overlay}`" in section("Kubernetes")
        assert f"- {overlay}\n" in choices


def test_commands_for_gpus_install_the_drop_in_and_the_script_that_it_runs() -> None:
    target = "/etc/systemd/system/moma-worker@.service.d/gpu.conf"
    assert f"install -D -m 644 /srv/moma/current/deploy/systemd/gpu.conf {target}\n" in section("systemd")
    script = re.search(r"^ExecStart=/bin/sh (\S+) %i ", (units.FOLDER / "gpu.conf").read_text("utf-8"), re.MULTILINE)
    assert script is not None
    assert f"install -m 755 /srv/moma/current/deploy/one_gpu.sh {script[1]}\n" in section("systemd")


def test_each_way_has_a_command_and_asks_doctor() -> None:
    for way in WAYS:
        assert "```" in section(way), way
    for way in WAYS[1:]:
        assert "doctor" in section(way), way
    for way in WAYS[:4]:
        assert "hub" in section(way) or "stabilityai/" in section(way), way


@pytest.mark.parametrize("line", re.findall(r"^\| (?!-|model |what )(.+) \|$", section("What is needed"), re.MULTILINE))
def test_each_figure_is_measured_or_says_that_it_is_not(line: str) -> None:
    _, *cells = (re.sub(r"<!--.*?-->", "", cell).strip() for cell in line.split(" | "))
    assert len(cells) == 4
    assert all(re.fullmatch(r"not measured|none|[\d.,]+( GB)?", cell) for cell in cells), cells


def test_page_is_linked_from_the_readme_and_the_guides() -> None:
    assert "(docs/how-to/operators/own-model.md)" in (ROOT / "README.md").read_text("utf-8")
    for page in ("compose", "debian", "kubernetes", "ansible"):
        assert "(own-model.md" in (ROOT / "docs/how-to/operators" / f"{page}.md").read_text("utf-8"), page
