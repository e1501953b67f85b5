"""The container images, without a container engine: the Dockerfile is looked over, and its web steps are done."""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from app.config import DEFAULTS
from tests.server.live import PATIENCE, ROOT

pytestmark = pytest.mark.server

HADOLINT = Path(sys.executable).parent / "hadolint"
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
    text = re.sub(r"\\\n\s*", " ", (ROOT / "Dockerfile").read_text("utf-8"))
    found: dict[str, Stage] = {}
    for line in (line for line in text.splitlines() if line and not line.startswith("#")):
        instruction, _, argument = line.partition(" ")
        if instruction == "FROM":
            below, _, name = argument.partition(" AS ")
            stage = found[name] = Stage(name, [*found[below].steps] if below in found else [("FROM", below)])
        else:
            stage.steps.append((instruction, argument.strip()))
    return found


def ignored(path: str) -> bool:
    """Tell whether .dockerignore keeps a file out of the build."""
    kept = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    return not any(path == name or path.startswith(f"{name}/") for name in kept)


def copies(stage: Stage) -> Iterator[tuple[str, str]]:
    """List what a stage copies, from where and to where."""
    for argument in stage.all("COPY"):
        source, target = argument.split()
        yield source, target


def test_dockerfile_is_free_of_what_hadolint_knows() -> None:
    found = subprocess.run([HADOLINT, "--no-color", ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
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
    (install,) = (step for step in stages()[name].all("RUN") if "pip --python" in step)
    (asked,) = (part for part in install.split(" && ") if "pip --python" in part)
    assert asked.strip().split(" install ")[1] == f"--requirement requirements/{name}.txt"
    locked = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8").splitlines()
    assert all(re.fullmatch(r"[a-z0-9-]+==\S+", line) for line in locked)
    assert {"psycopg", "psycopg-binary"} <= {line.partition("==")[0] for line in locked}


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
    assert {"app", "eye", "sketch", "worker", "models", "wsgi.py", "migrations", "requirements/worker.txt"} <= sources


def test_web_target_can_be_made_is_small_and_serves(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Do what the file says, in a folder that stands for the image's root: copy, make the environment, start."""
    stage, work, environment = stages()["web"], tmp_path / "srv", tmp_path / "venv"
    for source, target in copies(stage):
        (work / target).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, work / target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / source, work / target)
    variables = {"PATH": f"{environment}/bin:{os.environ['PATH']}", "MOMA_INSTANCE": str(tmp_path / "data")}
    variables |= {name: value for name, value in os.environ.items() if name.startswith("PIP_") or name == "HOME"}
    variables["PYTHONDONTWRITEBYTECODE"] = "1"
    installs = [step for step in stage.all("RUN") if "pip --python" in step]
    assert len(installs) == 1
    for part in installs[0].split("&&"):
        words = [word.replace("/venv", str(environment)) for word in shlex.split(part)]
        tool = {"python": [sys.executable], "pip": [sys.executable, "-m", "pip"], "find": ["find"]}[words.pop(0)]
        subprocess.run(
            [*tool, *words], cwd=work, env=variables, check=True, stdout=subprocess.DEVNULL, timeout=4 * PATIENCE
        )
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
    gunicorn = json.loads(stage.all("CMD")[-1])
    run("-m", *gunicorn[:-1], "--check-config", gunicorn[-1])


def test_compose_file_and_nginx_know_the_same_names() -> None:
    compose = (ROOT / "deploy" / "compose.yaml").read_text("utf-8")
    template = (ROOT / "deploy" / "nginx" / "moma.conf.template").read_text("utf-8")
    asked = set(re.findall(r"\$\{(MOMA_[A-Z_]+)\}", template))
    given = set(re.findall(r"^ +(MOMA_[A-Z_]+):", compose, re.MULTILINE))
    assert asked <= given
    assert {name.removeprefix("MOMA_") for name in given - asked} <= set(DEFAULTS)


def test_compose_file_names_only_targets_and_files_that_are_there() -> None:
    compose = (ROOT / "deploy" / "compose.yaml").read_text("utf-8")
    assert set(re.findall(r"target: (\w+)", compose)) == set(stages()) - {"base"}
    for path in re.findall(r"^ +- (\.{1,2}/[^:]+):", compose, re.MULTILINE):
        assert (ROOT / "deploy" / path).exists(), path
    asked = set(re.findall(r"\$\{([A-Z_]+)[:}]", compose)) | set(re.findall(r"\$\{([A-Z_]+):[-?]", compose))
    example = (ROOT / "deploy" / "example.env").read_text("utf-8")
    assert asked == set(re.findall(r"^([A-Z_]+)=", example, re.MULTILINE))
    assert not fnmatch.filter(example.splitlines(), "MOMA_SECRET_KEY=?*")


def test_compose_file_keeps_what_the_web_process_writes_beyond_a_restart() -> None:
    compose = (ROOT / "deploy" / "compose.yaml").read_text("utf-8")
    (web,) = re.findall(r"^  web:\n((?:    .*\n)+)", compose, re.MULTILINE)
    named = set(re.findall(r"^  (\w+):$", compose[compose.index("\nvolumes:") :], re.MULTILINE))
    kept = dict(re.findall(r"^ +- (\w+):(/[\w/]+)$", web, re.MULTILINE))
    assert kept == {"instance": "/data", "media": "/data/media"}
    assert set(kept) <= named
    assert 'tmpfs: ["/tmp"]' in web
