"""The container images, without a container engine: the Dockerfile is looked over, and its web steps are done."""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.config import DEFAULTS
from app.operations.redis_server import RedisServer
from tests.server.live import PATIENCE, ROOT, free_port, wait_until

pytestmark = pytest.mark.server

HADOLINT = Path(sys.executable).parent / "hadolint"
DOCKERFILE = ROOT / "Dockerfile"
SIZE_MAX = 200_000_000
BASE = "python:"


@dataclass
class Stage:
    """One target: its instructions in order, those of the stages below it first."""

    name: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def all(self, instruction: str) -> list[str]:
        """List the arguments of one kind of instruction."""
        return [argument for name, argument in self.steps if name == instruction]


def stages() -> dict[str, Stage]:
    """Read the Dockerfile."""
    text = "".join(line for line in DOCKERFILE.read_text("utf-8").splitlines(True) if not line.startswith("#"))
    found: dict[str, Stage] = {}
    for line in filter(None, re.sub(r"\\\n\s*", " ", text).splitlines()):
        instruction, _, argument = line.partition(" ")
        if instruction == "FROM":
            below, _, name = argument.partition(" AS ")
            stage = found[name] = Stage(name, [*found[below].steps] if below in found else [("FROM", below)])
        else:
            stage.steps.append((instruction, argument.strip()))
    return found


def packages(name: str) -> str:
    """Return the step that installs what a target takes over from the stage that builds its environment."""
    (source,) = (argument.split()[0] for argument in stages()[name].all("COPY") if argument.startswith("--from="))
    (install,) = (step for step in stages()[source.removeprefix("--from=")].all("RUN") if "pip --python" in step)
    return install


def done(step: str, environment: Path, *, work: Path, **arguments: str) -> subprocess.CompletedProcess[str]:
    """Do a step as the image's shell would, with build arguments, and with a folder in the place of /venv."""
    variables = {name: value for name, value in os.environ.items() if name.startswith("PIP_") or name == "HOME"}
    variables |= {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "EXTRAS": "", **arguments}
    command = ["/bin/sh", "-c", step.replace("/venv", str(environment))]
    return subprocess.run(
        command, cwd=work, env=variables, capture_output=True, text=True, check=False, timeout=4 * PATIENCE
    )


def ignored(path: str) -> bool:
    """Tell whether .dockerignore keeps a file out of the build."""
    kept = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    return not any(path == name or path.startswith(f"{name}/") for name in kept)


def copies(stage: Stage) -> Iterator[tuple[str, str]]:
    """List what a stage copies from the project, from where and to where."""
    for argument in stage.all("COPY"):
        if not argument.startswith("--from="):
            source, target = argument.split()
            yield source, target


def test_dockerfile_is_free_of_what_hadolint_knows() -> None:
    found = subprocess.run([HADOLINT, "--no-color", DOCKERFILE], capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout) == (0, "")


def test_both_targets_run_as_nobody_in_particular_and_are_looked_after() -> None:
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
    told = re.search(
        r"EXTRAS=.* of requirements/ to install besides: ([\w, ]+), several", DOCKERFILE.read_text("utf-8")
    )
    assert told is not None
    own = locked_versions(name)
    for extra in told[1].split(", "):
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


def test_worker_gets_what_it_imports() -> None:
    sources = {source for source, _ in copies(stages()["worker"])}
    assert {"app", "eye", "sketch", "worker", "models", "wsgi.py", "migrations"} <= sources


@pytest.mark.parametrize(("device", "index"), [("cpu", "https://download.pytorch.org/whl/cpu"), ("cuda", "")])
def test_device_says_where_torch_comes_from(device: str, index: str, tmp_path: Path) -> None:
    asked = done(with_pip_that_tells(packages("worker"), tmp_path), tmp_path, work=ROOT, DEVICE=device, EXTRAS="s3 gcs")
    assert asked.returncode == 0, asked.stderr
    environment = f"--python {tmp_path}/bin/python install --requirement requirements/"
    assert asked.stdout.splitlines() == [f"{index} {environment}{name}.txt" for name in ("worker", "s3", "gcs")]


def test_device_that_there_is_not_and_an_extra_that_there_is_not_end_the_build(tmp_path: Path) -> None:
    step = with_pip_that_tells(packages("worker"), tmp_path)
    refused = done(step, tmp_path, work=ROOT, DEVICE="tpu")
    assert (refused.returncode, refused.stderr) == (1, "DEVICE is cpu or cuda, not tpu.\n")
    missing = done(packages("worker"), Path(sys.prefix), work=tmp_path, DEVICE="cpu")
    assert missing.returncode != 0
    assert "requirements/worker.txt" in missing.stderr


