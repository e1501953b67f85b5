"""What may be kept of a walk: by whom, for how long, and what becomes of it when the walk is taken down."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app.site.publishing import caching
from app.storage.database import db, writing
from app.storage.walk_models import Medium, Walk
from app.walks.saved import lifecycle, media_urls
from tests.conftest import make_app
from tests.support.rows import Maker, change

HASHED = {
    "film": lambda walk: media_urls.film_address(walk, "mp4"),
    "poster": lambda walk: media_urls.film_address(walk, "poster"),
    "still": lambda walk: media_urls.still_address(walk, walk.painted[0]),
    "stages": lambda walk: media_urls.frame_file_address(walk, walk.media["stages0"]),
}
PLAIN = {
    "film": lambda walk: f"/walks/{walk.id}.gif",
    "poster": lambda walk: f"/walks/{walk.id}.png",
    "frame": lambda walk: f"/walks/{walk.id}/frames/0.png",
    "frames": lambda walk: f"/walks/{walk.id}.zip",
    "recipe": lambda walk: f"/walks/{walk.id}.json",
}
ADDRESSES = {**{f"hashed {name}": found for name, found in HASHED.items()}, **PLAIN}


@pytest.fixture
def publish_staged(publish: Maker) -> Maker:
    """Publish a walk that has a frame's stages, too."""

    def make(**fields: object) -> Walk:
        walk = publish(**fields)
        with writing() as session:
            gif = walk.media["gif"]
            session.add(Medium(walk_number=walk.number, kind="stages0", path=gif.path, bytes=3, etag="5" * 32))
        db.session.refresh(walk)
        return walk

    return make


def cache_control(client: FlaskClient, address: str, **headers: str) -> dict[str, str | None]:
    """Ask for a file; return what its answer allows caches."""
    with client.get(address, headers=headers) as answer:
        assert answer.status_code in (200, 206, 304)
        return dict(part.strip().partition("=")[::2] for part in answer.headers["Cache-Control"].split(","))


@pytest.mark.parametrize("address", HASHED.values(), ids=HASHED)
def test_hashed_address_is_immutable(
    client: FlaskClient, publish_staged: Maker, address: Callable[[Walk], str]
) -> None:
    assert caching.SHARED_SECONDS <= 600
    expected = {"public": "", "max-age": "31536000", "s-maxage": str(caching.SHARED_SECONDS), "immutable": ""}
    assert cache_control(client, address(publish_staged())) == expected


@pytest.mark.parametrize("address", ADDRESSES.values(), ids=ADDRESSES)
def test_unlisted_walk_is_cached_privately(
    client: FlaskClient, publish_staged: Maker, address: Callable[[Walk], str]
) -> None:
    said = cache_control(client, address(publish_staged(unlisted=True)))
    assert "private" in said
    assert not {"public", "s-maxage"} & set(said)


def test_browser_keeps_pictures_of_an_unlisted_walk(client: FlaskClient, publish_staged: Maker) -> None:
    address = media_urls.film_address(publish_staged(unlisted=True), "mp4")
    expected = {"private": "", "max-age": "31536000", "immutable": ""}
    assert cache_control(client, address) == cache_control(client, address, Range="bytes=1-") == expected


@pytest.mark.parametrize("address", ADDRESSES.values(), ids=ADDRESSES)
def test_shared_caches_revalidate_in_time(
    client: FlaskClient, publish_staged: Maker, address: Callable[[Walk], str]
) -> None:
    said = cache_control(client, address(publish_staged()))
    assert "no-cache" in said or int(str(said["s-maxage"])) <= caching.SHARED_SECONDS


@pytest.mark.parametrize("address", ADDRESSES.values(), ids=ADDRESSES)
def test_revalidation_sees_removed_walks(
    client: FlaskClient, publish_staged: Maker, address: Callable[[Walk], str]
) -> None:
    walk = publish_staged()
    with client.get(address(walk)) as answer:
        etag = answer.headers["ETag"]
    asks = address(walk), {"If-None-Match": etag}
    change(Walk, unlisted=True)
    assert "private" in cache_control(client, asks[0], **asks[1])
    lifecycle.delete_walk(walk)
    assert client.get(asks[0], headers=asks[1]).status_code == 410


def test_nginx_that_sends_the_file_gets_it_as_well(instance: Path, publish_staged: Maker) -> None:
    address = media_urls.film_address(publish_staged(unlisted=True), "mp4")
    answer = make_app(instance, ACCEL_PREFIX="/_media/").test_client().get(address)
    assert answer.headers["X-Accel-Redirect"]
    assert answer.headers["Cache-Control"].startswith("private")


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/api", None), ("/api/v1/openapi.json", "no-cache"), ("/drawings", None),
        ("/sitemap/1.xml", f"max-age={caching.SHARED_SECONDS}"),
    ],
)  # fmt: skip
def test_unchanged_answer_is_not_sent_again(
    client: FlaskClient, publish_staged: Maker, path: str, kept: str | None
) -> None:
    publish_staged()
    first = client.get(path)
    assert kept in (None, first.headers["Cache-Control"])
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
