"""The Dockerfile is looked over; what its steps make, tests/campaigns/container/test_dockerfile.py tries."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from app.core.config import ROOT
from tests.support.dockerfile import DOCKERFILE, copies, packages, stages

HADOLINT = Path(sys.executable).parent / "hadolint"
BASE = "python:"


def test_dockerfile_is_free_of_what_hadolint_knows() -> None:
    found = subprocess.run([HADOLINT, "--no-color", DOCKERFILE], capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout) == (0, "")


def test_both_targets_run_unprivileged_and_are_looked_after() -> None:
    for name in ("web", "worker"):
        stage = stages()[name]
        assert stage.all("FROM")[0].startswith(BASE)
        assert stage.all("USER")[-1].isdigit()
        assert int(stage.all("USER")[-1]) > 0
        assert len(stage.all("HEALTHCHECK")) == 1
        command = json.loads(stage.all("CMD")[-1])
        assert command[0] in ("gunicorn", "python")


@pytest.mark.parametrize("name", ["web", "worker"])
def test_image_installs_what_its_lock_file_names_and_nothing_beside_it(name: str) -> None:
    install = packages(name)
    assert install.count("pip ") == 1
    assert f"for lock in {name} $EXTRAS; do" in install
    assert 'install --requirement "requirements/$lock.txt" || exit 1;' in install
    locked = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8").splitlines()
    assert all(re.fullmatch(r"[a-z0-9-]+==\S+", line) for line in locked)
    assert {"psycopg", "psycopg-binary"} <= {line.partition("==")[0] for line in locked}


@pytest.mark.parametrize("name", ["web", "worker"])
def test_extras_are_lock_files_that_agree_with_the_images_own(name: str) -> None:
    """They are installed one after the other: the last would win."""
    match = re.search(
        r"EXTRAS=.* of requirements/ to install besides: ([\w, ]+), several", DOCKERFILE.read_text("utf-8")
    )
    assert match is not None
    own = locked_versions(name)
    for extra in match[1].split(", "):
        theirs = locked_versions(extra)
        assert {package: theirs[package] for package in own.keys() & theirs} == {
            package: own[package] for package in own.keys() & theirs
        }


def locked_versions(name: str) -> dict[str, str]:
    lines = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8").splitlines()
    return dict(line.split("==", 1) for line in lines)


def test_nothing_of_the_building_is_left_in_an_image() -> None:
    for name in ("web", "worker"):
        stage = stages()[name]
        assert not any("pip" in step for step in stage.all("RUN"))
        assert not any("requirements" in source for source, _ in copies(stage))
        taken = [argument for argument in stage.all("COPY") if argument.startswith("--from=")]
        assert taken == [f"--from={name}-packages /venv /venv"]


@pytest.mark.parametrize("name", ["web", "worker"])
def test_image_has_a_place_for_weights_and_the_hub_that_its_user_may_write_to(name: str) -> None:
    """An empty volume takes its owner from the folder that it is mounted over."""
    stage = stages()[name]
    assert any("install -d -o moma -g moma" in step and " /weights" in step for step in stage.all("RUN"))
    assert "HF_HOME=/weights/huggingface" in " ".join(stage.all("ENV")).split()


def test_labels_say_what_the_image_is() -> None:
    labels = set(re.findall(r"org\.opencontainers\.image\.(\w+)=", " ".join(stages()["web"].all("LABEL"))))
    assert labels == {"title", "description", "version", "revision", "source", "licenses"}


@pytest.mark.parametrize("name", ["web", "worker"])
def test_all_that_is_copied_is_there_and_not_ignored(name: str) -> None:
    for source, _ in copies(stages()[name]):
        assert (ROOT / source).exists(), source
        assert not ignored(source), source
    assert ignored(".git")
    assert ignored("instance/secret_key")
    assert ignored("tests/conftest.py")


def ignored(path: str) -> bool:
    """Return whether .dockerignore keeps a file out of the build."""
    kept = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    return not any(path == name or path.startswith(f"{name}/") for name in kept)


def test_worker_gets_what_it_imports() -> None:
    sources = {source for source, _ in copies(stages()["worker"])}
    assert {"app", "decoder", "image_encoder", "sketch", "worker", "models", "wsgi.py", "migrations"} <= sources
