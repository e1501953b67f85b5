"""From drawings to a model that is led by sketches: packed, encoded, learned; gone on with where it was."""

import json
import random
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import UNet2DConditionModel
from safetensors.torch import load_file, save_file

from sketch import sketchbook
from studio.collecting import icon_sets
from studio.errors import FolderError
from studio.scenes import painted, subjects
from studio.text.text_encoder import Texts
from studio.training import autoencoder, diffusion
from studio.workspace import shards
from studio.workspace.shards import Conditioning, Reader, Shards
from studio.workspace.training_run import Run
from studio.workspace.work_folder import Folder
from tests.support.marks import SLOW_TRAINING
from tests.support.studio_fixtures import call
from tests.support.training_runs import losses

pytestmark = SLOW_TRAINING
STEPS = ("--channels", "16,32", "--batch", 4, "--warmup", 1, "--rate", 0.01)


@pytest.fixture
def copy(sketched: Folder, tmp_path: Path) -> Folder:
    shutil.copytree(sketched.path, tmp_path / "copy")
    return Folder(tmp_path / "copy")


@pytest.fixture
def words(base: Path, halving: Path, book: Path) -> tuple[Any, ...]:
    return ("encode", "--base", base, "--vae", halving, "--sketchbook", book, "--size", 32, "--shard", 5, "--batch", 4)


def test_sketchbook_holds_each_drawing_with_whose_it_is(book: Path, modules: Path, tmp_path: Path) -> None:
    held = sketchbook.load(book)
    found = {(drawing.name, drawing.style): drawing for drawing in held.drawings.values()}
    assert {("bear", "classic"), ("bear", "flat"), ("fox", "flat"), ("red apple", "flat")} <= set(found)
    bear = found["bear", "classic"]
    assert (bear.kind, bear.licence, bear.artist) == ("animal-mammal", "Apache-2.0", "Google LLC")
    assert "grizzly" in bear.words and bear.source == "npm:@iconify-json/noto@1.2.3#bear"
    assert held.picture(bear.digest, 16)[..., 3].max() == 1
    report = call("sketchbook", "--folder", tmp_path, "--modules", modules, "--vendor", "twemoji", "--vendor", "noto")
    assert (tmp_path / "sketchbook.zip").read_bytes() == book.read_bytes()
    assert report["drawings"] == len(held.drawings) and report["bytes"] == book.stat().st_size and report["names"] == 5


def test_kinds_are_recognised_by_name_whatever_sign_follows_the_emoji(modules: Path) -> None:
    kinds = icon_sets.kinds(modules)
    assert kinds["bear"] == "animal-mammal" and kinds["umbrella"] == "sky-weather"
    assert "one o’clock" not in kinds


def test_subjects_are_encoded_with_their_sketches_and_what_is_said_of_both_ends(
    sketched: Folder, base: Path, book: Path
) -> None:
    held = Shards(sketched.path / "latents")
    assert len(held) == 12 and [len(each) for each in held.latents] == [5, 5, 2]
    assert held.latents[0].shape[1:] == (4, 4, 4) and held.conditioning[0].sketches.shape == (5, 4, 8, 8)
    assert held.conditioning[0].sketches.dtype == torch.uint8
    loaded = sketchbook.load(book)
    programme = subjects.Programme(subjects.Plan(12, 1), loaded)
    drawn = [programme.subject(number) for number in range(12)]
    made = painted.SubjectRenderer(loaded, size=32).paint(drawn)
    read = held.rows(torch.arange(12), torch.Generator().manual_seed(0))
    assert read.sketches is not None
    assert float((read.sketches - made.sketches).abs().max()) < 0.5 / 127.5 + 0.02
    assert torch.cat([led.shares for led in held.conditioning]).tolist() == pytest.approx(
        [each.t for each in drawn], abs=1e-3
    )
    texts = Texts(base)
    for number, subject in enumerate(drawn):
        if subject.last is None:
            dice = random.Random(f"captions:{number}")
            said = texts.states([dice.choice(subject.first.texts) for _ in range(2)])
            assert min(float((read.states[number] - each).abs().max()) for each in said) < 3e-3


