"""A request that sets its walk to a sound: what is refused and how, what the walk holds, and who may hear it."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select

from app.collection.moderation import curation
from app.core.errors import InvalidInput
from app.requests.walk_requests import recipe, walk_edits, walk_sounds
from app.requests.walk_requests.validation import validate
from app.site.presentation import walk_description
from app.storage import media_store
from app.storage.database import db, writing
from app.storage.upload_models import FAILED, WAITING
from app.storage.walk_models import FINISHED, Medium, Walk
from app.walks.saved import film_times, lifecycle, media_urls, reuse
from app.walks.uploads import sound_parts
from tests.conftest import Maker
from tests.support import placing, sounds

pytestmark = pytest.mark.usefixtures("app")

MINE = "my secret, which no one else has"
PROMPTS = "a lemon", "the sun", "a kite", "a fox", "a pear", "a boat"


def place(*times: float | None, owner: str | None = MINE, sound: Any = None, **fields: Any) -> Walk:
    """Request a walk with a stop for each time, at least two."""
    given = [*times, *[None] * (2 - len(times))]
    stops = [{"prompt": prompt, "at": time} for prompt, time in zip(PROMPTS, given, strict=False)]
    part = sound if isinstance(sound, dict) or sound is None else {"id": sound.id}
    return placing.place(validate({"stops": stops, "sound": part, **fields}), visitor_key="me", owner=owner)[0]


def flaws(*times: float | None, **fields: Any) -> dict[str, str]:
    """Return why a request is refused, by field."""
    with pytest.raises(InvalidInput) as refused:
        place(*times, **fields)
    return {".".join(map(str, error.path)): error.message for error in refused.value.errors}


def test_walk_holds_the_part_and_a_copy_of_the_sound() -> None:
    sound = sounds.keep(MINE)
    walk = place(0.0, 4.5, sound={"id": sound.id, "start": 2.0, "length": 12.0, "way": "pulse"}, fps=25.0)
    columns = walk.sound_digest, walk.sound_start, walk.sound_length, walk.sound_way
    assert columns == (sound.digest, 2.0, 12.0, "pulse")
    assert [stop.at for stop in walk.stops] == [0.0, 4.5]
    assert (walk.frames, film_times.frames(walk), film_times.seconds(walk), film_times.hold_of(walk)) == (
        240,
        300,
        12.0,
        0,
    )
    medium = walk.media["sound"]
    assert sound.digest[:12] not in medium.path and "sound" not in media_urls.KINDS
    lifecycle.forget_uploads(sound.owner_hash)
    assert media_store.store().exists(medium.path)


def test_part_is_fifteen_seconds_or_what_is_left() -> None:
    sound = sounds.keep(MINE)
    assert place(sound=sound).sound_length == 15.0
    assert place(sound={"id": sound.digest, "start": 12.0}).sound_length == 8.0
    assert place(sound=sound).sound_way == "steady"


def test_pictures_are_no_more_than_frames_or_the_setting(app: Flask) -> None:
    sound = sounds.keep(MINE)
    assert place(sound={"id": sound.id, "length": 4.0}, fps=12.5).sound_pictures == 50
    assert place(sound=sound, frames=30).frames == 30
    app.config["SOUND_PICTURES"] = 60
    assert place(sound=sound, fps=50.0).sound_pictures == 60


@pytest.mark.parametrize(
    ("part", "field", "flaw"),
    [
        ({"start": -1.0}, "sound.start", "The start of the sound must be a number of seconds from 0 on."),
        (
            {"start": 19.0},
            "sound.start",
            "The start of the sound, 19 seconds, leaves less than 2 of its 20 seconds.",
        ),
        ({"length": 1.0}, "sound.length", "The length of the sound must be a number of seconds from 2 to 120."),
        ({"length": 121.0}, "sound.length", "The length of the sound must be a number of seconds from 2 to 120."),
        (
            {"start": 10.0, "length": 11.0},
            "sound.length",
            "The length of the sound, 11 seconds, is more than the 10 it has left there.",
        ),
        ({"way": "backwards"}, "sound.way", "way must be one of steady, pulse and energy."),
        ({"volume": 3}, "sound.volume", "volume is not a field of a walk."),
    ],
)
def test_part_beyond_its_limits_is_refused(part: dict[str, Any], field: str, flaw: str) -> None:
    assert flaws(sound={"id": sounds.keep(MINE).id, **part}) == {field: flaw}


@pytest.mark.parametrize(
    ("times", "field", "flaw"),
    [
        ((0.0, 3.0, 2.0), "stops.2.at", "The time of stop 3 must be later than that of stop 2, 3 seconds."),
        ((0.0, 3.0, 3.0), "stops.2.at", "The time of stop 3 must be later than that of stop 2, 3 seconds."),
        ((0.0, 4.0), "stops.1.at", "The time of stop 2 lies beyond the end of the film, 4 seconds."),
        ((0.0, 1e308), "stops.1.at", "The time of stop 2 lies beyond the end of the film, 4 seconds."),
        (
            (0.0, 0.01),
            "stops.1.at",
            "Stop 2 is too soon after stop 1: at 12.5 frames a second, no frames are left for the way.",
        ),
        (
            (0.0, None, 0.4),
            "stops.2.at",
            "Stop 3 is too soon after stop 1: at 12.5 frames a second, no frames are left for the way.",
        ),
        ((-1.0, None), "stops.0.at", "The time of stop 1 must be a number of seconds from 0 on, or left out."),
    ],
)
def test_times_that_cannot_be_are_refused(times: tuple[float | None, ...], field: str, flaw: str) -> None:
    sound = sounds.keep(MINE)
    assert flaws(*times, sound={"id": sound.id, "length": 4.0}, fps=12.5) == {field: flaw}


def test_more_stops_than_beats_are_refused() -> None:
    slow = sounds.keep(MINE, bpm=30.0)
    assert flaws(*[None] * 6, sound={"id": slow.id, "length": 4.0}, fps=25.0) == {
        "stops": "This part of the sound has 2 beats for 4 stops without a time between the first and the last. Give"
        " the stops times, or leave some out."
    }
    assert place(0.0, 1.0, 2.0, 3.0, sound={"id": slow.id, "length": 4.0}, fps=25.0).frames == 100


@pytest.mark.parametrize(
    ("fields", "field"), [({"ending": "back"}, "ending"), ({"easing": True}, "easing"), ({"frames": 2}, "frames")]
)
def test_what_a_sound_excludes_is_refused(fields: dict[str, Any], field: str) -> None:
    assert list(flaws(sound=sounds.keep(MINE), **fields)) == [field]


def test_pictures_out_of_range_are_one_error_of_their_own_rule() -> None:
    rule = "The pictures of a film set to a sound must be 4 to 240."
    assert flaws(0.0, 2.0, 4.0, sound=sounds.keep(MINE), frames=2) == {"frames": rule}


def test_time_without_a_sound_is_refused() -> None:
    assert flaws(0.0, 4.5) == {
        "stops.0.at": "The time of stop 1 needs a sound: name one, or leave it out.",
        "stops.1.at": "The time of stop 2 needs a sound: name one, or leave it out.",
    }


def test_sound_of_another_visitor_or_not_read_yet_is_refused() -> None:
    theirs = sounds.keep("the secret of somebody else")
    assert "The sound is not here" in flaws(sound=theirs)["sound.id"]
    waiting = sounds.keep(MINE, state=WAITING, analysis=None)
    assert flaws(sound=waiting) == {"sound.id": "The sound is still being read. Ask again in a few seconds."}
    failed = sounds.keep(MINE, bpm=60.0, state=FAILED, path=None, error="The sound is silent.", analysis=None)
    assert flaws(sound=failed) == {"sound.id": "The sound is silent."}
    assert flaws(sound={"id": "../x"}) == {
        "sound.id": "The sound is not the id of a sound. Upload the sound first; the response contains its id."
    }


def test_walk_keeps_nothing_of_the_sound_but_its_part() -> None:
    sound = sounds.keep(MINE)
    whole = media_store.store().read_bytes(str(sound.path))
    walk = place(sound={"id": sound.id, "start": 6.0, "length": 4.0})
    kept = media_store.store().read_bytes(walk.media["sound"].path)
    second = 22_050 / 4096  # frames
    assert len(kept) < len(whole) * (4 + 3 / second) / 20
    assert 6 - 1 / second < sound_parts.begins_at(kept) <= 6
    assert walk.music is not None and walk.music["seconds"] == 20.0
    assert walk.music["beats"] == [6.0, 6.5, 7.0, 7.5, 8.0, 8.5, 9.0, 9.5]
    assert walk.music["onsets"] == walk.music["beats"] and len(walk.music["strengths"]) == 8
    assert {index for index, value in enumerate(walk.music["loudness"]) if value} == set(range(58, 103))
    assert {index for index, value in enumerate(walk.music["peaks"]) if value} == set(range(29, 51))


def test_part_that_an_own_walk_kept_serves_for_another() -> None:
    sound = sounds.keep(MINE)
    first = place(sound={"id": sound.id, "start": 2.0, "length": 10.0})
    lifecycle.forget_uploads(sound.owner_hash)
    again = place(sound={"id": sound.digest, "start": 4.0, "length": 8.0}, seed=3)
    assert (again.sound_start, again.sound_length) == (4.0, 8.0)
    assert again.media["sound"].path != first.media["sound"].path
    assert place(sound={"id": sound.digest, "start": 5.0}, seed=4).sound_length == 7.0
    assert "The sound is not here" in flaws(sound={"id": sound.digest}, owner="somebody else's secret")["sound.id"]


@pytest.mark.parametrize(
    ("part", "field"), [({}, "start"), ({"start": 1.9}, "start"), ({"start": 2.0, "length": 10.5}, "length")]
)
def test_part_that_no_walk_kept_is_refused(part: dict[str, float], field: str) -> None:
    sound = sounds.keep(MINE)
    place(sound={"id": sound.id, "start": 2.0, "length": 10.0})
    lifecycle.forget_uploads(sound.owner_hash)
    assert flaws(sound={"id": sound.digest, **part}) == {
        f"sound.{field}": "Of the sound, only its seconds 2 to 12 are here, which a walk kept. Choose a part of these,"
        " or upload the sound again."
    }


def test_sound_of_anothers_walk_serves_for_its_remix_if_it_may_be_published() -> None:
    sound = sounds.keep("the secret of ann")
    walk = place(sound=sound, publish_sound=True, owner="the secret of ann")
    part = {"id": sound.digest, "start": 0.0, "length": 15.0}
    remix = place(sound=part, remix_of=walk.id, seed=3)
    assert (remix.sound_digest, remix.unlisted) == (sound.digest, True)
    assert remix.media["sound"].path != walk.media["sound"].path
    assert place(sound=part, remix_of=walk.id, publish_sound=True, seed=4).unlisted is False
    stranger = "the secret of a stranger"
    assert "The sound is not here" in flaws(sound=part, owner=stranger)["sound.id"]
    walk_edits.apply(walk, walk_edits.validate({"publish_sound": False}))
    assert (
        "did not say that its music may be published" in flaws(sound=part, owner=stranger, remix_of=walk.id)["sound.id"]
    )
    assert place(sound=part, remix_of=walk.id, owner="the secret of ann", seed=5).sound_digest == sound.digest


def test_sound_of_a_deleted_or_hidden_walk_serves_for_no_other() -> None:
    sound = sounds.keep("the secret of ann")
    part = {"id": sound.digest, "start": 0.0, "length": 15.0}
    walk = place(sound=sound, publish_sound=True, owner="the secret of ann")
    curation.hide(walk)
    assert "remix_of" in flaws(sound=part, remix_of=walk.id)
    lifecycle.delete_walk(walk)
    assert "remix_of" in flaws(sound=part, remix_of=walk.id)
    assert "sound.id" in flaws(sound=part, owner="the secret of ann")


def test_walk_with_a_sound_is_listed_only_if_it_may_be_published() -> None:
    sound = sounds.keep(MINE)
    assert place(sound=sound).unlisted
    agreed = place(sound=sound, publish_sound=True, seed=2)
    assert (agreed.unlisted, agreed.publish_sound) == (False, True)
    assert not place(publish_sound=True, seed=3).publish_sound
    walk_edits.apply(agreed, walk_edits.validate({"publish_sound": False}))
    assert agreed.unlisted
    with pytest.raises(InvalidInput, match="listed only if you may publish the sound"):
        walk_edits.apply(agreed, walk_edits.validate({"unlisted": False}))
    walk_edits.apply(agreed, walk_edits.validate({"unlisted": False, "publish_sound": True}))
    assert not agreed.unlisted


def test_json_and_recipe_name_the_part_by_the_digest() -> None:
    sound = sounds.keep(MINE)
    walk = place(0.0, 4.5, sound={"id": sound.id, "length": 6.0})
    part = {"digest": sound.digest, "start": 0.0, "length": 6.0, "way": "steady"}
    assert walk_description.describe(walk)["sound"] == part
    assert recipe.recipe_of(walk)["sound"] == {**part, "pictures": walk.frames, "holds": None}


def test_same_request_with_another_part_is_another_film(publish: Maker) -> None:
    sound = sounds.keep(MINE)
    keys = {
        place(*times, sound=part).cache_key
        for times, part in [
            ((), None),
            ((), {"id": sound.id}),
            ((), {"id": sound.id, "start": 1.0, "length": 15.0}),
            ((), {"id": sound.id, "way": "pulse"}),
            ((0.0, 4.0), {"id": sound.id}),
        ]
    }
    assert len(keys) == 5 and publish().state == FINISHED


def test_owner_lists_a_walk_with_a_sound_by_a_tick_on_its_page(client: FlaskClient, publish: Maker) -> None:
    client.post("/walks", data={"prompt": ["an apple", "a kite"]})
    asked = db.session.scalars(select(Walk)).one()
    walk = publish("an apple", "a pear")
    with writing() as session:
        row = session.get(Walk, walk.number)
        assert row is not None
        row.owner_hash, row.sound_digest, row.sound_length, row.unlisted = asked.owner_hash, "f" * 64, 12.0, True
    assert 'name="publish_sound"' in client.get(walk.url).text
    refused = client.post(f"/walks/{walk.id}/list")
    assert refused.status_code == 422 and "only if you may publish the sound" in refused.text
    assert client.post(f"/walks/{walk.id}/list", data={"publish_sound": "1"}).status_code == 303
    db.session.refresh(walk)
    assert (walk.publish_sound, walk.unlisted) == (True, False)


def test_part_is_found_in_an_older_walk_where_a_newer_one_lost_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk_sounds, "WALKS", 1)
    sound = sounds.keep(MINE)
    part = {"id": sound.digest, "start": 0.0, "length": 15.0}
    older, newer = place(sound=part, seed=1), place(sound=part, seed=2)
    with writing() as session:
        session.execute(delete(Medium).where(Medium.walk_number == newer.number))
    db.session.expire_all()
    lifecycle.forget_uploads(sound.owner_hash)
    again = place(sound=part, seed=3)
    store = media_store.store()
    assert store.read_bytes(again.media["sound"].path) == store.read_bytes(older.media["sound"].path)


def test_film_that_an_old_worker_painted_silently_is_no_cached_result() -> None:
    sound = sounds.keep(MINE)
    silent, asked = place(sound=sound, seed=1), place(sound=sound, seed=1)
    silent.state, silent.model_revision = FINISHED, "one"
    db.session.commit()
    assert reuse.find_original(db.session(), asked, "one") is None
    silent.holds = [1, 2]
    db.session.commit()
    assert reuse.find_original(db.session(), asked, "one") == silent


def test_refused_request_copies_no_sound(app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    app.config.update(HOURLY_WALKS=1, HOURLY_WALKS_ADDRESS=1)
    sound = sounds.keep(MINE)
    body = {"stops": [{"prompt": "a lemon"}, {"prompt": "the sun"}], "sound": {"id": sound.id}, "seed": 1}
    headers = {"Authorization": f"Bearer {MINE}"}
    assert client.post("/api/v1/walks", json=body, headers=headers).status_code == 202
    copies: list[str] = []
    monkeypatch.setattr(walk_sounds, "attach", lambda *_given: copies.append("copied") or [])
    refused = client.post("/api/v1/walks", json=body | {"seed": 2}, headers=headers)
    assert (refused.status_code, copies) == (429, [])
