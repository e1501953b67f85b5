"""What a LoRA's header says of it: its layout, its family, its rank, the words that it was trained with."""

import json
import struct
from math import prod
from pathlib import Path

import pytest

from app.offer.generation import lora_file
from app.offer.generation.lora_file import LoraError

UNET = "down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k"


def pair(name: str, width: int, *, rank: int = 8, ends: tuple[str, str] = ("lora_A", "lora_B")) -> dict[str, list[int]]:
    return {f"{name}.{ends[0]}.weight": [rank, width], f"{name}.{ends[1]}.weight": [320, rank]}


def kohya(width: int, part: str = "lora_unet") -> dict[str, list[int]]:
    return pair(f"{part}_{UNET.replace('.', '_')}", width, ends=("lora_down", "lora_up"))


def write(path: Path, shapes: dict[str, list[int]], metadata: dict[str, str] | None = None) -> Path:
    header: dict[str, object] = {"__metadata__": metadata or {}}
    end = 0
    for name, shape in shapes.items():
        begin, end = end, end + 4 * prod(shape)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [begin, end]}
    written = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(written)) + written + bytes(end))
    return path


@pytest.mark.parametrize(("width", "family"), lora_file.FAMILIES.items())
@pytest.mark.parametrize(
    ("layout", "prefix"), [("kohya", ""), ("diffusers", "unet."), ("peft", "base_model.model."), ("bare", "")]
)
def test_family_follows_from_the_width(tmp_path: Path, width: int, family: str, layout: str, prefix: str) -> None:
    shapes = kohya(width) if layout == "kohya" else pair(prefix + UNET, width)
    found = lora_file.inspect(write(tmp_path / "a.safetensors", shapes))
    assert (found.layout, found.family, found.width, found.rank) == (layout, family, width, 8)
    assert found.parts == ("unet",)


def test_family_follows_from_encoders_or_metadata_where_no_tensor_reads_text() -> None:
    resnet = pair("lora_unet_down_blocks_0_resnets_0_conv1", 320, ends=("lora_down", "lora_up"))
    second = pair("lora_te2_text_model_encoder_layers_0_mlp_fc1", 1280, ends=("lora_down", "lora_up"))
    query = pair("lora_te_text_model_encoder_layers_0_self_attn_q_proj", 1024, ends=("lora_down", "lora_up"))
    assert lora_file.facts(resnet, {}).family == ""
    assert lora_file.facts(resnet | second, {}).family == lora_file.SDXL
    assert lora_file.facts(resnet | query, {}).family == lora_file.SD2
    assert lora_file.facts(resnet, {"ss_base_model_version": "sdxl_base_v1-0"}).family == lora_file.SDXL
    assert lora_file.facts(resnet, {"modelspec.architecture": "stable-diffusion-v1/lora"}).family == lora_file.SD1
    assert lora_file.facts(resnet | second | query, {}).parts == ("unet", "text_encoder", "text_encoder_2")


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        ({"modelspec.trigger_phrase": " ink  wash "}, "ink wash"),
        ({"ss_tag_frequency": json.dumps({"5_ink": {"inkwash": 20, "1girl": 19, "tree": 4}})}, "inkwash, 1girl"),
        ({"ss_tag_frequency": "{broken"}, ""),
        ({"ss_tag_frequency": "[]"}, ""),
        ({"modelspec.trigger_phrase": "a\x00b"}, ""),
        ({}, ""),
    ],
)
def test_trigger_words_are_read_from_the_metadata(metadata: dict[str, str], words: str) -> None:
    assert lora_file.facts(kohya(768), metadata).trigger == words


@pytest.mark.parametrize(
    ("shapes", "reason"),
    [
        ({}, "holds no tensors"),
        (kohya(768) | kohya(2048, "lora_unet_x"), "mixes families"),
        (kohya(768) | {"lora_unet_x.dora_scale": [1]}, "is a DoRA, .* the tensor lora_unet_x.dora_scale"),
        (kohya(768) | {"lora_unet_x.hada_w1_a": [1]}, "is a LoHa"),
        (kohya(768) | {"lora_unet_x.lokr_w1": [1]}, "is a LoKr"),
        (kohya(768) | {"model.weight": [1]}, "holds the tensor model.weight, which no LoRA"),
        ({"transformer.transformer_blocks.0.attn.to_q.weight": [4, 4]}, "which no LoRA has"),
        ({"lora_unet_x.alpha": []}, "holds no pair of matrices"),
    ],
)
def test_other_files_are_refused_with_the_reason(shapes: dict[str, list[int]], reason: str) -> None:
    with pytest.raises(LoraError, match=reason):
        lora_file.facts(shapes, {})


