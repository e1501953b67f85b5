"""A model on a hub: looked at before its weights are fetched, fetched in pieces, and refused in one sentence."""

import errno
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.core.models import cache, downloads, facts, hub, names, states
from app.core.models.errors import ModelError
from tests.support import flow_folders, hub_server, small_disk
from tests.support.hub_server import COMMIT, EARLIER, TOKEN, Hub
from tests.support.loaded_modules import modules_after
from tests.support.model_folders import lay_out, safetensors
from tests.support.raising import raising

pytestmark = pytest.mark.slow

NAME = names.ModelName("some/model", repository="some/model")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.delenv("HF_TOKEN", raising=False)
    with hub_server.serve() as found:
        hub_server.ask_it(found, monkeypatch)
        yield found


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return lay_out(tmp_path / "repository")


@pytest.fixture
def there(tmp_path: Path) -> str:
    return str(tmp_path / "cache")


def change(path: Path, **settings: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | settings))


def refusal(there: str, name: str = "some/model") -> str:
    with pytest.raises(ModelError) as refused:
        hub.fetch(names.parse(name), there)
    sentence = str(refused.value)
    assert "some/model" in sentence and "\n" not in sentence and "Traceback" not in sentence
    return sentence


def test_model_is_fetched_whole_and_once(server: Hub, model: Path, there: str) -> None:
    server.add("some/model", model)
    events: list[tuple[str, int, int, int]] = []
    folder = hub.fetch(NAME, there, lambda *about: events.append(about))
    assert folder == cache.snapshot(NAME, there) and folder.name == COMMIT
    for path in model.rglob("*.safetensors"):
        assert (folder / path.relative_to(model)).read_bytes() == path.read_bytes()
    assert events[-1][1] == events[-1][2] == sum(path.stat().st_size for path in model.rglob("*.safetensors"))
    asked = len(server.weights_asked_for())
    assert hub.fetch(NAME, there) == folder
    assert len(server.weights_asked_for()) == asked
    assert states.examine("some/model", there).is_here


@pytest.mark.parametrize(
    ("file", "settings", "flaw"),
    [
        ("model_index.json", {"_class_name": "AmusedPipeline"}, "some/model is of the kind AmusedPipeline"),
        ("model_index.json", {"_class_name": "QwenImagePipeline"}, "some/model is Qwen-Image; this program paints"),
        ("scheduler/scheduler_config.json", {"_class_name": "EDMEulerScheduler"}, "EDMEulerScheduler"),
        ("unet/config.json", {"in_channels": 9}, "another task than painting from words"),
    ],
)
def test_model_of_another_kind_is_refused_before_its_weights_are_fetched(
    server: Hub, model: Path, there: str, file: str, settings: dict[str, Any], flaw: str
) -> None:
    change(model / file, **settings)
    server.add("some/model", model)
    with pytest.raises(ModelError, match=flaw):
        hub.fetch(NAME, there)
    state = states.examine("some/model", there, ask=True)
    assert flaw in state.flaw and not state.is_here
    assert server.weights_asked_for() == []


def test_kind_is_known_before_any_other_file_is_asked_for(server: Hub, model: Path, there: str) -> None:
    change(model / "model_index.json", _class_name="AmusedPipeline")
    server.add("some/model", model)
    refusal(there)
    files = {path.rpartition("/")[2] for _, path in server.requests if "/resolve/" in path}
    assert files == {"model_index.json"}


def test_look_fetches_no_weights_and_tells_their_size(server: Hub, model: Path, there: str) -> None:
    server.add("some/model", model)
    found = hub.fetch_metadata(NAME, there)
    assert found.missing == {
        path.relative_to(model).as_posix(): path.stat().st_size for path in model.rglob("*.safetensors")
    }
    assert server.weights_asked_for() == []
    state = states.examine("some/model", there, ask=True)
    assert (state.flaw, state.is_here, state.size) == ("", False, sum(found.missing.values()))
    assert facts.load_facts("some/model", there).size == 512


@pytest.mark.parametrize("other", ["non_ema.safetensors", "bin", "fp16.bin", "msgpack", "onnx"])
def test_weights_in_half_precision_are_fetched_alone(server: Hub, model: Path, there: str, other: str) -> None:
    for path in [*model.rglob("*.safetensors")]:
        shutil.copy(path, path.with_suffix(f".{other}") if other != "bin" else path.with_name("pytorch_model.fp32.bin"))
        path.rename(path.with_suffix(".fp16.safetensors"))
    server.add("some/model", model)
    folder = hub.fetch(NAME, there)
    assert {path.name for part in ("unet", "vae", "text_encoder") for path in (folder / part).glob("model.*")} == {
        "model.fp16.safetensors"
    }


