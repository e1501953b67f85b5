"""Exhibitions: made and changed by command, shown as pages with public walks, and with nothing else."""

import pytest
from flask.testing import FlaskClient, FlaskCliRunner

from app.collection.gallery import exhibitions
from app.collection.gallery.exhibitions import ExhibitionRequest
from app.collection.moderation import audit_log, curation
from app.core.errors import InvalidInput
from app.storage.database import writing
from app.storage.walk_models import Walk
from app.upkeep.operations import first_exhibition
from app.walks.saved import lifecycle
from tests.conftest import Maker
from tests.support.commands import run, run_json

pytestmark = pytest.mark.slow


def make(*walks: Walk, title: str = "Things that fly", **fields: object) -> exhibitions.Exhibition:
    return exhibitions.create(ExhibitionRequest(title, walks=[walk.id for walk in walks], **fields))  # type: ignore[arg-type]


def order(text: str, *walks: Walk) -> list[int]:
    """Return where the walks' posters stand in a page, -1 for none."""
    return [text.find(f'class="picture" href="{walk.url}"') for walk in walks]


@pytest.mark.databases
def test_exhibition_shows_its_walks_in_their_order_under_its_text(client: FlaskClient, publish: Maker) -> None:
    first, second, other = publish("a kite", "a gull"), publish("a moth", "a star"), publish()
    shown = make(second, first, text="They fly.\n\nMost of them.")
    assert shown.url == "/exhibitions/things-that-fly"
    page = client.get(shown.url)
    assert page.status_code == 200
    assert '<p dir="auto">They fly.</p><p dir="auto">Most of them.</p>' in page.text
    places = order(page.text, second, first, other)
    assert 0 < places[0] < places[1]
    assert places[2] == -1
    listed = client.get("/exhibitions").text
    assert shown.url in listed
    assert "2 walks" in listed


@pytest.mark.databases
def test_what_is_not_in_the_gallery_is_in_no_exhibition(client: FlaskClient, publish: Maker) -> None:
    hidden, deleted, seen = publish("a kite", "a gull"), publish("a moth", "a star"), publish("a bee", "a rose")
    unlisted = publish("an owl", "the moon", unlisted=True)
    shown = make(hidden, deleted, unlisted, seen)
    curation.hide(hidden)
    lifecycle.delete_walk(deleted)
    page = client.get(shown.url).text
    assert order(page, hidden, deleted, unlisted)[:3] == [-1, -1, -1]
    assert "1 walk<" in page
    assert "kite" not in page
    assert "owl" not in client.get("/exhibitions").text
    curation.unhide(hidden)
    assert order(client.get(shown.url).text, hidden, seen)[0] > 0


def test_exhibition_without_public_walks_is_not_listed(client: FlaskClient, publish: Maker) -> None:
    walk = publish()
    shown = make(walk)
    curation.hide(walk)
    assert shown.url not in client.get("/exhibitions").text
    assert "There is no exhibition just now" in client.get("/exhibitions").text
    assert "There are no walks to show at the moment" in client.get(shown.url).text


def test_exhibition_that_is_not_shown_is_not_there(client: FlaskClient, publish: Maker) -> None:
    made = make(publish(), is_shown=False)
    assert client.get(made.url).status_code == 404
    assert made.url not in client.get("/exhibitions").text
    assert client.get("/exhibitions/nothing").status_code == 404


def test_words_of_the_house_are_escaped(client: FlaskClient, publish: Maker) -> None:
    shown = make(publish(), title="<b>Bold</b>", text="<script>alert(1)</script>")
    for address in (shown.url, "/exhibitions"):
        text = client.get(address).text
        assert "<b>Bold" not in text
        assert "<script>alert" not in text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"title": "  "}, "The title must have 1 to 120 characters."),
        ({"title": "x" * 121}, "The title must have 1 to 120 characters."),
        ({"text": "x" * 4001}, "The text has 4001 characters; at most 4000."),
        ({"slug": "Two Words"}, "The address must be 1 to 60 small letters"),
        ({"title": "日本"}, "The address must be 1 to 60 small letters"),
        ({"title": "a\x00b"}, "The title contains characters that cannot be shown."),
        ({"walks": ["nothing"]}, "“nothing” is not a walk of this site."),
        ({"walks": ["/walks/abcdefgh23456789"]}, "is not a walk of this site."),
    ],
)
def test_what_cannot_be_shown_is_refused_by_name(publish: Maker, fields: dict[str, object], said: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        exhibitions.create(ExhibitionRequest(**{"title": "Things that fly", **fields}))  # type: ignore[arg-type]
    assert said in str(refused.value)
    assert exhibitions.every() == []


@pytest.mark.databases
def test_address_is_taken_once(publish: Maker) -> None:
    make(publish())
    with pytest.raises(InvalidInput, match="An exhibition has the address things-that-fly already"):
        make(publish())


def test_walk_is_named_by_id_slug_or_address_and_shown_once(publish: Maker) -> None:
    walk, other = publish("a kite", "a gull"), publish()
    names = [walk.url, f"https://walks.example{other.url}?x=1", walk.id]
    made = exhibitions.create(ExhibitionRequest("Twice", walks=names))
    assert [each.id for each in exhibitions.walks_of(made)] == [walk.id, other.id]


@pytest.mark.databases
def test_commands_make_change_list_and_remove(runner: FlaskCliRunner, client: FlaskClient, publish: Maker) -> None:
    first, second = publish("a kite", "a gull"), publish("a moth", "a star")
    made = run_json(runner, "exhibitions", "create", first.id, "--title", "In the air", "--unshown")
    assert made == {"slug": "in-the-air", "title": "In the air", "text": "", "shown": False, "walks": [first.id], "hanging": [first.id]}  # fmt: skip  # noqa: E501
    changed = run_json(runner, "exhibitions", "change", "in-the-air", second.id, first.id, "--text", "Up.", "--shown")
    assert changed["walks"] == [second.id, first.id]
    assert (changed["title"], changed["text"], changed["shown"]) == ("In the air", "Up.", True)
    assert client.get("/exhibitions/in-the-air").status_code == 200
    assert [each["slug"] for each in run_json(runner, "exhibitions", "list")] == ["in-the-air"]
    assert first.id in run(runner, "exhibitions", "show", "in-the-air").output
    assert run(runner, "exhibitions", "remove", "in-the-air").output == "in-the-air is over.\n"
    assert client.get("/exhibitions/in-the-air").status_code == 404
    assert "No exhibition has this address" in run(runner, "exhibitions", "show", "in-the-air", status=1).output
    done = [(deed.who, deed.what, deed.about) for deed in audit_log.latest(9)]
    assert done == [("command line", f"{what} exhibition", "in-the-air") for what in ("removed", "changed", "made")]


@pytest.mark.databases
def test_first_exhibition_is_an_exhibition(client: FlaskClient, runner: FlaskCliRunner) -> None:
    first_exhibition.publish()
    pieces = [piece.walk_id for piece in first_exhibition.shipped_walks()]
    hall = exhibitions.at(first_exhibition.SLUG)
    assert [walk.id for walk in exhibitions.walks_of(hall)] == pieces
    assert client.get(hall.url).text.count('class="poster') == len(pieces)
    with writing() as session:
        session.merge(hall).title = "As we began"
    first_exhibition.publish()
    assert exhibitions.at(first_exhibition.SLUG).title == "As we began"
    run(runner, "gallery", "exhibit", "--take-down")
    assert exhibitions.every() == []
    first_exhibition.publish()
    assert [walk.id for walk in exhibitions.walks_of(exhibitions.at(first_exhibition.SLUG))] == pieces
