"""The painter against diffusers' own call, on tiny models of the real classes, and what a batch must keep."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from worker.painter import ModelError, Painter, PaintingError, Rendering, Stop

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # diffusers' own call

KINDS = ["sd1", "sd2", "bert"]
STOPS = [Stop("a bear", "", 3), Stop("the sun", "red", 3)]


def exact(painter: Painter, **changes: Any) -> Rendering:
    """Return settings under which two ways of painting can be compared."""
    rendering = painter.rendering(steps=4, guidance=3.0)
    settings = {"precision": "float32", "memory_format": "contiguous", "threads": 1} | changes
    return replace(rendering, **settings)


def usual(folder: Path, stop: Stop, noise: NDArray[np.float32], rendering: Rendering) -> NDArray[np.uint8]:
    """Paint one stop by the pipeline's own call."""
    torch.set_num_threads(rendering.threads)
    pipe = diffusers.StableDiffusionPipeline.from_pretrained(folder, safety_checker=None, requires_safety_checker=False)
    pipe.set_progress_bar_config(disable=True)
    pipe.scheduler = getattr(diffusers, rendering.scheduler).from_config(pipe.scheduler.config)
    picture = pipe(
        stop.prompt,
        negative_prompt=stop.negative_prompt,
        latents=torch.from_numpy(noise)[None],
        num_inference_steps=rendering.steps,
        guidance_scale=rendering.guidance,
    ).images[0]
    return np.asarray(picture)


