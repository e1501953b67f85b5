"""A release: one version everywhere, a changelog that tells of it, notes cut from it, and a bill of what is in it."""

import json
import re
import subprocess
import sys
import tomllib
from datetime import date
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
import yaml

from app.core.config import ROOT
from app.core.version import __version__
from deploy.release import bill, notes

CHANGELOG = notes.CHANGELOG.read_text("utf-8")
WORKS = (".safetensors", ".npz", ".zip", ".webp", ".png", ".avif", ".mp4", ".svg", ".woff2")
MODEL = "machine-learning-model"
SECTIONS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security", "Upgrading"}


def test_version_is_the_same_wherever_it_stands() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    newest = next(release for release in notes.releases(CHANGELOG) if release.version)
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert {project["version"], newest.version, citation["version"]} == {__version__}
    assert citation["date-released"] == newest.day


def test_changelog_goes_back_from_what_is_not_released_in_order_of_versions_and_days() -> None:
    first, *released = notes.releases(CHANGELOG)
    assert first.version == ""
    versions = [tuple(map(int, release.version.split("."))) for release in released]
    assert versions == sorted(set(versions), reverse=True)
    days = [date.fromisoformat(release.day) for release in released]
    assert days == sorted(days, reverse=True)


def test_changelog_has_the_sections_of_keep_a_changelog_and_says_how_to_upgrade() -> None:
    for release in notes.releases(CHANGELOG):
        assert set(re.findall(r"^### (.+)$", release.text, re.MULTILINE)) <= SECTIONS, release.version
    assert "(docs/how-to/operators/upgrading.md)" in notes.notes(CHANGELOG, __version__)


def test_notes_of_a_version_are_what_stands_below_its_heading() -> None:
    changelog = "# Changelog\n\n## [Unreleased]\n\n## [1.1.0] - 2026-12-01\n- New.\n\n## [1.0.0] - 2026-11-24\n- Old.\n"
    assert notes.notes(changelog, "1.1.0") == "- New.\n"
    assert notes.notes(changelog, "1.0.0") == "- Old.\n"
    with pytest.raises(LookupError, match=r"no notes for version 1\.2\.0"):
        notes.notes(changelog, "1.2.0")
    with pytest.raises(ValueError, match=r"'## 1\.1' is no heading"):
        notes.releases("## 1.1\n")


def test_links_of_notes_lead_into_the_project_from_elsewhere() -> None:
    assert notes.absolute("[a](docs/a.md) [b](https://b.org)", "https://x/1") == (
        "[a](https://x/1/docs/a.md) [b](https://b.org)"
    )


def test_notes_are_made_by_make_and_refused_for_an_unlisted_version() -> None:
    def make(version: str) -> subprocess.CompletedProcess[str]:
        command = ["make", "--silent", "notes", f"VERSION={version}", f"PYTHON={sys.executable}"]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert make(f"v{__version__}").stdout == notes.notes(CHANGELOG, __version__)
    assert (make("9.9.9").returncode, make("9.9.9").stdout) != (0, "")
    assert "CHANGELOG.md has no notes for version 9.9.9" in make("9.9.9").stderr


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    from cyclonedx.schema import SchemaVersion  # here, because importing it takes more than a second
    from cyclonedx.validation.json import JsonStrictValidator

    target = tmp_path_factory.mktemp("bill") / "bom.json"
    assert bill.main([str(target)]) == 0
    text = target.read_text("utf-8")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    return dict(json.loads(text))


@pytest.mark.slow
def test_bill_names_the_packages_of_both_programs_in_their_locked_versions(written: dict) -> None:
    depends = {each["ref"]: set(each.get("dependsOn", [])) for each in written["dependencies"]}
    for program in bill.PROGRAMS:
        lock = (ROOT / "requirements" / f"{program}.txt").read_text("utf-8").split()
        locked = {f"pypi:{line.replace('==', '@')}" for line in lock if "==" in line}
        assert depends[program] == {re.sub(r"\[.*\]", "", line) for line in locked}
    assert not any("torch@" in package for package in depends["web"])
    assert {"web", "worker"} <= depends["moma-lisa"]
    assert written["metadata"]["component"]["version"] == __version__


@pytest.mark.slow
def test_bill_names_models_fonts_and_drawings_with_licence_and_sum(written: dict) -> None:
    works = {each["name"]: each for each in written["components"] if each["type"] in ("data", MODEL)}
    assert {"models/house/", "models/eye/", "models/house/sketchbook.zip", "static/fonts/", "static/vendor/"} <= set(
        works
    )
    for path, work in works.items():
        assert (ROOT / path).exists()
        assert work["licenses"]
        assert work["hashes"][0]["content"] == bill.digest(ROOT / path)
        assert work["bom-ref"] == f"work:{path}"
    assert works["models/house/"]["type"] == MODEL
    sources = {record["source"] for record in drawings()}
    sets = {source.partition("/")[2].partition("@")[0] for source in sources if ":" in source}
    texts = works["models/house/sketchbook.zip"]["description"]
    assert [name for name in sorted(sets) if f"{name}`" not in texts] == []
    assert "drawn for this project" in works["models/house/sketchbook-more.zip"]["description"]


def drawings() -> list[dict[str, Any]]:
    """Return the records of all shipped drawings."""
    paths = (ROOT / "models/house" / name for name in ("sketchbook.zip", "sketchbook-more.zip"))
    return [record for path in paths for record in json.loads(ZipFile(path).read("index.json"))]


@pytest.mark.slow
def test_bill_covers_every_weight_picture_font_and_drawing(written: dict) -> None:
    works = {each["name"] for each in written["components"] if each["bom-ref"].startswith("work:")}
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    shipped = [path for path in tracked.split("\0") if path.endswith(WORKS) and not path.startswith("tests/")]
    assert len(shipped) > 100
    assert [path for path in shipped if not any(path == work or path.startswith(work) for work in works)] == []


@pytest.mark.slow
def test_bill_tells_the_licence_of_nearly_every_package(written: dict) -> None:
    packages = [each for each in written["components"] if each["type"] == "library"]
    assert sum(bool(each.get("licenses")) for each in packages) > 0.95 * len(packages)


def test_sum_of_a_folder_is_of_names_and_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    one = bill.digest(tmp_path)
    (tmp_path / "a").write_text("2")
    two = bill.digest(tmp_path)
    (tmp_path / "a").rename(tmp_path / "b")
    assert len({one, two, bill.digest(tmp_path)}) == 3
