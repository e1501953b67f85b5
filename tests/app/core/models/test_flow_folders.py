"""Folders of the flow families: whole, or the message names what is missing; and their facts."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from app.core.models import facts, folder, hub, states
from app.core.models.errors import ModelError
from tests.support import flow_folders
from tests.support.flow_folders import lay_out

FAMILIES = [*flow_folders.INDICES]
NOWHERE = [None, None]


def refusal(path: Path) -> str:
    with pytest.raises(ModelError) as refused:
        folder.inspect(path)
    assert "\n" not in str(refused.value)
    return str(refused.value)


@pytest.mark.parametrize("family", FAMILIES)
def test_whole_folder_is_of_its_kind(tmp_path: Path, family: str) -> None:
    path = lay_out(tmp_path / "model", family)
    assert folder.inspect(path) == flow_folders.INDICES[family]["_class_name"]
    assert states.examine(str(path)).size == sum(each.stat().st_size for each in path.rglob("*.safetensors"))


@pytest.mark.parametrize("family", FAMILIES)
def test_each_part_that_is_missing_is_named(tmp_path: Path, family: str) -> None:
    path = lay_out(tmp_path / "model", family)
    for part in (name for name, entry in flow_folders.INDICES[family].items() if isinstance(entry, list)):
        shutil.move(path / part, tmp_path / "aside")
        name = folder.CONFIGS.get(part, "config.json")
        assert refusal(path) == f"The model file {path / part / name} is missing."
        shutil.move(tmp_path / "aside", path / part)
    for weights in path.rglob("*.safetensors"):
        weights.rename(tmp_path / "aside")
        assert refusal(path) == f"The model file {weights.parent}/*.safetensors is missing."
        (tmp_path / "aside").rename(weights)


@pytest.mark.parametrize(
    ("family", "part", "sentence"),
    [
        ("flux1", "vae", "has no VAE, which FLUX.1 needs."),
        ("flux1", "text_encoder_2", "has no text encoder 2, which FLUX.1 needs."),
        ("flux1", "tokenizer_2", "has no tokenizer 2, which FLUX.1 needs."),
        ("sd3", "text_encoder_2", "has no text encoder 2, which Stable Diffusion 3 needs."),
        ("sd3", "tokenizer_3", "has no tokenizer 3, which Stable Diffusion 3 needs."),
        ("z_image", "text_encoder", "has no text encoder, which Z-Image needs."),
        ("flux2", "transformer", "has no transformer, which FLUX.2 klein needs."),
    ],
)
@pytest.mark.parametrize("entry", [NOWHERE, None])
def test_part_missing_in_index_is_named(tmp_path: Path, family: str, part: str, sentence: str, entry: object) -> None:
    path = lay_out(tmp_path / "model", family, index={part: entry})
    assert refusal(path) == f"The model {path} {sentence}"


def test_stable_diffusion_3_may_be_without_t5(tmp_path: Path) -> None:
    path = lay_out(tmp_path / "model", "sd3", index={"text_encoder_3": NOWHERE, "tokenizer_3": NOWHERE})
    assert folder.inspect(path) == "StableDiffusion3Pipeline"
    assert "text_encoder_3" not in {part.name for part in folder.parts(path)}


@pytest.mark.parametrize(
    ("family", "config", "values", "sentence"),
    [
        ("flux1", "transformer", {"in_channels": 384}, "takes 384 channels, where latents have 64: .* inpainting"),
        ("flux1", "transformer", {"out_channels": 16}, "another task than painting from words"),
        (
            "sd3",
            "transformer",
            {"_class_name": "UNet2DConditionModel"},
            "this program paints with SD3Transformer2DModel",
        ),
        (
            "flux2",
            "vae",
            {"_class_name": "AutoencoderKL"},
            "AutoencoderKL; this program paints with AutoencoderKLFlux2",
        ),
        ("z_image", "scheduler", {"_class_name": "EulerDiscreteScheduler"}, "paints with FlowMatchEulerDiscreteSch"),
        ("z_image", "scheduler", {"stochastic_sampling": True}, "sets stochastic_sampling to true; this program knows"),
    ],
)
def test_part_of_another_make_is_refused(
    tmp_path: Path, family: str, config: str, values: dict[str, Any], sentence: str
) -> None:
    path = lay_out(tmp_path / "model", family)
    file = path / config / folder.CONFIGS.get(config, "config.json")
    file.write_text(json.dumps(json.loads(file.read_text()) | values))
    with pytest.raises(ModelError, match=sentence):
        folder.inspect(path)


def test_text_encoder_of_another_class_is_refused(tmp_path: Path) -> None:
    path = lay_out(tmp_path / "model", "flux1", index={"text_encoder_2": ["transformers", "UMT5EncoderModel"]})
    assert refusal(path).endswith(
        "/text_encoder_2 is of the class UMT5EncoderModel; this program paints with T5EncoderModel."
    )


@pytest.mark.parametrize(
    ("family", "file", "sentence"),
    [
        ("flux1", "tokenizer_2/spiece.model", "tokenizer_2/tokenizer.json is missing, and so is spiece.model."),
        ("flux1", "tokenizer/merges.txt", "tokenizer/tokenizer.json is missing, and so are vocab.json and merges.txt."),
        (
            "z_image",
            "tokenizer/vocab.json",
            "tokenizer/tokenizer.json is missing, and so are vocab.json and merges.txt.",
        ),
        ("flux2", "tokenizer/chat_template.jinja", "is missing, and tokenizer_config.json holds no chat_template."),
    ],
)
def test_missing_vocabulary_or_template_is_named(tmp_path: Path, family: str, file: str, sentence: str) -> None:
    path = lay_out(tmp_path / "model", family)
    (path / file).unlink()
    assert refusal(path).endswith(sentence)


def test_template_may_stand_in_the_tokenizers_settings(tmp_path: Path) -> None:
    path = lay_out(tmp_path / "model", "z_image")
    (path / "tokenizer" / "chat_template.jinja").unlink()
    (path / "tokenizer" / "tokenizer_config.json").write_text('{"chat_template": "{{ messages }}"}')
    assert folder.inspect(path) == "ZImagePipeline"


@pytest.mark.parametrize("size", [1000, 8, "large", True])
def test_size_that_latents_do_not_have_is_refused(tmp_path: Path, size: object) -> None:
    path = lay_out(tmp_path / "model", "flux1", house={"size": size})
    sentence = f"{path}/house.json sets size to {json.dumps(size)}; this program knows multiples of 16."
    assert refusal(path) == sentence


DEV = {"guidance_embeds": True}
MEDIUM = {"dual_attention_layers": [0, 1, 2]}


@pytest.mark.parametrize(
    ("name", "family", "changes", "few_step", "embeds", "takes", "negatives", "steps", "guidance"),
    [
        ("schnell", "flux1", {}, True, False, False, False, 4, 1.0),
        ("dev", "flux1", {"network": DEV}, False, True, True, False, 28, 3.5),
        ("dev-turbo", "flux1", {"network": DEV}, True, True, True, False, 4, 3.5),
        ("sd35-large", "sd3", {}, False, False, True, True, 28, 3.5),
        ("sd35-medium", "sd3", {"network": MEDIUM}, False, False, True, True, 40, 4.5),
        ("sd3-medium", "sd3", {"network": {"qk_norm": None}}, False, False, True, True, 28, 7.0),
        ("sd35-large-turbo", "sd3", {}, True, False, False, False, 4, 1.0),
        ("mine", "z_image", {}, True, False, False, False, 8, 1.0),
        ("mine", "z_image", {"scheduler": {"shift": 6.0}}, False, False, True, True, 50, 4.0),
        ("mine", "z_image", {"house": {"few_step": False}}, False, False, True, True, 50, 4.0),
        ("klein", "flux2", {}, True, False, False, False, 4, 1.0),
        ("klein-base", "flux2", {"index": {"is_distilled": False}}, False, False, True, False, 50, 4.0),
        ("turbot", "flux2", {"index": {"is_distilled": False}}, False, False, True, False, 50, 4.0),
    ],
)
def test_facts_say_how_a_model_is_painted_with(
    tmp_path: Path, name: str, family: str, changes: dict[str, Any], few_step: bool, embeds: bool, takes: bool,
    negatives: bool, steps: int, guidance: float,
) -> None:  # fmt: skip
    known = facts.load_facts(str(lay_out(tmp_path / name, family, **changes)))
    traits = (known.few_step, known.embeds_guidance, known.takes_guidance, known.has_negatives)
    assert traits == (few_step, embeds, takes, negatives)
    assert (known.usual_steps, known.usual_guidance) == (steps, guidance)
    assert (known.family, known.scheduler) == (family, "FlowMatchEulerDiscreteScheduler")
    assert known.steps_max is None


@pytest.mark.parametrize(
    ("family", "changes", "sizes"),
    [
        ("flux1", {}, [1024]),
        ("flux1", {"house": {"size": 512, "sizes": [1024, 1300]}}, [512, 1024]),
        ("sd3", {"network": {"sample_size": 64}}, [512]),
        ("z_image", {}, [1024]),
        ("flux2", {}, [1024]),
    ],
)
def test_size_is_the_familys_by_default(tmp_path: Path, family: str, changes: dict[str, Any], sizes: list[int]) -> None:
    known = facts.load_facts(str(lay_out(tmp_path / "model", family, **changes)))
    assert (known.size, known.sizes) == (sizes[0], tuple(sizes))


def test_facts_have_the_kinds_title_and_the_width_of_its_texts(tmp_path: Path) -> None:
    paths = {family: lay_out(tmp_path / family, family) for family in FAMILIES}
    titles = {family: facts.kind_title(path) for family, path in paths.items()}
    assert titles == {
        "flux1": "FLUX.1", "sd3": "Stable Diffusion 3", "z_image": "Z-Image", "flux2": "FLUX.2 klein",
    }  # fmt: skip
    widths = {family: facts.load_facts(str(path)).width for family, path in paths.items()}
    assert widths == {"flux1": 4096, "sd3": 4096, "z_image": 2560, "flux2": 7680}


@pytest.mark.parametrize("family", FAMILIES)
def test_small_files_hold_all_but_the_weights(tmp_path: Path, family: str) -> None:
    path = lay_out(tmp_path / "model", family)
    others = {"README.md": 9, "flux1-schnell.safetensors": 10**10, "schnell_grid.jpeg": 9, "transformer/notes.md": 1}
    files = {each.relative_to(path).as_posix(): each.stat().st_size for each in path.rglob("*") if each.is_file()}
    small = hub._small(files | others, folder.read_json(path / "model_index.json"))
    assert {*small} == {name for name in files if not name.endswith("safetensors")} - {"model_index.json"} | {
        "README.md"
    }
