"""The built-in model's text encoder, compared with transformers' own."""

import hashlib
from pathlib import Path

import diffusers
import pytest
import torch
from safetensors.torch import save_file

from app.core.config import ROOT
from worker.diffusion import families, solvers
from worker.networks import bert, encoder_adapters
from worker.networks.adapters import AdapterFile
from worker.networks.lora_tensors import LoraFormat

HOUSE = ROOT / "models/house"
NOT_LOADED = {"unet": None, "vae": None, "safety_checker": None, "feature_extractor": None, "image_encoder": None}
PROMPTS = ("a fox", "", "A Café — naïve 狐, quux zyzzyva", "very " * 60, "fox " * 30, "[SEP] a [MASK]")


def pipeline() -> bert.TextPipeline:
    encoder, info = bert.Bert.from_pretrained(str(HOUSE / "text_encoder"), dtype=torch.float32)
    assert not any(info.values())
    return bert.TextPipeline(bert.BertTokenizer(HOUSE / "tokenizer"), encoder, solvers.of_folder(HOUSE))


@pytest.mark.slow
def test_prompts_are_encoded_as_by_transformers_to_the_bit() -> None:
    theirs = diffusers.StableDiffusionPipeline.from_pretrained(
        str(HOUSE), local_files_only=True, requires_safety_checker=False, **NOT_LOADED
    )
    ours = pipeline()
    cpu = torch.device("cpu")
    with torch.inference_mode():
        for prompt in PROMPTS:
            expected = theirs.encode_prompt(prompt, cpu, 1, True, "blurry")
            assert all(map(torch.equal, expected, ours.encode_prompt(prompt, cpu, "blurry")))
            assert ours.tokenizer(prompt).input_ids == theirs.tokenizer(prompt).input_ids
            assert ours.tokenizer.tokenize(prompt) == theirs.tokenizer.tokenize(prompt)
        assert ours.text_encoder is not None
        ids, mask = ours.tokenizer.padded("a fox")
        adaptable = ours.text_encoder.with_transformers()
        assert torch.equal(adaptable(ids, attention_mask=mask)[0], ours.text_encoder(ids, mask)[0])
    assert ours.tokenizer.model_max_length == theirs.tokenizer.model_max_length
    assert dict(ours.scheduler.config) == dict(theirs.scheduler.config)


def test_only_the_configuration_that_is_known_fits(tmp_path: Path) -> None:
    assert bert.fits(HOUSE)
    for part in ("model_index.json", "text_encoder/config.json"):
        (tmp_path / part).parent.mkdir(exist_ok=True)
        (tmp_path / part).write_bytes((HOUSE / part).read_bytes())
    assert not bert.fits(tmp_path)  # the weights are missing
    for part in ("text_encoder/model.safetensors", "tokenizer/tokenizer.json"):
        (tmp_path / part).parent.mkdir(exist_ok=True)
        (tmp_path / part).touch()
    assert bert.fits(tmp_path)
    config = tmp_path / "text_encoder/config.json"
    config.write_text(config.read_text("utf-8").replace('"gelu"', '"relu"'), "utf-8")
    assert not bert.fits(tmp_path)


@pytest.mark.slow
def test_lora_of_the_text_encoder_changes_it_as_transformers_own_until_it_is_removed(tmp_path: Path) -> None:
    ours = pipeline()
    theirs = diffusers.StableDiffusionPipeline.from_pretrained(
        str(HOUSE), local_files_only=True, requires_safety_checker=False, **NOT_LOADED
    )
    width, rng = ours.text_encoder.config.hidden_size, torch.Generator().manual_seed(1)
    layer = "text_encoder.encoder.layer.0.attention.self.query"
    tensors = {
        f"{layer}.lora_A.weight": torch.randn((4, width), generator=rng) * 0.2,
        f"{layer}.lora_B.weight": torch.randn((width, 4), generator=rng) * 0.2,
    }
    path = tmp_path / "texts.safetensors"
    save_file(tensors, path)
    file = AdapterFile(hashlib.sha256(path.read_bytes()).hexdigest()[:12], path)
    family = families.find_family("StableDiffusionPipeline")
    lora_format = LoraFormat(family.lora_loader, family.part, family.lora_encoders)
    cpu = torch.device("cpu")
    with torch.inference_mode():
        plain = ours.encode_prompt("a fox", cpu, "")[0]
        with encoder_adapters.applied(theirs, {file: 1.0}, lora_format):
            expected = theirs.encode_prompt("a fox", cpu, 1, True, "")[0]
        with encoder_adapters.applied(ours, {file: 1.0}, lora_format):
            changed = ours.encode_prompt("a fox", cpu, "")[0]
        assert torch.equal(changed, expected)
        assert not torch.equal(changed, plain)
        assert torch.equal(ours.encode_prompt("a fox", cpu, "")[0], plain)
