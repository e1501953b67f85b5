"""Things beyond the emoji: their table, their drawings' colours, and the licences that are taken."""

import json
from pathlib import Path

import pytest

from app.core.config import ROOT
from app.reading.lexicon import Lexicon
from sketch import keys
from sketch.sketchbook import load, render_svg
from sketch.styling.drawing_styles import CUT_OUT
from studio.collecting import things
from studio.errors import StudioError
from studio.lexicon import distilling
from tests.support.icon_modules import make_modules
from tests.support.studio_fixtures import Run

LINE = "temaki:windmill\twindmill\tplace-building\tWindmühle\tmill, wind mill\tMühle\twind, grain\t#7a4a2a\t#f2c14e\t"
RING = "M0 0H10V10H0Zm2 2v6h6v-6z"


def table(folder: Path, *lines: str) -> Path:
    """Write a table of things, and return its path."""
    path = folder / "things.tsv"
    path.write_text("\n".join(["# a note", "", *lines]), "utf-8")
    return path


def icon_set(folder: Path, *, licence: str = "CC0-1.0", **bodies: str) -> Path:
    """Write the package of the icon set temaki with these icons, and return the folder of modules."""
    package = folder / "@iconify-json/temaki"
    package.mkdir(parents=True)
    icons = {name: {"body": body} for name, body in bodies.items()}
    about = {"license": {"title": licence, "spdx": licence}, "author": {"name": "An Artist"}}
    for name, content in (
        ("icons", {"icons": icons, "width": 10, "height": 10}),
        ("info", about),
        ("package", {"version": "1.2.6"}),
    ):
        (package / f"{name}.json").write_text(json.dumps(content))
    return folder


def test_line_is_a_thing_with_its_names_in_both_languages(tmp_path: Path) -> None:
    (thing,) = things.read_table(table(tmp_path, LINE))
    assert (thing.package, thing.key, thing.name, thing.german) == ("temaki", "windmill", "windmill", "Windmühle")
    assert (thing.also, thing.also_german, thing.near) == (("mill", "wind mill"), ("Mühle",), ("wind", "grain"))


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["windmill\twindmill"], "line 3: 2 fields, 10 are wanted"),
        ([LINE.replace("temaki", "logos")], "line 3: logos:windmill is of no known set"),
        ([LINE.replace("Windmühle", "")], "a German name"),
        ([LINE.replace("#7a4a2a", "brown")], "brown is no colour"),
        ([LINE.replace("#f2c14e", "seen through")], "seen through is neither a colour nor open nor none"),
        ([LINE, LINE], "line 4: temaki:windmill stands there twice"),
    ],
)
def test_malformed_line_is_named(tmp_path: Path, lines: list[str], said: str) -> None:
    with pytest.raises(StudioError, match=said):
        things.read_table(table(tmp_path, *lines))


@pytest.mark.parametrize(
    ("path", "inside"),
    [
        (RING, ["M2 2v6h6v-6Z"]),
        ("M0 0h10v10H0z", []),
        ("M1 1h2v2h-2zM5 5h2v2h-2z", []),
        ("M0 0h9v9h-9zM2 2q3 3 4 0t1 2zm2 3a1 1 0 112 0z", ["M2 2q3 3 4 0t1 2Z", "M4 5a1 1 0 1 1 2 0Z"]),
        ("M0 0h9v9h-9zm1 1 4 0 0 4", ["M1 1l4 0l0 4"]),
    ],
)
def test_outlines_within_another_are_found_wherever_they_begin(path: str, inside: list[str]) -> None:
    assert things.holes(path) == inside


@pytest.mark.parametrize(("inner", "middle"), [("#00ff00", [0, 1, 0, 1]), ("open", [0, 0, 0, 0])])
def test_regions_inside_get_their_colour_or_stay_open(inner: str, middle: list[float]) -> None:
    svg = things.colour(f'<path fill="currentColor" d="{RING}"/>', (0, 0, 10, 10), "#ff0000", inner)
    pixels = render_svg(svg, 50)
    assert pixels[2, 2].tolist() == [1, 0, 0, 1] and pixels[25, 25].tolist() == middle


def test_drawing_keeps_its_artist_licence_and_source(tmp_path: Path) -> None:
    folder = icon_set(tmp_path, windmill=f'<path fill="currentColor" d="{RING}"/>')
    lines = LINE, LINE.replace("temaki:windmill", "temaki:mill") + "Another"
    unnamed, named = things.read_table(table(tmp_path, *lines))
    (drawn,) = things.drawings(folder, [unnamed])
    assert (drawn.artist, drawn.licence) == ("An Artist", "CC0-1.0")
    assert drawn.source == "npm:@iconify-json/temaki@1.2.6#windmill"
    with pytest.raises(StudioError, match=r"temaki:mill is not in @iconify-json/temaki 1\.2\.6"):
        list(things.drawings(folder, [named]))


def test_set_whose_licence_is_not_allowed_is_named(tmp_path: Path) -> None:
    folder = icon_set(tmp_path, licence="CC-BY-SA-4.0", windmill="<path/>")
    with pytest.raises(StudioError, match=r"temaki is under CC-BY-SA-4\.0"):
        list(things.drawings(folder, things.read_table(table(tmp_path, LINE))))


def test_library_with_things_draws_them_beside_the_emoji(run: Run, book: Path, tmp_path: Path) -> None:
    folder = icon_set(
        make_modules(tmp_path / "modules", vendors=("twemoji",)), windmill=f'<path fill="currentColor" d="{RING}"/>'
    )
    run("sketchbook", "--folder", tmp_path, "--modules", folder, "--onto", book, "--vendor", "twemoji",
        "--things", table(tmp_path, LINE))  # fmt: skip
    (mill,) = [each for each in load(tmp_path / "sketchbook.zip").drawings.values() if each.name == "windmill"]
    assert (mill.style, mill.kind, mill.words) == (CUT_OUT, "place-building", ("mill", "wind mill"))


def test_table_of_the_project_can_be_read_and_each_thing_is_of_a_known_kind() -> None:
    known = {each.kind for each in load(Path("models/house/sketchbook.zip")).drawings.values()}
    assert {thing.kind for thing in things.read_table()} <= known


def test_shipped_lexicon_knows_every_name_of_the_table_in_both_languages() -> None:
    lexicon = Lexicon.load(ROOT / "models/house")
    for thing in things.read_table():
        for language, names in (("en", (thing.name, *thing.also)), ("de", (thing.german, *thing.also_german))):
            for name in distilling.german(names):
                found = {lexicon.concepts[each.concept].name for each in lexicon.find(keys.key(name, language))}
                assert thing.name in found, f"{name}: make the lexicon again (models/house/LEXICON.md)"
