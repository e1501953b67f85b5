"""A LoRA file from the command to the wall: checked and offered, painted, repainted by its recipe, and missed."""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from flask import Flask
from flask.testing import FlaskCliRunner
from safetensors.torch import load_file, save_file

from app.core.errors import InvalidInput
from app.offer.generation import adapters, lora_file, loras
from app.requests.teaching import lora_adding
from app.requests.walk_requests import recipe
from app.requests.walk_requests.validation import validate
from app.storage.database import db
from app.storage.task_kinds import LORA
from app.storage.walk_models import FAILED, Task, Walk
from app.walks.queue import jobs, lora_checks
from tests.conftest import inside, make_app
from tests.support import lora_files, placing
from tests.support.commands import run, run_json
from tests.support.generated_walks import frames_of, requested
from tests.support.marks import SLOW_LORAS
from tests.support.raising import raising
from tests.support.worker_rows import read
from tests.worker import lone_painter
from worker import job
from worker.diffusion.walk_pipeline import WalkPipeline
from worker.film import encoding
from worker.process.worker import this_worker

pytestmark = SLOW_LORAS
Make = Callable[..., Path]


@pytest.fixture
def app(instance: Path, tiny_models: dict[str, Path]) -> Iterator[Flask]:
    models = {"MODEL": str(tiny_models["sd1"]), "MODELS": [str(tiny_models["led"])]}
    with inside(make_app(instance, STEPS=4, CACHE=False, DEVICE="cpu", **models)) as app:
        yield app