def difference(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> int:
    return int(np.abs(a.astype(int) - b.astype(int)).max())


@pytest.mark.parametrize("guidance", [3.0, 1.0])
@pytest.mark.parametrize("kind", KINDS)
def test_frame_at_a_stop_is_what_the_pipeline_itself_paints(
    painters: dict[str, Painter], tiny_models: dict[str, Path], kind: str, guidance: float
) -> None:
    painter = painters[kind]
    rendering = exact(painter, guidance=guidance)
    prepared = painter.prepare(STOPS, rendering)
    first, last = painter.paint(prepared, [0.0, 1.0])
    for stop, noise, painted in zip(STOPS, prepared.noises, (first, last), strict=True):
        behind_prefix = replace(stop, prompt=painter.prefix + stop.prompt)
        expected = usual(tiny_models[kind], behind_prefix, noise, rendering)
        assert expected.std() > 5, "a flat picture proves nothing"
        assert difference(painted, expected) <= 1
    assert difference(first, last) > 1


@pytest.mark.parametrize(
    "scheduler", ["UniPCMultistepScheduler", "EulerDiscreteScheduler", "DDIMScheduler", "PNDMScheduler"]
)
def test_recorded_scheduler_is_the_one_that_paints(
    painters: dict[str, Painter], tiny_models: dict[str, Path], scheduler: str
) -> None:
    painter = painters["sd1"]
    rendering = exact(painter, scheduler=scheduler)
    prepared = painter.prepare(STOPS, rendering)
    [painted] = painter.paint(prepared, [0.0])
    assert difference(painted, usual(tiny_models["sd1"], STOPS[0], prepared.noises[0], rendering)) <= 1
    [otherwise] = painter.paint(replace(prepared, rendering=exact(painter)), [0.0])
    assert difference(painted, otherwise) > 1


@pytest.mark.parametrize("kind", KINDS)
def test_frames_painted_together_equal_frames_painted_alone(painters: dict[str, Painter], kind: str) -> None:
    prepared = painters[kind].prepare(STOPS, exact(painters[kind]))
    positions = [0.0, 0.3, 0.5, 1.0]
    together = painters[kind].paint(prepared, positions)
    for position, picture in zip(positions, together, strict=True):
        assert difference(picture, painters[kind].paint(prepared, [position])[0]) <= 1


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_same_call_paints_the_same_bytes(painters: dict[str, Painter], precision: str) -> None:
    painter = painters["bert"]
    films = [painter.paint(painter.prepare(STOPS, exact(painter, precision=precision)), [0.0, 0.4]) for _ in range(2)]
    assert np.array_equal(*films)


def test_bfloat16_paints_nearly_what_float32_paints(painters: dict[str, Painter]) -> None:
    painter = painters["bert"]
    exactly, roughly = (
        painter.paint(painter.prepare(STOPS, exact(painter, precision=precision)), [0.5])[0].astype(float)
        for precision in ("float32", "bfloat16")
    )
    assert 0 < np.abs(exactly - roughly).mean() < 4


def test_frames_have_the_models_size_and_are_rgb(painters: dict[str, Painter]) -> None:
    painter = painters["sd1"]
    assert painter.size == (32, 32)
    [picture] = painter.paint(painter.prepare(STOPS, exact(painter)), [0.0])
    assert (picture.shape, picture.dtype) == ((32, 32, 3), np.uint8)


def test_size_of_the_rendering_is_kept(painters: dict[str, Painter]) -> None:
    rendering = exact(painters["sd1"], width=48, height=24)
    [picture] = painters["sd1"].paint(painters["sd1"].prepare(STOPS, rendering), [0.0])
    assert picture.shape == (24, 48, 3)


@pytest.mark.parametrize("kind", KINDS)
def test_middle_differs_from_both_ends(painters: dict[str, Painter], kind: str) -> None:
    prepared = painters[kind].prepare(STOPS, exact(painters[kind]))
    first, middle, last = painters[kind].paint(prepared, [0.0, 0.5, 1.0])
    assert difference(first, middle) > 1
    assert difference(middle, last) > 1


def test_inner_stop_of_a_long_walk_is_painted_from_its_own_prompt(painters: dict[str, Painter]) -> None:
    painter = painters["bert"]
    lemon = Stop("a lemon", "", 3)
    long = painter.prepare([STOPS[0], lemon, STOPS[1]], exact(painter))
    alone = painter.prepare([lemon, lemon], exact(painter))
    assert difference(painter.paint(long, [1.0])[0], painter.paint(alone, [0.0])[0]) <= 1


def test_one_seed_gives_every_frame_the_same_noise(painters: dict[str, Painter]) -> None:
    painter = painters["sd1"]
    same = [Stop("a bear", "", 3), Stop("a bear", "", 3)]
    pictures = painter.paint(painter.prepare(same, exact(painter)), [0.0, 0.5, 1.0])
    assert all(difference(pictures[0], picture) <= 1 for picture in pictures)


def test_seeds_of_their_own_move_the_noise_between_stops(painters: dict[str, Painter]) -> None:
    painter = painters["sd1"]
    prepared = painter.prepare([Stop("a bear", "", 3), Stop("a bear", "", 4)], exact(painter))
    assert not np.array_equal(*prepared.noises)
    first, middle, last = painter.paint(prepared, [0.0, 0.5, 1.0])
    assert min(difference(first, middle), difference(middle, last), difference(first, last)) > 1


def test_noise_depends_on_the_seed_alone(painters: dict[str, Painter]) -> None:
    one, other = (
        painters[kind].prepare([Stop("a", "", 2**32 - 1), Stop("x", "red", 7)], exact(painters[kind]))
        for kind in ("sd1", "bert")
    )
    assert np.array_equal(one.noises, other.noises)


def test_negative_prompt_changes_the_picture_only_under_guidance(painters: dict[str, Painter]) -> None:
    painter = painters["bert"]
    for guidance, changes in ((3.0, True), (1.0, False)):
        rendering = exact(painter, guidance=guidance)
        plain, without = (
            painter.paint(painter.prepare([Stop("a bear", words, 3)] * 2, rendering), [0.0])[0]
            for words in ("", "the red sun")
        )
        assert (difference(plain, without) > 0) is changes


def test_on_step_is_called_after_every_step(painters: dict[str, Painter]) -> None:
    steps: list[int] = []
    prepared = painters["bert"].prepare(STOPS, exact(painters["bert"], steps=5))
    painters["bert"].paint(prepared, [0.5], on_step=lambda: steps.append(1))
    assert len(steps) == 5


def test_error_in_on_step_ends_the_painting(painters: dict[str, Painter]) -> None:
    def lost() -> None:
        raise TimeoutError("the lease is lost")

    with pytest.raises(TimeoutError, match="lease"):
        painters["bert"].paint(painters["bert"].prepare(STOPS, exact(painters["bert"])), [0.5], on_step=lost)


@pytest.mark.parametrize(
    ("prompt", "note"),
    [
        ("a bear", ""),
        ("a red lemon", ""),
        ("", ""),
        ("медведь", "unknown words"),
        ("an \N{BEAR FACE}", "unknown words"),
        ("xyz", "unknown words"),
        ("the red bear xyz", ""),
        ("a bear " * 10, "cut"),
    ],
)
def test_prompts_that_the_tokenizer_does_not_take_are_noted(
    painters: dict[str, Painter], prompt: str, note: str
) -> None:
    painter = painters["bert"]
    assert painter.prepare([Stop(prompt, "", 1), STOPS[0]], exact(painter)).notes == (note, "")


def test_byte_level_tokenizer_knows_every_word_but_cuts(painters: dict[str, Painter]) -> None:
    stops = [Stop("медведь \N{BEAR FACE}", "", 1), Stop("x" * 80, "", 1)]
    assert painters["sd1"].prepare(stops, exact(painters["sd1"])).notes == ("", "cut")


@pytest.mark.parametrize("change", [{"scheduler": "Karras"}, {"precision": "int4"}, {"memory_format": "backwards"}])
def test_unknown_setting_of_a_recipe_is_refused(painters: dict[str, Painter], change: dict[str, str]) -> None:
    painter = painters["sd1"]
    with pytest.raises(ModelError, match=f"unknown .*{next(iter(change.values()))}"):
        painter.prepare(STOPS, exact(painter, **change))


def test_model_that_yields_no_numbers_is_a_painting_error(tiny_models: dict[str, Path]) -> None:
    painter = Painter.load(str(tiny_models["bert"]))
    steps: list[int] = []
    prepared = painter.prepare(STOPS, exact(painter, precision="bfloat16"))
    broken = replace(prepared, noises=np.full_like(prepared.noises, np.nan))
    with pytest.raises(PaintingError, match="tiny"):
        painter.paint(broken, [0.0], on_step=lambda: steps.append(1))
    assert len(steps) == 8, "painted once in bfloat16, once more in float32"


def test_batch_that_overflows_in_half_precision_is_painted_in_float32(tiny_models: dict[str, Path]) -> None:
    painter = Painter.load(str(tiny_models["bert"]))
    prepared = painter.prepare(STOPS, exact(painter, precision="float16"))
    huge = replace(prepared, noises=prepared.noises * 1e6)  # beyond float16, which ends at 65,504
    [half] = painter.paint(huge, [0.0])
    [full] = painter.paint(replace(huge, rendering=exact(painter)), [0.0])
    assert np.array_equal(half, full)


def test_name_title_and_prefix_come_from_house_json(painters: dict[str, Painter]) -> None:
    painter = painters["bert"]
    assert (painter.name, painter.title, painter.prefix) == ("tiny", "Tiny model", "artwork of: ")
    assert (painters["sd1"].name, painters["sd1"].title, painters["sd1"].prefix) == ("sd1", "sd1", "")


def test_revision_follows_what_the_pictures_depend_on(
    painters: dict[str, Painter], tiny_models: dict[str, Path], tmp_path: Path
) -> None:
    copy = shutil.copytree(tiny_models["bert"], tmp_path / "copy")
    revision = painters["bert"].revision
    assert len(revision) == 12
    (copy / "README.md").write_text("told differently")
    (copy / "house.json").write_text(json.dumps({"prefix": "artwork of: ", "title": "Renamed"}))
    assert Painter.load(str(copy)).revision == revision
    (copy / "house.json").write_text(json.dumps({"prefix": "a drawing of "}))
    assert Painter.load(str(copy)).revision != revision
    (copy / "house.json").write_text(json.dumps({"prefix": "artwork of: "}))
    weights = copy / "unet" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    assert Painter.load(str(copy)).revision != revision


@pytest.mark.parametrize(
    "file",
    [
        "model_index.json",
        "unet/config.json",
        "unet/diffusion_pytorch_model.safetensors",
        "vae/diffusion_pytorch_model.safetensors",
        "text_encoder/model.safetensors",
        "tokenizer/tokenizer_config.json",
        "tokenizer/tokenizer.json",
        "scheduler/scheduler_config.json",
    ],
)
def test_missing_or_broken_file_is_named(tiny_models: dict[str, Path], tmp_path: Path, file: str) -> None:
    copy = shutil.copytree(tiny_models["bert"], tmp_path / "copy")
    (copy / file).write_bytes((copy / file).read_bytes()[:-3])
    with pytest.raises(ModelError, match=rf"broken: .*{file}"):
        Painter.load(str(copy))
    (copy / file).unlink()
    with pytest.raises(ModelError, match=rf"missing: .*{file.partition('/')[0]}"):
        Painter.load(str(copy))


def test_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"missing: .*nowhere"):
        Painter.load(str(tmp_path / "nowhere"))


