"""A walk is repainted from a page that shows the time first: in another style, or at a larger size."""

from functools import partial

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.collection.moderation import word_lists
from app.core.config import ROOT
from app.storage.database import db, now
from app.storage.walk_models import FINISHED, Medium, Stop, Walk
from app.walks.saved import lifecycle, lineage, shapes
from tests.support import led
from tests.support.commands import count
from tests.support.html import Elements
from tests.support.rows import Maker, change, store

HANDS = [{"words": "pop art", "title": "Pop art"}, {"words": "watercolour", "title": "Watercolour"}]


pytestmark = pytest.mark.settings(
    MODEL=partial(led.lay_out, hands=HANDS, size=256, sizes=[256, 512]),
    MODELS=[led.lay_out_words_alone],
    MEANING=str(ROOT / "models/meaning"),
    HOURLY_WALKS=1,
)


@pytest.fixture
def walk(publish: Maker) -> Walk:
    """A finished walk that drawings led, without a record of its style."""
    made = publish("a superhero", "a fox")
    change(made, model_name="led", width=256, height=256)
    change(Stop, Stop.walk_number == made.number, chosen_style="")
    return made


def finish(walk: Walk) -> None:
    """Finish a walk with the files of a film, as a worker does."""
    store(Medium(walk_number=walk.number, kind="mp4", path=f"walks/{walk.id}/film.mp4", bytes=9, etag="e"))
    change(walk, state=FINISHED, finished_at=now())


def test_reading_a_walk_sets_no_cookie_and_leads_to_the_styles(client: FlaskClient, walk: Walk) -> None:
    answer = client.get(walk.url)
    assert "Set-Cookie" not in answer.headers
    assert f'href="/walks/{walk.id}/repaint?style=pop-art"' in answer.text and 'name="style"' not in answer.text


def test_repainting_starts_only_where_the_time_is_shown(client: FlaskClient, walk: Walk) -> None:
    client.get("/")
    assert f'action="/walks/{walk.id}/repaint"' not in client.get(walk.url).text
    plain, page = (client.get(f"/walks/{walk.id}/repaint{query}").text for query in ("", "?style=watercolour"))
    assert 'name="style"' not in plain and page.count('name="style"') == 1
    assert "counts as any walk" in page and "The painter is away just now." in page
    assert page.index("The painter is away") < page.index('value="watercolour"')


def test_page_shows_each_style_with_its_picture_and_those_that_suit_first(client: FlaskClient, walk: Walk) -> None:
    page = client.get(f"/walks/{walk.id}/repaint").text
    assert "/styles/watercolour.webp" in page
    links = [page.index(f'href="/walks/{walk.id}/repaint?style={name}"') for name in ("pop-art", "watercolour")]
    assert links == sorted(links)


def test_style_of_the_address_is_marked_and_is_the_main_button(client: FlaskClient, walk: Walk) -> None:
    plain, led_here = (client.get(f"/walks/{walk.id}/repaint{query}").text for query in ("", "?style=watercolour"))
    marked = [each["href"] for each in Elements(led_here).of("a") if each.get("aria-current") == "true"]
    assert marked == [f"/walks/{walk.id}/repaint?style=watercolour"]
    assert '<button class="main" name="style" value="watercolour">' in led_here and 'class="main" name="size"' in plain
    assert 'class="main" name="style"' not in plain and 'class="main" name="size"' not in led_here


def test_repaint_is_a_walk_of_its_own_and_says_of_which(client: FlaskClient, walk: Walk) -> None:
    answer = client.post(f"/walks/{walk.id}/repaint", data={"style": "watercolour"})
    assert answer.status_code == 303
    made = db.session.scalars(select(Walk).order_by(Walk.number.desc())).first()
    assert answer.headers["Location"] == made.url and made.remix_of == walk.id
    assert [stop.requested_style for stop in made.stops] == ["watercolour"] * 2


def test_two_clicks_are_one_walk(client: FlaskClient, walk: Walk) -> None:
    first, second = (client.post(f"/walks/{walk.id}/repaint", data={"style": "watercolour"}) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"] and count() == 2


def test_repaint_counts_as_any_walk(client: FlaskClient, walk: Walk) -> None:
    change(walk, frames=24)
    assert client.post(f"/walks/{walk.id}/repaint", data={"style": "watercolour"}).status_code == 303
    refused = client.post(f"/walks/{walk.id}/repaint", data={"style": "pop-art"})
    assert refused.status_code == 429 and int(refused.headers["Retry-After"]) > 0
    assert "1 usual walks" in refused.text and 'value="pop-art"' in refused.text


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (
            {"style": "fresco"},
            ['role="alert"', "cannot be “fresco”. There are pop-art and watercolour.", "?style=pop-art"],
        ),
        *(({"size": size}, ["There is 512."]) for size in ("256", "1024", "0", "512.0", "x" * 5000)),
    ],
)
def test_unknown_style_or_size(client: FlaskClient, walk: Walk, sent: dict[str, str], said: list[str]) -> None:
    answer = client.post(f"/walks/{walk.id}/repaint", data=sent)
    assert answer.status_code == 422 and count() == 1
    assert [words in answer.text for words in said] == [True] * len(said)


