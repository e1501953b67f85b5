"""Fetching a model from a hub: it is refused before its weights are fetched. The hub is a fake."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import diffusers
import huggingface_hub
import pytest

from app.generation.model_layout import ModelError
from worker.diffusion.fitting import hub


class Hub:
    """A repository; what is fetched of it lies in a folder."""

    def __init__(self, repository: Path, cache: Path) -> None:
        self.repository, self.cache, self.fetched = repository, cache, list[str | None]()

    def small(self, name: str, *, allow_patterns: list[str]) -> str:
        """Fetch files by pattern."""
        if not self.repository.exists():
            raise OSError(f"no {name}")
        self._copy(path for pattern in allow_patterns for path in self.repository.rglob(pattern))
        return str(self.cache)

    def whole(self, *_: str, revision: str, variant: str | None = None, **__: Any) -> str:
        """Fetch weights as diffusers does: those of a variant, or those of none."""
        assert revision == self.cache.name
        self.fetched.append(variant)
        weights = self.repository.rglob("*.safetensors")
        self._copy(path for path in weights if path.stem.endswith(".fp16") is (variant == "fp16"))
        return str(self.cache)

    def _copy(self, paths: Any) -> None:
        for path in paths:
            target = self.cache / path.relative_to(self.repository)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)


@pytest.fixture
def fake(tiny_models: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hub:
    found = Hub(shutil.copytree(tiny_models["sd1"], tmp_path / "repository"), tmp_path / "cache")
    monkeypatch.setattr(huggingface_hub, "snapshot_download", found.small)
    monkeypatch.setattr(diffusers.DiffusionPipeline, "download", found.whole)
    return found


def change(path: Path, **settings: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | settings))


def test_model_is_fetched_whole(fake: Hub) -> None:
    assert hub.download("some/model") == fake.cache
    assert fake.fetched == [None]


@pytest.mark.parametrize(
    ("file", "settings", "flaw"),
    [
        ("model_index.json", {"_class_name": "FluxPipeline"}, "is of the kind FluxPipeline"),
        ("scheduler/scheduler_config.json", {"_class_name": "EDMEulerScheduler"}, "EDMEulerScheduler"),
        ("unet/config.json", {"in_channels": 9}, "another task than painting from words"),
    ],
)
def test_model_of_another_kind_is_refused_before_its_weights_are_fetched(
    fake: Hub, file: str, settings: dict[str, Any], flaw: str
) -> None:
    change(fake.repository / file, **settings)
    with pytest.raises(ModelError, match=flaw):
        hub.download("some/model")
    assert fake.fetched == []
    assert not [*fake.cache.rglob("*.safetensors")]


def test_repository_with_half_precision_alone_gives_that(fake: Hub) -> None:
    for path in fake.repository.rglob("*.safetensors"):
        path.rename(path.with_suffix(".fp16.safetensors"))
    hub.download("some/model")
    assert fake.fetched == [None, "fp16"]
    assert [*fake.cache.rglob("*.fp16.safetensors")]


def test_model_that_cannot_be_fetched_is_refused_by_name(fake: Hub) -> None:
    shutil.rmtree(fake.repository)
    with pytest.raises(ModelError, match="'some/model' is neither a folder nor to be had from the hub"):
        hub.download("some/model")
