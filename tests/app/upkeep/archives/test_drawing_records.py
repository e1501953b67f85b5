"""Added drawings go with the walks that were painted after them, from house to house, and are not offered there."""

import json
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.collection.moderation import audit_log, drawing_curation
from app.collection.moderation.drawing_request import DrawingRequest
from app.core.errors import InvalidInput
from app.requests.walk_requests import recipe
from app.storage.database import db
from app.storage.drawing_models import AddedDrawing
from app.storage.walk_models import QUEUED, Walk
from app.upkeep.archives import walk_export
from app.upkeep.archives.archive_format import MANIFEST
from app.upkeep.archives.drawing_records import DRAWINGS
from app.upkeep.archives.walk_import import import_archive
from app.walks.saved import lookup
from sketch.sketchbook import digest_of
from tests.conftest import inside
from tests.support import led
from tests.support.archives import Change, other_site, rewritten
from tests.support.commands import run, run_json
from tests.support.led import ROBOT, ROBOT_DIGEST
from tests.support.recipes import RENDERING
from tests.support.rows import Maker, change

CREDIT = {"artist": "Ann Example", "licence": "CC-BY-4.0", "source": "https://example.org/robot"}


pytestmark = pytest.mark.settings(MODEL=led.lay_out)


@pytest.fixture
def other(app: Flask, tmp_path: Path, migrated: Path) -> Iterator[Flask]:
    """Build another house that paints with the same model."""
    with inside(other_site(tmp_path / "other", migrated, MODEL=app.config["MODEL"])) as site:
        yield site


@pytest.fixture
def archive(app: Flask, other: Flask, publish: Maker, tmp_path: Path) -> Path:
    """Export the recipe of a walk that was painted after an added drawing, which was removed since."""
    with app.app_context():
        drawing_curation.add(ROBOT.encode(), DrawingRequest("robot hamster, robster", **CREDIT))
        walk = publish("a robot hamster", "the sun", seed=4)
        fixed = {**RENDERING, "positions": [0.0, 1.0], "model_name": "led"}
        change(walk, **fixed, sampling=None)
        drawing_curation.remove("robot hamster")
        file = tmp_path / "walks.tar"
        answer = run_json(app.test_cli_runner(), "gallery", "export", str(file), "--recipes-only")
        assert (answer["walks"], answer["drawings"]) == (1, 1)
        db.session.remove()
    return file


def line(**changes: object) -> Callable[[dict[str, bytes]], None]:
    def change(files: dict[str, bytes]) -> None:
        files[DRAWINGS] = json.dumps(json.loads(files[DRAWINGS]) | changes).encode() + b"\n"

    return change


def rows() -> list[AddedDrawing]:
    return list(db.session.scalars(select(AddedDrawing), execution_options={"populate_existing": True}))


def digests(walk: Walk) -> set[str]:
    return {thing["drawing"] for thing in walk.stops[0].scene["things"]}


@pytest.mark.databases
def test_drawing_comes_along_to_be_painted_after_and_is_not_offered(other: Flask, archive: Path) -> None:
    report = import_archive(archive)
    assert (report.queued, report.drawings) == (1, 1)
    (row,) = rows()
    assert (row.digest, row.svg, row.name, row.words) == (ROBOT_DIGEST, ROBOT, "robot hamster", ["robster"])
    assert {name: getattr(row, name) for name in CREDIT} == CREDIT and row.removed_at is not None
    (walk,) = db.session.scalars(select(Walk)).all()
    assert walk.state == QUEUED and digests(walk) == {ROBOT_DIGEST}
    assert walk.drawings[0] == {"digest": ROBOT_DIGEST, "name": "robot hamster", **CREDIT}
    assert [deed.what for deed in audit_log.latest(9) if "drawing" in deed.what] == ["took in drawing"]
    asked = {"stops": [{"prompt": "a robot hamster"}, {"prompt": "the sun"}]}
    read = other.test_client().post("/api/v1/walks", json=asked).json["stops"][0]["scene"]
    assert ROBOT_DIGEST not in json.dumps(read)
    drawing_curation.restore("robot hamster")
    read = other.test_client().post("/api/v1/walks", json=asked).json["stops"][0]["scene"]
    assert ROBOT_DIGEST in json.dumps(read)


def test_drawing_that_is_here_stays_as_it_is(other: Flask, archive: Path) -> None:
    drawing_curation.add(ROBOT.encode(), DrawingRequest("tin man", artist="Somebody else"))
    said = run(other.test_cli_runner(), "gallery", "import", str(archive)).output
    assert "drawings" not in said
    (row,) = rows()
    assert (row.name, row.artist, row.removed_at) == ("tin man", "Somebody else", None)
    assert import_archive(archive, replace=False).drawings == 0


def test_drawing_that_is_shipped_here_is_not_taken_in(archive: Path, tmp_path: Path, migrated: Path) -> None:
    model = led.lay_out(tmp_path, more=ROBOT)
    with inside(other_site(tmp_path / "third", migrated, MODEL=str(model))):
        assert (import_archive(archive).drawings, rows()) == (0, [])


def harmful(svg: str) -> Change:
    """Put another drawing into an archive, with its digest."""
    return line(svg=svg, digest=digest_of(svg))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (line(svg=ROBOT.replace("678", "876")), "Line 1 of drawings.jsonl (robot hamster) is another than its digest"),
        (line(digest="../../etc/passwd0000"), "Line 1 of drawings.jsonl cannot be read: digest"),
        (line(name="x" * 81), "cannot be read: name"),
        (line(artist="\x07"), "cannot be read: artist"),
        (line(more=1), "cannot be read: more"),
        (line(words=["x"] * 99), "cannot be read: words"),
        (lambda files: files.update({DRAWINGS: files[DRAWINGS] * 2}), "Line 2 of drawings.jsonl (robot hamster) is "),
        (lambda files: files.pop(DRAWINGS), f"the drawing {ROBOT_DIGEST} is neither here nor in the archive"),
        (harmful(ROBOT.replace("<path", "<script/><path", 1)), "The drawing holds a script"),
        (harmful(ROBOT.replace("<path", '<image href="file:///etc/passwd"/><path', 1)), "'image'"),
        (harmful(ROBOT.replace("0 0 64 64", "0 0 64 32")), "does not stand in a square"),
    ],
    ids=range(11),
)
def test_archive_with_a_bad_drawing_is_refused(other: Flask, archive: Path, change: Change, says: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        import_archive(rewritten(archive, change))
    assert says in str(refused.value)
    assert rows() == [] and not db.session.scalars(select(Walk)).all()


def test_archive_of_walks_without_added_drawings_is_as_it_was(app: Flask, publish: Maker, tmp_path: Path) -> None:
    publish("a house", "the sun")
    walk_export.export(tmp_path / "plain.tar", with_files=False)
    with tarfile.open(tmp_path / "plain.tar") as opened:
        assert opened.getnames() == ["walks.jsonl", "exhibitions.jsonl", MANIFEST]


def test_recipe_holds_the_digest_and_the_credit_and_never_the_drawing(app: Flask, archive: Path) -> None:
    with app.app_context():
        (walk,) = db.session.scalars(select(Walk)).all()
        document: Any = json.loads(recipe.dumps(lookup.walk_at_address(walk.id)))
        assert document["drawings"][0] == {"digest": ROBOT_DIGEST, "name": "robot hamster", **CREDIT}
        assert "<svg" not in recipe.dumps(walk)
        db.session.remove()
