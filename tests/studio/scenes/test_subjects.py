"""Subjects: the same from seed and number, in the shares of the plan, with captions that are true of them."""

import math
from collections import Counter
from pathlib import Path

import pytest

from sketch import scene, sketchbook
from studio.scenes import subjects
from studio.scenes.subjects import Plan, Programme, Subject
from studio.styles import registry
from tests.support.drawings import DIGESTS, SVGS

NUMBER = 3_000
DISC = SVGS[DIGESTS["disc"]]


@pytest.fixture(scope="module")
def programme(book: Path) -> Programme:
    return Programme(Plan(NUMBER, 1), sketchbook.load(book))


@pytest.fixture(scope="module")
def drawn(programme: Programme) -> list[Subject]:
    return [programme.subject(number) for number in range(NUMBER)]


@pytest.mark.slow
def test_subject_follows_from_seed_and_number_alone(programme: Programme, drawn: list[Subject], book: Path) -> None:
    again = Programme(Plan(7, 1), sketchbook.load(book))  # that there are more another time changes none
    assert [again.subject(number) for number in (2_000, 5, 17)] == [drawn[number] for number in (2_000, 5, 17)]
    other = Programme(Plan(NUMBER, 2), sketchbook.load(book))
    assert len(programme) == NUMBER and len(again) == 7
    assert all(other.subject(number) != drawn[number] for number in range(20))
    assert len({subject.seed for subject in drawn}) == NUMBER


@pytest.mark.slow
def test_mixtures_and_those_of_two_hands_come_as_often_as_planned(drawn: list[Subject]) -> None:
    mixed = [subject for subject in drawn if subject.last]
    assert len(mixed) / NUMBER == pytest.approx(0.33, abs=0.03)
    assert all(0.08 <= subject.t <= 0.92 for subject in mixed)
    assert all(subject.t == 0 for subject in drawn if not subject.last)
    two = [subject for subject in mixed if subject.last and subject.last.hand != subject.first.hand]
    assert len(two) / len(mixed) == pytest.approx(0.25 * (1 - 1 / len(Plan(1).hands)), abs=0.05)


@pytest.mark.slow
def test_hands_come_evenly_and_painterly_ones_four_times_as_often(drawn: list[Subject]) -> None:
    counted = Counter(subject.first.hand for subject in drawn)
    assert set(counted) == {name for name, hand in registry.HANDS.items() if hand.paints_ground}
    even = NUMBER / len(subjects.TAUGHT)
    for name, number in counted.items():
        expected = even if registry.HANDS[name].is_graphic else 4 * even
        assert abs(number - expected) < 4 * math.sqrt(expected)


def test_share_of_mixtures_may_be_none_or_all(book: Path) -> None:
    drawings = sketchbook.load(book)
    for mixed in (0.0, 1.0):
        programme = Programme(Plan(60, 1, mixed=mixed, two_hands=0.0), drawings)
        found = [programme.subject(number) for number in range(60)]
        assert all((subject.last is not None) == bool(mixed) for subject in found)
        assert all(subject.last is None or subject.last.hand == subject.first.hand for subject in found)


@pytest.mark.slow
def test_scenes_are_such_as_anybody_may_send(drawn: list[Subject], book: Path) -> None:
    known = sketchbook.load(book)
    for subject in drawn:
        for end in (subject.first, subject.last):
            if end is not None:
                read = scene.read_scene(end.scene.as_json())
                assert read.things and all(thing.drawing in known for thing in read.things)


@pytest.mark.slow
def test_captions_name_what_is_shown_and_the_hand(drawn: list[Subject], book: Path) -> None:
    names = {drawing.digest: drawing.name for drawing in sketchbook.load(book).drawings.values()}
    plan = Plan(1)
    for subject in drawn[:600]:
        end, hand = subject.first, registry.HANDS[subject.first.hand]
        named = [text for text in end.texts if hand.words in text or hand.of in text]
        assert len(named) >= 6 and (len(end.texts) > len(named)) == (subject.first.hand in plan.unnamed)
        for name in {names[thing.drawing] for thing in end.scene.things}:
            stem = name.replace("’", "").split()[0].lower()[:4]
            assert all(stem in text.replace("’", "").lower() for text in end.texts), (name, end.texts)
        for colour in (
            {thing.colour for thing in end.scene.things if thing.colour} if len(end.scene.things) == 1 else ()
        ):
            assert all(colour in text for text in end.texts) and hand.keeps_colour


@pytest.mark.slow
def test_people_and_faces_come_a_third_as_often(book: Path) -> None:
    loaded = sketchbook.load(book)
    first = next(iter(loaded.drawings.values()))
    many = [first.__class__(f"d{n}", f"thing {n}", (), "face-smiling" if n % 2 else "tool") for n in range(40)]
    programme = Programme(Plan(1_200, mixed=0.0), sketchbook.Sketchbook(many, {each.digest: DISC for each in many}))
    counted = Counter(int(programme.subject(number).first.scene.things[0].drawing[1:]) % 2 for number in range(1_200))
    assert counted[1] / counted[0] == pytest.approx(subjects.RARELY, abs=0.15)
