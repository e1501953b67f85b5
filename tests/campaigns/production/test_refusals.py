"""Programs of the production shape that must not serve: each ends, and names what is wrong and the cure."""

import os
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from app.core.config import ROOT, SECRET_COMMAND
from tests.support.live import PATIENCE, free_port, wait_until

pytestmark = pytest.mark.server

STRONG = "0123456789abcdef" * 4
PROGRAMS = {
    "web": ["gunicorn", "--config", "deploy/gunicorn.conf.py", "wsgi:app"],
    "painter": ["worker"],
    "command": ["flask", "--app", "wsgi", "doctor"],
}
SECRETS = {"missing": ("", "MOMA_SECRET_KEY is missing"), "short": ("0123456789abcdef", "at least 32 characters"),
           "the same again and again": ("ab" * 32, "at least 10 different characters")}  # fmt: skip


def environment(folder: Path, **settings: str) -> dict[str, str]:
    variables = {"MOMA_INSTANCE": str(folder), "MOMA_PRODUCTION": "true", "WEB_CONCURRENCY": "1", **settings}
    return {**os.environ, **{name: value for name, value in variables.items() if value}}


def begin(program: str, folder: Path, *more: str, **settings: str) -> subprocess.Popen[str]:
    """Start a program on settings in an empty folder."""
    command = [sys.executable, "-m", PROGRAMS[program][0], *more, *PROGRAMS[program][1:]]
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command, cwd=ROOT, env=environment(folder, **settings), stdout=pipe, stderr=subprocess.STDOUT, text=True
    )


@pytest.mark.parametrize(
    ("program", "secret"), [*(("web", secret) for secret in SECRETS), ("painter", "missing"), ("command", "short")]
)
def test_nothing_starts_with_a_secret_that_will_not_do(program: str, secret: str, tmp_path: Path) -> None:
    value, reason = SECRETS[secret]
    more = ["--bind", f"127.0.0.1:{free_port()}"] if program == "web" else []
    ended = begin(program, tmp_path, *more, MOMA_SECRET_KEY=value)
    output, _ = ended.communicate(timeout=PATIENCE)
    assert ended.returncode not in (0, None)
    assert reason in output
    assert SECRET_COMMAND in output


def test_painter_ends_where_the_database_cannot_be_reached_and_a_command_too(tmp_path: Path) -> None:
    nowhere = f"postgresql://moma@127.0.0.1:{free_port()}/moma"
    for program in ("painter", "command"):
        ended = begin(program, tmp_path, MOMA_SECRET_KEY=STRONG, MOMA_DATABASE_URL=nowhere)
        output, _ = ended.communicate(timeout=PATIENCE)
        assert ended.returncode == 1
        assert "The database cannot be reached" in output
        assert "Traceback" not in output


def test_web_side_without_its_database_is_alive_not_ready_and_says_so_to_visitors_and_in_its_log(
    tmp_path: Path,
) -> None:
    port = free_port()
    nowhere = f"postgresql://moma@127.0.0.1:{free_port()}/moma"
    more = ["--bind", f"127.0.0.1:{port}"]
    web = begin("web", tmp_path, *more, MOMA_SECRET_KEY=STRONG, MOMA_DATABASE_URL=nowhere)

    def ask(path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=PATIENCE) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError:
            return 0, ""

    try:
        wait_until(lambda: ask("/healthz")[0] == 200, what="the web side")
        ready, page = ask("/readyz"), ask("/gallery")
    finally:
        web.terminate()
        output, _ = web.communicate(timeout=PATIENCE)
    assert ready[0] == page[0] == 503
    assert "The database cannot be reached" in ready[1]
    assert "Closed for a moment" in page[1]
    assert "The database does not answer on /gallery" in output
