"""What the site says of flow models without loading them, held to the models as a worker loads them."""

from pathlib import Path

import pytest

from app.core.models import facts, folder
from app.offer.generation import presets
from tests.support import tiny_flow
from worker.diffusion.model import Model

pytestmark = pytest.mark.slow

NAMES = ("schnell", "dev", "sd3", "sd3-no-t5", "z-image", "klein")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return tiny_flow.save(tmp_path_factory.mktemp("tiny"), *NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_size_and_guidance_are_those_of_the_loaded_model(folders: dict[str, Path], name: str) -> None:
    path = folders[name]
    folder.inspect(path)
    known, model = facts.load_facts(str(path)), Model.load(str(path), device="cpu")
    assert model.size == (known.size, known.size)
    assert not known.embeds_guidance or not model.is_guided
    assert model.is_guided or known.embeds_guidance or not known.takes_guidance
    assert model.is_guided or not known.has_negatives
    for preset in presets.NAMES:
        sampling = presets.resolve(preset, known)
        scheduler, steps = sampling["scheduler"], sampling["steps"]
        assert len(model.solver(scheduler, steps).timesteps) == steps
        assert sampling["guided"] == [0, steps] or not known.takes_guidance or known.embeds_guidance
