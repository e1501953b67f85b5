"""Modelled drawings: which stands for which, and that none is chosen unless asked for."""

from sketch.sketchbook import Drawing, Sketchbook
from sketch.styling.drawing_styles import find_modelled, is_modelled, without_modelled

FLAT, CLASSIC = Drawing("1", "fox", style="flat"), Drawing("2", "fox", style="classic")
GRADIENT, ADDED = Drawing("3", "fox", style="fluent-gradient"), Drawing("4", "fox", style="by hand")
HARP = Drawing("5", "harp", style="flat")
BOOK = Sketchbook([FLAT, CLASSIC, GRADIENT, ADDED, HARP], {})


def test_modelled_drawing_stands_for_the_flat_ones_of_its_name() -> None:
    assert [find_modelled(BOOK, digest) for digest in ("1", "2", "3")] == ["3", "3", "3"]


def test_modelled_leaves_what_has_none_and_what_was_added_as_it_is() -> None:
    assert [find_modelled(BOOK, digest) for digest in ("5", "4", "unknown")] == ["5", "4", "unknown"]


def test_modelled_follows_a_withdrawn_drawing_of_the_name() -> None:
    assert find_modelled(Sketchbook([GRADIENT], {}, withdrawn=[FLAT]), "1") == "3"


def test_unmodelled_leaves_the_modelled_out_but_where_nothing_else_is_there() -> None:
    assert without_modelled([FLAT, GRADIENT, ADDED]) == [FLAT, ADDED] and without_modelled([GRADIENT]) == [GRADIENT]
    assert is_modelled(GRADIENT) and not is_modelled(ADDED)
