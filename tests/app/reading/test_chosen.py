"""What a visitor chose takes the place of what was read, as far as it fits."""

from app.reading import chosen
from app.reading.reader import Reader
from sketch.sketchbook import Drawing


def by_digest(drawings: list[Drawing]) -> dict[str, Drawing]:
    return {drawing.digest: drawing for drawing in drawings}


def test_field_is_read_and_written_with_a_dash_for_what_stays() -> None:
    assert chosen.listed(" a  - b ") == ["a", "-", "b"]
    assert chosen.written(["a", "-", "b", "-", "-"]) == "a - b"
    assert chosen.written(["-", "-"]) == chosen.written([]) == ""
    assert len(chosen.listed("a " * 9000)) == chosen.SEVERAL


def test_choice_replaces_what_was_read_and_is_in_the_prompt(reader: Reader, drawings: list[Drawing]) -> None:
    reading = reader.read("two bats and a fox")
    other = reading.items[0].others[-1]
    picked = chosen.fitting(reading, [other.digest], by_digest(drawings))
    assert picked == (other, None)
    put = chosen.put(reading, picked)
    assert [item.drawing.name for item in put.items] == [other.name, "fox"] != ["bat", "fox"]
    assert (put.items[0].count, put.words) == (2, f"two {other.name}s and a fox")
    assert {thing.drawing for thing in put.scene(3).things} == {other.digest, reading.items[1].drawing.digest}


def test_choice_may_be_another_drawing_of_the_name(reader: Reader, drawings: list[Drawing]) -> None:
    reading = reader.read("a fox")
    flat, classic = sorted((each for each in drawings if each.name == "fox"), key=lambda each: each.style != "flat")
    assert chosen.fitting(reading, [classic.digest], by_digest(drawings)) == (classic,)
    assert chosen.fitting(reading, [flat.digest], by_digest(drawings)) == (None,)


def test_choice_that_fits_no_longer_is_left_aside(reader: Reader, drawings: list[Drawing]) -> None:
    bat = next(each for each in drawings if each.name == "bat")
    reading = reader.read("a teapot")
    for wanted in ([bat.digest], ["-", bat.digest], ["zzz"], [], ["-"] * 30):
        assert chosen.fitting(reading, wanted, by_digest(drawings)) == (None,)
    assert chosen.put(reading, (None,)) is reading


def test_what_is_no_drawing_is_found(drawings: list[Drawing]) -> None:
    known = by_digest(drawings)
    assert chosen.foreign([drawings[0].digest, "-", "zzz", "yyy"], known) == "zzz"
    assert chosen.foreign([drawings[0].digest, "-"], known) == ""


def test_choices_are_found_again_in_what_a_scene_shows(reader: Reader, drawings: list[Drawing]) -> None:
    reading = reader.read("a bat and a fox")
    read, other = reading.items[0].drawing, reading.items[0].others[1]
    fox, kite = reading.items[1].drawing, next(each for each in drawings if each.name == "kite")
    assert chosen.shown_by(reading, [fox, other]) == [other.digest, "-"]
    assert chosen.shown_by(reading, [fox, read]) == ["-", "-"]
    assert chosen.shown_by(reading, [kite]) == ["-", "-"]
