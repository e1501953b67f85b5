"""The workflows of GitHub Actions are valid and careful, and what they run stands in the project."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.core.config import ROOT
from tests.support import actionlint
from tests.support.dockerfile import build_arguments
from tests.support.needs import require

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
PINNED = re.compile(r"uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")
BROKEN = """
on: push
jobs:
  one:
    runs-on: ubuntu-24.04
    steps:
      - run: echo ${{ matrix.nothing }}
"""


def parse(path: Path) -> dict[str, Any]:
    return dict(yaml.safe_load(path.read_text("utf-8")))


@pytest.fixture(scope="module")
def linter() -> None:
    actionlint.install()
    require("actionlint")


def test_there_are_workflows_for_tests_releases_and_nights() -> None:
    assert [path.stem for path in WORKFLOWS] == ["nightly", "release", "test"]


@pytest.mark.slow
def test_actionlint_finds_no_flaw(linter: None) -> None:
    looked = actionlint.look()
    assert looked.returncode == 0, looked.stdout + looked.stderr
    assert f"Checking {len(WORKFLOWS)} workflow file(s)" in looked.stdout


@pytest.mark.slow
def test_actionlint_would_find_one(linter: None, tmp_path: Path) -> None:
    (tmp_path / "broken.yml").write_text(BROKEN)
    looked = actionlint.look("*.yml", folder=tmp_path)
    assert looked.returncode == 1
    assert 'property "nothing" is not defined' in looked.stdout + looked.stderr


def test_zizmor_finds_nothing_dangerous() -> None:
    command = [str(Path(sys.executable).with_name("zizmor")), "--offline", "--quiet", "--no-progress", ".github"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_actions_are_pinned_and_jobs_have_an_end_and_no_right_that_they_do_not_name(path: Path) -> None:
    for line in path.read_text("utf-8").splitlines():
        if "uses:" in line and "uses: ./" not in line:
            assert PINNED.search(line), line
    workflow = parse(path)
    assert workflow["permissions"] == {}
    for name, job in workflow["jobs"].items():
        assert "permissions" in job, name
        assert "uses" in job or job["timeout-minutes"] <= 120, name


def test_tests_run_on_every_python_from_the_oldest_that_we_support_and_with_the_whole_history() -> None:
    tests = parse(ROOT / ".github/workflows/test.yml")["jobs"]["tests"]
    assert tests["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13"]
    assert 'requires-python = ">=3.11"' in (ROOT / "pyproject.toml").read_text("utf-8")
    assert tests["steps"][0]["with"]["fetch-depth"] == 0


def test_targets_and_images_that_workflows_name_are_there() -> None:
    text = "".join(path.read_text("utf-8") for path in WORKFLOWS)
    makefile = (ROOT / "Makefile").read_text("utf-8")
    named = re.findall(r"targets: ([a-z ]+)|default: (test campaigns)|inputs.targets \|\| '([a-z ]+)'", text)
    wanted = {word for found in named for words in found for word in words.split()}
    assert wanted == {"whole", "test", "campaigns"}
    for target in (set(re.findall(r"make (?:--silent )?([a-z]+)\b", text)) | wanted) - {"npm"}:
        assert re.search(rf"^{target}:.*##", makefile, re.MULTILINE), target


def test_images_of_a_release_are_built_with_arguments_of_which_they_know() -> None:
    job = parse(ROOT / ".github/workflows/release.yml")["jobs"]["images"]
    (build,) = (step["with"] for step in job["steps"] if "build-args" in step.get("with", {}))
    images = job["strategy"]["matrix"]["include"]
    assert {image["image"] for image in images} == {"web", "worker"}
    for image in images:
        lines = build["build-args"].replace("${{ matrix.device }}", image["device"]).split("\n")
        passed = {line.partition("=")[0] for line in lines if line}
        assert passed > {"VERSION", "REVISION"}
        assert passed <= build_arguments(image["image"]), image


def test_roll_out_waits_for_approval_and_reads_its_secrets_from_there_alone() -> None:
    jobs = parse(ROOT / ".github/workflows/release.yml")["jobs"]
    assert jobs["rollout"]["environment"] == "production"
    secrets = {name: set(re.findall(r"secrets\.(\w+)", str(job))) for name, job in jobs.items()}
    assert {name for name, used in secrets.items() if used - {"GITHUB_TOKEN"}} == {"rollout"}


def test_overlay_of_a_release_names_its_images(tmp_path: Path) -> None:
    script = Path(shutil.copy(ROOT / "deploy/release/overlay.sh", _folder(tmp_path / "deploy/release")))
    for overlay, tag in (
        ("cpu", "1.2.3"),
        ("gpu", "1.2.3-cuda"),
        ("own-model", "1.2.3-cuda"),
        ("hub-model", "1.2.3-cuda"),
    ):
        there = _folder(tmp_path / "deploy/k8s/overlays" / overlay)
        (there / "kustomization.yaml").write_text("kind: Kustomization\n")
        target = tmp_path / overlay
        subprocess.run([str(script), overlay, "ghcr.io/someone/moma-lisa", "1.2.3", str(target)], check=True)
        written = parse(target / "kustomization.yaml")
        assert [(image["newName"], image["newTag"]) for image in written["images"]] == [
            ("ghcr.io/someone/moma-lisa/web", "1.2.3"),
            ("ghcr.io/someone/moma-lisa/worker", tag),
        ]
        (resource,) = written["resources"]
        assert (target / resource).resolve() == there
    command = [str(script), "gpus", "ghcr.io/someone/moma-lisa", "1.2.3", str(tmp_path / "none")]
    refused = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (refused.returncode, (tmp_path / "none").exists()) == (1, False)
    assert 'There is no overlay "gpus"' in refused.stderr


def _folder(path: Path) -> Path:
    path.mkdir(parents=True)
    return path


def test_dependabot_looks_after_packages_actions_and_images() -> None:
    updates = parse(ROOT / ".github/dependabot.yml")["updates"]
    assert [each["package-ecosystem"] for each in updates] == ["pip", "github-actions", "docker"]
    for each in updates:
        assert each["schedule"]["interval"] == "weekly"
        for folder in each.get("directories", [each.get("directory")]):
            assert (ROOT / folder.strip("/")).is_dir()
