"""``media mend``: stored films are tagged once, while the site is running."""

import pytest
from flask.testing import FlaskCliRunner

from app.core.errors import MomaError
from app.storage import media_store
from app.storage.database import db, writing
from app.storage.walk_models import Medium, Walk
from app.upkeep.operations import film_colours, poster_cards
from tests.support.commands import run, run_json
from tests.support.rows import Maker, change

HEADER = b"ftyp" + film_colours.TAGGED[0]


@pytest.fixture(autouse=True)
def tagged(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Replace the tagging of films by a header before them, and make no posters; return the films that were tagged."""
    films: list[bytes] = []
    monkeypatch.setattr(poster_cards, "make_missing", lambda _report: poster_cards.CardSummary())

    def tag(film: bytes) -> bytes:
        films.append(film)
        if film == b"broken":
            raise MomaError("The film cannot be converted: Invalid data")
        return HEADER + film

    monkeypatch.setattr(film_colours, "tag", tag)
    return films


def film_of(walk: Walk) -> bytes:
    db.session.refresh(walk)
    medium = walk.media["mp4"]
    data = media_store.store().read_bytes(medium.path)
    assert medium.bytes == len(data) and medium.path.startswith(f"walks/{walk.id}/mp4.{medium.etag[:12]}")
    return data


def replace(walk: Walk, film: bytes) -> None:
    path, etag = media_store.film_path(walk.id, "mp4", "mp4", film)
    media_store.store().write(path, film)
    change(walk.media["mp4"], path=path, etag=etag, bytes=len(film))


def test_every_film_is_mended_once(runner: FlaskCliRunner, publish: Maker, tagged: list[bytes]) -> None:
    walks = [publish("a lemon", "the sun"), publish("a fox", "an owl")]
    assert run(runner, "media", "mend").output == "2 films, 2 mended, 0 small posters made, 0 amiss.\n"
    assert [film_of(walk) for walk in walks] == [HEADER + b"mp4"] * 2
    assert run_json(runner, "media", "mend") == {"films": 2, "mended": 0, "cards": 0, "amiss": []}
    assert len(tagged) == 2


def test_film_whose_new_name_sorts_after_the_old_one_is_counted_once(runner: FlaskCliRunner, publish: Maker) -> None:
    walk = publish("a lemon", "the sun")

    def name(film: bytes) -> str:
        return media_store.film_path(walk.id, "mp4", "mp4", film)[0]

    replace(walk, next(film for film in map(bytes, range(1, 99)) if name(HEADER + film) > name(film)))
    assert run(runner, "media", "mend").output == "1 films, 1 mended, 0 small posters made, 0 amiss.\n"


def test_other_files_stay_as_they_are(runner: FlaskCliRunner, walk: Walk) -> None:
    before = {kind: medium.path for kind, medium in walk.media.items() if kind != "mp4"}
    run(runner, "media", "mend")
    db.session.refresh(walk)
    assert {kind: medium.path for kind, medium in walk.media.items() if kind != "mp4"} == before


def test_film_that_cannot_be_mended_is_named_and_the_others_are_mended(runner: FlaskCliRunner, publish: Maker) -> None:
    bad, good = publish("a lemon", "the sun"), publish("a fox", "an owl")
    replace(bad, b"broken")
    path = bad.media["mp4"].path
    answer = run_json(runner, "media", "mend", status=1)
    amiss = [f"{path}: The film cannot be converted: Invalid data"]
    assert answer == {"films": 2, "mended": 1, "cards": 0, "amiss": amiss}
    assert film_of(good) == HEADER + b"mp4" and film_of(bad) == b"broken"


def test_deleted_walk_is_no_error(runner: FlaskCliRunner, walk: Walk, monkeypatch: pytest.MonkeyPatch) -> None:

    def tag(film: bytes) -> bytes:
        with writing() as session:
            session.delete(session.get(Medium, (walk.number, "mp4")))
        raise MomaError("gone")

    monkeypatch.setattr(film_colours, "tag", tag)
    assert run_json(runner, "media", "mend")["amiss"] == []


def test_walks_that_share_a_film_go_on_sharing_it(runner: FlaskCliRunner, publish: Maker, tagged: list[bytes]) -> None:
    first, repeat = publish("a lemon", "the sun"), publish("a fox", "an owl")
    change(repeat.media["mp4"], path=first.media["mp4"].path, etag=first.media["mp4"].etag)
    assert run_json(runner, "media", "mend")["mended"] == 1
    for walk in (first, repeat):
        db.session.refresh(walk)
    assert first.media["mp4"].path == repeat.media["mp4"].path
    assert len(tagged) == 1