def test_sketches_and_mixed_states_come_back(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    states = torch.stack([torch.full((3, 4), float(number)) for number in range(4)])
    sketches = torch.linspace(-1, 1, 2 * 4 * 8 * 8).view(2, 4, 8, 8)
    led = Conditioning(sketches, torch.tensor([[0, 0], [3, 3]]), torch.tensor([0.0, 0.25]))
    shards.write_shard(folder, "latents/shard-00000.safetensors", torch.zeros(2, 4, 4, 4), states,
                       torch.tensor([[0, 0], [1, 1]]), led)  # fmt: skip
    folder.write("latents/shards.json", json.dumps({"pictures": 2, "shards": ["shard-00000.safetensors"]}).encode())
    reader = Reader(Shards(tmp_path / "latents"), 2, seed=1)
    numbers = Shards(tmp_path / "latents").numbers(0, 2, seed=1)
    read = reader.batch(0)
    reader.close()
    assert read.sketches is not None and read.sketches.dtype == torch.float32
    assert torch.allclose(read.sketches, sketches[numbers], atol=0.51 / 127.5)
    wanted = torch.tensor([0.0, 1 + 0.25 * 2])[numbers]
    assert torch.allclose(read.states.float(), wanted.view(2, 1, 1).expand(2, 3, 4), atol=2e-3)


def test_shards_of_which_some_have_no_sketches_are_named(copy: Folder) -> None:
    path = copy.path / "latents/shard-00001.safetensors"
    save_file({name: value for name, value in load_file(path).items() if name != "sketches"}, path)
    with pytest.raises(FolderError, match="hold sketches, and some do not"):
        Shards(copy.path / "latents")


def test_more_subjects_are_added_to_those_that_are_there(copy: Folder, words: tuple[Any, ...]) -> None:
    whole = (copy.path / "latents/shard-00001.safetensors").read_bytes()
    report = call(*words, "--folder", copy.path, "--subjects", 17)
    assert report["encoded_now"] == 2, "the last one, which was not full, and the new one"
    assert [len(each) for each in Shards(copy.path / "latents").latents] == [5, 5, 5, 2]
    assert (copy.path / "latents/shard-00001.safetensors").read_bytes() == whole
    assert call(*words, "--folder", copy.path, "--subjects", 17)["encoded_now"] == 0
    assert call(*words, "--folder", copy.path, "--subjects", 7)["encoded_now"] == 1
    assert [len(each) for each in Shards(copy.path / "latents").latents] == [5, 2]
    assert call(*words, "--folder", copy.path, "--subjects", 7, "--seed", 2)["encoded_now"] == 2


def test_shards_stay_good_for_another_decoder_and_not_for_another_encoder(
    copy: Folder, words: tuple[Any, ...], halving: Path, tmp_path: Path
) -> None:
    for part, encoded in (("decoder", 0), ("encoder", 3)):
        vae = autoencoder.load_autoencoder(halving)
        with torch.no_grad():
            getattr(vae, part).conv_in.weight.mul_(1.1)
        vae.save_pretrained(tmp_path / part)
        asked = (*words, "--folder", copy.path, "--subjects", 12, "--vae", tmp_path / part)
        assert call(*asked)["encoded_now"] == encoded


def test_torn_shard_is_encoded_again(copy: Folder, words: tuple[Any, ...]) -> None:
    path = copy.path / "latents/shard-00000.safetensors"
    whole = path.read_bytes()
    path.write_bytes(whole[:999])
    assert call(*words, "--folder", copy.path, "--subjects", 12)["encoded_now"] == 1 and path.read_bytes() == whole


@pytest.mark.parametrize(("size", "says"), [(30, "multiple of 4 for sketches, not 30"), (32, "is no sketchbook")])
def test_sketchbook_that_is_none_and_sizes_without_a_quarter_are_named(
    size: int, says: str, words: tuple[Any, ...], book: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.zip"
    broken.write_bytes(book.read_bytes() if size == 30 else b"torn")
    asked = (*words, "--folder", tmp_path, "--sketchbook", broken, "--size", size)
    assert says in call(*asked, ok=False)["error"]


def test_sketches_too_small_for_the_latents_are_named(base: Path, book: Path, tmp_path: Path) -> None:
    call("encode", "--folder", tmp_path, "--base", base, "--sketchbook", book, "--subjects", 2, "--size", 32)
    report = call("train", "--folder", tmp_path, "--base", base, *STEPS, "--steps", 1, ok=False)
    assert "Sketches of side 8 cannot be folded to latents of side 16" in report["error"]


def test_sketch_lies_beside_the_latents_place_by_place() -> None:
    sketches = torch.arange(4 * 8 * 8.0).view(1, 4, 8, 8)
    laid = diffusion.with_sketches(torch.zeros(1, 4, 4, 4), sketches)
    assert laid.shape == (1, 20, 4, 4) and not laid[:, :4].any()
    assert sorted(laid[0, 4:, 1, 2].tolist()) == sorted(sketches[0, :, 2:4, 4:6].flatten().tolist())


def test_training_led_by_sketches_goes_down_and_paints(copy: Folder, base: Path, halving: Path) -> None:
    shutil.copytree(halving, copy.path / "model/vae")
    report = call("train", "--folder", copy.path, "--base", base, *STEPS, "--steps", 40, "--muon", "--validate-every",
                  40, "--painted-in", 2, "--validate", "a bear", "--objective", "v_prediction")  # fmt: skip
    lost = losses(copy)
    assert report["pictures"] == 12 and lost[40] < 0.9 * lost[1]
    assert (copy.path / "runs/train/validation-000040.webp").stat().st_size > 100
    network = UNet2DConditionModel.from_pretrained(copy.path / "model/unet")
    assert (network.config.in_channels, network.config.out_channels) == (20, 4)


def test_run_led_by_sketches_is_resumed_to_the_same_losses_and_lengthened(
    copy: Folder, base: Path, tmp_path: Path
) -> None:
    words = ("train", "--base", base, *STEPS, "--muon", "--constant", "--save-every", 4)
    whole = Folder(tmp_path / "whole")
    whole.path.mkdir()
    (whole.path / "latents").symlink_to(copy.path / "latents")
    call(*words, "--folder", whole.path, "--steps", 10, "--cool", 2)
    assert call(*words, "--folder", copy.path, "--steps", 6)["taken_now"] == 6
    assert call(*words, "--folder", copy.path, "--steps", 10, "--cool", 2)["taken_now"] == 4
    ours, theirs = losses(copy), losses(whole)
    assert set(ours) == {1, 6, 7, 10} and set(theirs) == {1, 10}
    assert all(ours[step] == pytest.approx(theirs[step], rel=1e-3) for step in theirs)
    rates = {row["step"]: row["rate"] for row in Run(copy, "train").curve()}
    assert rates[6] == rates[7] == pytest.approx(0.01) and rates[10] < 0.007


def test_sketch_changes_what_is_learned_and_may_be_left_out(copy: Folder, base: Path) -> None:
    words = ("train", "--folder", copy.path, "--base", base, *STEPS, "--steps", 2)
    for share in (0.0, 1.0):
        call(*words, "--unsketched", share, "--run", f"of-{share:g}")
    assert losses(copy, "of-0")[1] != losses(copy, "of-1")[1]
    assert "other settings (unsketched)" in call(*words, "--unsketched", 0.5, "--run", "of-0", ok=False)["error"]


def test_deeper_unet_goes_on_where_the_led_one_was(copy: Folder, base: Path) -> None:
    words = ("train", "--folder", copy.path, "--base", base, *STEPS)
    call(*words, "--steps", 3)
    led = copy.path / "led"
    shutil.copytree(copy.path / "model/unet", led)
    more = (*words, "--tune", "full", "--objective", "flow", "--unet", led, "--run", "deep", "--steps", 1,
            "--rate", 1e-9)  # fmt: skip
    call(*more, "--layers", "2,1")
    made = UNet2DConditionModel.from_pretrained(copy.path / "model/unet")
    before = UNet2DConditionModel.from_pretrained(led)
    assert made.config.layers_per_block == [2, 1]
    shown = (torch.randn(1, 20, 4, 4), torch.tensor([5.0]), torch.randn(1, 8, 16))
    with torch.no_grad():
        assert torch.allclose(made(*shown)[0], before(*shown)[0], atol=1e-4)
    assert "without attention" in call(*more, "--layers", "2,2", ok=False)["error"]
    assert "requires --unet" in call(*words, "--layers", "2,1", "--steps", 1, "--run", "x", ok=False)["error"]
