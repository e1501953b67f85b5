"""Models from a hub, in the layouts in which repositories have them: fetched, loaded and painted with."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.support import hub_server
from tests.support.halves import halved
from tests.support.hub_server import COMMIT, EARLIER, Hub
from worker.diffusion import tuning
from worker.diffusion.model import Model, ModelError
from worker.diffusion.rendering import StopInput
from worker.diffusion.walk_pipeline import WalkPipeline

pytestmark = pytest.mark.slow


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with hub_server.serve() as found:
        hub_server.ask_it(found, monkeypatch)
        yield found


def paints(model: Model) -> bool:
    painter = WalkPipeline(model, tuning.Setting("float32", "contiguous", 1, 2))
    rendering = painter.rendering(steps=2, guidance=2.0)
    prepared = painter.prepare([StopInput("a bear", "", 7), StopInput("a lemon", "", 7)], rendering)
    return all(one.picture is not None and np.ptp(one.picture) > 0 for one in painter.paint(prepared, [0.0]))


@pytest.mark.parametrize("shards", [0, 1, 2])
@pytest.mark.parametrize("kind", ["sd1", "sdxl"])
def test_repository_is_fetched_and_painted_with(
    server: Hub, tiny_models: dict[str, Path], tmp_path: Path, kind: str, shards: int
) -> None:
    """Without shards the repository has full precision beside half, of which the first is taken."""
    source = shutil.copytree(tiny_models[kind], tmp_path / "full")
    if shards:
        source = halved(source, tmp_path / "half", shards=shards)
    else:
        for path in [*source.rglob("*.safetensors")]:
            shutil.copy(path, path.with_suffix(".fp16.safetensors"))
    server.add("tiny/walker", source)
    model = Model.load("tiny/walker", device="cpu", cache=str(tmp_path / "cache"))
    assert (model.name, model.revision) == ("tiny/walker", COMMIT[:12])
    assert paints(model)
    assert any(".fp16" in path for path in server.weights_asked_for()) == bool(shards)


def test_revision_of_a_name_is_the_models(server: Hub, tiny_models: dict[str, Path], tmp_path: Path) -> None:
    server.add("tiny/walker", tiny_models["sd1"], commit=EARLIER)
    model = Model.load(f"tiny/walker@{EARLIER}", device="cpu", cache=str(tmp_path / "cache"))
    assert (model.name, model.revision) == ("tiny/walker", EARLIER[:12])
    with pytest.raises(ModelError, match="tiny/walker has no revision main"):
        Model.load("tiny/walker", device="cpu", cache=str(tmp_path / "cache"))
