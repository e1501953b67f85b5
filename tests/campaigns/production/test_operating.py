"""Each command of the operators' pages, run on a site in the production shape with parts taken away."""

import re
from collections.abc import Callable, Iterator

import psycopg
import pytest

from app.core.config import ROOT
from tests.campaigns.production.machine import Machine
from tests.campaigns.production.production import Production
from tests.support.postgres import USER

pytestmark = [pytest.mark.server, pytest.mark.slow]

PAINTERS = ("worker1", "worker2")
GUIDES = ("how-to/operators/debian", "how-to/operators/backup", "how-to/operators/scale", "reference/runbook")
PAGES = [(ROOT / f"docs/{name}.md").read_text("utf-8") for name in GUIDES]
BLOCK = re.compile(
    r"^#{2,3} (?P<title>[^\n]+)$|(?:^<!-- not run: (?P<why>[^\n]+) -->\n)?^```sh\n(?P<script>.+?)^```$", re.M | re.S
)


def blocks() -> Iterator[tuple[str, str, str]]:
    """Yield each block with its heading, and why it is not run, which most are."""
    title = ""
    for found in BLOCK.finditer("\n".join(PAGES)):
        title = found["title"] or title
        if found["script"]:
            yield title, found["why"] or "", found["script"]


BLOCKS = [pytest.param(*block, id=f"{number} {block[0]}") for number, block in enumerate(blocks())]


@pytest.fixture(scope="module")
def machine(production: Production) -> Iterator[Machine]:
    """Make a machine around the site, on which a second version lies ready."""
    production.release("2.0.0", version="2.0.0")
    yield Machine(production)
    assert production.version() != "2.0.0"  # it was rolled back
    for name in PAINTERS:
        production.wait_alive(name)  # what was started last came to life, side by side


def without_redis(site: Production) -> None:
    site.parts["redis"].stop()


def without_database(site: Production) -> None:
    site.database.stop()


def without_painters(site: Production) -> None:
    for name in PAINTERS:
        site.parts[name].stop()


def older_schema(site: Production) -> None:
    """Downgrade the database to an earlier version; painters that start end, until it is mended."""
    without_painters(site)
    site.flask("db", "downgrade")
    assert "Run: flask --app wsgi db upgrade" in site.request("GET", "/readyz")[1]["database"]
    for name in PAINTERS:
        site.parts[name].ensure()


BROKEN: dict[str, Callable[[Production], None]] = {
    "Redis is away": without_redis,
    "The database cannot be reached": without_database,
    "A migration was interrupted": older_schema,
    "No worker is alive": without_painters,
}


@pytest.mark.parametrize(("title", "why", "script"), BLOCKS)
def test_commands_do_what_the_page_says(machine: Machine, title: str, why: str, script: str) -> None:
    if why:
        pytest.skip(f"NOT RUN: the commands of “{title}” in the operators' pages: {why}")
    if title in BROKEN:
        BROKEN[title](machine.site)
    done = machine.run(script)
    assert done.returncode == 0, done.stdout + done.stderr
    assert machine.site.is_open() or title == "Restore"


def test_every_heading_of_the_night_has_its_sign_and_all_but_one_a_command() -> None:
    night = PAGES[-1].partition("## When something goes wrong")[2].partition("\n## ")[0]
    sections = re.findall(r"^### ([^\n]+)\n(.*?)(?=^### |\Z)", night, re.M | re.S)
    without = [title for title, text in sections if "```sh" not in text]
    assert without == ["A release is bad"]  # whose command is that of another heading
    assert len(sections) >= 11


def test_nightly_backup_is_made_and_only_the_last_are_kept(machine: Machine) -> None:
    site, folder = machine.site, machine.place / "backups"
    for number in range(3):
        (folder / f"moma-2000010{number + 1}T000000Z.tar").touch()
    (folder / "before-2.0.0.tar").touch()
    site.run(["/bin/sh", "deploy/nightly.sh"], MOMA_BACKUPS=str(folder), MOMA_BACKUPS_KEPT="2")
    names = sorted(path.name for path in folder.glob("*.tar"))
    assert names[:2] == ["before-2.0.0.tar", "moma-20000103T000000Z.tar"]
    assert len(names) == 3
    with psycopg.connect(host=str(site.database.folder), user=USER, dbname="moma_1") as connection:
        (walks,) = connection.execute("SELECT count(*) FROM walks").fetchone()  # type: ignore[misc]
    done = site.flask("backup", "verify", str(folder / names[-1]))
    assert "all as in the backup" in done.stdout
    assert walks