@pytest.mark.slow
@pytest.mark.parametrize("family", flow_folders.INDICES)
def test_flow_model_is_fetched_with_what_it_needs(server: Hub, tmp_path: Path, there: str, family: str) -> None:
    path = flow_folders.lay_out(tmp_path / "repository", family)
    wanted = {each.relative_to(path).as_posix() for each in path.rglob("*") if each.is_file()}
    transformer = path / "transformer"
    (transformer / "model.safetensors").unlink()
    for number in (1, 2, 3):
        name = f"transformer/diffusion_pytorch_model-0000{number}-of-00003.safetensors"
        (path / name).write_bytes(safetensors(700 + number, number))
        wanted.add(name)
    index = "transformer/diffusion_pytorch_model.safetensors.index.json"
    (path / index).write_text("{}")
    for other in ("flux1-schnell.safetensors", "vae/diffusion_pytorch_model.fp16.safetensors"):
        (path / other).write_bytes(safetensors(900, 9))
    (path / "text_encoder" / "model.fp16.safetensors").write_bytes(safetensors(901, 8))
    (path / "schnell_grid.jpeg").write_bytes(b"")
    server.add("some/model", path)
    known = hub.fetch_metadata(NAME, there)
    assert server.weights_asked_for() == [] and facts.load_facts("some/model", there).family == family
    assert sum(known.missing.values()) == sum((path / name).stat().st_size for name in known.files)
    folder = hub.fetch(NAME, there)
    found = {each.relative_to(folder).as_posix() for each in folder.rglob("*") if each.is_file()}
    assert found == wanted - {"transformer/model.safetensors"} | {index}


@pytest.mark.slow
def test_flow_model_without_a_part_is_refused_before_any_weights(server: Hub, tmp_path: Path, there: str) -> None:
    path = flow_folders.lay_out(tmp_path / "repository", "flux1", index={"text_encoder_2": [None, None]})
    server.add("some/model", path)
    assert refusal(there) == "The model some/model has no text encoder 2, which FLUX.1 needs."
    server.repositories.clear()
    flow_folders.lay_out(path, "flux1")
    (path / "vae" / "model.safetensors").unlink()
    server.add("some/model", path, commit=EARLIER)
    assert refusal(there, f"some/model@{EARLIER}") == "some/model has no weights in vae."
    assert server.weights_asked_for() == []


def test_facts_follow_the_files_as_they_arrive(server: Hub, model: Path, there: str) -> None:
    server.add("some/model", model)
    snapshot = Path(there) / "models--some--model" / "snapshots" / COMMIT
    (snapshot.parent.parent / "refs").mkdir(parents=True)
    (snapshot.parent.parent / "refs" / "main").write_text(COMMIT)
    snapshot.mkdir(parents=True)
    shutil.copy(model / "model_index.json", snapshot)
    assert facts.load_facts("some/model", there).size is None
    hub.fetch_metadata(NAME, there)
    assert facts.load_facts("some/model", there).size == 512


def test_revision_of_a_name_is_fetched(server: Hub, model: Path, there: str) -> None:
    server.add("some/model", model)
    (model / "README.md").write_text("---\nlicense: openrail++\n---\n")
    server.add("some/model", model, commit=EARLIER)
    name = names.parse(f"some/model@{EARLIER}")
    assert hub.fetch(name, there).name == EARLIER
    assert facts.load_facts(f"some/model@{EARLIER}", there).licence == "openrail++"
    assert facts.load_facts(f"some/model@{EARLIER}", there).name == "some/model"
    assert "has no revision nothing" in refusal(there, "some/model@nothing")


