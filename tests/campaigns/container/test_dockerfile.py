"""The container images, without a container engine: what the Dockerfile says is done, and the outcome is started."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.upkeep.processes.redis_server import RedisServer
from tests.support.dockerfile import Stage, copies, packages, stages
from tests.support.live import PATIENCE, ROOT, free_port, wait_until

pytestmark = pytest.mark.server

SIZE_MAX = 200_000_000


def done(step: str, environment: Path, *, work: Path, **arguments: str) -> subprocess.CompletedProcess[str]:
    """Do a step as the image's shell would, with build arguments, and with a folder in the place of /venv."""
    variables = {name: value for name, value in os.environ.items() if name.startswith("PIP_") or name == "HOME"}
    variables |= {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "EXTRAS": "", **arguments}
    command = ["/bin/sh", "-c", step.replace("/venv", str(environment))]
    return subprocess.run(
        command, cwd=work, env=variables, capture_output=True, text=True, check=False, timeout=4 * PATIENCE
    )


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
    """Run a step with a pip that only says what it was asked for, and of which index."""
    pip = folder / "pip"
    pip.write_text('#!/bin/sh\necho "$PIP_EXTRA_INDEX_URL" "$@"\n')
    pip.chmod(0o755)
    return f"unset PIP_EXTRA_INDEX_URL; PATH={folder}:$PATH; {step}"


def test_workers_lock_file_is_what_the_worker_is_tested_with(tmp_path: Path) -> None:
    """To make the worker's environment again takes a gigabyte; so what it would hold is compared with what is here."""
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
            wait_well(worker, tmp_path / "data", lambda: run(*check).returncode == 0)
        assert run(*check).returncode == 1


def health_check(stage: Stage) -> list[str]:
    """Return the command by which an engine asks whether a container is well."""
    (check,) = stage.all("HEALTHCHECK")
    command: list[str] = json.loads(check.partition(" CMD ")[2])
    return command


def wait_well(worker: subprocess.Popen[bytes], data: Path, is_well: Callable[[], bool]) -> None:
    """Wait until a worker has loaded its model, and then for its health check, which takes seconds each time."""
    loaded = data / "device.json"  # deploy/k8s takes it for that, too
    wait_until(lambda: (loaded.exists() and loaded.stat().st_size) or worker.poll() is not None)
    wait_until(lambda: is_well() or worker.poll() is not None)
    assert worker.poll() is None


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
import sys, huggingface_hub, psycopg, wsgi
from app.core.text import embedding
from app.core.i18n.locales import NAMES
client = wsgi.app.test_client()
print([client.get(path).status_code for path in ("/", "/gallery", "/about", "/readyz", "/static/site.css")])
print(all(f'<html lang="{name}' in client.get("/", headers={"Accept-Language": name}).text for name in NAMES))
print([thing["name"] for thing in client.get("/api/v1/reading?prompt=two+foxes").json["things"]])
print(client.get("/drawings").status_code)
print(callable(huggingface_hub.hf_hub_download))
print(all(embedding.Embedding.load(wsgi.app.config["MEANING"]).embed(["a fox"]).any(axis=1)))
print(sorted({"torch", "diffusers", "transformers", "worker"} & set(sys.modules)))
"""
    assert run("-c", program).splitlines() == [
        "[200, 200, 200, 200, 200]",
        "True",
        "['fox']",
        "200",
        "True",
        "True",
        "[]",
    ]
    port = free_port()
    command = [part.replace(":8000", f":{port}") for part in json.loads(stage.all("CMD")[-1])]
    check = [part.replace(":8000", f":{port}") for part in health_check(stage)]
    command[0] = f"{environment}/bin/{command[0]}"  # the check finds Python by PATH
    assert subprocess.run(check, env=variables, capture_output=True, check=False).returncode == 1
    with started(command, work, variables):
        wait_until(lambda: subprocess.run(check, env=variables, capture_output=True, check=False).returncode == 0)
