"""In a graphic style, what stands or lies somewhere has a ground, since without one it looks like an icon."""

from sketch import sketchbook
from sketch.arrangement import Item, Wish
from sketch.compositions.composing import FLAT
from sketch.scene import Setting
from sketch.sketchbook import Drawing, Sketchbook
from sketch.styling import styled
from tests.support.drawings import svg

SVG = svg('<rect x="4" y="10" width="24" height="12" fill="#840"/>')
DIGEST = sketchbook.digest_of(SVG)
BOOK = Sketchbook([Drawing(DIGEST, "thing")], {DIGEST: SVG})
SEEDS = range(60)


def settings(kind: str, wish: Wish) -> list[Setting]:
    one = Item(DIGEST, "thing", kind)
    return [styled.arrange([one], wish, seed, marks="linocut", book=BOOK).setting for seed in SEEDS]


def flat(found: list[Setting]) -> int:
    return len([each for each in found if each.kind in FLAT])


def test_few_things_that_stand_or_lie_have_no_place() -> None:
    for kind in ("animal-mammal", "food-fruit", "tool", "musical-instrument"):
        assert flat(settings(kind, Wish())) <= len(SEEDS) / 4


def test_signs_may_be_on_a_flat_ground_as_before() -> None:
    assert flat(settings("heart", Wish())) > len(SEEDS) / 4


def test_flat_ground_that_a_prompt_requests_stays() -> None:
    assert {each.kind for each in settings("animal-mammal", Wish(kind="plain"))} == {"plain"}
    assert flat(settings("animal-mammal", Wish(ground="red"))) == len(SEEDS)
