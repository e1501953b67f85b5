"""Walks exported and imported: the same at the other house, once, over nothing that is there; broken ones refused."""

import io
import json
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy import select

from app.collection.gallery import exhibitions, favourites, visitor_collections
from app.collection.moderation import curation, word_lists
from app.core.errors import InvalidInput
from app.requests.walk_requests import recipe, walk_edits
from app.storage import media_store
from app.storage.database import writing
from app.storage.film_measures import PUBLISHED
from app.storage.walk_models import FINISHED, QUEUED, Medium, Walk
from app.upkeep.archives import archive_format, walk_records
from app.upkeep.archives.archive_format import MANIFEST
from app.upkeep.archives.walk_import import import_archive
from app.upkeep.operations import first_exhibition
from app.walks.saved import lookup, media_urls
from tests.conftest import inside
from tests.support import sounds
from tests.support.archives import Change, other_site, rewritten
from tests.support.commands import count, run, run_json
from tests.support.pictures import two_halves, written
from tests.support.rows import change

pytestmark = pytest.mark.slow


@pytest.fixture
def first(app: Flask, monkeypatch: pytest.MonkeyPatch) -> list[Walk]:
    """Publish three pieces of the first exhibition, which have real films, and return their walks in their order."""
    shipped = first_exhibition.shipped_walks()[:3]
    monkeypatch.setattr(first_exhibition, "shipped_walks", lambda: shipped)
    first_exhibition.publish()
    return exhibitions.walks_of(exhibitions.at(first_exhibition.SLUG))


@pytest.fixture
def other(first: list[Walk], tmp_path: Path, migrated: Path) -> Iterator[Flask]:
    """Build another house, with bare walls."""
    with inside(other_site(tmp_path / "other", migrated)) as other:
        yield other


def export(app: Flask, tmp_path: Path, *options: str) -> Path:
    file = tmp_path / "walks.tar"
    with app.app_context():
        run(app.test_cli_runner(), "gallery", "export", str(file), *options)
    return file


def archived_fields(walk: Walk) -> dict[str, Any]:
    return {
        "recipe": dict(recipe.recipe_of(walk)),
        "title": walk.title,
        "frames": [(each.index, each.position, each.rank, each.path) for each in walk.painted],
        "films": {kind: media_urls.film_address(walk, kind) for kind in walk.media},
        **{name: getattr(walk, PUBLISHED.get(name, name)) for name in walk_records.KEPT},
    }


def first_line(**changes: object) -> Change:
    def change(files: dict[str, bytes]) -> None:
        head, _, rest = files[walk_records.WALKS].partition(b"\n")
        files[walk_records.WALKS] = json.dumps(json.loads(head) | changes).encode() + b"\n" + rest

    return change


def each_line(edit: Callable[[list[Any]], object]) -> Change:
    """Return what changes the lines of an archive, read as JSON."""

    def change(files: dict[str, bytes]) -> None:
        lines = [json.loads(line) for line in files[walk_records.WALKS].splitlines()]
        edit(lines)
        files[walk_records.WALKS] = b"".join(json.dumps(line).encode() + b"\n" for line in lines)

    return change


@pytest.mark.databases
def test_walks_are_imported_as_they_were(app: Flask, other: Flask, first: list[Walk], tmp_path: Path) -> None:
    with app.app_context():
        walk_edits.apply(lookup.walk_at_address(first[0].id), walk_edits.validate({"title": "Strings & stars"}))
        change(first[2], hold=13)
        curation.hide(lookup.walk_at_address(first[1].id))
        curation.feature(lookup.walk_at_address(first[2].id))
        here = {walk.id: archived_fields(lookup.walk_at_address(walk.id, even_hidden=True)) for walk in first}
    file = export(app, tmp_path)
    report = run_json(other.test_cli_runner(), "gallery", "import", str(file))
    assert (report["hung"], report["queued"], report["there"], report["exhibitions"]) == (3, 0, 0, 1)
    assert {walk_id: archived_fields(lookup.walk_at_address(walk_id, even_hidden=True)) for walk_id in here} == here
    client = other.test_client()
    for walk in first[2:]:
        film = media_urls.film_address(lookup.walk_at_address(walk.id), "mp4")
        assert client.get(film).data == exhibition_film(walk.id)
    assert client.get(f"/walks/{first[1].id}").status_code == 410
    assert [walk.id for walk in exhibitions.walks_of(exhibitions.at(first_exhibition.SLUG))] == [
        walk.id for walk in first if walk.id != first[1].id
    ]
    assert "Strings &amp; stars" in client.get("/gallery?q=strings").text


