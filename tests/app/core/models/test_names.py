"""How settings name models."""

from pathlib import Path

import pytest

from app.core.models import cache, names
from app.core.models.errors import ModelError

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("setting", "repository", "revision"),
    [
        ("stabilityai/sdxl-turbo", "stabilityai/sdxl-turbo", ""),
        ("stabilityai/sdxl-turbo@main", "stabilityai/sdxl-turbo", "main"),
        ("a_b/c.d@refs/pr/5", "a_b/c.d", "refs/pr/5"),
        (f"a/b@{COMMIT}", "a/b", COMMIT),
    ],
)
def test_name_on_the_hub_may_end_in_a_revision(setting: str, repository: str, revision: str) -> None:
    found = names.parse(setting)
    assert (found.path, found.repository, found.revision, found.is_file) == (None, repository, revision, False)


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("a/b@", "is neither a folder nor a name on the Hugging Face hub"),
        ("a@main", "is neither a folder nor a name on the Hugging Face hub"),
        ("a/b@../../etc", "is neither a folder nor a name on the Hugging Face hub"),
        ("models/gone.safetensors", "The model file models/gone.safetensors is missing."),
        ("/srv/gone", "The model folder /srv/gone is missing."),
    ],
)
def test_what_is_no_name_is_refused(setting: str, said: str) -> None:
    with pytest.raises(ModelError) as refused:
        names.parse(setting)
    assert said in str(refused.value)


def test_home_folder_is_expanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "a.safetensors").write_bytes(b"")
    found = names.parse("~/a.safetensors")
    assert found.path == tmp_path / "a.safetensors" and found.is_file
    assert cache.folder("~/hub") == tmp_path / "hub"
    with pytest.raises(ModelError, match=r"The model folder .+/gone is missing"):
        names.parse("~/gone")


@pytest.mark.parametrize(
    ("variables", "place"),
    [
        ({"HF_HUB_CACHE": "/a"}, "/a"),
        ({"HF_HOME": "/b"}, "/b/hub"),
        ({"XDG_CACHE_HOME": "/c"}, "/c/huggingface/hub"),
        ({"HF_HUB_CACHE": " ", "HF_HOME": "/b\r", "XDG_CACHE_HOME": ""}, "/b/hub"),
    ],
)
def test_cache_is_the_hubs_by_default(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], place: str) -> None:
    for name in ("HF_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert cache.folder("") == Path(place)
    assert cache.folder("/mine") == Path("/mine")


def test_revision_is_found_by_its_commit_branch_or_tag(tmp_path: Path) -> None:
    place = tmp_path / "models--a--b"
    (place / "snapshots" / COMMIT).mkdir(parents=True)
    (place / "refs").mkdir()
    (place / "refs" / "v1").write_text(COMMIT)
    for revision, is_here in (("v1", True), (COMMIT, True), ("", False), ("v2", False)):
        name = names.ModelName("a/b", repository="a/b", revision=revision)
        assert (cache.snapshot(name, str(tmp_path)) is not None) == is_here
