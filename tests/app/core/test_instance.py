"""The instance folder: where it is, and that it belongs to one site at a time."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from flask_migrate import upgrade as run_migrations
from sqlalchemy import func, select
from sqlalchemy.engine import make_url

from app import create_app
from app.core import instance
from app.storage import media_store
from app.storage.database import db
from app.storage.schema import MIGRATIONS
from app.storage.walk_models import Walk

pytestmark = pytest.mark.slow

HOLD = """
import os, subprocess, sys
from pathlib import Path
from app.core import instance
descriptor = instance.take(Path(sys.argv[1]))
part = subprocess.Popen([sys.executable, "-c", "input()"], stdin=0, stdout=subprocess.DEVNULL, pass_fds=[descriptor])
print("taken", flush=True)
if sys.argv[2] == "stay":
    part.wait()
"""


def hold(folder: Path, how: str) -> subprocess.Popen[str]:
    """Take the folder in another process, which starts a part and then stays, or leaves the part behind."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder), how], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "taken\n"
    return process


def test_line_end_of_windows_is_no_part_of_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for end in ("\r", "\r\n"):
        monkeypatch.setenv(instance.VARIABLE, f"{tmp_path}{end}")
        assert instance.folder(Path("elsewhere")) == tmp_path.resolve()
    monkeypatch.setenv(instance.VARIABLE, "\r")
    assert instance.folder(tmp_path) == tmp_path.resolve()


def test_the_environment_names_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOMA_INSTANCE", str(tmp_path / "elsewhere"))
    app = create_app()
    assert app.instance_path == str(tmp_path / "elsewhere")
    assert (tmp_path / "elsewhere" / "secret_key").exists()


def test_the_home_folder_is_expanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv(instance.VARIABLE, "~/a museum")
    assert instance.folder(Path("elsewhere")) == tmp_path / "a museum"


@pytest.mark.parametrize("name", ["what?", "100%", "a%20b", "number #1", "a & b = c", "müsli"])
def test_a_folder_may_have_any_name(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    app = create_app(instance_path=str(folder))
    with app.app_context():
        run_migrations(directory=str(MIGRATIONS))
        assert make_url(app.config["DATABASE_URL"]).database == str(folder / "moma.sqlite")
        assert media_store.store().root == str(folder / "media")
        assert db.session.scalar(select(func.count()).select_from(Walk)) == 0
        db.session.remove()
    assert (folder / "moma.sqlite").stat().st_size > 0
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_relative_folder_is_that_of_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MOMA_INSTANCE", "mine")
    assert instance.folder(Path("/default")) == tmp_path / "mine"


def test_an_empty_setting_means_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOMA_INSTANCE", "")
    assert instance.folder(tmp_path) == tmp_path


def test_a_folder_that_is_held_is_refused_and_the_holder_named(tmp_path: Path) -> None:
    with hold(tmp_path, "stay") as other:
        with pytest.raises(instance.InstanceTaken, match=rf"Another site runs in .* \(process {other.pid}\)"):
            instance.take(tmp_path)
        other.communicate("\n")


def test_a_folder_is_free_again_once_its_site_ended(tmp_path: Path) -> None:
    with hold(tmp_path, "stay") as other:
        other.communicate("\n")
    os.close(instance.take(tmp_path))


def test_the_end_of_a_dead_sites_parts_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with hold(tmp_path, "leave") as other:
        other.wait()
        monkeypatch.setattr(
            instance.time, "sleep", lambda _: other.stdin and not other.stdin.closed and other.stdin.close()
        )
        descriptor = instance.take(tmp_path)
    assert (tmp_path / "lock").read_text() == str(os.getpid())
    os.close(descriptor)


def test_parts_that_never_end_are_not_waited_for_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instance, "CLOSING_SECONDS", 0.1)
    with hold(tmp_path, "leave") as other:
        other.wait()
        with pytest.raises(instance.InstanceTaken):
            instance.take(tmp_path)
        other.communicate("\n")
