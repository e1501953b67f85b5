"""What the site does to public walks: hidden, featured, and found again after their words were lost."""

import pytest
from flask.testing import FlaskClient, FlaskCliRunner
from sqlalchemy import select

from app.collection.gallery import catalogue
from app.collection.moderation import curation
from app.collection.search import reindexing
from app.core.errors import WalkGone
from app.storage import media_store
from app.storage.database import db
from app.storage.walk_models import Walk
from app.walks.saved import lifecycle, lookup
from tests.conftest import Maker
from tests.support.commands import run, run_json
from tests.support.rows import change


def lose_words() -> None:
    change(Walk, search_text="")


def test_operator_can_look_at_a_hidden_walk(runner: FlaskCliRunner, publish: Maker) -> None:
    walk = publish()
    assert run_json(runner, "gallery", "hide", walk.id) == {"id": walk.id, "hidden": True, "featured": False}
    assert run_json(runner, "walks", "show", walk.id)["hidden"] is True
    assert f"{walk.url}, hidden" in run(runner, "walks", "show", walk.id).output
    with pytest.raises(WalkGone, match="The operator of this site deleted it"):
        lookup.walk_at_address(walk.id)


def test_restored_walk_is_listed_where_it_was(client: FlaskClient, runner: FlaskCliRunner, publish: Maker) -> None:
    walks = [publish(minutes_ago=minutes) for minutes in (0, 1, 2)]
    run(runner, "gallery", "hide", walks[1].id)
    assert run(runner, "gallery", "unhide", walks[1].id).output == f"{walks[1].id} is no longer hidden.\n"
    assert [each["id"] for each in client.get("/api/v1/walks").json["walks"]] == [walk.id for walk in walks]
    assert client.get(f"/walks/{walks[1].id}").status_code == 200


def test_walk_says_who_took_it_down(client: FlaskClient, publish: Maker) -> None:
    hidden, deleted, own = publish(), publish(), publish()
    curation.hide(hidden)
    curation.take_down(deleted)
    lifecycle.delete_walk(own)
    assert not media_store.store().exists(media_store.walk_folder(deleted.id))
    for walk in (hidden, deleted):
        assert "The operator of this site deleted it" in client.get(f"/walks/{walk.id}").text
    assert "Its owner deleted it" in client.get(f"/walks/{own.id}").text


def test_what_the_house_deleted_says_so_when_its_repeat_is_public_again(client: FlaskClient, publish: Maker) -> None:
    walk = publish()
    repeat = publish()
    change(repeat, repeat_of=walk.id)
    db.session.refresh(repeat)
    curation.take_down(walk)
    curation.unhide(repeat)
    assert client.get(repeat.url).status_code == 200
    assert "The operator of this site deleted it" in client.get(f"/walks/{walk.id}").text


def test_featured_walk_says_so_in_json(client: FlaskClient, runner: FlaskCliRunner, publish: Maker) -> None:
    walk = publish()
    assert client.get(f"/api/v1/walks/{walk.id}").json["featured"] is False
    assert run_json(runner, "gallery", "feature", walk.id)["featured"] is True
    assert client.get(f"/api/v1/walks/{walk.id}").json["featured"] is True
    assert run_json(runner, "gallery", "unfeature", walk.id)["featured"] is False
    assert client.get(f"/api/v1/walks/{walk.id}").json["featured"] is False


def test_recent_wall_prefers_featured_walks(publish: Maker) -> None:
    walks = [publish(minutes_ago=minutes) for minutes in range(4)]
    curation.feature(walks[2])
    assert catalogue.with_numbers(catalogue.recent_numbers(2, featured_first=True)) == [walks[2], walks[0]]
    assert catalogue.with_numbers(catalogue.recent_numbers(2)) == walks[:2]