def with_pip_that_tells(step: str, folder: Path) -> str:
    """Have a step ask a pip that only says what it was asked for, and of which index."""
    pip = folder / "pip"
    pip.write_text('#!/bin/sh\necho "$PIP_EXTRA_INDEX_URL" "$@"\n')
    pip.chmod(0o755)
    return f"unset PIP_EXTRA_INDEX_URL; PATH={folder}:$PATH; {step}"


def test_workers_lock_file_is_what_the_worker_is_tested_with(tmp_path: Path) -> None:
    """To make the worker's environment anew takes a gigabyte; so what it would hold is compared with what is here."""
    report = tmp_path / "report.json"
    command = ["install", "--dry-run", "--quiet", "--report", str(report), "--requirement", "requirements/worker.txt"]
    asked = subprocess.run(
        [sys.executable, "-m", "pip", *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert asked.returncode == 0, asked.stderr
    assert [each["metadata"]["name"] for each in json.loads(report.read_text())["install"]] == []


def laid_out(stage: Stage, work: Path) -> None:
    """Copy what a stage copies into a folder that stands for the image's root."""
    for source, target in copies(stage):
        (work / target).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, work / target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / source, work / target)


def test_worker_target_starts_from_what_it_copies_and_is_found_well(tmp_path: Path) -> None:
    """The worker's files alone, with this environment; the health check is the image's."""
    stage, work = stages()["worker"], tmp_path / "srv"
    laid_out(stage, work)
    store = RedisServer(tmp_path)
    variables = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "MOMA_INSTANCE": str(tmp_path / "data")}
    variables |= {"MOMA_REDIS_URL": store.url, "PYTHONDONTWRITEBYTECODE": "1", "MOMA_EXHIBITION": "false"}

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=work, env=variables, capture_output=True, text=True, check=False, timeout=PATIENCE
        )

    assert run("flask", "--app", "wsgi", "db", "upgrade").returncode == 0
    check = health_check(stage)
    with started(store.command(), tmp_path, dict(os.environ)) as redis:
        store.wait(redis)
        assert "No worker is running" in run(*check).stdout
        with started(json.loads(stage.all("CMD")[-1]), work, variables) as worker:
            wait_until(lambda: run(*check).returncode == 0 or worker.poll() is not None)
            assert worker.poll() is None
            assert (tmp_path / "data" / "device.json").stat().st_size > 0  # what deploy/k8s takes for "it is loaded"
        assert run(*check).returncode == 1


def health_check(stage: Stage) -> list[str]:
    """Return the command by which an engine asks whether a container is well."""
    (check,) = stage.all("HEALTHCHECK")
    command: list[str] = json.loads(check.partition(" CMD ")[2])
    return command


