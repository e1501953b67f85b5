"""What catalogues say of artists: titles, subjects and mediums, whatever the file."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from app.collection.styles.catalogues import Catalogue
from app.core.errors import InvalidInput

WORKS: list[dict[str, Any]] = [
    {"artist": "Ann Sea", "title": "The Wreck of a Ship", "medium": "Oil paint on canvas", "subjects": ["boat, sailing",
     "sea"]},
    {"artist": "Ann Sea", "title": "Untitled", "medium": "Oil paint on canvas. Verso: ink", "subjects": ["sea",
     "man"]},
    {"artist": "ann  sea", "title": "[title not known]", "medium": "", "classification": "painting", "subjects": []},
    {"artist": "Ben Wood", "title": "A Tree, 1901", "medium": "Woodcut on paper", "subjects": ["man", "tree/branch",
     "Wood, Ben", "individuals: male", "palm - non-specific"]},
    {"artist": "British School 17th century", "title": "A Lady", "medium": "Oil", "subjects": ["man"]},
    {"artist": "Ben Wood, Ann Sea", "title": "A Pier", "medium": "Etching", "subjects": []},
    {"artist": "", "title": "Nobody's", "medium": "Oil", "subjects": []},
]  # fmt: skip
CSV = 'Title,Artist,Medium\nA Harbour,Ann Sea,Watercolor on paper\n"A Pier, at Dawn",Ann Sea,Etching\n'


@pytest.fixture
def tate(tmp_path: Path) -> Catalogue:
    path = tmp_path / "works.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join(json.dumps(row) for row in WORKS).encode()))
    return Catalogue(path)


def test_artist_is_found_in_any_case_with_what_the_works_show(tate: Catalogue) -> None:
    ann = tate.artist("ANN SEA")
    assert ann is not None and (ann.name, ann.works) == ("Ann Sea", 3)
    assert ann.titles == ("The Wreck of a Ship",)
    assert ann.mediums == ("oil paint on canvas", "painting")
    assert tate.artist("Ann") is None


def test_subjects_that_tell_artists_apart_come_first(tate: Catalogue) -> None:
    ann = tate.artist("Ann Sea")
    assert ann is not None and ann.subjects == ("sea", "sailing boat", "man")


def test_what_names_a_person_or_sorts_works_is_no_subject(tate: Catalogue) -> None:
    ben = tate.artist("Ben Wood")
    assert ben is not None and set(ben.phrases) == {"man", "tree branch", "palm"}


def test_those_with_most_works_come_without_the_anonymous(tate: Catalogue) -> None:
    assert [artist.name for artist in tate.most_shown(9, least=1)] == ["Ann Sea", "Ben Wood"]
    assert [artist.name for artist in tate.most_shown(9, least=2)] == ["Ann Sea"]


def test_columns_of_another_museum_are_read(tmp_path: Path) -> None:
    (tmp_path / "moma.csv").write_text("\ufeff" + CSV)
    ann = Catalogue(tmp_path / "moma.csv").artist("Ann Sea")
    assert ann is not None and ann.titles == ("A Harbour", "A Pier, at Dawn")
    assert ann.mediums == ("watercolor on paper", "etching")


@pytest.mark.parametrize("data", [b"", b"a,b\n1,2\n", b"{", b"[1]", b"\x1f\x8bx", b'{"artist": 3'])
def test_what_is_no_catalogue_is_refused_by_its_name(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "works").write_bytes(data)
    with pytest.raises(InvalidInput, match="works") as refused:
        Catalogue(tmp_path / "works")
    assert refused.value.errors[0].field == "catalogue"


def test_file_that_is_away_is_said(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be read"):
        Catalogue(tmp_path / "none")
