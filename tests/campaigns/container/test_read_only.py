"""The worker's image on a root that is read-only, as Compose and Kubernetes run it, with a model from its volume."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.upkeep.processes.redis_server import RedisServer
from tests.campaigns.container.test_dockerfile import health_check, laid_out, started, wait_well
from tests.support import tiny
from tests.support.dockerfile import stages
from tests.support.live import PATIENCE

pytestmark = [pytest.mark.server, pytest.mark.slow]

READ_ONLY = """
set -eu
mount --make-rprivate /
while [ "$1" != -- ]; do mount --bind "$1" "$1"; shift; done
shift
mount -o remount,bind,ro /
if touch "$PWD/written" 2> /dev/null; then echo "the root could be written to" >&2; exit 99; fi
exec "$@"
"""


def read_only(command: list[str], *writable: Path) -> list[str]:
    """Return the command that runs ``command`` with nothing to write to but these folders."""
    return ["unshare", "--mount", "sh", "-c", READ_ONLY, "sh", *map(str, writable), "--", *command]


def put_in_hub_cache(folder: Path, home: Path, name: str) -> None:
    """Lay a model out as the hub's libraries keep what they have downloaded."""
    repository = home / "hub" / f"models--{name.replace('/', '--')}"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text("0" * 40)
    shutil.copytree(folder, repository / "snapshots" / ("0" * 40))


def test_worker_on_a_read_only_root_loads_a_model_from_the_hub_cache_and_doctor_is_well(tmp_path: Path) -> None:
    if subprocess.run(read_only(["true"], tmp_path), cwd=Path(__file__).parent, check=False).returncode:
        pytest.skip("NOT RUN: the worker on a read-only root, as this machine lets no mount namespace be made.")
    stage, work = stages()["worker"], tmp_path / "srv"
    laid_out(stage, work)
    data, weights, scratch = (tmp_path / name for name in ("data", "weights", "tmp"))
    for folder in (data, weights, scratch):
        folder.mkdir()
    put_in_hub_cache(tiny.save(tmp_path, "sd1")["sd1"], weights / "huggingface", "someone/tiny")
    store = RedisServer(tmp_path)
    variables = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "TMPDIR": str(scratch), "HOME": str(data),
        "PYTHONDONTWRITEBYTECODE": "1", "HF_HUB_OFFLINE": "1", "HF_HOME": str(weights / "huggingface"),
        "MOMA_INSTANCE": str(data), "MOMA_REDIS_URL": store.url, "MOMA_MODEL": "someone/tiny",
    }  # fmt: skip

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        line = read_only(list(command), data, weights, scratch)
        return subprocess.run(
            line, cwd=work, env=variables, capture_output=True, text=True, check=False, timeout=PATIENCE
        )

    migrated = run("flask", "--app", "wsgi", "db", "upgrade")
    assert migrated.returncode == 0, migrated.stderr
    with started(store.command(), tmp_path, dict(os.environ)) as redis:
        store.wait(redis)
        command = read_only(json.loads(stage.all("CMD")[-1]), data, weights, scratch)
        with started(command, work, variables) as worker:
            check = health_check(stage)
            wait_well(worker, data, lambda: run(*check).returncode == 0)
            assert "someone/tiny" in run(*check, "--json").stdout
            assert "chosen" in (data / "device.json").read_text("utf-8")  # which precision, the machine decides
