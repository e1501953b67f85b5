"""The autoencoder: learns, goes on as if it had not been killed, stops at what is no number, keeps its latents."""

import errno
import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from studio.errors import FolderError, StudioError
from studio.training import autoencoder, checkpoints, loop
from studio.workspace.training_run import Run
from studio.workspace.work_folder import Folder
from tests.support.raising import raising
from tests.support.studio_fixtures import Run as Call
from tests.support.studio_fixtures import call
from tests.support.training_runs import fail_at_call, losses

pytestmark = pytest.mark.slow

SMALL = ("--size", 32, "--channels", "8,8,16", "--latent", 4, "--batch", 4, "--warmup", 2, "--measured", 2)


@pytest.fixture(scope="module")
def begun(drawn: Folder, tmp_path_factory: pytest.TempPathFactory) -> tuple[Folder, dict[str, Any]]:
    """A folder whose autoencoder took six steps, and what the stage said; not to be written to."""
    path = tmp_path_factory.mktemp("begun") / "work"
    shutil.copytree(drawn.path, path)
    call("compose", "--folder", path, "--number", 40, "--sheet", 0, "--hand", "neon", "--hand", "cut-out")
    return Folder(path), call("autoencoder", "--folder", path, *SMALL, "--steps", 6, "--save-every", 3)


@pytest.fixture
def copy(begun: tuple[Folder, dict[str, Any]], tmp_path: Path) -> Folder:
    shutil.copytree(begun[0].path, tmp_path / "copy")
    return Folder(tmp_path / "copy")


def test_stage_makes_a_folder_that_diffusers_loads(begun: tuple[Folder, dict[str, Any]]) -> None:
    folder, report = begun
    vae = autoencoder.load_autoencoder(folder.path / "model/vae")
    pictures = torch.rand(2, 3, 32, 32)
    latents = autoencoder.scaled_latents(vae, pictures)
    assert latents.shape == (2, 4, 8, 8) and autoencoder.decode_latents(vae, latents).shape == pictures.shape
    assert report["measured_on"] == "test" and set(report["psnr"]) == {"plain", "neon", "cut-out"}
    assert vae.config.scaling_factor == pytest.approx(report["scaling_factor"], abs=1e-3)


def test_latents_are_scaled_to_one(begun: tuple[Folder, dict[str, Any]]) -> None:
    folder, _ = begun
    from studio.scenes.canvas import Canvas

    pictures = Canvas(folder, size=32).mixture(16, 0, rng=loop.step_rng(0, 0))
    with torch.no_grad():
        latents = autoencoder.scaled_latents(autoencoder.load_autoencoder(folder.path / "model/vae"), pictures)
    assert float(latents.square().mean().sqrt()) == pytest.approx(1, abs=0.05)
    assert not autoencoder.load_autoencoder(
        folder.path / "model/vae"
    ).config.shift_factor  # the pipeline would ignore it


def test_second_call_trains_nothing_and_changes_nothing(copy: Folder, run: Call) -> None:
    before = (copy.path / "model/vae/diffusion_pytorch_model.safetensors").read_bytes()
    assert run("autoencoder", "--folder", copy.path, *SMALL, "--steps", 6)["taken_now"] == 0
    assert (copy.path / "model/vae/diffusion_pytorch_model.safetensors").read_bytes() == before


