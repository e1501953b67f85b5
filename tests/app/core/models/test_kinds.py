"""What is fixed for each kind of pipeline, held against the sources of diffusers; kinds that are not painted with."""

import ast
import importlib.util
from pathlib import Path
from typing import Any

import pytest

from app.core.models import folder, kinds
from app.core.models.errors import ModelError
from app.core.models.kinds import Kind

DIFFUSERS = Path((importlib.util.find_spec("diffusers") or pytest.fail()).origin or "").parent
SOURCES = {
    "sd3": "stable_diffusion_3/pipeline_stable_diffusion_3.py",
    "flux1": "flux/pipeline_flux.py",
    "z_image": "z_image/pipeline_z_image.py",
    "flux2": "flux2/pipeline_flux2_klein.py",
}
FLOW = [kind for kind in kinds.EVERY if kind.is_flow]


def arguments(kind: Kind) -> dict[str, str]:
    """Return the parts that a pipeline of diffusers is made of, with the classes that its source names."""
    module = ast.parse((DIFFUSERS / "pipelines" / SOURCES[kind.family]).read_text("utf-8"))
    of_kind = next(node for node in module.body if isinstance(node, ast.ClassDef) and node.name == kind.pipeline)
    made = next(node for node in of_kind.body if isinstance(node, ast.FunctionDef) and node.name == "__init__")
    return {each.arg: ast.unparse(each.annotation) for each in made.args.args if each.annotation}


@pytest.mark.parametrize("kind", FLOW, ids=lambda kind: kind.family)
def test_parts_and_classes_are_those_of_the_pipeline(kind: Kind) -> None:
    named = arguments(kind)
    assert {*kind.encoders, *kind.tokenizers, kind.network, "vae", "scheduler"} == {
        part for part in named if part not in folder.OPTIONAL and part != "is_distilled"
    }
    assert named["scheduler"] in kind.schedulers
    assert named["vae"] in kind.vae_classes and named[kind.network] in kind.network_classes
    for part, classes in kind.encoders.items():
        assert named[part] in (*classes, "PreTrainedModel")


@pytest.mark.parametrize("kind", FLOW, ids=lambda kind: kind.family)
def test_marks_are_settings_that_the_sources_know(kind: Kind) -> None:
    marks = [*kind.distilled, *([kind.embedded] if kind.embedded else []), *(m for k in kind.known for m in k.marks)]
    texts = {
        "index": (DIFFUSERS / "pipelines" / SOURCES[kind.family]).read_text("utf-8"),
        "scheduler": (DIFFUSERS / "schedulers" / "scheduling_flow_match_euler_discrete.py").read_text("utf-8"),
        "network": "".join(
            path.read_text("utf-8")
            for path in (DIFFUSERS / "models" / "transformers").glob("*.py")
            if f"class {kind.network_classes[0]}(" in path.read_text("utf-8")
        ),
    }
    for config, key, _ in marks:
        assert f"        {key}: " in texts[config]


def test_each_kind_has_a_name_of_its_own() -> None:
    assert len({kind.pipeline for kind in kinds.EVERY}) == len({kind.family for kind in kinds.EVERY})
    assert [kinds.find(kind.pipeline) for kind in kinds.EVERY] == list(kinds.EVERY)
    assert kinds.find(None) is None and kinds.find(["FluxPipeline"]) is None


@pytest.mark.parametrize(
    ("pipeline", "sentence"),
    [
        ("QwenImagePipeline", "The model some/model is Qwen-Image; this program paints with Stable Diffusion, "),
        ("Flux2Pipeline", "The model some/model is FLUX.2 [dev]; this program paints with Stable Diffusion, "),
        ("SanaSprintPipeline", "The model some/model is Sana; this program paints with "),
        ("PixArtSigmaPipeline", "The model some/model is PixArt; "),
        ("Lumina2Pipeline", "The model some/model is Lumina; "),
        ("ChromaPipeline", "The model some/model is Chroma; "),
        ("HunyuanDiTPipeline", "The model some/model is HunyuanDiT; "),
        ("AuraFlowPipeline", "The model some/model is AuraFlow; "),
        ("KolorsPipeline", "The model some/model is Kolors; "),
        ("HiDreamImagePipeline", "The model some/model is HiDream; "),
        ("CogView4Pipeline", "The model some/model is CogView; "),
        ("FluxFillPipeline", "some/model is of the kind FluxFillPipeline, which is made for inpainting, not for"),
        ("FluxKontextPipeline", "is of the kind FluxKontextPipeline, which is made for changing pictures, not for"),
        ("FluxControlPipeline", "FluxControlPipeline, which is made for pictures that another picture guides, not"),
        ("Flux2KleinKVPipeline", "Flux2KleinKVPipeline, which is made for changing pictures, not for painting from"),
        ("ZImageInpaintPipeline", "ZImageInpaintPipeline, which is made for inpainting, not for painting from words."),
        ("StableDiffusion3Img2ImgPipeline", "which is made for changing pictures, not for painting from words."),
        ("FluxNewPipeline", "is of the kind FluxNewPipeline; this program paints with StableDiffusionPipeline, "),
        (None, "is of the kind None; this program paints with StableDiffusionPipeline, "),
    ],
)
def test_other_kinds_are_refused_by_name(pipeline: Any, sentence: str) -> None:
    with pytest.raises(ModelError) as refused:
        folder.inspect_index({"_class_name": pipeline}, "some/model")
    assert sentence in str(refused.value)
