"""Fixtures of the worker's tests: tiny models, what paints with them, and the house model."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from flask import Flask
from numpy.typing import NDArray

from app.storage.walk_models import Walk
from tests.conftest import Maker
from tests.support import led, tiny, tiny_flow
from tests.support.fake_painter import FakePainter
from tests.support.house import FACTS, HOUSE
from tests.support.worker_rows import read
from worker import job
from worker.diffusion import tuning
from worker.diffusion.model import Model
from worker.diffusion.walk_pipeline import WalkPipeline
from worker.process.worker import Worker


@pytest.fixture(autouse=True)
def one_setting_of_torch() -> Iterator[None]:
    """Give the process its number of threads back: painting sets it."""
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def tiny_models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Save tiny pipelines like Stable Diffusion 1, 2 and XL, LCM, XL Turbo, and the house model."""
    return tiny.save(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="session")
def models(tiny_models: dict[str, Path]) -> dict[str, Model]:
    """Load each tiny model once."""
    return {name: Model.load(str(folder), device="cpu") for name, folder in tiny_models.items()}


@pytest.fixture(scope="session")
def painters(models: dict[str, Model]) -> dict[str, WalkPipeline]:
    """Give each tiny model a painter; who paints with the one like the house model measures this machine with it."""
    settings = {name: None if name == "bert" else tuning.fallback() for name in models}
    return {name: WalkPipeline(model, settings[name]) for name, model in models.items()}


@pytest.fixture
def bert(painters: dict[str, WalkPipeline]) -> WalkPipeline:
    """Return the painter of the tiny model like the house model."""
    return painters["bert"]


@pytest.fixture
def sd1(painters: dict[str, WalkPipeline]) -> WalkPipeline:
    """Return the painter of the tiny model like Stable Diffusion 1."""
    return painters["sd1"]


@pytest.fixture(scope="session")
def flow_models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Save tiny pipelines of the rectified-flow families, and a klein that is not distilled."""
    folders = tiny_flow.save(tmp_path_factory.mktemp("flow"))
    base = folders["klein"].with_name("klein-base")
    shutil.copytree(folders["klein"], base)
    for file, value in (("model_index.json", {"is_distilled": False}), ("house.json", {"name": base.name})):
        (base / file).write_text(json.dumps(json.loads((base / file).read_text()) | value))
    return folders | {base.name: base}


@pytest.fixture(scope="session")
def flow_painters(flow_models: dict[str, Path]) -> dict[str, WalkPipeline]:
    """Give each of them a painter in float32, on one thread."""
    setting = tuning.Setting("float32", "contiguous", threads=1, batch=4)
    return {name: WalkPipeline(Model.load(str(folder), device="cpu"), setting) for name, folder in flow_models.items()}


@pytest.fixture(scope="session")
def house() -> WalkPipeline:
    """Load the house model once; nothing is measured with it."""
    return WalkPipeline(Model.load(str(HOUSE), device="cpu"), tuning.fallback())


@pytest.fixture
def words_alone(app: Flask, tmp_path: Path) -> None:
    """Offer a model that is led by words alone, in the site's own presets: the fake painter's."""
    facts = {name: fact for name, fact in FACTS.items() if name not in ("presets", "unnamed")}
    facts |= {"name": FakePainter.name}
    app.config["MODEL"] = str(led.lay_out_words_alone(tmp_path / "words", **facts))
    app.config["CACHE"] = False  # the same is painted twice, to be compared


@pytest.fixture
def painter(app: Flask, words_alone: None) -> FakePainter:
    """Start a fake painter, of a model that is led by words alone."""
    fake = FakePainter()
    Worker(app, fake)  # type: ignore[arg-type]
    return fake


@pytest.fixture
def generated(painter: FakePainter, request_walk: Maker) -> Maker:
    """Return a function that requests a walk, lets the worker do all tasks that wait, and returns the walk's row."""

    def make(*prompts: str, **fields: Any) -> Walk:
        walk = request_walk(*prompts, **fields)
        job.work()
        return read(walk.id)

    return make


@pytest.fixture
def beside_writers(app: Flask, painter: FakePainter) -> FakePainter:
    """Write what the fake painter paints by two threads, as beside a GPU."""
    Worker(app, painter, writers=2)  # type: ignore[arg-type]
    return painter


@pytest.fixture
def film() -> list[NDArray[np.uint8]]:
    """Draw 12 frames of 40 x 56 in which a disc of changing colour crosses a shaded ground."""
    y, x = np.mgrid[:40, :56]
    frames = []
    for i in range(12):
        frame = np.stack([x * 4, y * 5, np.full_like(x, 6 * i)], axis=-1).astype(np.uint8)
        frame[(x - 4 * i - 4) ** 2 + (y - 20) ** 2 < 60] = (250 - 20 * i, 10 * i, 40)
        frames.append(frame)
    return frames
