"""The curator's pages of walls: opened, changed, paused, closed, and what is skipped; closed to everybody else."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.collection.gallery import exhibitions
from app.collection.gallery.exhibitions import ExhibitionRequest
from app.collection.moderation import audit_log
from app.storage.database import db, writing
from app.storage.walk_models import CORRIDOR, WALL, Walk
from app.storage.wall_models import CLOSED, OPEN, PAUSED, Wall, WallLeg, WallWords
from app.wall import screen_keys, walls, words
from app.wall.walls import WallRequest
from tests.support.rows import Maker, change, store

WALLS, LOBBY = "/curator/walls", "/curator/walls/lobby"


@pytest.fixture
def wall(app: Flask) -> Wall:
    return walls.open_wall(WallRequest("lobby", "The lobby"), who=audit_log.COMMAND)


def listed(walk: Walk) -> bool:
    db.session.refresh(walk)
    return not walk.unlisted


def done() -> list[tuple[str, str]]:
    return [(deed.what, deed.about) for deed in audit_log.latest(20) if deed.who == audit_log.CURATOR][::-1][1:]


@pytest.mark.databases
def test_room_leads_to_the_walls_and_wall_is_opened_there(curator: FlaskClient) -> None:
    assert f'href="{WALLS}"' in curator.get("/curator").text
    sent = {"name": "garden", "title": "In the garden", "hand": "", "banned": "Cat\n\n dog ", "listed": "1"}
    answer = curator.post(WALLS, data=sent)
    assert (answer.status_code, answer.location) == (303, f"{WALLS}/garden")
    made = walls.at("garden")
    assert (made.title, made.banned, made.is_listed, made.state) == ("In the garden", ["cat", "dog"], True, OPEN)
    assert "In the garden" in curator.get(WALLS).text
    page = curator.get(f"{WALLS}/garden")
    assert "http://localhost/w/garden" in page.text
    assert f'href="{screen_keys.screen_address(made)}"' in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert done() == [("opened wall", "garden")]


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ({"name": "Big Hall"}, "The name must be 1 to 40 small letters"),
        ({"name": "lobby"}, "A wall has the name lobby already."),
        ({"name": "x", "title": "y" * 121}, "The title must have 1 to 120 characters."),
        ({"name": "x", "hand": "upside down"}, "The style cannot be “upside down”"),
        ({"name": "x", "banned": "\n".join(f"w{n}" for n in range(201))}, "at most 200 words"),
    ],
)
def test_refused_wall_keeps_its_form(curator: FlaskClient, wall: Wall, sent: dict[str, str], message: str) -> None:
    answer = curator.post(WALLS, data=sent)
    assert answer.status_code == 422
    assert message in answer.text
    assert f'value="{sent["name"]}"' in answer.text
    assert [each.name for each in walls.all_walls()] == ["lobby"]


def test_settings_are_changed_and_a_paused_wall_stays_paused(curator: FlaskClient, wall: Wall) -> None:
    walls.set_state(wall, PAUSED)
    assert curator.post(LOBBY, data={"title": "New", "banned": "cat"}).status_code == 303
    db.session.expire_all()
    changed = walls.at("lobby")
    assert (changed.title, changed.banned, changed.state) == ("New", ["cat"], PAUSED)
    refused = curator.post(LOBBY, data={"title": "y" * 121})
    assert refused.status_code == 422
    assert "y" * 121 in refused.text
    assert ("changed wall", "lobby") in done()


def test_wall_is_paused_and_goes_on_is_closed_and_reopened(curator: FlaskClient, wall: Wall) -> None:
    for act, state in (("pause", PAUSED), ("resume", OPEN), ("close", CLOSED), ("pause", CLOSED), ("open", OPEN)):
        assert curator.post(f"{LOBBY}/{act}").status_code == 303
        db.session.expire_all()
        assert walls.at("lobby").state == state, act
    assert [what for what, _ in done()] == ["paused wall", "opened wall", "closed wall", "opened wall"]
    assert curator.post(f"{LOBBY}/burn").status_code == 404


def test_reopening_begins_another_evening_with_the_same_settings(curator: FlaskClient, wall: Wall) -> None:
    walls.change(wall, WallRequest("lobby", "The lobby", banned=["cat"], is_listed=True))
    store(WallLeg(wall_number=wall.number, number=5))
    change(wall, lead=5)
    curator.post(f"{LOBBY}/close")
    curator.post(f"{LOBBY}/open")
    db.session.expire_all()
    opened = walls.at("lobby")
    assert (opened.first_leg, opened.closed_at, opened.evening) == (6, None, None)
    assert (opened.title, opened.banned, opened.is_listed) == ("The lobby", ["cat"], True)


@pytest.mark.databases
def test_words_in_line_are_shown_and_skipped(curator: FlaskClient, wall: Wall) -> None:
    first, _second = words.say(wall, "a <b>fox</b>", owner="ann"), words.say(wall, "a kite", owner="ben")
    page = curator.get(LOBBY)
    assert "a &lt;b&gt;fox&lt;/b&gt;" in page.text
    assert curator.post(f"{LOBBY}/words/{first.number}/skip").status_code == 303
    assert "fox" not in curator.get(LOBBY).text
    assert [row.text for row in words.waiting_words(wall)] == ["a kite"]
    assert done() == [("skipped words", str(first.number))]


@pytest.mark.parametrize("part", ["words", "legs"])
@pytest.mark.parametrize("digits", [12, 19, 40, 5000])
def test_skip_of_a_long_number_is_refused(curator: FlaskClient, wall: Wall, part: str, digits: int) -> None:
    assert curator.post(f"{LOBBY}/{part}/{'9' * digits}/skip").status_code in (404, 409)


def test_what_is_on_the_wall_and_next_is_shown_and_skipped(curator: FlaskClient, wall: Wall, publish: Maker) -> None:
    row = words.say(wall, "a fox", owner="ann")
    walk = publish("a kite", "a lighthouse")
    with writing() as session:
        session.add(WallLeg(wall_number=wall.number, number=1, walk_id=walk.id))
        session.add(WallLeg(wall_number=wall.number, number=2, words_number=row.number))
        words.assign(session, row, 2)
        session.get_one(Wall, wall.number).lead = 1
    db.session.expire_all()
    page = curator.get(LOBBY).text
    assert page.index("Now to") < page.index("a lighthouse") < page.index("Then to") < page.index("a fox")
    assert curator.post(f"{LOBBY}/legs/2/skip").status_code == 303
    db.session.expire_all()
    assert db.session.get_one(WallWords, row.number).state == "skipped"
    assert curator.post(f"{LOBBY}/legs/1/skip").status_code == 303
    db.session.expire_all()
    assert db.session.get_one(WallLeg, (wall.number, 1)).skipped
    assert [what for what, _ in done()] == ["skipped words", "skipped leg"]


def test_what_the_wall_has_walked_on_from_is_not_skipped_and_the_page_says_so(curator: FlaskClient, wall: Wall) -> None:
    store(WallLeg(wall_number=wall.number, number=1))
    change(wall, lead=2)
    answer = curator.post(f"{LOBBY}/legs/1/skip")
    assert answer.status_code == 409
    assert "The wall has walked on from there." in answer.text
    assert done() == []


@pytest.mark.parametrize("path", ["none", "none/words/1/skip", "lobby/words/9/skip", f"lobby/words/{10**30}/skip"])
def test_what_is_not_there_is_not_found(curator: FlaskClient, wall: Wall, path: str) -> None:
    assert curator.post(f"{WALLS}/{path}").status_code == 404


def test_words_of_another_wall_are_not_found(curator: FlaskClient, wall: Wall) -> None:
    row = words.say(walls.open_wall(WallRequest("garden")), "a fox", owner="ann")
    assert curator.post(f"{LOBBY}/words/{row.number}/skip").status_code == 404
    assert curator.post(f"{LOBBY}/legs/{10**30}/skip").status_code == 409


def test_evening_s_exhibition_is_linked(curator: FlaskClient, wall: Wall, publish: Maker) -> None:
    exhibitions.create(ExhibitionRequest("An evening", slug="lobby-1", walks=[publish().id]))
    change(wall, evening="lobby-1")
    assert 'href="/curator/exhibitions/lobby-1"' in curator.get(LOBBY).text


def test_kept_walk_is_listed_and_unlisted(curator: FlaskClient, client: FlaskClient, publish: Maker) -> None:
    walk = publish("a fox", "an owl", unlisted=True)
    address = f"/curator/walks/{walk.id}"
    assert curator.post(f"{address}/list").status_code == 422, "it is a visitor's, who decides"
    change(walk, origin=WALL)
    assert "List it in the gallery" in curator.get(address).text
    assert curator.post(f"{address}/list").location == address
    assert (listed(walk), walk.id in client.get("/gallery").text) == (True, True)
    curator.post(f"{address}/unlist")
    assert (listed(walk), walk.id in client.get("/gallery").text) == (False, False)
    assert done() == [("listed walk", walk.id), ("unlisted walk", walk.id)]


def test_kept_walk_with_a_photo_without_consent_is_not_listed(curator: FlaskClient, publish: Maker) -> None:
    walk = publish("a fox", "an owl", unlisted=True)
    change(walk, origin=WALL)
    change(walk.stops[0], photo="x.webp")
    answer = curator.post(f"/curator/walks/{walk.id}/list")
    assert (answer.status_code, "only if you may publish it" in answer.text, listed(walk)) == (422, True, False)


def test_walks_of_an_exhibition_are_joined_for_its_corridor(curator: FlaskClient, publish: Maker) -> None:
    walks = [publish("a fox", "an owl").id, publish("the sun", "a kite").id]
    address = exhibitions.create(ExhibitionRequest("A hall", slug="a-hall", is_shown=True, walks=walks)).slug
    page = f"/curator/exhibitions/{address}/corridor"
    assert page in curator.get(f"/curator/exhibitions/{address}").text
    assert "In 2 places nothing leads from one walk to the next" in curator.get(page).text
    assert curator.post(page).location == page
    curator.post(page)
    assert "Its walks are joined end to end" in curator.get(page).text
    assert done()[-1:] == [("joined the walks of exhibition", "a-hall")]
    assert db.session.scalar(select(func.count()).where(Walk.origin == CORRIDOR)) == 2
