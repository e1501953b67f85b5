"""What is loaded of a model is complete, or refused by file and tensor: every part of every family."""

from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pytest
import torch
from gguf import GGMLQuantizationType as Type
from safetensors.torch import load_file, save_file

from app.core.models.errors import ModelError
from tests.support import gguf_files, original_flow_keys, tiny, tiny_flow
from worker.diffusion.fitting.completeness import UNREAD
from worker.diffusion.fitting.loading import Source

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::FutureWarning")]

CPU = torch.device("cpu")
FOLDERS, FLOWS = ("sd1", "bert", "led", "sdxl", "lcm"), ("dev", "sd3", "z-image", "klein")
Tensors = dict[str, torch.Tensor]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("models")
    return tiny.save(folder, *FOLDERS) | tiny_flow.save(folder, *FLOWS)


def load(source: Source, part: str) -> None:
    if part == source.family.part:
        source.network(torch.float32)
    elif part == "vae":
        source.vae()
    else:
        source.pipeline(torch.float32)


def change(path: Path, alter: Callable[[Tensors], None]) -> Tensors:
    """Alter a file's tensors; return them as they were."""
    tensors = load_file(path)
    altered = dict(tensors)
    alter(altered)
    save_file(altered, path, {"format": "pt"})
    return tensors


