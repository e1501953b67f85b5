"""A public base address: pages have films of listed walks from there, and of no others."""

import pytest
from flask import Flask
from sqlalchemy import update

from app.storage.database import db, now, writing
from app.storage.walk_models import Medium, Walk
from app.walks.saved import media_urls
from tests.conftest import Maker

BASE = "https://pictures.example.org/moma"


@pytest.fixture
def public(app: Flask) -> Flask:
    """Give the site a public base address."""
    app.config["MEDIA_PUBLIC_URL"] = BASE
    return app


def test_pages_have_films_of_listed_walks_from_the_public_address(public: Flask, publish: Maker) -> None:
    walk = publish("a fox", "a kite")
    client = public.test_client()
    for address in ("/gallery", walk.url, f"/walks/{walk.id}/embed"):
        page = client.get(address)
        assert f"{BASE}/{walk.media['poster'].path}" in page.text, address
        policy = dict(part.split(" ", 1) for part in page.headers["Content-Security-Policy"].split("; "))
        assert "https://pictures.example.org" in policy["img-src"].split(), address
        assert "pictures.example.org" not in policy.get("script-src", "") + policy.get("connect-src", "")
    assert f"{BASE}/{walk.media['mp4'].path}" in client.get("/gallery").text
    assert f"{BASE}/{walk.media['webp'].path}" in client.get(walk.url).text


def test_feeds_and_cards_go_on_naming_the_site(public: Flask, publish: Maker) -> None:
    walk = publish()
    client = public.test_client()
    assert "pictures.example.org" not in client.get("/feed.xml").text
    assert f'og:image" content="http://localhost/media/{walk.id}/poster.' in client.get(walk.url).text
    assert "pictures.example.org" not in client.get("/slideshow").text


@pytest.mark.parametrize("how", ["unlisted", "hidden", "being painted", "files of another"])
def test_no_other_walk_is_named_there(public: Flask, publish: Maker, how: str) -> None:
    walk = publish(unlisted=how == "unlisted")
    changed = {"hidden": {"hidden_at": now()}, "being painted": {"state": "painting"}}.get(how)
    with writing() as session:
        if changed:
            session.execute(update(Walk).where(Walk.number == walk.number).values(**changed))
        if how == "files of another":  # a repeat's are, and that one may be unlisted
            for medium in walk.media.values():
                path = medium.path.replace(walk.id, "z" * 16)
                at = Medium.walk_number == walk.number, Medium.kind == medium.kind
                session.execute(update(Medium).where(*at).values(path=path))
    db.session.expire_all()
    for kind in ("gif", "mp4", "webp", "poster"):
        assert media_urls.public_address(walk, kind) == media_urls.film_address(walk, kind)
    if how == "unlisted":
        assert f"{BASE}/" not in public.test_client().get(walk.url).text


def test_without_one_nothing_changes(app: Flask, publish: Maker) -> None:
    walk = publish()
    assert media_urls.public_address(walk, "mp4") == media_urls.film_address(walk, "mp4")
    assert "https:" not in app.test_client().get("/gallery").headers["Content-Security-Policy"]