def test_header_that_lies_about_its_tensors_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.safetensors", kohya(768))
    data = path.read_bytes()
    for changed, reason in (
        (data.replace(b'"F32"', b'"I64"', 1), "numbers of the kind I64 in the tensor lora_unet_"),
        (data.replace(b"[8, 768]", b"[9, 768]", 1), "is longer or shorter than it says"),
        (data[:-4], r"is cut off or broken: it has \d+ bytes and should have \d+: the tensor lora_unet_\w+\.lora_up"),
        (data + b"more", "is cut off or broken"),
        (struct.pack("<Q", 2**60) + data[8:], "longer than the file"),
        (b"", "is no .safetensors file"),
    ):
        path.write_bytes(changed)
        with pytest.raises(LoraError, match=reason):
            lora_file.inspect(path)


def test_further_metadata_leave_the_tensors_as_they_are(tmp_path: Path) -> None:
    path = write(tmp_path / "a.safetensors", kohya(768), {"a": "b"})
    before = path.read_bytes()
    path.write_bytes(lora_file.with_metadata(before, {"c": "d"}))
    assert lora_file.inspect(path).metadata == {"a": "b", "c": "d"}
    assert path.read_bytes().endswith(before[-4 * prod([8, 768]) :])


MATRICES, KOHYA = ("lora_A", "lora_B"), ("lora_down", "lora_up")


@pytest.mark.parametrize(
    ("module", "sides", "ends", "family"),
    [
        ("transformer.single_transformer_blocks.0.proj_mlp", (3072, 12288), MATRICES, "FLUX.1"),
        ("lora_unet_double_blocks_0_img_mod_lin", (3072, 18432), KOHYA, "FLUX.1"),
        ("lora_unet_single_blocks_0_linear1", (3072, 21504), KOHYA, "FLUX.1"),
        ("lora_unet_single_blocks_0_linear1", (3072, 27648), KOHYA, "FLUX.2"),
        ("diffusion_model.double_blocks.0.img_mlp.0", (4096, 24576), MATRICES, "FLUX.2"),
        ("transformer.single_transformer_blocks.0.attn.to_qkv_mlp_proj", (3072, 27648), MATRICES, "FLUX.2"),
        ("transformer.transformer_blocks.0.attn.to_q", (1536, 1536), MATRICES, "Stable Diffusion 3"),
        ("transformer.transformer_blocks.0.attn.to_q", (4096, 4096), MATRICES, "FLUX.2"),
        ("transformer.transformer_blocks.0.attn.to_q", (3072, 3072), MATRICES, ""),
        ("base_model.model.transformer_blocks.0.attn2.to_q", (1536, 1536), MATRICES, "Stable Diffusion 3"),
        ("lora_unet_layers_0_attention_to_q", (3840, 3840), KOHYA, "Z-Image"),
        ("diffusion_model.layers.0.feed_forward.w1", (3840, 10240), MATRICES, "Z-Image"),
    ],
)
def test_names_and_shapes_tell_family(module: str, sides: tuple[int, int], ends: tuple[str, str], family: str) -> None:
    taken, given = sides
    shapes = {f"{module}.{ends[0]}.weight": [8, taken], f"{module}.{ends[1]}.weight": [given, 8]}
    found = lora_file.facts(shapes, {})
    assert (found.family, found.parts, found.rank) == (family, ("transformer",), 8)


def test_family_of_a_transformer_follows_from_metadata_where_no_tensor_tells() -> None:
    shapes = pair("transformer.transformer_blocks.0.attn.to_q", 3072)
    assert lora_file.facts(shapes, {"modelspec.architecture": "flux-1-dev/lora"}).family == "FLUX.1"
    assert lora_file.facts(shapes, {"ss_base_model_version": "flux2"}).family == "FLUX.2"


def test_width_of_the_texts_tells_the_sizes_of_flux_2_apart() -> None:
    layer = "transformer.single_transformer_blocks.0.attn.to_qkv_mlp_proj"
    assert lora_file.facts(pair(layer, 4096), {}).width is None
    of_double = pair("transformer.transformer_blocks.0.attn.to_q", 4096)
    assert lora_file.facts(pair(layer, 4096) | of_double, {}).width == 12288
    assert lora_file.facts(pair(layer, 3072) | pair("transformer.context_embedder", 7680), {}).width == 7680
