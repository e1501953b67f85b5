"""Addresses that never change their content, and the archive of a walk's frames."""

import io
import json
import tracemalloc
import zipfile
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.site.publishing import media_files
from app.storage import media_store
from app.storage.database import db, writing
from app.storage.walk_models import PAINTING, Frame, Medium, Walk, slug_of
from app.walks.saved import lifecycle, media_urls
from tests.support.rows import Maker, change, store
from tests.support.time_zone import time_zone

KINDS = {"gif": "image/gif", "mp4": "video/mp4", "webp": "image/webp", "poster": "image/png"}


def entries(answer: TestResponse) -> list[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert archive.testzip() is None
        return [(info.filename, archive.read(info)) for info in archive.infolist()]


@pytest.mark.parametrize("kind", [*KINDS, "still"])
def test_hashed_address_sends_the_file_for_good(client: FlaskClient, walk: Walk, kind: str) -> None:
    is_still = kind == "still"
    answer = client.get(
        media_urls.still_address(walk, walk.painted[1]) if is_still else media_urls.film_address(walk, kind)
    )
    data, mimetype = (b"frame", "image/png") if is_still else (kind.encode(), KINDS[kind])
    assert (answer.status_code, answer.data, answer.mimetype) == (200, data, mimetype)
    assert "immutable" in answer.headers["Cache-Control"]
    assert "Set-Cookie" not in answer.headers
    assert "Cookie" not in answer.headers.get("Vary", "")


def test_hashed_address_answers_ranges_and_repeats(client: FlaskClient, publish: Maker) -> None:
    address = media_urls.film_address(publish(), "mp4")
    part = client.get(address, headers={"Range": "bytes=1-2"})
    assert (part.status_code, part.data) == (206, b"p4")
    same = client.get(address, headers={"If-None-Match": part.headers["ETag"]})
    assert (same.status_code, same.headers["Cache-Control"]) == (304, part.headers["Cache-Control"])


@pytest.mark.parametrize("asked", ["words=1-2", "bytes=0-0,2-2", "bytes=x", "bytes=2-1", "1-2"])
def test_unusable_range_returns_the_whole_film(client: FlaskClient, publish: Maker, asked: str) -> None:
    answer = client.get(media_urls.film_address(publish(), "mp4"), headers={"Range": asked})
    assert (answer.status_code, answer.data, answer.headers["Accept-Ranges"]) == (200, b"mp4", "bytes")


@pytest.mark.parametrize(
    "end",
    ["gif.000000000000.gif", "gif.{hash}.png", "mp4.{hash}.mp4", "gif.{hash}", "song.{hash}.gif", "gif..gif",
     "still.0000.000000000000.png", "still.0000.{hash}.png", "still.0009.{hash}.png", "still.%.{hash}.png",
     "still..png", "still.0000.png"],
)  # fmt: skip
def test_wrong_hash_kind_or_frame_is_not_found(client: FlaskClient, walk: Walk, end: str) -> None:
    answer = client.get(f"/media/{walk.id}/" + end.format(hash=walk.media["gif"].etag[:12]))
    assert answer.status_code == 404
    assert "immutable" not in answer.headers.get("Cache-Control", "")


def test_hash_of_another_walk_is_not_found(client: FlaskClient, publish: Maker) -> None:
    walk, other = publish(), publish("a bear", "a lamp")
    with writing() as session:
        session.merge(other.media["gif"]).etag = "f" * 32
    assert client.get(f"/media/{walk.id}/gif.{'f' * 12}.gif").status_code == 404


def test_pages_of_finished_walks_use_hashed_addresses(client: FlaskClient, walk: Walk) -> None:
    page, wall = client.get(walk.url).text, client.get("/gallery").text
    for kind in ("gif", "mp4", "poster"):
        assert media_urls.film_address(walk, kind) in page
    assert f"/media/{walk.id}/still." in page
    assert media_urls.still_name(walk, walk.painted[1]) in page
    assert all(f'"{media_urls.film_address(walk, kind)}"' in wall for kind in ("mp4", "poster"))
    assert media_urls.film_address(walk, "gif").startswith("/media/")


def test_walk_being_painted_keeps_its_plain_addresses(client: FlaskClient, walk: Walk) -> None:
    change(walk, state=PAINTING)
    hashed = walk.media["gif"].etag[:12]
    page = client.get(walk.url).text
    assert f"/walks/{walk.id}.gif?v={hashed}" in page
    assert media_urls.still_address(walk, walk.painted[0]) in page
    assert f"/media/{walk.id}/gif" not in page


def test_still_keeps_its_address_when_its_place_in_the_film_moves(client: FlaskClient, walk: Walk) -> None:
    address = media_urls.still_address(walk, walk.painted[1])
    change(Frame, Frame.walk_number == walk.number, Frame.index == 1, index=23)
    assert client.get(address).data == b"frame"


def test_picture_repainted_by_another_model_has_another_address(client: FlaskClient, walk: Walk) -> None:
    address = media_urls.still_address(walk, walk.painted[1])
    change(walk, model_revision="another")
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("is_hashed", [True, False])
def test_lost_film_returns_503_uncached(client: FlaskClient, walk: Walk, is_hashed: bool) -> None:
    address = media_urls.film_address(walk, "gif") if is_hashed else f"/walks/{walk.id}.gif"
    media_store.store().delete(media_store.walk_folder(walk.id))
    answer = client.get(address)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "immutable" not in answer.headers.get("Cache-Control", "")


def test_archive_holds_one_png_per_frame_in_order_and_the_recipe(client: FlaskClient, publish: Maker) -> None:
    walk = publish(frames=12)
    with writing() as session:
        for frame in session.merge(walk).painted:
            data = b"\x89PNG %d" % frame.index
            frame.bytes = len(data)
            media_store.store().write(frame.path, data)
    answer = client.get(f"/walks/{walk.id}.zip")
    assert (answer.status_code, answer.mimetype) == (200, "application/zip")
    *frames, (name, written) = entries(answer)
    assert frames == [(f"{index:04}.png", b"\x89PNG %d" % index) for index in range(12)]
    assert (name, json.loads(written)) == ("recipe.json", client.get(f"/walks/{walk.id}.json").json)
    assert answer.headers["Content-Disposition"] == "attachment; filename=a-fox-a-kite.zip"


def test_gif_for_chats_is_offered_and_sent(client: FlaskClient, walk: Walk) -> None:
    assert "for chats" not in client.get(walk.url).text
    path, etag = media_store.film_path(walk.id, "small", "gif", b"small")
    media_store.store().write(path, b"small")
    store(Medium(walk_number=walk.number, kind="small", path=path, bytes=5, etag=etag))
    address = media_urls.film_address(walk, "small")
    assert f'href="{address}" download><span>Animated picture for chats' in client.get(walk.url).text
    answer = client.get(address)
    assert (answer.data, answer.mimetype) == (b"small", "image/gif")
    assert answer.headers["Content-Disposition"] == "inline; filename=a-fox-a-kite-small.gif"


@pytest.mark.parametrize("title", ["Con", "NUL", "aux!", "Com1", "LPT9"])
def test_no_download_is_named_like_a_device_of_windows(client: FlaskClient, publish: Maker, title: str) -> None:
    walk = publish(frames=3)
    change(walk, given_title=title)
    stem = f"{walk.id}-{slug_of(title)}"
    for extension in ("gif", "zip"):
        answer = client.get(f"/walks/{walk.id}.{extension}")
        assert answer.headers["Content-Disposition"].endswith(f"filename={stem}.{extension}")


def test_archive_says_how_long_it_is(client: FlaskClient, publish: Maker) -> None:
    walk = publish(frames=30)
    answer = client.get(f"/walks/{walk.id}.zip")
    assert answer.content_length == len(answer.data) == media_files.archive_size(walk)
    head = client.head(f"/walks/{walk.id}.zip")
    assert (head.content_length, head.data) == (len(answer.data), b"")


def test_archive_is_the_same_each_time(client: FlaskClient, publish: Maker) -> None:
    address = f"/walks/{publish().id}.zip"
    first, second = client.get(address), client.get(address)
    assert first.data == second.data
    assert client.get(address, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304


def test_archive_of_an_unfinished_walk_is_not_found(client: FlaskClient, request_walk: Maker, publish: Maker) -> None:
    painting = publish()
    change(painting, state=PAINTING)
    cancelled = request_walk()
    lifecycle.cancel(cancelled)
    for walk in (request_walk("a bear", "a lamp"), painting, cancelled):
        assert client.get(f"/walks/{walk.id}.zip").status_code == 404
    assert ".zip" not in client.get(painting.url).text


def test_archive_is_written_while_it_is_sent(app: Flask, client: FlaskClient, publish: Maker) -> None:
    walk = publish(frames=40)
    large = bytes(500_000)
    with writing() as session:
        for frame in session.merge(walk).painted:
            frame.bytes = len(large)
            media_store.store().write(frame.path, large)
    tracemalloc.start()
    try:
        answer = client.get(f"/walks/{walk.id}.zip", buffered=False)
        sent = sum(len(part) for part in answer.response)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sent == answer.content_length > 20_000_000
    assert peak < 4_000_000


def test_archive_with_a_lost_first_frame_returns_503(client: FlaskClient, walk: Walk) -> None:
    media_store.store().delete(
        db.session.scalars(db.select(Frame.path).where(Frame.walk_number == walk.number)).first()
    )
    assert client.get(f"/walks/{walk.id}.zip").status_code == 503


@pytest.mark.parametrize(
    ("finished", "written"),
    [
        (datetime(1, 1, 1), (1980, 1, 1, 0, 0, 0)), (datetime(1979, 12, 31, 23), (1980, 1, 1, 0, 0, 0)),
        (datetime(1980, 1, 1), (1980, 1, 1, 0, 0, 0)), (datetime(2026, 1, 1, 4, 26), (2026, 1, 1, 4, 26, 0)),
        (datetime(2107, 12, 31, 23, 59, 58), (2107, 12, 31, 23, 59, 58)),
        (datetime(2108, 1, 1), (2107, 12, 31, 23, 59, 58)), (datetime(9999, 12, 31), (2107, 12, 31, 23, 59, 58)),
    ],
)  # fmt: skip
def test_archive_has_nearest_time(
    client: FlaskClient, walk: Walk, finished: datetime, written: tuple[int, ...]
) -> None:
    set_finished(walk, finished)
    answer = client.get(f"/walks/{walk.id}.zip")
    assert (answer.status_code, len(answer.data)) == (200, answer.content_length)
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert {info.date_time for info in archive.infolist()} == {written}


def test_archive_has_the_local_time(client: FlaskClient, walk: Walk) -> None:
    set_finished(walk, datetime(2026, 1, 1, 4, 26))
    with (
        time_zone("America/New_York"),
        zipfile.ZipFile(io.BytesIO(client.get(f"/walks/{walk.id}.zip").data)) as archive,
    ):
        assert {info.date_time for info in archive.infolist()} == {(2025, 12, 31, 23, 26, 0)}


@pytest.mark.parametrize("year", [1, 1969, 2108, 9999])
@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
def test_walk_of_any_year_is_on_every_page(client: FlaskClient, walk: Walk, year: int, zone: str) -> None:
    oembed = f"/oembed?url=http://localhost{walk.url}"
    with time_zone(zone):
        for finished in (datetime(year, 1, 1), datetime(year, 12, 31, 23, 59, 59)):
            set_finished(walk, finished)
            for path in (walk.url, "/gallery", "/feed.xml", "/sitemap/1.xml", f"/api/v1/walks/{walk.id}", oembed):
                assert client.get(path).status_code == 200, path


def set_finished(walk: Walk, moment: datetime) -> None:
    change(walk, finished_at=moment.replace(tzinfo=UTC), created_at=moment.replace(tzinfo=UTC))