def test_walk_painted_by_words_alone_says_why_not(client: FlaskClient, publish: Maker) -> None:
    walk = publish("a fox", "a kite", model="words")
    change(walk, model_name="words")
    assert "Repaint in" not in client.get(walk.url).text
    page = client.get(f"/walks/{walk.id}/repaint").text
    assert "painted by words alone" in page and "<button name" not in page
    assert client.post(f"/walks/{walk.id}/repaint", data={"style": "neon"}).status_code == 422


@pytest.mark.parametrize("sent", [{"style": "watercolour"}, {"size": "512"}])
def test_walk_with_a_banned_word_is_not_repainted(client: FlaskClient, walk: Walk, sent: dict[str, str]) -> None:
    word_lists.BANNED.add("superhero")
    page = client.get(f"/walks/{walk.id}/repaint")
    assert page.status_code == 200 and "superhero" in page.text[page.text.index("Show it in the gallery") :]
    assert client.post(f"/walks/{walk.id}/repaint", data=sent).status_code == 422 and count() == 1


def test_deleted_walk_is_gone(client: FlaskClient, walk: Walk) -> None:
    lifecycle.delete_walk(walk)
    assert client.post(f"/walks/{walk.id}/repaint", data={"style": "watercolour"}).status_code == 410


def test_larger_film_is_asked_for_where_its_time_is_shown(client: FlaskClient, walk: Walk) -> None:
    assert f'href="/walks/{walk.id}/repaint#larger"' in client.get(walk.url).text
    page = client.get(f"/walks/{walk.id}/repaint").text
    assert '<button class="main" name="size" value="512">Paint it at 512 × 512 pixels</button>' in page
    assert "seconds" in page[page.index('name="listed"') : page.index('value="512"')]


def test_larger_film_is_the_same_walk_unlisted_and_in_its_downloads(client: FlaskClient, walk: Walk) -> None:
    answer = client.post(f"/walks/{walk.id}/repaint", data={"size": "512"})
    made = db.session.scalars(select(Walk).order_by(Walk.number.desc())).first()
    assert answer.headers["Location"] == made.url and made.unlisted and made.remix_of == walk.id
    assert shapes.enlargement(made) == 2 and lineage.is_larger(made, walk)
    assert [stop.scene for stop in made.stops] == [stop.scene for stop in walk.stops]
    assert "waiting to be painted" in client.get(walk.url).text
    assert 'Larger film</span> <span class="quiet">512' not in client.application.test_client().get(walk.url).text
    finish(made)
    page = client.get(walk.url).text
    assert f'href="/walks/{made.id}.mp4"' in page and "/repaint#larger" not in page
    assert "The larger film of" in client.get(made.url).text
    assert made.id not in client.application.test_client().get(walk.url).text


def test_larger_film_that_is_listed_is_in_the_downloads_of_all(client: FlaskClient, walk: Walk) -> None:
    client.post(f"/walks/{walk.id}/repaint", data={"size": "512", "listed": "1"})
    made = db.session.scalars(select(Walk).order_by(Walk.number.desc())).first()
    assert not made.unlisted
    finish(made)
    page = client.application.test_client().get(walk.url).text
    assert f'href="/walks/{made.id}.mp4"' in page and "Remixed as" not in page


def test_larger_film_of_an_unlisted_walk_stays_unlisted(client: FlaskClient, walk: Walk) -> None:
    change(walk, unlisted=True)
    assert 'name="listed"' not in client.get(f"/walks/{walk.id}/repaint").text
    client.post(f"/walks/{walk.id}/repaint", data={"size": "512", "listed": "1"})
    assert db.session.scalars(select(Walk).order_by(Walk.number.desc())).first().unlisted


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"width": 512, "height": 512}, "as large as its model paints it"),
        ({"model_name": "gone", "model_title": "Gone"}, "Gone, is no longer here"),
    ],
)
def test_unenlargeable_walk(client: FlaskClient, walk: Walk, changed: dict[str, object], sentence: str) -> None:
    change(walk, **changed)
    assert "Larger film" not in client.get(walk.url).text
    assert sentence in client.get(f"/walks/{walk.id}/repaint").text
    answer = client.post(f"/walks/{walk.id}/repaint", data={"size": "512"})
    assert answer.status_code == 422 and sentence in answer.text and count() == 1
