"""The licence of a model, read from the head of its card."""

from pathlib import Path

import pytest

from app.core.models import facts, licence
from tests.support.model_folders import lay_out


@pytest.mark.parametrize(
    ("card", "named"),
    [
        ("---\nlicense: creativeml-openrail-m\ntags:\n- a\n---\n# Model\nlicense: mit\n", "creativeml-openrail-m"),
        (
            "---\nlicense: other\nlicense_name: flux-1-dev-non-commercial-license\n---\n",
            "flux-1-dev-non-commercial-license",
        ),
        ("---\r\nlicense: 'openrail++'\r\n---\r\n", "openrail++"),
        ("---\nlicense: other\n---\n", "other"),
        ("---\ntags:\n- license: mit\n---\n", ""),
        ("# Model\nlicense: mit\n", ""),
        ("", ""),
    ],
)
def test_licence_is_read_from_the_head_of_a_card(tmp_path: Path, card: str, named: str) -> None:
    (tmp_path / "README.md").write_bytes(card.encode())
    assert licence.from_card(tmp_path) == named


def test_licence_in_house_json_wins_over_the_card(tmp_path: Path) -> None:
    one, other = lay_out(tmp_path / "one"), lay_out(tmp_path / "other")
    for folder in (one, other):
        (folder / "README.md").write_text("---\nlicense: mit\n---\n")
    (other / "house.json").write_text('{"licence": "ours"}')
    assert [facts.load_facts(str(folder)).licence for folder in (one, other)] == ["mit", "ours"]
    assert facts.load_facts(str(lay_out(tmp_path / "third"))).licence == ""
