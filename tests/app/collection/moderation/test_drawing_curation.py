"""Drawings that operators add and remove: credited, bounded, harmless, and written down."""

import pytest
from sqlalchemy import select

from app.collection.moderation import audit_log, drawing_curation
from app.collection.moderation.drawing_curation import Outcome
from app.collection.moderation.drawing_request import NAME_WORDS, WORDS_MOST, DrawingRequest
from app.core.errors import InvalidInput
from app.storage.database import db
from app.storage.drawing_models import CREDIT_MAX, NAME_MAX, AddedDrawing
from sketch import svg
from tests.support import led
from tests.support.led import ROBOT, ROBOT_DIGEST

WIDE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 32"><path d="M0 0h64v32H0z"/></svg>'


pytestmark = [pytest.mark.usefixtures("app"), pytest.mark.settings(MODEL=led.lay_out)]


def add(names: str = "robot hamster", drawing: str = ROBOT, **fields: str) -> Outcome:
    return drawing_curation.add(drawing.encode(), DrawingRequest(names, **fields), who=audit_log.COMMAND)


def row(digest: str = ROBOT_DIGEST) -> AddedDrawing:
    query = select(AddedDrawing).where(AddedDrawing.digest == digest)
    return db.session.scalars(query, execution_options={"populate_existing": True}).one()


def deeds() -> list[tuple[str, str, str]]:
    return [(deed.who, deed.what, deed.about) for deed in reversed(audit_log.latest(20))]


def refused(names: str = "robot", drawing: str | bytes = ROBOT, **fields: str) -> dict[str, str]:
    data = drawing if isinstance(drawing, bytes) else drawing.encode()
    with pytest.raises(InvalidInput) as caught:
        drawing_curation.add(data, DrawingRequest(names, **fields))
    assert not db.session.scalars(select(AddedDrawing)).all() and not deeds()
    return {error.field: error.message for error in caught.value.errors}


def test_drawing_is_kept_with_its_credit_and_nothing_is_invented() -> None:
    outcome = add(" Robot  hamster, Roboterhamster,, robot HAMSTER ")
    assert (outcome.what, outcome.drawing.name, outcome.drawing.words) == (
        "added",
        "Robot hamster",
        ("Roboterhamster",),
    )
    kept = row()
    assert (kept.artist, kept.licence, kept.source, kept.kind, kept.style) == ("", "", "", "", "")
    assert kept.svg == ROBOT and kept.removed_at is None


def test_given_fields_are_kept() -> None:
    fields = {"artist": "Ann Example", "licence": "CC-BY-4.0", "source": "https://example.org/a", "style": "own"}
    add(kind="cat-face", **fields)
    assert {name: getattr(row(), name) for name in fields} == fields and row().kind == "cat-face"


def test_kind_follows_from_a_drawing_of_the_same_name() -> None:
    assert add("house").drawing.kind == "place-building"


@pytest.mark.databases
@pytest.mark.slow
def test_same_file_twice_is_said_and_nothing_is_lost() -> None:
    add(artist="Ann Example")
    assert add().what == "as it was"
    assert add(licence="CC0-1.0").what == "changed"
    outcome = add("robster, robot hamster, hamster of tin", artist="Ann Example")
    assert (outcome.what, outcome.drawing.name) == ("changed", "robot hamster")
    assert outcome.drawing.words == ("robster", "hamster of tin")
    assert (row().artist, row().licence) == ("Ann Example", "CC0-1.0")
    assert len(db.session.scalars(select(AddedDrawing)).all()) == 1
    assert [what for _, what, _ in deeds()] == ["added drawing", "changed drawing", "changed drawing"]


def test_more_words_than_are_kept_are_refused_and_change_nothing() -> None:
    add(", ".join(f"robot {n}" for n in range(WORDS_MOST)))
    with pytest.raises(InvalidInput, match=f"at most {WORDS_MOST}"):
        add("one, two, three")
    assert len(row().words) == WORDS_MOST - 1


def test_drawing_that_is_shipped_is_not_added_again() -> None:
    outcome = add("our sun", led.book().svg(led.SUN))
    assert (outcome.what, outcome.drawing.name) == ("shipped", "sun")
    assert not db.session.scalars(select(AddedDrawing)).all() and not deeds()


def test_removed_drawing_stays_with_its_credit_and_its_svg() -> None:
    add(artist="Ann Example")
    assert drawing_curation.remove("ROBOT hamster").what == "removed"
    assert row().removed_at is not None and (row().svg, row().artist) == (ROBOT, "Ann Example")
    assert drawing_curation.remove(ROBOT_DIGEST).what == "as it was"


@pytest.mark.databases
@pytest.mark.slow
def test_removed_drawing_is_brought_back_by_its_name_or_by_its_file_under_the_name_it_then_has() -> None:
    add("robbot hamster", artist="Ann Example")
    drawing_curation.remove("robbot hamster")
    assert drawing_curation.restore("robbot hamster").what == "brought back"
    drawing_curation.remove("robbot hamster")
    outcome = add("robot hamster")
    assert (outcome.what, outcome.drawing.name, outcome.drawing.words) == ("brought back", "robot hamster", ())
    assert row().removed_at is None and row().artist == "Ann Example"
    assert drawing_curation.restore(ROBOT_DIGEST).what == "as it was"


def test_every_change_is_written_down_with_who_did_it() -> None:
    add()
    drawing_curation.remove("robot hamster")
    drawing_curation.restore("robot hamster")
    about = f"{ROBOT_DIGEST} robot hamster"
    assert deeds() == [
        ("command line", "added drawing", about),
        ("curator", "removed drawing", about),
        ("curator", "brought back drawing", about),
    ]


