"""The lens: latents looked at without the decoder, close enough to pace a film by."""

import itertools

import numpy as np
import pytest
import torch

from tests.support.house import SIZE, scene
from worker.diffusion.latent_preview import LatentPreview
from worker.diffusion.rendering import StopInput
from worker.diffusion.walk_pipeline import WalkPipeline
from worker.film import smoothness_measure
from worker.planning import pacing

pytestmark = pytest.mark.slow


def test_lens_is_fitted_alike_every_time(painters: dict[str, WalkPipeline]) -> None:
    model = painters["sd1"].model
    one, other = LatentPreview.fit(model), LatentPreview.fit(model)
    assert np.array_equal(one.weights, other.weights)
    assert np.isfinite(one.weights).all()


def test_preview_by_torch_is_that_by_numpy(painters: dict[str, WalkPipeline]) -> None:
    lens = painters["sd1"].latent_preview
    latents = torch.randn(3, 4, 16, 24, generator=torch.Generator().manual_seed(1))
    on_device = lens._on_device(latents).clamp(0, 1).numpy()
    assert on_device.shape == (3, 16, 24, 3)
    assert np.allclose(on_device, lens(latents), atol=1e-5)


def test_preview_of_latents_that_overflow_is_not_white(painters: dict[str, WalkPipeline]) -> None:
    latents = torch.full((1, 4, 16, 16), torch.inf)
    assert np.isnan(painters["sd1"].latent_preview(latents)).any()


@pytest.mark.server
def test_lens_sees_what_the_house_model_paints(house: WalkPipeline) -> None:
    """Of finished pictures its thumbnails are these, averaged, and it ranks their differences as the ruler does."""
    names = ["lemon", "red apple", "fox", "sun", "house", "frog"]
    rendering = house.rendering(steps=8, guidance=3.5)
    prepared = house.prepare([StopInput(f"a {name}", "", 11, scene=scene(name)) for name in names], rendering)
    painted = house.paint(prepared, [float(i) for i in range(len(names))], keep=[8])
    thumbnails = [one.thumbnails[8] for one in painted]
    pictures = [one.picture for one in painted if one.picture is not None]
    _, high, wide = house.model.latent_shape
    averaged = [picture.reshape(high, SIZE // high, wide, SIZE // wide, 3).mean((1, 3)) / 255 for picture in pictures]
    errors = [pacing.distance(look, picture) for look, picture in zip(thumbnails, averaged, strict=True)]
    pairs = list(itertools.combinations(range(len(names)), 2))
    seen = [pacing.distance(thumbnails[a], thumbnails[b]) for a, b in pairs]
    read = [smoothness_measure.smoothness([pictures[a], pictures[b]]).steps[0] for a, b in pairs]
    assert max(errors) < 0.5 * min(seen)
    assert np.corrcoef(seen, read)[0, 1] > 0.9