@pytest.fixture
def hub_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Take the network away and put an empty cache in place of this machine's."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    return tmp_path


def test_hub_name_is_found_in_the_cache_with_its_commit(tiny_models: dict[str, Path], hub_cache: Path) -> None:
    commit = "0123456789abcdef0123456789abcdef01234567"
    repository = hub_cache / "models--tiny--walker"
    shutil.copytree(tiny_models["sd1"], repository / "snapshots" / commit)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(commit)
    painter = Painter.load("tiny/walker")
    assert (painter.name, painter.revision) == ("tiny/walker", "0123456789ab")


def test_hub_name_that_cannot_be_had_is_named(hub_cache: Path) -> None:
    with pytest.raises(ModelError, match="'nobody/nothing'"):
        Painter.load("nobody/nothing")


@pytest.mark.server
def test_house_model_paints_what_the_pipeline_itself_paints(house: Painter) -> None:
    folder = Path(__file__).parents[2] / "models" / "house"
    stop = Stop("a fox", "", 5)
    rendering = exact(house, steps=6, threads=2)
    prepared = house.prepare([stop, Stop("a lion", "", 5)], rendering)
    [painted] = house.paint(prepared, [0.0])
    assert painted.shape == (128, 128, 3)
    assert difference(painted, usual(folder, stop, prepared.noises[0], rendering)) <= 1