@contextmanager
def started(command: list[str], work: Path, variables: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program for the time of the block, and end it."""
    process = subprocess.Popen(command, cwd=work, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(PATIENCE)


def test_web_target_can_be_made_is_small_and_serves(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Do what the file says, in a folder that stands for the image's root: copy, make the environment, start."""
    stage, work, environment = stages()["web"], tmp_path / "srv", tmp_path / "venv"
    laid_out(stage, work)
    variables = {"PATH": f"{environment}/bin:{os.environ['PATH']}", "MOMA_INSTANCE": str(tmp_path / "data")}
    variables |= {"PYTHONDONTWRITEBYTECODE": "1"}
    (venv,) = (step for step in stages()["builder"].all("RUN") if "-m venv" in step)
    for step in (venv, packages("web")):
        made = done(step, environment, work=ROOT)
        assert made.returncode == 0, made.stderr
    size = sum(path.lstat().st_size for folder in (work, environment) for path in folder.rglob("*"))
    with capsys.disabled():
        print(f" [web image: {size / 1e6:.0f} MB installed]", end="")
    assert size < SIZE_MAX

    def run(*command: str) -> str:
        python = str(environment / "bin" / "python")
        ended = subprocess.run(
            [python, *command], cwd=work, env=variables, capture_output=True, text=True, check=False, timeout=PATIENCE
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    run("-m", "flask", "--app", "wsgi", "db", "upgrade")
    program = """
import sys, psycopg, wsgi
from app.text import embedding
from app.i18n.locales import NAMES
client = wsgi.app.test_client()
print([client.get(path).status_code for path in ("/", "/gallery", "/about", "/readyz", "/static/site.css")])
print(all(f'<html lang="{name}' in client.get("/", headers={"Accept-Language": name}).text for name in NAMES))
print([thing["name"] for thing in client.get("/api/v1/reading?prompt=two+foxes").json["things"]])
print(client.get("/drawings").status_code)
print(all(embedding.Embedding.load(wsgi.app.config["MEANING"]).of(["a fox"]).any(axis=1)))
print(sorted({"torch", "diffusers", "transformers", "worker"} & set(sys.modules)))
"""
    assert run("-c", program).splitlines() == ["[200, 200, 200, 200, 200]", "True", "['fox']", "200", "True", "[]"]
    port = free_port()
    command = [part.replace(":8000", f":{port}") for part in json.loads(stage.all("CMD")[-1])]
    check = [part.replace(":8000", f":{port}") for part in health_check(stage)]
    command[0], check[0] = f"{environment}/bin/{command[0]}", f"{environment}/bin/{check[0]}"
    assert subprocess.run(check, env=variables, capture_output=True, check=False).returncode == 1
    with started(command, work, variables):
        wait_until(lambda: subprocess.run(check, env=variables, capture_output=True, check=False).returncode == 0)


COMPOSE = ROOT / "deploy" / "compose.yaml"


def services() -> dict[str, dict[str, Any]]:
    """Read the compose file's services, what they share put in."""
    found: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE.read_text("utf-8"))["services"]
    return found


def test_compose_file_and_nginx_know_the_same_names() -> None:
    template = (ROOT / "deploy" / "nginx" / "moma.conf.template").read_text("utf-8")
    asked = set(re.findall(r"\$\{(MOMA_[A-Z_]+)\}", template))
    assert asked <= set(services()["nginx"]["environment"])
    for name in ("migrate", "web", "worker", "worker-gpu"):
        given = services()[name]["environment"]
        assert {each.removeprefix("MOMA_") for each in given} <= set(DEFAULTS), name


def test_compose_file_names_only_targets_and_files_that_are_there() -> None:
    compose = COMPOSE.read_text("utf-8")
    builds = [service["build"] for service in services().values() if "build" in service]
    assert {build["target"] for build in builds} == {"web", "worker"}
    arguments = {argument.partition("=")[0] for stage in stages().values() for argument in stage.all("ARG")}
    assert all(set(build["args"]) <= arguments for build in builds)
    for path in re.findall(r"^ +- (\.{1,2}/[^:]+):", compose, re.MULTILINE):
        if not path.startswith("./monitoring/"):  # looked at with what stands there
            assert (ROOT / "deploy" / path).exists(), path
    asked = set(re.findall(r"\$\{([A-Z_]+)[:}]", compose)) | set(re.findall(r"\$\{([A-Z_]+):[-?]", compose))
    asked |= {secret["environment"] for secret in yaml.safe_load(compose)["secrets"].values()}
    example = (ROOT / "deploy" / "example.env").read_text("utf-8")
    assert asked == set(re.findall(r"^([A-Z_]+)=", example, re.MULTILINE))
    assert not fnmatch.filter(example.splitlines(), "MOMA_SECRET_KEY=?*")


def test_compose_file_keeps_what_the_web_process_writes_beyond_a_restart() -> None:
    named = yaml.safe_load(COMPOSE.read_text("utf-8"))["volumes"]
    web = services()["web"]
    kept = dict(volume.split(":", 1) for volume in web["volumes"])
    assert kept == {"instance": "/data", "media": "/data/media"}
    assert set(kept) <= set(named)
    assert web["tmpfs"] == ["/tmp"]


def test_every_service_is_bounded_and_its_logs_turn() -> None:
    for name, service in services().items():
        assert service["mem_limit"], name
        assert service["logging"]["options"]["max-size"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert "image" not in service or re.fullmatch(r".+:[\w.-]*\d[\w.-]*", service["image"]), name
        assert service.get("read_only") or name == "grafana", name


def test_every_service_that_stays_is_asked_whether_it_is_well() -> None:
    """Those that are built have the check of their image."""
    for name, service in services().items():
        assert "healthcheck" in service or "build" in service, name
        for other, how in service.get("depends_on", {}).items():
            ends = services()[other]["restart"] == "no"
            assert how["condition"] == ("service_completed_successfully" if ends else "service_healthy")


def test_profiles_add_to_the_site_and_take_nothing_from_it() -> None:
    by_profile = {name: service.get("profiles", []) for name, service in services().items()}
    assert {name for name, profiles in by_profile.items() if profiles == ["gpu"]} == {"worker-gpu"}
    assert {name for name, profiles in by_profile.items() if profiles == ["monitoring"]} == {"prometheus", "grafana"}
    (device,) = services()["worker-gpu"]["deploy"]["resources"]["reservations"]["devices"]
    assert (device["driver"], device["capabilities"]) == ("nvidia", ["gpu"])
    assert services()["worker-gpu"]["build"]["args"]["DEVICE"] == "cuda"
    plain = {name for name, profiles in by_profile.items() if not profiles}
    assert all(set(services()[name].get("depends_on", {})) <= plain for name in plain)