@pytest.fixture(autouse=True)
def worker(app: Flask, tiny_models: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> WalkPipeline:
    """Run a worker in this process, each time the command waits for one."""
    monkeypatch.setattr(jobs, "workers", lambda: [{"name": "here"}])
    monkeypatch.setattr(lora_adding, "sleep", lambda _: job.work())
    monkeypatch.setattr(lora_adding, "WAIT_SECONDS", 20.0)
    return lone_painter.at_work(app, lone_painter.load(tiny_models["sd1"]))


@pytest.fixture
def make(tiny_models: dict[str, Path], tmp_path: Path) -> Make:
    """Write a LoRA of a tiny model as kohya's scripts do."""

    def written(name: str, *, seed: int = 1, kind: str = "sd1", **how: Any) -> Path:
        lora = lora_files.make(tiny_models[kind], seed=seed)
        return lora_files.as_kohya(lora, tmp_path / f"{name}.safetensors", **how)

    return written


def request_walk(first: dict[str, Any], second: dict[str, Any], **how: int) -> Walk:
    return requested({"prompt": "a bear"} | first, {"prompt": "a lemon"} | second, **how)


def away(one: bytes, other: bytes) -> float:
    first, second = (encoding.decode_still(each).astype(float) for each in (one, other))
    return float(np.abs(first - second).mean())


def refused(runner: FlaskCliRunner, *words: str) -> str:
    done = runner.invoke(args=["loras", *words])
    assert done.exit_code == 1
    return str(done.output)


def test_lora_is_checked_offered_listed_and_removed(runner: FlaskCliRunner, make: Make, app: Flask) -> None:
    metadata = {"modelspec.trigger_phrase": "inkwash style"}
    added = run_json(runner, "loras", "add", str(make("Ink_Wash", metadata=metadata)), "--licence", "CC0-1.0")
    assert added["name"] == "ink-wash" and added["rank"] == lora_files.RANK and added["licence"] == "CC0-1.0"
    assert added["trigger"] == "inkwash style"
    assert run_json(runner, "loras", "list") == [added]
    assert sorted(path.name for path in loras.folder().iterdir()) == ["ink-wash.json", "ink-wash.safetensors"]
    assert db.session.query(Task).filter_by(kind=LORA).count() == 0
    assert "There is a LoRA ink-wash already" in refused(runner, "add", str(make("Ink_Wash")))
    assert "removed" in run(runner, "loras", "remove", "ink-wash").output
    assert run_json(runner, "loras", "list") == []
    assert "There is no LoRA ink-wash; none was added" in refused(runner, "remove", "ink-wash")


def test_walk_from_one_lora_to_another_is_painted_and_repainted_by_its_recipe(
    runner: FlaskCliRunner, make: Make
) -> None:
    for number, name in enumerate(("ink", "neon"), 1):
        run_json(runner, "loras", "add", str(make(name, seed=number)))
    plain = frames_of(request_walk({}, {}))
    walk = request_walk({"lora": "ink", "lora_weight": 0.5}, {"lora": "neon"})
    pictures = frames_of(walk)
    assert all(away(one, other) > 1 for one, other in zip(pictures, plain, strict=True))
    assert len({*pictures}) == 5

    document = recipe.recipe_of(read(walk.id))
    assert [(stop["lora"], stop["lora_weight"]) for stop in document["stops"]] == [("ink", 0.5), ("neon", 1.0)]
    assert document["sampler"]["loras"] == {lora.name: lora.digest for lora in loras.every()}
    wanted, pinned = recipe.read_upload(json.dumps(document).encode())
    again, _ = placing.place(wanted, visitor_key="bob", owner="bob", skip_cache=True, pinned=pinned)
    assert frames_of(read(again.id)) == pictures

    run(runner, "loras", "remove", "ink")
    with pytest.raises(InvalidInput, match="The LoRA “ink” of the recipe was removed here, or replaced since"):
        recipe.read_upload(json.dumps(document).encode())
    run_json(runner, "loras", "add", str(make("ink", seed=7)))
    with pytest.raises(InvalidInput, match="The LoRA “ink” of the recipe was removed here, or replaced since"):
        recipe.read_upload(json.dumps(document).encode())


def test_waiting_walk_whose_lora_is_removed_fails_and_others_go_on(runner: FlaskCliRunner, make: Make) -> None:
    run_json(runner, "loras", "add", str(make("ink")))
    walk, other = request_walk({"lora": "ink"}, {}), request_walk({}, {})
    run(runner, "loras", "remove", "ink")
    with pytest.raises(Exception, match="the LoRA ink, with which it was to be painted, was removed here"):
        job.work()
    row = read(walk.id)
    assert row.state == FAILED
    assert row.error == "The LoRA ink, with which it was to be painted, was removed here or replaced since."
    frames_of(other)


def test_bad_files_are_refused_by_name_and_reason(runner: FlaskCliRunner, make: Make, tmp_path: Path) -> None:
    good = make("good")
    data = good.read_bytes()
    tensors = load_file(good)
    name = next(name for name in tensors if name.endswith("lora_up.weight"))

    def file(called: str, content: bytes | dict[str, torch.Tensor]) -> str:
        path = tmp_path / called
        if isinstance(content, dict):
            save_file(content, path)
        else:
            path.write_bytes(content)
        return str(path)

    for path, reason in (
        (file("cut.safetensors", data[:-100]), r"cut.safetensors is cut off or broken: it has \d+ bytes and should"),
        (file("short.safetensors", data[:40]), "short.safetensors is no .safetensors file, or is cut off"),
        (file("text.safetensors", b"not a lora at all, but some text"), "text.safetensors is no .safetensors file"),
        (file("pickled.safetensors", b"PK\x03\x04" + data), "pickled.safetensors is a pickle under another name"),
        (file("old.ckpt", data), r"old.ckpt is a pickle \(.ckpt\), which could run code"),
        (file("old.pt", data), r"old.pt is a pickle \(.pt\)"),
        (file("lora.zip", data), "lora.zip must end in .safetensors"),
        (str(make("xl", kind="sdxl")), r"xl.safetensors is made for Stable Diffusion XL|fits none of the models"),
        (file("keys.safetensors", tensors | {"lora_unet_magic": torch.zeros(1)}), "holds the tensor lora_unet_magic"),
        (file("flux.safetensors", {"lora_unet_double_blocks_0_img.lora_down.weight": torch.zeros(4, 4)}), "FLUX"),
        (
            file("nan.safetensors", tensors | {name: tensors[name] * float("nan")}),
            "not finite .NaN or Inf., in the tensor lora_",
        ),
        (file("inf.safetensors", tensors | {name: tensors[name] / 0}), "not finite .NaN or Inf., in the tensor lora_"),
        (file("shape.safetensors", tensors | {name: torch.zeros(7, 4)}), "shape.safetensors does not fit the model"),
    ):
        assert re.search(reason, refused(runner, "add", path)), path
    alone = {key.replace("attn1", "attn9"): each for key, each in tensors.items()}
    assert "does not fit the model sd1" in refused(runner, "add", file("other.safetensors", alone))
    assert loras.every() == () and list(loras.folder().glob("*")) == []
    assert frames_of(request_walk({}, {}))


def test_site_that_offers_led_models_alone_refuses_files_and_says_why(
    runner: FlaskCliRunner, make: Make, app: Flask, tiny_models: dict[str, Path]
) -> None:
    app.config |= {"MODEL": str(tiny_models["led"]), "MODELS": []}
    message = "cannot be used here: sketches lead what is on offer (led), and LoRA files are made for networks"
    assert message in refused(runner, "add", str(make("ink")))


def test_names_with_paths_are_refused(runner: FlaskCliRunner, make: Make) -> None:
    path = str(make("ink"))
    for name in ("../ink", "a/b", "..", "Ink", "x" * 61):
        assert "A LoRA's name has small letters" in refused(runner, "add", path, "--name", name)
    assert "There is no LoRA ../ink" in refused(runner, "remove", "../ink")


def test_without_a_worker_nothing_is_added_and_a_slow_one_is_not_waited_for(
    runner: FlaskCliRunner, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(make("ink"))
    monkeypatch.setattr(lora_adding, "sleep", lambda _: None)
    assert "checked the file within 1 seconds; it was not added" in refused(runner, "add", path, "--wait", "1")
    monkeypatch.setattr(jobs, "workers", list)
    assert "No worker is running" in refused(runner, "add", path)
    assert loras.every() == () and db.session.query(Task).count() == 0


def test_link_out_of_the_folder_is_refused(runner: FlaskCliRunner, make: Make, tmp_path: Path) -> None:
    run_json(runner, "loras", "add", str(make("ink")))
    path = loras.folder() / "ink.safetensors"
    outside = tmp_path / "outside.safetensors"
    shutil.move(path, outside)
    path.symlink_to(outside)
    assert loras.every() == ()
    assert "is a symbolic link that leads out of" in run(runner, "loras", "list").output
    with pytest.raises(InvalidInput, match="The LoRA of stop 1 cannot be “ink”"):
        validate({"stops": [{"prompt": "a bear", "lora": "ink"}, {"prompt": "a lemon"}], "seed": 5})
    walk = request_walk({}, {})
    assert frames_of(walk)


def test_peft_file_brings_its_strength_along(
    runner: FlaskCliRunner, tiny_models: dict[str, Path], tmp_path: Path
) -> None:
    saved = lora_files.as_peft(lora_files.make(tiny_models["sd1"], parts=("unet",)), tmp_path / "mine")
    added = run_json(runner, "loras", "add", str(saved), "--name", "mine")
    assert added["rank"] == lora_files.RANK
    kept = lora_file.inspect(loras.every()[0].path).metadata["lora_adapter_metadata"]
    assert json.loads(kept)["unet.lora_alpha"] == lora_files.ALPHA
    saved.with_name("adapter_config.json").unlink()
    assert "adapter_config.json, which says how strong it is, is not beside it" in refused(runner, "add", str(saved))


def test_style_that_was_taught_is_listed_and_chosen_as_a_lora_is(
    runner: FlaskCliRunner, tiny_models: dict[str, Path], tmp_path: Path, app: Flask
) -> None:
    lora = lora_files.make(tiny_models["sd1"], parts=("unet",), targets=lora_files.ATTENTION, scale=0.4)
    path = tmp_path / "adapter.safetensors"
    save_file(lora.parts["unet"], path)
    about = {"words": "our prints", "title": "Our prints", "model": "sd1"}
    kept = adapters.keep(path, "our-prints", base=Path(app.config["MODEL"]), **about)
    listed = run_json(runner, "loras", "list")
    assert [(each["name"], each["model"], each["digest"]) for each in listed] == [("our-prints", "sd1", kept.digest)]
    assert "flask styles remove our-prints removes it" in refused(runner, "remove", "our-prints")

    plain, half, whole = (
        frames_of(request_walk(first, {}))
        for first in ({}, {"lora": "our-prints", "lora_weight": 0.5}, {"lora": "our-prints"})
    )
    assert 0 < away(half[0], plain[0]) < away(whole[0], plain[0])
    assert away(half[-1], plain[-1]) < 0.1


def test_check_that_is_lost_or_fails_is_answered(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(this_worker().models, "get", raising(RuntimeError("the disk is on fire")))
    task = lora_checks.enqueue("x.safetensors", None)
    assert lora_checks.find_answer(task) is None
    with pytest.raises(RuntimeError):
        job.work()
    assert lora_checks.find_answer(task) == "could not be checked. RuntimeError while painting."
    lora_checks.delete_check(task)
    assert lora_checks.find_answer(task) == "could not be checked: its task was deleted."
