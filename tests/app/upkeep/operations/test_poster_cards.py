"""Cards of walks that have none: made of their posters, once, for all walks that share them."""

import io

import numpy as np
import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import select

from app.storage import media_store
from app.storage.database import db
from app.storage.walk_models import Medium, Walk
from app.upkeep.maintenance import media_losses, media_upkeep
from app.upkeep.operations import poster_cards
from app.walks.saved import cards, lifecycle, media_urls
from tests.support.rows import Maker, change

pytestmark = pytest.mark.databases
SIDE = 64


def poster(walk: Walk, side: int = SIDE) -> bytes:
    """Give a walk a poster of noise, and return its file."""
    pixels = np.random.default_rng(walk.number).integers(0, 256, (side, side, 3), np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    path, etag = media_store.film_path(walk.id, "poster", "png", out.getvalue())
    media_store.store().write(path, out.getvalue())
    change(walk.media["poster"], path=path, bytes=len(out.getvalue()), etag=etag)
    return out.getvalue()


def card_of(walk: Walk) -> Medium | None:
    db.session.expire_all()
    found: Medium | None = db.session.get(Medium, (walk.number, cards.KIND))
    return found


def test_walks_get_cards_once(app: Flask, publish: Maker) -> None:
    walks = [publish("a fox", f"a kite {number}") for number in range(3)]
    for walk in walks:
        poster(walk)
    seen: list[tuple[int, int]] = []
    found = poster_cards.make_missing(lambda _what, done, total: seen.append((done, total)))
    assert (found.made, found.amiss, seen) == (3, [], [(1, 3), (2, 3), (3, 3)])
    for walk in walks:
        card = card_of(walk)
        assert card is not None
        data = media_store.store().read_bytes(card.path)
        assert (len(data), media_store.etag_of(data)) == (card.bytes, card.etag)
        with Image.open(io.BytesIO(data)) as picture:
            assert (picture.format, picture.size) == ("AVIF", (SIDE, SIDE))
    again = poster_cards.make_missing()
    assert (again.made, again.amiss) == (0, [])


def test_walks_that_share_a_poster_share_its_card(app: Flask, publish: Maker) -> None:
    first, second = publish("a fox", "a kite"), publish("a fox", "an owl")
    poster(first)
    shared = first.media["poster"]
    change(second.media["poster"], path=shared.path, bytes=shared.bytes, etag=shared.etag)
    assert poster_cards.make_missing().made == 1
    assert card_of(first).path == card_of(second).path  # type: ignore[union-attr]


def test_damaged_poster_is_named_and_others_go_on(app: Flask, publish: Maker) -> None:
    damaged, whole = publish("a fox", "a kite"), publish("a fox", "an owl")  # the fixture's posters are no pictures
    poster(whole)
    found = poster_cards.make_missing()
    assert found.made == 1
    assert [line.split(":")[0] for line in found.amiss] == [damaged.media["poster"].path]
    assert card_of(damaged) is None


def test_lost_poster_is_named(app: Flask, publish: Maker) -> None:
    walk = publish("a fox", "a kite")
    media_store.store().delete(walk.media["poster"].path)
    assert len(poster_cards.make_missing().amiss) == 1


def test_card_is_stored_as_other_files_are(app: Flask, publish: Maker) -> None:
    walk = publish("a fox", "a kite")
    poster(walk)
    poster_cards.make_missing()
    stored = card_of(walk)
    assert stored is not None
    path, number = stored.path, walk.number
    assert path not in [each for each, _ in media_upkeep.find_unreferenced()]
    lost = [loss.path for _, losses in media_losses.verify() for loss in losses]
    assert path not in lost
    media_store.store().write(path, b"\0\0\0\x1cftypavif" + bytes(40))
    assert path in [loss.path for _, losses in media_losses.verify() for loss in losses]
    lifecycle.delete_walk(db.session.scalar(select(Walk).where(Walk.number == number)))
    assert path not in media_store.store().files(path.rpartition("/")[0])


def test_pages_show_the_card_and_old_addresses_go_on(app: Flask, publish: Maker) -> None:
    walk, client = publish("a fox", "a kite"), app.test_client()
    png = poster(walk)
    db.session.expire_all()
    before = media_urls.film_address(walk, "poster")
    assert f'<picture><img src="{before}"' in client.get("/gallery").text
    poster_cards.make_missing()
    db.session.expire_all()
    address = media_urls.film_address(walk, cards.KIND)
    for path in ("/", "/gallery", "/gallery?q=fox"):
        text = client.get(path).text
        assert f'<source type="image/avif" srcset="{address}"><img src="{before}"' in text
    answer = client.get(address)
    assert (answer.status_code, answer.mimetype) == (200, "image/avif")
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Disposition"] == "inline; filename=a-fox-a-kite-card.avif"
    assert client.get(before).data == png
    assert client.get(f"/walks/{walk.id}.png").data == png
    assert f'property="og:image" content="http://localhost{before}"' in client.get(walk.url).text
    assert client.get(address.replace("card.", "card.0")).status_code == 404


def test_command_reports_what_it_made(app: Flask, publish: Maker) -> None:
    poster(publish("a fox", "a kite"))
    change(Medium, Medium.kind == "mp4", kind="gone")
    result = app.test_cli_runner().invoke(args=["media", "mend", "--json"])
    assert result.exit_code == 0, result.output
    assert '"cards": 1' in result.output