def test_weights_are_fetched_without_token(
    server: Hub, model: Path, there: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    server.add("some/model", model, is_gated=True)
    hub.fetch(NAME, there)
    assert server.weights_asked_for() and server.tokens_elsewhere == []


def test_gated_private_and_unknown_models_are_refused_with_the_cure(server: Hub, model: Path, there: str) -> None:
    assert refusal(there) == (
        "The hub has no model some/model, or it is private: check the name; for a private one set HF_TOKEN."
    )
    server.add("some/model", model, is_private=True)
    assert "or it is private" in refusal(there)
    server.repositories.clear()
    server.add("some/model", model, is_gated=True)
    assert refusal(there) == (
        f"The model some/model is gated: accept its terms on {server.address}/some/model, and set HF_TOKEN to a token"
        " of that account."
    )
    assert "is gated" in states.examine("some/model", there, ask=True).flaw


def test_repository_without_an_index_points_to_single_files(server: Hub, model: Path, there: str) -> None:
    (model / "model_index.json").unlink()
    server.add("some/model", model)
    sentence = refusal(there)
    assert "has no model_index.json" in sentence and "a .safetensors file, download that and name the file" in sentence


@pytest.mark.parametrize("status", [500, 503, 429])
def test_hub_that_fails_is_no_flaw_of_the_model(server: Hub, model: Path, there: str, status: int) -> None:
    server.status = status
    assert f"The hub answered {status} when asked for some/model. Try again later." == refusal(there)
    state = states.examine("some/model", there, ask=True)
    assert state.flaw == "" and f"The hub answered {status}" in state.sentence


def test_hub_that_is_away_keeps_models(server: Hub, model: Path, there: str, caplog: pytest.LogCaptureFixture) -> None:
    server.add("some/model", model)
    folder = hub.fetch(NAME, there)
    server.status = 503
    assert hub.fetch(NAME, there) == folder
    server.status = 0
    server.repositories.clear()
    assert hub.fetch(NAME, there) == folder
    assert "or it is private: check the name; for a private one set HF_TOKEN. Its downloaded files" in caplog.text


def test_hub_that_cannot_be_reached_is_named(there: str, monkeypatch: pytest.MonkeyPatch) -> None:
    hub_server.ask_it(Hub(address="http://127.0.0.1:9"), monkeypatch)
    assert "The hub cannot be reached for the model some/model" in refusal(there)


@pytest.mark.parametrize("knows_ranges", [True, False])
def test_download_that_breaks_off_goes_on(server: Hub, model: Path, there: str, knows_ranges: bool) -> None:
    server.add("some/model", model)
    server.knows_ranges, server.cut_after = knows_ranges, [300, 200]
    folder = hub.fetch(NAME, there)
    assert server.ranges
    for path in model.rglob("*.safetensors"):
        assert (folder / path.relative_to(model)).read_bytes() == path.read_bytes()
    assert not [*Path(there).rglob("*.incomplete")]


def test_download_resumes_in_a_later_run(server: Hub, model: Path, there: str, monkeypatch: pytest.MonkeyPatch) -> None:
    server.add("some/model", model)
    server.cut_after = [300] + [0] * downloads.TRIES
    assert "the download goes on where it stopped" in refusal(there)
    (partial,) = Path(there).rglob("*.incomplete")
    assert partial.stat().st_size == 300
    server.cut_after = []
    assert hub.is_whole(NAME, hub.fetch(NAME, there))
    assert server.ranges[-1] == "bytes=300-"


def test_damaged_download_is_not_kept(server: Hub, model: Path, there: str, monkeypatch: pytest.MonkeyPatch) -> None:
    server.add("some/model", model)
    own = hub_server.etag
    monkeypatch.setattr(hub_server, "etag", lambda path, content: own(path, content[:-1] + b"x"))
    assert "arrived damaged" in refusal(there)
    assert [path.stat().st_size for path in Path(there).rglob("*.incomplete")] == [0]


def test_full_disk_is_named_files_stay(server: Hub, model: Path, there: str, monkeypatch: pytest.MonkeyPatch) -> None:
    server.add("some/model", model)
    whole = downloads._append

    def fills_up(file: Any, url: str, headers: Any, have: int, size: int, progress: Any) -> None:
        whole(file, url, headers, have, size, progress)
        file.truncate(100)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(downloads, "_append", fills_up)
    assert refusal(there) == (
        f"No space left for the model some/model in {there}: No space left on device. Free some, or set"
        " MOMA_MODEL_CACHE to a folder on another disk; what was downloaded is kept."
    )
    monkeypatch.setattr(downloads, "_append", whole)
    assert hub.is_whole(NAME, hub.fetch(NAME, there))
    assert server.ranges[0] == "bytes=100-"


def test_download_goes_on_after_a_full_disk(
    server: Hub, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = model / "unet" / "model.safetensors"
    weights.write_bytes(safetensors(400_000, 7))
    server.add("some/model", model)
    monkeypatch.setattr(
        "app.core.models.hub.disk_usage", lambda _: shutil._ntuple_diskusage(9, 0, 1 << 30)
    )  # as it was
    with small_disk.mounted(tmp_path / "disk", 4 << 20) as disk:
        there = str(disk / "cache")
        with small_disk.full(disk, but=300_000):
            assert refusal(there).startswith(f"No space left for the model some/model in {there}:")
        assert hub.is_whole(NAME, hub.fetch(NAME, there))
        snapshot = cache.snapshot(NAME, there)
        assert snapshot is not None
        assert (snapshot / weights.relative_to(model)).read_bytes() == weights.read_bytes()
    assert server.ranges and not server.ranges[0].endswith("=0-")


def test_small_disk_is_refused_at_first(server: Hub, model: Path, there: str, monkeypatch: pytest.MonkeyPatch) -> None:
    server.add("some/model", model)
    monkeypatch.setattr("app.core.models.hub.disk_usage", lambda _: shutil._ntuple_diskusage(9, 8, 1))
    assert "0.0 GB are to be downloaded, 0.0 GB are free" in refusal(there)
    assert server.weights_asked_for() == []


def test_cache_that_cannot_be_written_is_named(server: Hub, model: Path, tmp_path: Path, monkeypatch: Any) -> None:
    server.add("some/model", model)

    monkeypatch.setattr("huggingface_hub.hf_hub_download", raising(PermissionError(errno.EACCES, "Permission denied")))
    assert "cannot be written to" in refusal(str(tmp_path / "cache"))


def test_looking_and_downloading_need_no_torch() -> None:
    used = "import huggingface_hub as hub; hub.hf_hub_download; hub.HfApi"
    loaded = modules_after(f"import app.core.models.downloads, app.core.models.states; {used}")
    assert not loaded & {"torch", "diffusers", "transformers", "safetensors"}