def chosen(path: Path) -> list[str]:
    """Return some tensors of a file, from its first to its last."""
    names = sorted(name for name in load_file(path) if not UNREAD.search(name))
    return [names[len(names) * place // 4] for place in range(4)] + names[-1:]


@pytest.mark.parametrize("name", [*FOLDERS, *FLOWS])
def test_part_that_lacks_a_tensor_is_refused_by_file_and_tensor(models: dict[str, Path], name: str) -> None:
    paths = sorted(models[name].glob("*/*.safetensors"))
    assert len(paths) >= 3
    for path in paths:
        for tensor in chosen(path):
            own = change(path, lambda tensors, tensor=tensor: tensors.pop(tensor))  # type: ignore[misc]
            with pytest.raises(ModelError, match=rf"file {path} is incomplete: it lacks the tensor") as refused:
                load(Source(models[name], CPU), path.parent.name)
            assert tensor.endswith(str(refused.value).split("the tensor ")[1].split()[0].rstrip("."))
            save_file(own, path, {"format": "pt"})


@pytest.mark.parametrize(("name", "part"), [("sd1", "unet"), ("sd3", "text_encoder_3"), ("klein", "vae")])
def test_part_with_a_surplus_tensor_is_refused(models: dict[str, Path], tmp_path: Path, name: str, part: str) -> None:
    folder = copytree(models[name], tmp_path / name)
    path = next((folder / part).glob("*.safetensors"))
    change(path, lambda tensors: tensors.update({"encoder.more.weight": torch.ones(3)}))
    with pytest.raises(ModelError, match=rf"The tensor encoder\.more\.weight of the file {path} has no place"):
        load(Source(folder, CPU), part)


def test_harmless_surplus_is_noted(models: dict[str, Path], tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    folder = copytree(models["sd1"], tmp_path / "sd1")
    surplus = {"text_model.embeddings.position_ids": torch.arange(77), "vision_model.x": torch.ones(2)}
    change(folder / "text_encoder" / "model.safetensors", lambda tensors: tensors.update(surplus))
    change(
        folder / "unet" / "diffusion_pytorch_model.safetensors",
        lambda tensors: tensors.update({"model_ema.decay": torch.ones(1)}),
    )
    for part, noted in (("text_encoder", "vision_model.x"), ("unet", "model_ema.decay")):
        load(Source(folder, CPU), part)
        assert f"that are not read, such as {noted}" in caplog.text


@pytest.mark.parametrize(("name", "part"), [("sd1", "text_encoder"), ("dev", "transformer"), ("bert", "vae")])
def test_tensor_of_another_shape_is_refused(models: dict[str, Path], tmp_path: Path, name: str, part: str) -> None:
    folder = copytree(models[name], tmp_path / name)
    path = next((folder / part).glob("*.safetensors"))
    tensor = chosen(path)[1]
    own = change(path, lambda tensors: tensors.update({tensor: (1000 * tensors[tensor]).to(torch.int32)}))
    with pytest.raises(ModelError, match=rf"The tensor {tensor} of the file {path} holds numbers of the kind I32"):
        Source(folder, CPU)
    save_file(own | {tensor: torch.ones(7)}, path, {"format": "pt"})
    with pytest.raises(ModelError, match=rf"file {path}.*{tensor}|{tensor}.*file {path}"):
        load(Source(folder, CPU), part)


def test_shard_that_lacks_a_tensor_of_its_index_is_refused(models: dict[str, Path], tmp_path: Path) -> None:
    folder = copytree(models["dev"], tmp_path / "dev")
    part = folder / "transformer"
    (part / "diffusion_pytorch_model.safetensors").unlink()
    Source(models["dev"], CPU).network(torch.float32).save_pretrained(part, max_shard_size="60KB")
    path = sorted(part.glob("*.safetensors"))[1]
    Source(folder, CPU).network(torch.float32)
    change(path, lambda tensors: tensors.pop(min(tensors)))
    with pytest.raises(ModelError, match=rf"{path} is incomplete: it lacks the tensor"):
        Source(folder, CPU)


def scaled(tensors: Tensors, end: str, *, by_row: bool) -> tuple[Tensors, Tensors]:
    """Store matrices in float8 beside their scales; return them, and what they stand for."""
    stored, expected = dict(tensors), dict(tensors)
    for name in [name for name, each in tensors.items() if each.ndim == 2 and name.endswith(".weight")]:
        largest = tensors[name].abs().amax(1, keepdim=True) if by_row else tensors[name].abs().max()
        stored[name] = (tensors[name] / (largest / 448)).to(torch.float8_e4m3fn)
        stored[f"{name.removesuffix('.weight')}.{end}"] = largest / 448
        expected[name] = stored[name].float() * (largest / 448)
    return stored, expected


@pytest.mark.parametrize(("end", "by_row"), [("scale_weight", False), ("weight_scale", False), ("weight_scale", True)])
@pytest.mark.parametrize("name", FLOWS)
def test_scaled_float8_network_is_rescaled(
    models: dict[str, Path], tmp_path: Path, name: str, end: str, by_row: bool
) -> None:
    own = load_file(models[name] / "transformer" / "diffusion_pytorch_model.safetensors")
    stored, expected = scaled(own, end, by_row=by_row)
    path = tmp_path / "scaled.safetensors"
    save_file(stored | {"scaled_fp8": torch.zeros(2).to(torch.float8_e4m3fn)}, path)
    found = Source(models[name], CPU, transformer=str(path)).network(torch.float32).state_dict()
    assert all(torch.equal(found[each], tensor) for each, tensor in expected.items())


@pytest.mark.parametrize("is_scaled", [False, True])
def test_network_in_original_names_is_complete(models: dict[str, Path], tmp_path: Path, is_scaled: bool) -> None:
    own = load_file(models["z-image"] / "transformer" / "diffusion_pytorch_model.safetensors")
    stored = expected = original_flow_keys.z_image(own)
    if is_scaled:
        stored, expected = scaled(stored, "scale_weight", by_row=False)
    path = tmp_path / "original.safetensors"
    save_file(stored | {"text_encoders.qwen.model": torch.ones(3, dtype=torch.uint8)}, path)
    found = Source(models["z-image"], CPU, transformer=str(path)).network(torch.float32).state_dict()
    whole = original_flow_keys.z_image(found)
    assert whole.keys() == expected.keys()
    assert all(torch.equal(whole[name], each) for name, each in expected.items())
    name = "model.diffusion_model.layers.0.attention.qkv.weight"
    save_file({each: tensor for each, tensor in stored.items() if not each.startswith(name[:-7])}, path)
    with pytest.raises(
        ModelError, match=rf"{path} is incomplete: it lacks the tensor layers\.0\.attention\.to_k\.weight"
    ):
        Source(models["z-image"], CPU, transformer=str(path)).network(torch.float32)


def test_scaled_float8_network_without_usable_scales_is_refused(models: dict[str, Path], tmp_path: Path) -> None:
    own = load_file(models["dev"] / "transformer" / "diffusion_pytorch_model.safetensors")
    stored, _ = scaled(own, "scale_weight", by_row=False)
    scale, path = min(name for name in stored if name.endswith("scale_weight")), tmp_path / "scaled.safetensors"
    weight = scale.replace("scale_weight", "weight")
    save_file({name: each for name, each in stored.items() if name != scale}, path)
    with pytest.raises(ModelError, match=rf"file {path} is incomplete: it lacks the scale of the tensor {weight}"):
        Source(models["dev"], CPU, transformer=str(path))
    save_file(stored | {scale: torch.ones(3, 5)}, path)
    with pytest.raises(ModelError, match=rf"The tensor {scale} of the file {path} scales {weight} by blocks"):
        Source(models["dev"], CPU, transformer=str(path))


def test_vector_that_is_quantised_in_a_gguf_file_is_refused_by_name(models: dict[str, Path], tmp_path: Path) -> None:
    path = gguf_files.write(tmp_path / "network.gguf", {"norm.weight": torch.arange(32.0)}, {"norm.weight": Type.BF16})
    with pytest.raises(ModelError, match=rf"The tensor norm\.weight of the file {path} is stored as BF16"):
        Source(models["z-image"], CPU, transformer=str(path))


def test_tensor_outside_a_linear_layer_that_is_quantised_is_refused(models: dict[str, Path], tmp_path: Path) -> None:
    own = load_file(models["sd3"] / "transformer" / "diffusion_pytorch_model.safetensors")
    path = gguf_files.write(tmp_path / "network.gguf", own, {"pos_embed.pos_embed": Type.Q8_0})
    with pytest.raises(ModelError, match=rf"The tensor pos_embed\.pos_embed of the file {path} is stored as Q8_0"):
        Source(models["sd3"], CPU, transformer=str(path)).network(torch.float32)


@pytest.mark.parametrize("is_gguf", [False, True])
@pytest.mark.parametrize("name", ["sd3", "z-image"])
def test_surplus_of_a_conversion_is_refused(models: dict[str, Path], tmp_path: Path, name: str, is_gguf: bool) -> None:
    tensors = load_file(models[name] / "transformer" / "diffusion_pytorch_model.safetensors")
    renamed = original_flow_keys.OF_MODELS[name](tensors)
    path = tmp_path / ("network.gguf" if is_gguf else "network.safetensors")

    def write(more: str) -> None:
        every = renamed | {more: torch.ones(4)}
        if is_gguf:
            gguf_files.write(path, every)
        else:
            save_file(every, path)

    write("model.diffusion_model.final_layer.linear.more")
    with pytest.raises(ModelError, match=rf"final_layer\S*linear\.more of the file {path} has no place"):
        Source(models[name], CPU, transformer=str(path)).network(torch.float32)
    for harmless in ("model_ema.decay", "model.diffusion_model.norm_final.weight"):
        write(harmless)
        state = Source(models[name], CPU, transformer=str(path)).network(torch.float32).state_dict()
        found = original_flow_keys.OF_MODELS[name](state)
        assert found.keys() == renamed.keys()
        assert is_gguf or all(torch.equal(found[each], renamed[each]) for each in found)


@pytest.mark.parametrize("is_empty", [False, True])
def test_gguf_file_that_is_broken_is_refused_by_tensor(models: dict[str, Path], tmp_path: Path, is_empty: bool) -> None:
    own = load_file(models["dev"] / "transformer" / "diffusion_pytorch_model.safetensors")
    path = gguf_files.write(tmp_path / "network.gguf", own)
    places = gguf_files.places(path)
    name = max(places, key=lambda each: places[each][1] - places[each][0])
    begin, data = places[name][0] + 100, path.read_bytes()
    path.write_bytes(data[:begin] + bytes(len(data) - begin if is_empty else 0))
    with pytest.raises(ModelError, match=rf"file {path} is broken: .*tensor {name}"):
        Source(models["dev"], CPU, transformer=str(path))