def test_colour_that_an_earlier_archive_lacks_is_measured(
    app: Flask, other: Flask, first: list[Walk], tmp_path: Path
) -> None:
    colours = {walk.id: walk.colour for walk in first}
    assert all(colours.values())
    file = rewritten(export(app, tmp_path), each_line(lambda lines: [line.pop("colour") for line in lines]))
    import_archive(file)
    assert {walk_id: lookup.walk_at_address(walk_id).colour for walk_id in colours} == colours


def exhibition_film(walk_id: str) -> bytes:
    return next(piece.film() for piece in first_exhibition.shipped_walks() if piece.walk_id == walk_id)


@pytest.mark.databases
def test_import_is_idempotent_and_overwrites_nothing(app: Flask, first: list[Walk], tmp_path: Path) -> None:
    file, title = export(app, tmp_path), first[0].title
    walk_edits.apply(first[0], walk_edits.validate({"title": "Changed since"}))
    favourites.add(first[1], "a" * 64, admit=lambda: None)
    collection = visitor_collections.create("Mine", "a" * 64, walk=first[2], admit=lambda: None)
    before = media_store.store().files("walks")
    report = import_archive(file)
    assert (report.hung, report.there, report.exhibitions_there) == (0, 3, 1)
    assert lookup.walk_at_address(first[0].id).title == "Changed since"
    assert media_store.store().files("walks") == before
    report = import_archive(file, replace=True)
    assert (report.replaced, report.there, count()) == (3, 0, 3)
    assert lookup.walk_at_address(first[0].id).title == title
    assert [walk.id for walk in exhibitions.walks_of(exhibitions.at(first_exhibition.SLUG))] == [
        walk.id for walk in first
    ]
    assert [walk.id for walk in favourites.page("a" * 64).rows] == [first[1].id]
    assert [walk.id for walk in visitor_collections.walks_of(collection)] == [first[2].id]


@pytest.mark.databases
def test_recipes_alone_are_queued_with_their_ids(app: Flask, other: Flask, first: list[Walk], tmp_path: Path) -> None:
    file = export(app, tmp_path, "--recipes-only")
    assert file.stat().st_size < 200_000
    report = import_archive(file)
    assert (report.hung, report.queued) == (0, 3)
    walk = lookup.walk_at_address(first[0].id)
    assert (walk.state, walk.is_pinned, walk.painted, walk.media) == (QUEUED, True, [], {})
    with app.app_context():
        asked = dict(recipe.recipe_of(lookup.walk_at_address(first[0].id)))
    assert {name: recipe.recipe_of(walk)[name] for name in ("stops", "seed", "levels", "sampler")} == {  # type: ignore[literal-required]
        name: asked[name] for name in ("stops", "seed", "levels", "sampler")
    }
    assert import_archive(file).there == 3


def test_named_walks_alone_are_exported_without_exhibitions(
    runner: FlaskCliRunner, other: Flask, app: Flask, first: list[Walk], tmp_path: Path
) -> None:
    file = tmp_path / "two.tar"
    with app.app_context():
        report = run_json(runner, "gallery", "export", str(file), first[2].id, first[1].url)
    assert (report["walks"], report["exhibitions"], report["lost"]) == (2, 0, [])
    assert import_archive(file).hung == 2
    assert exhibitions.every() == []


def test_owner_is_named_only_if_asked_for(app: Flask, walk: Walk, tmp_path: Path) -> None:
    for options, owner in (((), ""), (("--owners",), walk.owner_hash)):
        with tarfile.open(export(app, tmp_path, *options)) as archive:
            (line,) = archive_format.read_member(archive, walk_records.WALKS).splitlines()
        assert json.loads(line)["owner"] == owner
        (tmp_path / "walks.tar").unlink()


def test_export_overwrites_nothing_and_skips_lost(runner: FlaskCliRunner, first: list[Walk], tmp_path: Path) -> None:
    file = tmp_path / "walks.tar"
    media_store.store().delete(first[0].media["gif"].path)
    report = run_json(runner, "gallery", "export", str(file), status=1)
    assert (report["walks"], report["lost"]) == (2, [first[0].id])
    assert "exists already" in run(runner, "gallery", "export", str(file), status=1).output
    assert "There is no folder" in run(runner, "gallery", "export", str(tmp_path / "no" / "x"), status=1).output
    assert list(tmp_path.glob(".archive-*")) == []


