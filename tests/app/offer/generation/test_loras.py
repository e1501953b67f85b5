"""Which LoRA files are offered for which models, by family and by the width of text states."""

from pathlib import Path

import pytest
from flask import Flask

from app.core.models import facts
from app.core.models.kinds import EVERY
from app.offer.generation import adapters, loras
from app.offer.generation.loras import Lora
from app.offer.generation.offers import Offer
from tests.support import flow_folders, lora_entries


def lora(family: str, width: int | None) -> Lora:
    return Lora("ink", "Ink", "0" * 32, "", "", family, width, 4, 100, Path("ink.safetensors"))


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("models")
    found = {family: flow_folders.lay_out(folder / family, family) for family in flow_folders.INDICES}
    return found | {"sd": lora_entries.lay_out(folder / "sd")}


def fitting(models: dict[str, Path], each: Lora) -> set[str]:
    return {family for family, path in models.items() if each.fits(facts.load_facts(str(path)))}


@pytest.mark.parametrize(
    ("family", "width", "fits"),
    [
        ("Stable Diffusion 1.x", 768, {"sd"}),
        ("Stable Diffusion 1.x", None, {"sd"}),
        ("Stable Diffusion XL", 2048, set()),
        ("Stable Diffusion XL", None, set()),
        ("", None, {"sd"}),
        ("FLUX.1", None, {"flux1"}),
        ("FLUX.1", 4096, {"flux1"}),
        ("Stable Diffusion 3", 4096, {"sd3"}),
        ("Z-Image", None, {"z_image"}),
        ("FLUX.2", 7680, {"flux2"}),
        ("FLUX.2", 12288, set()),
    ],
)
def test_lora_fits_models_of_a_family(models: dict[str, Path], family: str, width: int | None, fits: set[str]) -> None:
    assert fitting(models, lora(family, width)) == fits


def test_lora_may_fit_a_model_that_is_not_downloaded_yet(tmp_path: Path) -> None:
    unknown = facts.load_facts("some/model", str(tmp_path))
    assert all(lora(family, None).fits(unknown) for family in ("FLUX.1", "Stable Diffusion XL", ""))


def test_each_flow_family_has_a_name_for_its_loras() -> None:
    assert set(loras.lora_file.FLOW_FAMILIES) == {kind.family for kind in EVERY if kind.is_flow}


def test_stable_diffusion_lora_is_not_offered_for_a_flow_model(app: Flask, models: dict[str, Path]) -> None:
    lora_entries.enter("ink")
    assert [each.name for each in Offer.load(str(models["sd"])).loras] == ["ink"]
    assert Offer.load(str(models["flux1"])).loras == ()


def test_adapters_are_of_the_weights_of_a_transformer_too(app: Flask, tmp_path: Path) -> None:
    path = flow_folders.lay_out(tmp_path / "model", "sd3")
    known = adapters.fingerprint(path)
    for part in ("transformer", "text_encoder_3"):
        weights = path / part / "model.safetensors"
        weights.write_bytes(weights.read_bytes()[:-1] + b"\1")
        assert adapters.fingerprint(path) != known
        known = adapters.fingerprint(path)