@pytest.mark.server
def test_house_model_paints_red_apples_red_and_lemons_yellow(house: Painter) -> None:
    rendering = house.rendering(steps=12, guidance=3.5)
    prepared = house.prepare([Stop("a red apple", "", 11), Stop("a lemon", "", 11)], rendering)
    apple, lemon = (picture[48:80, 48:80].mean((0, 1)) for picture in house.paint(prepared, [0.0, 1.0]))
    assert apple[0] > 150 > 90 > max(apple[1:])
    assert min(lemon[:2]) > 150 > 100 > lemon[2]


@pytest.mark.server
def test_house_model_knows_its_vocabulary_and_starters(house: Painter) -> None:
    facts = json.loads((Path(__file__).parents[2] / "models" / "house" / "house.json").read_text())
    prompts = [*facts["vocabulary"], *(prompt for pair in facts["starters"] for prompt in pair)]
    prepared = house.prepare([Stop(prompt, "", 1) for prompt in prompts], house.rendering(steps=1, guidance=1))
    assert set(prepared.notes) == {""}


def test_words_of_a_hand_do_not_hide_that_a_prompt_is_unknown(painters: dict[str, Painter]) -> None:
    painter = painters["bert"]
    stops = [Stop("qwzx, red sun", "", 1, subject="qwzx"), Stop("a bear, qwzx", "", 1, subject="a bear")]
    assert painter.prepare(stops, exact(painter)).notes == ("unknown words", "")