@pytest.mark.databases
def test_making_page_shows_what_the_house_chose_first_and_says_so(client: FlaskClient, publish: Maker) -> None:
    plain, chosen, later = publish("a fox", "a kite"), publish("a pear", "the sun"), publish("a key", "a hat")
    walls = {"Painted lately": (), "Chosen by the curators, and painted lately": (chosen, later)}
    walls["Chosen by the curators"] = (plain,)
    for heading, featured in walls.items():
        for walk in featured:
            curation.feature(walk)
        assert f"<h2>{heading}</h2>" in client.get("/").text
    page = client.get("/").text
    assert page.index(plain.url) < page.index(later.url) < page.index(chosen.url)


def test_featured_walk_that_was_hidden_is_not_on_the_wall(publish: Maker) -> None:
    walks = [publish(minutes_ago=minutes) for minutes in range(3)]
    curation.feature(walks[1])
    curation.feature(walks[2])
    curation.hide(walks[2])
    assert catalogue.with_numbers(catalogue.recent_numbers(3, featured_first=True)) == [walks[1], walks[0]]


def test_unlisted_walk_is_not_featured(runner: FlaskCliRunner, publish: Maker, request_walk: Maker) -> None:
    for walk in (request_walk(), publish(unlisted=True)):
        answer = run_json(runner, "gallery", "feature", walk.id, status=1)
        assert [error["field"] for error in answer["errors"]] == ["walk_id"]


@pytest.mark.parametrize("command", ["hide", "unhide", "feature", "unfeature"])
def test_unknown_walk_is_not_found(runner: FlaskCliRunner, command: str) -> None:
    assert "No walk has this address" in run(runner, "gallery", command, "a" * 16, status=1).stderr


def test_lost_words_are_found_again_after_reindexing(runner: FlaskCliRunner, publish: Maker) -> None:
    walks = [publish(word, "a kite") for word in ("a bear", "a fox", "an owl")]
    names = [walk.id for walk in walks]
    lose_words()
    assert catalogue.page("owl").hit_count == 0
    done = run_json(runner, "gallery", "reindex")
    assert (done["walks"], done["last"]) == (3, walks[-1].number)
    assert done["per_second"] > 0
    assert [walk.id for walk in catalogue.page("owl").walks] == [names[2]]
    assert run(runner, "gallery", "reindex").output.startswith("3 walks in ")


def test_reindexed_walk_is_found_by_its_hand_as_before(runner: FlaskCliRunner, request_walk: Maker) -> None:
    words = request_walk(
        stops=[{"prompt": "a fox", "hand": "linocut"}, {"prompt": "a kite", "hand": "linocut"}]
    ).search_text
    assert " linocut " in words
    change(Walk, search_text="")
    run(runner, "gallery", "reindex")
    assert db.session.scalars(select(Walk.search_text)).all() == [words]


def test_reindexing_goes_in_batches_and_is_taken_up_where_it_stopped(publish: Maker) -> None:
    numbers = [publish().number for _ in range(5)]
    lose_words()
    first = next(iter(reindexing.reindex(batch=2)))
    assert (first.done, first.last, first.left) == (2, numbers[1], 3)
    assert catalogue.page("fox").hit_count == 2  # what was yielded is written
    rest = list(reindexing.reindex(after=first.last, batch=2))
    assert [(each.done, each.left) for each in rest] == [(2, 1), (3, 0)]
    assert catalogue.page("fox").hit_count == 5


def test_interrupted_reindexing_is_resumed(
    runner: FlaskCliRunner, publish: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = publish().number

    def interrupted(*, after: int) -> object:
        yield reindexing.ReindexProgress(1, number, 7)
        raise KeyboardInterrupt

    monkeypatch.setattr(reindexing, "reindex", interrupted)
    result = run(runner, "gallery", "reindex", status=1)
    assert f"flask --app wsgi gallery reindex --after {number}\n" in result.stderr


def test_deleted_walk_gets_no_words_back(runner: FlaskCliRunner, publish: Maker) -> None:
    walk = publish()
    lifecycle.delete_walk(walk)
    assert run_json(runner, "gallery", "reindex")["walks"] == 0
    assert db.session.scalar(select(Walk.search_text).where(Walk.number == walk.number)) == ""