@pytest.mark.databases
@pytest.mark.slow
def test_every_change_has_a_number_of_its_own_that_rises() -> None:
    numbers = []
    for act in (add, lambda: add("other", WIDE), lambda: drawing_curation.remove("other"), lambda: add(artist="Ann")):
        act()
        numbers.append(max(each.revision for each in drawing_curation.every()))
    assert numbers == [1, 2, 3, 4]


@pytest.mark.parametrize("act", [drawing_curation.remove, drawing_curation.restore])
def test_name_that_several_or_no_drawings_have_is_refused_with_what_to_do(act) -> None:  # type: ignore[no-untyped-def]
    add()
    digest = add("robot hamster", WIDE).drawing.digest
    with pytest.raises(InvalidInput, match="Several drawings") as caught:
        act("robot hamster")
    assert ROBOT_DIGEST in str(caught.value) and digest in str(caught.value)
    with pytest.raises(InvalidInput, match="No drawing that was added is called “yeti”"):
        act("yeti")
    with pytest.raises(InvalidInput, match="shipped with the model"):
        act("sun")
    assert act(digest).drawing.digest == digest


@pytest.mark.databases
def test_of_one_name_that_which_is_offered_is_removed_and_that_which_is_not_is_brought_back() -> None:
    add()
    other = add("robot hamster", WIDE).drawing.digest
    drawing_curation.remove(other)
    assert drawing_curation.remove("robot hamster").drawing.digest == ROBOT_DIGEST
    drawing_curation.restore(ROBOT_DIGEST)
    assert drawing_curation.restore("robot hamster").drawing.digest == other


def test_drawing_that_is_no_square_is_kept_in_one() -> None:
    kept = add("letter", WIDE).drawing
    assert 'viewBox="0 -16 64 64"' in row(kept.digest).svg
    assert add("letter", WIDE).what == "as it was"


@pytest.mark.parametrize(
    ("drawing", "says"),
    [
        ("", "cannot be read"),
        ("hello", "syntax error"),
        ("<html/>", "is no SVG: it begins with 'html'"),
        (b"\x89PNG\r\n\x1a\n\xff", "it is no SVG, or not written in UTF-8"),
        (ROBOT.replace("<path", "<script>alert(1)</script><path", 1), "holds a script"),
        (ROBOT.replace("<path", '<image href="https://example.org/a.png"/><path', 1), "'image'"),
        (ROBOT.replace("<path", '<use href="https://example.org/a.svg#a"/><path', 1), "outside of it"),
        (ROBOT.replace(' viewBox="0 0 64 64"', ""), "has no size"),
        (ROBOT.replace("<path", "<g/>" * svg.ELEMENTS + "<path", 1), "more than 2000 elements"),
        (ROBOT.replace("<path", "<g/>" * 1_000_000 + "<path", 1), "is larger than 524,288 bytes"),
        (f'<!DOCTYPE svg [<!ENTITY a "a">]>{ROBOT}', "EntitiesForbidden"),
        ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"/>', "shows nothing"),
    ],
)
def test_file_that_is_no_harmless_drawing_is_refused_with_the_reason(drawing: str | bytes, says: str) -> None:
    errors = refused(drawing=drawing)
    assert list(errors) == ["file"] and says in errors["file"]


@pytest.mark.parametrize(
    ("fields", "field", "says"),
    [
        ({"names": " , "}, "name", "wants a name"), ({"names": "🤖"}, "name", "“🤖” is no name"),
        ({"names": "x" * (NAME_MAX + 1)}, "name", f"{NAME_MAX + 1} characters long; at most {NAME_MAX}"),
        ({"names": "robot, " + "very " * NAME_WORDS + "old robot"}, "name", f"more than {NAME_WORDS} words"),
        ({"names": ",".join(f"a{n}" for n in range(WORDS_MOST + 2))}, "name", f"at most {WORDS_MOST}"),
        ({"names": "ro\0bot"}, "name", "cannot be read"), ({"names": "ro\ufffdbot"}, "name", "cannot be read"),
        ({"kind": "cat-fase"}, "kind", "such as cat-face"), ({"kind": "x; y"}, "kind", "is no kind"),
        ({"artist": "x" * (CREDIT_MAX + 1)}, "artist", f"at most {CREDIT_MAX}"),
        ({"licence": "\x1b[31m"}, "licence", "The licence contains characters"),
        ({"source": "x" * 401}, "source", "at most 400"), ({"style": "x" * 41}, "style", "at most 40"),
    ],
)  # fmt: skip
def test_field_that_breaks_a_rule_is_named_with_the_limit(fields: dict[str, str], field: str, says: str) -> None:
    errors = refused(**{"names": "robot", **fields})
    assert list(errors) == [field] and says in errors[field]


def test_all_that_is_wrong_is_said_at_once() -> None:
    assert set(refused("", "hello", artist="x" * 999)) == {"file", "name", "artist"}


@pytest.mark.databases
def test_drawings_are_found_by_their_words_and_credits() -> None:
    add("robot hamster, Röbster", artist="Ann Example", licence="CC-BY-4.0")
    add("letter", WIDE)
    found = {
        search: [each.name for each in drawing_curation.every(search)]
        for search in ("", "ROBSTER", "example robot", "cc by", "letter", "yeti", ROBOT_DIGEST)
    }
    assert found == {
        "": ["letter", "robot hamster"], "ROBSTER": ["robot hamster"], "example robot": ["robot hamster"],
        "cc by": ["robot hamster"], "letter": ["letter"], "yeti": [], ROBOT_DIGEST: ["robot hamster"],
    }  # fmt: skip
