"""What is written for walls: what is taken and what is not, whose turn it is, and where one's own is."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.access.auth import visitors
from app.collection.moderation import audit_log, word_lists
from app.core.errors import Conflict, InvalidInput, TooMany
from app.storage.database import db, now, writing
from app.storage.walk_models import Walk
from app.storage.wall_models import CLOSED, PAUSED, SKIPPED, TAKEN, Wall, WallLeg, WallWords
from app.upkeep.maintenance import upkeep
from app.walks.saved import lifecycle
from app.wall import walls, words
from app.wall.walls import WallRequest
from tests.support import photos
from tests.support.raising import raising
from tests.support.rows import change

ANN, BEN = "the secret of Ann", "the secret of Ben"


def walked(wall: Wall, number: int, row: WallWords | None = None, **values: object) -> WallLeg:
    """Write a leg down, to these words."""
    leg = WallLeg(wall_number=wall.number, number=number, words_number=row.number if row else None, **values)
    with writing() as session:
        session.add(leg)
        if row is not None:
            words.assign(session, row, number)
    db.session.expire_all()
    return leg


def lead(wall: Wall, number: int) -> None:
    change(wall, lead=number, lead_at=now())


def in_line(wall: Wall) -> list[str]:
    return [row.text for row in words.waiting_words(wall)]


def flaws(wall: Wall, text: str, **fields: object) -> dict[str, str]:
    with pytest.raises(InvalidInput) as refused:
        words.say(wall, text, owner=ANN, **fields)
    return {each.field: each.message for each in refused.value.errors}


@pytest.mark.databases
@pytest.mark.parametrize(
    ("banned", "text"),
    [
        *(
            ("Cat", text)
            for text in ("a cat", "CATS and a  CaT!", "a c\u200bat", "ein Kätzchen, cat", "а саt", "ｃａｔ")
        ),
        ("狐狸", "一只红狐狸在雪中"),
    ],
)
def test_wall_leaves_out_words_of_its_own_however_they_are_spelt(wall: Wall, banned: str, text: str) -> None:
    walls.change(wall, WallRequest("lobby", banned=[banned]))
    wall = walls.at("lobby")
    assert flaws(wall, text) == {"words": f"“{banned.lower()}” is a word that this wall does not take."}
    words.say(wall, "a caterpillar", owner=ANN)


def test_what_is_written_waits_tidied_and_known_by_its_owner(wall: Wall) -> None:
    row = words.say(wall, "  a cat \n in a hat ", owner=ANN)
    assert (row.text, row.state, row.owner_hash) == ("a cat in a hat", "waiting", visitors.digest(ANN))
    assert words.count(wall) == 1


def test_same_words_twice_are_one_and_count_once(wall: Wall) -> None:
    counted: list[int] = []
    first = words.say(wall, "a cat", owner=ANN, admit=lambda: counted.append(1))
    second = words.say(wall, "a  cat", owner=ANN, admit=lambda: counted.append(1))
    assert (first.number, len(counted)) == (second.number, 1)
    assert words.say(wall, "a cat", owner=BEN).number != first.number


@pytest.mark.databases
def test_visitor_has_three_in_line_and_a_line_has_its_end(wall: Wall, monkeypatch: pytest.MonkeyPatch) -> None:
    for text in ("one", "two", "three"):
        words.say(wall, text, owner=ANN)
    with pytest.raises(TooMany, match="3 of yours are waiting already"):
        words.say(wall, "four", owner=ANN)
    monkeypatch.setattr(words, "LINE_MAX", 4)
    words.say(wall, "four", owner=BEN)
    with pytest.raises(TooMany, match="4 are waiting already") as refused:
        words.say(wall, "five", owner=BEN)
    assert refused.value.retry_after == words.RETRY_SECONDS
    assert words.count(wall) == 4


def test_what_is_refused_by_the_hour_is_not_in_line(wall: Wall) -> None:
    with pytest.raises(TooMany):
        words.say(wall, "a cat", owner=ANN, admit=raising(TooMany("Enough.", retry_after=9)))
    assert words.count(wall) == 0


@pytest.mark.databases
def test_everybody_s_first_comes_before_anybody_s_second(wall: Wall) -> None:
    for text in ("ann 1", "ann 2", "ann 3"):
        words.say(wall, text, owner=ANN)
    words.say(wall, "ben 1", owner=BEN)
    words.say(wall, "ben 2", owner=BEN)
    assert in_line(wall) == ["ann 1", "ben 1", "ann 2", "ben 2", "ann 3"]
    assert [row.text for row in words.waiting_words(wall, most=2)] == ["ann 1", "ben 1"]


@pytest.mark.databases
def test_walls_have_lines_of_their_own(wall: Wall) -> None:
    other = walls.open_wall(WallRequest("garden", banned=["cat"]))
    words.say(wall, "a cat", owner=ANN)
    words.say(other, "a dog", owner=ANN)
    assert (in_line(wall), in_line(other)) == (["a cat"], ["a dog"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "What you wrote is empty"),
        ("   ", "What you wrote is empty"),
        ("x" * 10_000, "What you wrote is 10000 characters long; at most 300"),
        ("a \x07 bell", "What you wrote"),
        ("a bloody corpse", "What you wrote"),
        ("a moose", "What you wrote"),
    ],
)
def test_what_no_walk_may_hold_is_refused_by_its_field(wall: Wall, text: str, message: str) -> None:
    word_lists.BANNED.add("moose")
    found = flaws(wall, text)
    assert list(found) == ["words"]
    assert found["words"].startswith(message), found
    assert "stop" not in found["words"]
    assert words.count(wall) == 0


def test_words_that_stand_in_for_the_other_stop_are_taken(wall: Wall) -> None:
    assert words.say(wall, "a stop", owner=ANN).text == "a stop"


def test_closed_wall_takes_nothing_and_a_paused_one_does(wall: Wall) -> None:
    walls.set_state(wall, PAUSED)
    words.say(walls.at("lobby"), "a cat", owner=ANN)
    walls.set_state(walls.at("lobby"), CLOSED)
    with pytest.raises(Conflict, match="This wall is closed"):
        words.say(walls.at("lobby"), "a dog", owner=ANN)


def test_wall_that_was_closed_meanwhile_takes_nothing(wall: Wall) -> None:
    seen = walls.at("lobby")
    db.session.expunge(seen)
    walls.set_state(walls.at("lobby"), CLOSED)
    with pytest.raises(Conflict):
        words.say(seen, "a dog", owner=ANN)
    assert words.count(seen) == 0


@pytest.mark.databases
def test_picture_is_taken_with_words_or_without(wall: Wall) -> None:
    photo = photos.keep(ANN)
    assert words.say(wall, "my cat", owner=ANN, picture=photo.id, cut_out=True).picture == photo.id
    bare = words.say(wall, "", owner=ANN, picture=photo.digest, may_be_shown=True)
    assert (bare.text, bare.picture, bare.may_be_shown, bare.cut_out) == ("", photo.id, True, False)
    assert words.public_texts(words.waiting_words(wall)) == ["my cat", "a photo"]


@pytest.mark.databases
def test_picture_that_is_not_here_or_not_one_s_own_or_unfit_is_refused(wall: Wall) -> None:
    gone = "The picture is not here: it was kept for a day, for the visitor who uploaded it. Upload it again."
    assert flaws(wall, "x", picture=photos.keep(BEN).id) == {"picture": gone}
    assert flaws(wall, "x", picture="aaaabbbbccccdddd") == {"picture": gone}
    assert flaws(wall, "x", picture="../../etc/passwd").keys() == {"picture"}
    assert flaws(wall, "x", picture=photos.keep(ANN, error="The picture cannot be shown.").id).keys() == {"picture"}
    own = photos.keep(ANN)
    lifecycle.forget_uploads(visitors.digest(ANN))
    assert flaws(wall, "x", picture=own.id) == {"picture": gone}


@pytest.mark.databases
def test_own_words_tell_where_they_are(wall: Wall) -> None:
    first, second, third = (words.say(wall, text, owner=ANN) for text in ("one", "two", "three"))
    words.say(wall, "ben", owner=BEN)
    walked(wall, 1, first, shown_at=now())
    walked(wall, 2, second)
    lead(wall, 1)
    assert [(each.words, each.state, each.place) for each in words.own_words(wall, ANN)] == [
        ("three", "waiting", 1), ("two", "painting", None), ("one", "walking", None),
    ]  # fmt: skip
    lead(wall, 2)
    assert [each.state for each in words.own_words(wall, ANN)] == ["waiting", "walking", "walked"]
    words.skip(third)
    assert words.own_words(wall, ANN)[0].state == "skipped"
    assert [each.words for each in words.own_words(wall, BEN)] == ["ben"]
    assert words.own_words(wall, None) == []
    assert words.own_words(wall, "somebody") == []


def test_waiting_time_follows_from_the_place_and_the_legs_before(wall: Wall) -> None:
    for owner in ("a", "b", "c"):
        words.say(wall, owner, owner=owner)
    walked(wall, 1, shown_at=now())
    lead(wall, 1)
    assert [words.own_words(wall, owner)[0].about for owner in "abc"] == [
        "about 6 seconds", "about 15 seconds", "about 20 seconds",
    ]  # fmt: skip
    for number in (2, 3, 4):
        walked(wall, number, shown_at=now() + timedelta(seconds=10 * (number - 1)))
    walked(wall, 5)
    lead(wall, 4)
    assert [words.own_words(wall, owner)[0].about for owner in "abc"] == [
        "about 20 seconds", "about 30 seconds", "about 40 seconds",
    ]  # fmt: skip


def test_no_time_is_estimated_for_a_wall_without_viewers_or_at_rest(wall: Wall) -> None:
    words.say(wall, "a cat", owner=ANN)
    change(Wall, lead_at=now() - timedelta(minutes=3))
    assert (words.own_words(wall, ANN)[0].place, words.own_words(wall, ANN)[0].about) == (1, "")
    lead(wall, 0)
    assert words.own_words(wall, ANN)[0].about == "about 6 seconds"
    walls.set_state(wall, PAUSED)
    assert words.own_words(walls.at("lobby"), ANN)[0].about == ""


@pytest.mark.databases
def test_kept_walk_is_named_once_it_can_be_seen(wall: Wall, publish) -> None:  # type: ignore[no-untyped-def]
    row, kept = words.say(wall, "a cat", owner=ANN), publish("a cat", "a dog")
    walked(wall, 1, row, shown_at=now(), stretch=kept.id)
    lead(wall, 2)
    (own,) = words.own_words(wall, ANN)
    assert own.kept is not None
    assert own.kept.id == kept.id
    change(kept, hidden_at=now())
    assert words.own_words(wall, ANN)[0].kept is None


def test_skipped_words_leave_the_line_and_it_is_written_down(wall: Wall) -> None:
    row = words.say(wall, "a cat", owner=ANN)
    words.say(wall, "a dog", owner=BEN)
    words.skip(row)
    assert in_line(wall) == ["a dog"]
    assert (audit_log.latest(1)[0].what, audit_log.latest(1)[0].about) == ("skipped words", str(row.number))


@pytest.mark.databases
def test_skipping_what_is_on_the_wall_has_later_words_wait_again(wall: Wall) -> None:
    ann, ben = words.say(wall, "a cat", owner=ANN), words.say(wall, "a dog", owner=BEN)
    walked(wall, 1)
    walked(wall, 2, ann)
    walked(wall, 3, ben)  # begins where Ann's ends
    lead(wall, 2)
    words.skip(ann)
    legs = db.session.scalars(select(WallLeg).order_by(WallLeg.number)).all()
    assert [leg.skipped for leg in legs] == [False, True, True]
    assert in_line(wall) == ["a dog"]
    assert words.own_words(wall, ANN)[0].state == "skipped"


def test_what_was_walked_cannot_be_skipped(wall: Wall) -> None:
    row = words.say(wall, "a cat", owner=ANN)
    walked(wall, 1, row)
    lead(wall, 2)
    with pytest.raises(Conflict, match="walked on"):
        words.skip(row)
    for number in (1, 7):
        with pytest.raises(Conflict, match="walked on"):
            words.skip_leg(wall, number)
    assert db.session.get_one(WallWords, row.number).state == TAKEN


@pytest.mark.databases
def test_leg_to_a_stop_of_the_gallery_is_skipped_by_its_number_and_one_to_words_with_them(wall: Wall) -> None:
    row = words.say(wall, "a cat", owner=ANN)
    walked(wall, 1)
    walked(wall, 2, row)
    lead(wall, 1)
    words.skip_leg(wall, 2)
    assert db.session.get_one(WallWords, row.number).state == SKIPPED
    words.skip_leg(wall, 1)
    assert audit_log.latest(1)[0].what == "skipped leg"
    assert db.session.get_one(WallLeg, (wall.number, 1)).skipped


def test_leg_that_could_not_be_painted_is_reported_as_that(wall: Wall) -> None:
    row = words.say(wall, "a cat", owner=ANN)
    walked(wall, 1, row, skipped=True)
    assert words.own_words(wall, ANN)[0].state == "lost"


@pytest.mark.databases
def test_all_that_one_wrote_goes_with_them_and_the_wall_leaves_it(wall: Wall, publish) -> None:  # type: ignore[no-untyped-def]
    ann, ben = words.say(wall, "a cat", owner=ANN), words.say(wall, "a dog", owner=BEN)
    words.say(wall, "a cow", owner=ANN)
    picture = words.say(wall, "", owner=ANN, picture=photos.keep(ANN).id)
    kept, other = publish("a cat", "a photo"), publish("a cat", "a dog")
    walked(wall, 1, picture, stretch=kept.id)
    walked(wall, 2, stretch=other.id)
    walked(wall, 3, stretch=publish("x", "y").id)
    walked(wall, 4, ann)
    walked(wall, 5, ben)
    lead(wall, 3)
    assert lifecycle.delete_words_of(visitors.digest(ANN)) == 3
    assert in_line(wall) == ["a dog"]
    assert [row.text for row in db.session.scalars(select(WallWords))] == ["a dog"]
    assert db.session.get_one(WallLeg, (wall.number, 4)).skipped
    gone = db.session.scalars(select(Walk.id).where(Walk.deleted_at.is_not(None))).all()
    assert set(gone) == {kept.id, other.id}, "what shows their picture goes, what follows stays"


@pytest.mark.databases
def test_after_a_day_writers_of_words_are_forgotten(wall: Wall) -> None:
    row, picture = words.say(wall, "a cat", owner=ANN), words.say(wall, "", owner=ANN, picture=photos.keep(ANN).id)
    words.say(wall, "a cow", owner=ANN)
    walked(wall, 1, row)
    walked(wall, 2, picture)
    upkeep.run()
    assert db.session.scalar(select(func.count()).select_from(WallWords)) == 3
    change(WallWords, created_at=now() - timedelta(hours=25))
    upkeep.run()
    db.session.expire_all()
    left = {row.text: row.owner_hash for row in db.session.scalars(select(WallWords))}
    assert left == {"a cat": "", "": visitors.digest(ANN)}, "who brought a picture may still have it taken down"


@pytest.mark.databases
def test_what_was_painted_but_not_walked_when_the_wall_closed_waits_again_when_it_opens(wall: Wall) -> None:
    row = words.say(wall, "a cat", owner=ANN)
    walked(wall, 1, shown_at=now())
    walked(wall, 2, row)
    lead(wall, 1)
    walls.close(wall)
    assert words.own_words(walls.at("lobby"), ANN)[0].state == "waiting"
    walls.open_wall(WallRequest("lobby"))
    db.session.expire_all()
    assert in_line(walls.at("lobby")) == ["a cat"]
    assert words.own_words(walls.at("lobby"), ANN)[0].place == 1
