"""Fixtures of the studio's tests: packages of icons, a folder that was collected from them, the command line."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from PIL import Image

from studio.__main__ import main
from studio.workspace.work_folder import Folder
from tests.support.icon_modules import make_modules

Run = Callable[..., dict[str, Any]]
WORDS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "bear", "fox", "neon", ",", "of", "art", ":", "coffee")


def call(*words: object, ok: bool = True) -> dict[str, Any]:
    """Run a stage with ``--json``; return its summary, or what it says is wrong."""
    answer = CliRunner().invoke(main, [*map(str, words), "--json"])
    assert (answer.exit_code == 0) == ok, answer.output
    return dict(json.loads(answer.stdout))


@pytest.fixture(autouse=True)
def threads() -> Iterator[None]:
    """Restore torch's number of threads: a worker that paints takes what it measured, and sums go another way."""
    import torch

    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture
def run() -> Run:
    return call


@pytest.fixture(scope="session")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_modules(tmp_path_factory.mktemp("modules"))


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory, modules: Path) -> Folder:
    """A work folder with the drawings of two vendors, one of them kept out; not to be written to."""
    path = tmp_path_factory.mktemp("drawn")
    call("collect", "--folder", path, "--icons", "--modules", modules, "--vendor", "noto", "--vendor", "twemoji",
         "--kept-out", "twemoji")  # fmt: skip
    return Folder(path)


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model of the house's classes: text encoder, autoencoder, UNet, solver."""
    path = tmp_path_factory.mktemp("base")
    import torch
    from diffusers import AutoencoderKL, StableDiffusionPipeline
    from transformers import BertConfig, BertModel, BertTokenizer

    from studio.training import diffusion

    torch.manual_seed(0)
    (path / "words").mkdir()
    (path / "words/vocab.txt").write_text("\n".join(WORDS))
    tokenizer = BertTokenizer(str(path / "words/vocab.txt"), model_max_length=8)
    config = BertConfig(vocab_size=len(WORDS), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
                        intermediate_size=16)  # fmt: skip
    config.use_attention_mask = True
    vae = AutoencoderKL(block_out_channels=(8, 8), down_block_types=("DownEncoderBlock2D",) * 2, latent_channels=4,
                        up_block_types=("UpDecoderBlock2D",) * 2, norm_num_groups=8, sample_size=16)  # fmt: skip
    unet = diffusion.unet((16, 32), latent=4, sample=8, width=16)
    pipe = StableDiffusionPipeline(vae, BertModel(config), tokenizer, unet, diffusion.solver(diffusion.Objective()),
                                   None, None, requires_safety_checker=False)  # fmt: skip
    pipe.save_pretrained(path / "model")
    return path / "model"


@pytest.fixture(scope="session")
def book(tmp_path_factory: pytest.TempPathFactory, modules: Path) -> Path:
    """A sketchbook of the drawings of two vendors."""
    path = tmp_path_factory.mktemp("book")
    call("sketchbook", "--folder", path, "--modules", modules, "--vendor", "noto", "--vendor", "twemoji")
    return path / "sketchbook.zip"


@pytest.fixture(scope="session")
def halving(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An autoencoder whose latents are an eighth of the picture's side, as those that sketches lead."""
    import torch
    from diffusers import AutoencoderKL

    torch.manual_seed(0)
    vae = AutoencoderKL(block_out_channels=(8,) * 4, down_block_types=("DownEncoderBlock2D",) * 4, latent_channels=4,
                        up_block_types=("UpDecoderBlock2D",) * 4, norm_num_groups=8, sample_size=32)  # fmt: skip
    path = tmp_path_factory.mktemp("halving")
    vae.save_pretrained(path)
    return path


@pytest.fixture(scope="session")
def sketched(tmp_path_factory: pytest.TempPathFactory, base: Path, halving: Path, book: Path) -> Folder:
    """A folder whose subjects are encoded with their sketches; not to be written to."""
    path = tmp_path_factory.mktemp("sketched") / "work"
    call("encode", "--folder", path, "--base", base, "--vae", halving, "--sketchbook", book, "--subjects", 12,
         "--size", 32, "--shard", 5, "--batch", 4)  # fmt: skip
    return Folder(path)


@pytest.fixture(scope="session")
def led(tmp_path_factory: pytest.TempPathFactory, sketched: Folder, base: Path) -> Folder:
    """A folder with a run led by sketches, at a constant rate, that is not done; not to be written to."""
    path = tmp_path_factory.mktemp("led") / "work"
    shutil.copytree(sketched.path, path)
    call("train", "--folder", path, "--base", base, "--channels", "16,32", "--batch", 4, "--steps", 3, "--constant",
         "--objective", "v_prediction", "--run", "led")  # fmt: skip
    shutil.rmtree(path / "model")
    return Folder(path)


@pytest.fixture(scope="session")
def model(led: Folder, base: Path, halving: Path, book: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model that sketches lead, as it is published."""
    path = tmp_path_factory.mktemp("model") / "led"
    parts = ("--base", base, "--run", "led", "--vae", halving, "--sketchbook", book)
    call("publish", "--folder", led.path, *parts, "--lexicon", "models/house/lexicon.npz", "--to", path,
         "--name", "house")  # fmt: skip
    return path


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten captioned pictures, as the standard image-folder loader reads them."""
    path = tmp_path_factory.mktemp("pictures")
    rows = []
    for number in range(10):
        Image.new("RGB", (20, 16), (25 * number, 90, 255 - 25 * number)).save(path / f"{number}.png")
        rows.append({"file_name": f"{number}.png", "text": "a bear" if number % 2 else "a fox, neon"})
    (path / "metadata.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture(scope="session")
def encoded(tmp_path_factory: pytest.TempPathFactory, base: Path, pictures: Path) -> Folder:
    """A folder whose pictures are encoded; not to be written to."""
    path = tmp_path_factory.mktemp("encoded") / "work"
    call("encode", "--folder", path, "--base", base, "--from", pictures, "--size", 16, "--shard", 4, "--batch", 3)
    return Folder(path)


@pytest.fixture
def encoded_copy(encoded: Folder, tmp_path: Path) -> Folder:
    shutil.copytree(encoded.path, tmp_path / "copy")
    return Folder(tmp_path / "copy")