def test_run_goes_on_with_the_losses_it_would_have_had(
    copy: Folder, begun: tuple[Folder, dict[str, Any]], run: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(copy.path / "runs")
    fail_at_call(monkeypatch, autoencoder, "distance", 4, StudioError("killed"))
    run("autoencoder", "--folder", copy.path, *SMALL, "--steps", 6, "--save-every", 3, ok=False)
    monkeypatch.undo()
    assert run("autoencoder", "--folder", copy.path, *SMALL, "--steps", 6, "--save-every", 3)["taken_now"] == 3
    assert losses(copy, "autoencoder")[6] == pytest.approx(losses(begun[0], "autoencoder")[6], rel=1e-5)


def test_other_settings_are_refused_by_name(copy: Folder, run: Call) -> None:
    said = run("autoencoder", "--folder", copy.path, *SMALL, "--steps", 6, "--rate", 0.5, ok=False)["error"]
    assert "other settings (rate)" in said


def test_refining_keeps_the_latents(copy: Folder, run: Call) -> None:
    pictures = torch.rand(1, 3, 32, 32)
    with torch.no_grad():
        before = autoencoder.load_autoencoder(copy.path / "model/vae")
        latents = autoencoder.scaled_latents(before, pictures)
    run("autoencoder", "--folder", copy.path, *SMALL, "--steps", 2, "--refine")
    with torch.no_grad():
        after = autoencoder.load_autoencoder(copy.path / "model/vae")
        assert torch.equal(autoencoder.scaled_latents(after, pictures), latents)
        assert not torch.equal(autoencoder.decode_latents(after, latents), autoencoder.decode_latents(before, latents))


def test_more_steps_paint_nearer(drawn: Folder, begun: tuple[Folder, dict[str, Any]]) -> None:
    from studio.scenes.canvas import Canvas

    pictures = Canvas(begun[0], size=32).mixture(8, 0, rng=loop.step_rng(1, 1)) * 2 - 1
    vae = autoencoder.make_autoencoder((8, 8, 16), latent=4, size=32)
    optimiser = torch.optim.AdamW(vae.parameters(), 3e-3)
    losses = []
    for _ in range(30):
        painted, _ = autoencoder.TrainableAutoencoder(vae)(pictures, torch.zeros(()))
        loss = autoencoder.distance(painted, pictures)
        loss.backward()
        optimiser.step()
        optimiser.zero_grad()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.7 * losses[0]


class Plain:
    """An accelerator of one process that does nothing of its own."""

    def __new__(cls, run: Run) -> Any:  # type: ignore[misc]
        return loop.accelerator(run=run, cpu=True)


@pytest.fixture
def line(tmp_path: Path) -> tuple[Run, torch.nn.Module]:
    torch.manual_seed(0)
    return Run(Folder(tmp_path), "line"), torch.nn.Linear(3, 1)


def squares(model: Any, step: int, dice: torch.Generator) -> tuple[Any, dict[str, Any]]:
    seen = torch.randn((8, 3), generator=dice)
    return ((model(seen) - seen.sum(1, keepdim=True)) ** 2).mean(), {}


def failing(*steps: int) -> Any:
    """Learn squares, with no number at some steps."""

    def loss_of(model: Any, step: int, dice: torch.Generator) -> tuple[Any, dict[str, Any]]:
        loss, parts = squares(model, step, dice)
        return (loss * float("nan") if step in steps else loss), parts

    return loss_of


def test_no_number_again_and_again_stops_and_the_last_good_step_stays(line: tuple[Run, torch.nn.Module]) -> None:
    run, model = line
    always = failing(*range(5, 99))
    with pytest.raises(StudioError, match=r"Step 10 of line gave a non-finite loss .*after step 8 is saved"):
        loop.fit(model, always, loop.Schedule(steps=99, save_every=2), run, machine=Plain(run))
    kept = run.state()
    assert kept and kept["step"] == 8 and all(torch.isfinite(value).all() for value in kept["model"].values())
    with pytest.raises(StudioError, match=r"Step 13 of line gave a non-finite loss .*after step 12 is saved"):
        loop.fit(model, always, loop.Schedule(steps=99, save_every=2), run, machine=Plain(run))


def test_single_steps_without_a_number_are_left_out_and_counted(line: tuple[Run, torch.nn.Module]) -> None:
    run, model = line
    schedule = loop.Schedule(steps=30, save_every=10, log_every=1, rate=0.05, warmup=0)
    report = loop.fit(model, failing(0, 5, 6, 29), schedule, run, machine=Plain(run))
    assert report["left_out"] == 4 and report["taken_now"] == 30
    rows = {row["step"]: row for row in run.curve()}
    assert not {1, 6, 7, 30} & set(rows) and rows[8]["left_out"] == 3
    assert all(torch.isfinite(value).all() for value in model.parameters())
    assert rows[29]["loss"] < rows[2]["loss"]


def test_weights_that_are_no_numbers_are_never_kept(line: tuple[Run, torch.nn.Module]) -> None:
    run, model = line

    def spoils(model: Any, step: int, dice: torch.Generator) -> tuple[Any, dict[str, Any]]:
        if step == 3:
            with torch.no_grad():
                model.bias.fill_(float("inf"))
            return (model.weight * 0).sum(), {}
        return squares(model, step, dice)

    with pytest.raises(StudioError, match=r"Step 4 of line gave a non-finite loss .*after step 2 is saved"):
        loop.fit(model, spoils, loop.Schedule(steps=9, save_every=2), run, machine=Plain(run))
    kept = run.state()
    assert kept and kept["step"] == 2


def test_full_disk_is_reported_and_the_state_before_stays(
    line: tuple[Run, torch.nn.Module], monkeypatch: pytest.MonkeyPatch
) -> None:
    run, model = line
    loop.fit(model, squares, loop.Schedule(steps=4), run, machine=Plain(run))
    before = (run.path / "state.pt").read_bytes()

    monkeypatch.setattr("os.fsync", raising(OSError(errno.ENOSPC, "No space left on device")))
    with pytest.raises(StudioError, match=r"Step 9 could not be saved .No space left.*still holds the previous state"):
        run.save_state({"step": 9})
    assert (run.path / "state.pt").read_bytes() == before and not list(run.path.glob(".*"))


def test_full_disk_is_reported_where_curve_or_checkpoint_are_too_large(
    line: tuple[Run, torch.nn.Module], monkeypatch: pytest.MonkeyPatch
) -> None:
    run, model = line
    loop.fit(model, squares, loop.Schedule(steps=4), run, machine=Plain(run))
    before = (run.path / "state.pt").read_bytes()
    with monkeypatch.context() as patch, pytest.raises(StudioError, match=r"curve.jsonl could not .*step 5 .No space"):
        patch.setattr(Folder, "append", raising(OSError(errno.ENOSPC, "No space left")))
        run.log({"step": 5})

    def full(path: Path) -> None:
        (path / "half").write_bytes(b"0")
        raise RuntimeError("Error while serializing: I/O error: No space left on device (os error 28)")

    monkeypatch.setattr(checkpoints.diffusion, "plain_copy", lambda _: SimpleNamespace(
        half=lambda: SimpleNamespace(save_pretrained=full)))  # fmt: skip
    with pytest.raises(
        StudioError, match=r"checkpoints/000004 could not be written .*No space left.*earlier checkpoints stay"
    ):
        checkpoints.save_checkpoint(run, model, 4)
    assert (run.path / "state.pt").read_bytes() == before and not any((run.path / "checkpoints").iterdir())


def test_average_lies_between_and_is_what_is_left(line: tuple[Run, torch.nn.Module]) -> None:
    run, model = line
    loop.fit(model, squares, loop.Schedule(steps=30, rate=0.05, warmup=0), run, machine=Plain(run))
    kept = run.state()
    assert kept and torch.equal(model.weight, kept["average"]["weight"])
    assert not torch.equal(kept["average"]["weight"], kept["model"]["weight"])
    first, *_, last = losses(run.folder, "line").values()
    assert last < first


def test_curve_holds_each_step_once(line: tuple[Run, torch.nn.Module]) -> None:
    run, _ = line
    run.begin({})
    for loss in (3, 2, 1):
        run.log({"step": 7, "loss": loss})
    assert [row["loss"] for row in run.curve()] == [1]


def test_broken_state_and_odd_names_are_refused(line: tuple[Run, torch.nn.Module]) -> None:
    run, _ = line
    run.begin({})
    (run.path / "state.pt").write_bytes(b"torn")
    with pytest.raises(FolderError, match="cannot be read"):
        run.state()
    with pytest.raises(FolderError, match="is not a valid run name"):
        Run(run.folder, "../x")


def test_settings_are_noted_as_json(begun: tuple[Folder, dict[str, Any]]) -> None:
    noted = json.loads((begun[0].path / "runs/autoencoder/settings.json").read_text())
    assert noted["batch"] == 4 and noted["steps"] == 6 and "save_every" not in noted