BROKEN: dict[str, tuple[dict[str, object], str]] = {
    "a field too many": ({"visitor": "x"}, "visitor"),
    "an id that is none": ({"id": "../../etc"}, "id"),
    "a time without a zone": ({"finished_at": "2026-11-20T12:00:00"}, "finished_at"),
    "a recipe of another kind": ({"recipe": {"format": "x"}}, "The recipe is of another kind"),
    "a title too long": ({"title": "x" * 400}, "400 characters long"),
    "too few notes": ({"notes": []}, "one note for each stop"),
    "a note that no database takes": ({"notes": ["\0", ""]}, "notes.0"),
    "no frames": ({"frames": []}, "lacks a frame"),
    "figures that are none": ({"evenness": -1}, "evenness"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_line_is_named(app: Flask, other: Flask, first: list[Walk], tmp_path: Path, name: str) -> None:
    changes, said = BROKEN[name]
    file = rewritten(export(app, tmp_path), first_line(**changes))
    with pytest.raises(InvalidInput) as refused:
        import_archive(file)
    assert "Line 1 of walks.jsonl" in str(refused.value)
    assert said in str(refused.value)
    assert count() == 0
    assert media_store.store().files("walks") == {}


BROKEN_HALLS: dict[str, tuple[dict[str, object], str]] = {
    "no title": ({"title": " \n "}, "The title must have 1 to 120 characters"),
    "no address": ({"slug": "-a-"}, "The address must be"),
    "what cannot be shown": ({"text": "a\0b"}, "The text contains characters that cannot be shown"),
    "too many walks": ({"walks": [f"{number:016}".translate(str.maketrans("01", "ab")) for number in range(700)]}, ""),
}


@pytest.mark.parametrize("name", BROKEN_HALLS)
def test_broken_exhibition_is_refused(app: Flask, other: Flask, first: list[Walk], tmp_path: Path, name: str) -> None:
    changes, said = BROKEN_HALLS[name]

    def change(files: dict[str, bytes]) -> None:
        files[walk_records.EXHIBITIONS] = json.dumps(json.loads(files[walk_records.EXHIBITIONS]) | changes).encode()

    with pytest.raises(InvalidInput, match=rf"Line 1 of exhibitions\.jsonl .*{said}"):
        import_archive(rewritten(export(app, tmp_path), change))
    assert count() == 0


def test_archive_of_a_later_version_says_so(app: Flask, other: Flask, first: list[Walk], tmp_path: Path) -> None:
    file = export(app, tmp_path)
    with tarfile.open(file) as archive:
        later = json.loads(archive_format.read_member(archive, MANIFEST)) | {"version": 2, "software": "MoMA Lisa 9.0"}
    with tarfile.open(tmp_path / "later.tar", "w") as archive:
        archive_format.add_bytes(archive, MANIFEST, json.dumps(later).encode())
    with pytest.raises(InvalidInput, match=r"it is of version 2, made by MoMA Lisa 9\.0; this site reads version 1"):
        import_archive(tmp_path / "later.tar")


def test_file_of_another_type_is_refused(app: Flask, other: Flask, first: list[Walk], tmp_path: Path) -> None:
    def change(files: dict[str, bytes]) -> None:
        name = next(name for name in files if name.endswith(".gif"))
        files[name] = b"<html>".ljust(len(files[name]))

    with pytest.raises(InvalidInput, match="which is not what it is called"):
        import_archive(rewritten(export(app, tmp_path), change))


def test_line_cannot_name_a_file_of_another_walk(app: Flask, other: Flask, first: list[Walk], tmp_path: Path) -> None:
    borrow = each_line(lambda lines: lines[0].update(films=lines[1]["films"]))
    with pytest.raises(InvalidInput, match="names a file of another walk"):
        import_archive(rewritten(export(app, tmp_path), borrow))


ZEPPELIN = {"digest": "0a1b2c", "name": "a zeppelin", "artist": None, "licence": None, "source": None}


@pytest.mark.parametrize(
    ("word", "edit", "what"),
    [
        ("windmill", lambda lines: lines, ""),
        ("zeppelin", lambda lines: lines[0]["notes"].__setitem__(0, "zеppelin"), "Note 1 "),
        ("zeppelin", lambda lines: lines[0]["recipe"].update(drawings=[ZEPPELIN]), "The name of a drawing "),
    ],
    ids=["a prompt", "a note", "a drawing's name"],
)
def test_banned_word_does_not_come_in_with_an_archive(
    app: Flask,
    other: Flask,
    first: list[Walk],
    tmp_path: Path,
    word: str,
    edit: Callable[[list[Any]], object],
    what: str,
) -> None:
    file = rewritten(export(app, tmp_path), each_line(edit))
    word_lists.BANNED.add(word)
    with pytest.raises(InvalidInput, match=f"{what}contains “{word}”, a word that is not shown here"):
        import_archive(file)
    assert count() == 0


def test_what_is_no_archive_is_refused(runner: FlaskCliRunner, first: list[Walk], app: Flask, tmp_path: Path) -> None:
    nothing, cut = tmp_path / "nothing.tar", tmp_path / "cut.tar"
    nothing.write_bytes(b"x" * 2000)
    cut.write_bytes(export(app, tmp_path).read_bytes()[:100_000])
    with tarfile.open(tmp_path / "backup.tar", "w") as archive:
        archive.addfile(tarfile.TarInfo("../evil"), io.BytesIO())
    for file in (nothing, cut, tmp_path / "backup.tar"):
        output = run(runner, "gallery", "import", str(file), status=1).output
        assert "The archive is damaged or holds no walks" in output
    assert lookup.walk_at_address(first[0].id).state == FINISHED


@pytest.mark.parametrize("options", [(), ("--owners",)])
def test_sound_of_a_walk_goes_along_with_its_owner_alone(
    app: Flask, other: Flask, first: list[Walk], tmp_path: Path, options: tuple[str, ...]
) -> None:
    heard = sounds.analysis()
    with app.app_context():
        walk_id, data = first[0].id, b"fLaC and the rest"
        path = f"{media_store.walk_folder(walk_id)}/sound.0123456789ab.flac"
        media_store.store().write(path, data)
        with writing() as session:
            row = session.scalars(select(Walk).where(Walk.id == walk_id)).one()
            row.media["sound"] = Medium(kind="sound", path=path, bytes=len(data), etag="0" * 32)
            row.sound_digest, row.sound_start, row.sound_way, row.publish_sound = "f" * 64, 2.0, "pulse", True
            row.stops[1].at, row.ending, row.easing = 1.5, "stop", False
            row.sound_length, row.sound_pictures, row.music = round(20 * row.frames / row.fps, 2), row.frames + 9, heard
            row.holds = [20] * row.frames
            holds, length, written = row.holds, row.sound_length, recipe.recipe_of(row)
    file = export(app, tmp_path, *options)
    with other.app_context():
        import_archive(file)
        there = lookup.any_walk(walk_id)
        assert there is not None
        assert (there.sound_digest, there.sound_length, there.sound_way) == ("f" * 64, length, "pulse")
        assert (there.holds, there.stops[1].at, there.unlisted) == (holds, 1.5, False)
        assert recipe.recipe_of(there) == written
        assert ("sound" in there.media) is bool(options)
        assert there.music == (heard if options else None)


@pytest.mark.databases
@pytest.mark.parametrize("options", [(), ("--owners",)])
def test_photo_of_a_stop_goes_along_with_its_walk_s_owner_alone(
    app: Flask, other: Flask, first: list[Walk], tmp_path: Path, options: tuple[str, ...]
) -> None:
    with app.app_context():
        walk_id, data = first[0].id, written(two_halves(), "WEBP")
        path = f"{media_store.walk_folder(walk_id)}/photo-0.0123456789ab.webp"
        media_store.store().write(path, data)
        with writing() as session:
            row = session.scalars(select(Walk).where(Walk.id == walk_id)).one()
            row.media["photo-0"] = Medium(kind="photo-0", path=path, bytes=len(data), etag="0" * 32)
            row.stops[0].photo, row.stops[0].cut_out, row.photos_may_be_shown = "f" * 64, True, True
    file = export(app, tmp_path, *options)
    with other.app_context():
        import_archive(file)
        there = lookup.any_walk(walk_id)
        assert there is not None
        assert (there.stops[0].photo, there.stops[0].cut_out, there.unlisted) == ("f" * 64, True, False)
        assert ("photo-0" in there.media) is bool(options)
        assert media_store.store().exists(path) is bool(options)
