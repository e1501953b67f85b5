"""The sketchbook is packed from icon sets; onto one that is there only what it lacks is added."""

import json
import shutil
from pathlib import Path

import pytest

from sketch import sketchbook
from studio.collecting.things import OWN
from tests.support.icon_modules import make_modules
from tests.support.studio_fixtures import Run


def with_fluent(folder: Path) -> Path:
    modules = make_modules(folder, vendors=("noto", "twemoji", "fluent-emoji"))
    path = modules / "@iconify-json/fluent-emoji/icons.json"
    held = json.loads(path.read_text())
    held["icons"]["bear"]["body"] = (
        '<g filter="url(#f)"><circle cx="16" cy="16" r="9" fill="#84c"/></g>'
        '<filter id="f"><feGaussianBlur stdDeviation=".5"/></filter>'
    )
    held["icons"]["fox"]["body"] = '<image href="x.png"/>'
    path.write_text(json.dumps(held))
    return modules


def test_library_onto_another_keeps_drawings_and_adds_modelled(book: Path, run: Run, tmp_path: Path) -> None:
    modules = with_fluent(tmp_path / "modules")
    report = run("sketchbook", "--folder", tmp_path, "--modules", modules, "--onto", book)
    before, after = sketchbook.load(book), sketchbook.load(tmp_path / "sketchbook.zip")
    added = {each.name: each for each in after.drawings.values() if each.digest not in before.drawings}
    assert all(after.drawings[digest] == each for digest, each in before.drawings.items())
    assert all(after.svg(digest) == before.svg(digest) for digest in before.drawings)
    assert {each.style for each in added.values()} == {"fluent-gradient"} and report["refused"] == 1
    assert "fox" not in added and added["bear"].words == ("animal", "grizzly", "brown", "face")
    assert added["bear"].source == "npm:@iconify-json/fluent-emoji@1.2.3#bear"
    assert "filter" not in after.svg(added["bear"].digest)


def test_sketchbook_of_some_sets_has_only_theirs(book: Path) -> None:
    assert {each.style for each in sketchbook.load(book).drawings.values()} == {"flat", "classic"}


@pytest.mark.slow
def test_own_drawings_that_a_library_lacks_lie_beside_it(book: Path, run: Run, tmp_path: Path) -> None:
    report = run("sketchbook", "--folder", tmp_path, "--more", book)
    more = sketchbook.load_alone(tmp_path / "sketchbook-more.zip")
    assert report["drawings"] == len(more.drawings) == len({*OWN.glob("*.svg")})
    assert {(each.style, each.licence) for each in more.drawings.values()} == {("coloured", "Apache-2.0")}
    before = sketchbook.load_alone(book)
    library = shutil.copy(book, tmp_path / "sketchbook.zip")
    assert sketchbook.load(Path(library)).drawings == {**more.drawings, **before.drawings}
    assert run("sketchbook", "--folder", tmp_path, "--more", tmp_path / "sketchbook-more.zip")["drawings"] == 0
