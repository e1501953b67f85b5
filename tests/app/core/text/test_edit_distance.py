"""The number of slips between two words."""

from app.core.text.edit_distance import distance


def test_distance_counts_slips() -> None:
    distances = {
        ("fox", "fox"): 0,
        ("fox", "fx"): 1,
        ("fox", "ofx"): 1,
        ("fox", "box"): 1,
        ("foxes", "fxose"): 2,
        ("kite", "bike"): 2,
        ("sunflower", "sunfolwers"): 2,
        ("kite", "bison"): 3,
        ("", "fox"): 3,
        ("sunflower", "fox"): 3,
    }
    assert {pair: distance(*pair, most=2) for pair in distances} == distances
