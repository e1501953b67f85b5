"""``flask models``: list, check and download, without a running site."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskCliRunner

from tests.conftest import make_app
from tests.support import headers, hub_server
from tests.support.commands import run, run_json
from tests.support.house import NAME
from tests.support.hub_server import COMMIT, Hub
from tests.support.model_folders import lay_out

pytestmark = pytest.mark.slow


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    with hub_server.serve() as found:
        hub_server.ask_it(found, monkeypatch)
        model = lay_out(tmp_path / "repository")
        (model / "README.md").write_text("---\nlicense: other\nlicense_name: sai-nc-community\n---\n")
        found.add("some/model", model)
        yield found


@pytest.fixture
def commands(server: Hub, instance: Path, tmp_path: Path) -> FlaskCliRunner:
    file = headers.write(tmp_path / "mine.safetensors", headers.of("sdxl"), {"modelspec.license": "openrail++"})
    app = make_app(
        instance, MODELS=[str(file), "some/model"], MODEL_CACHE=str(tmp_path / "cache"), DATABASE_URL="sqlite:////gone"
    )
    return app.test_cli_runner()


def test_list_tells_name_kind_size_licence_and_state(commands: FlaskCliRunner, tmp_path: Path) -> None:
    ours, file, hub = run_json(commands, "models", "list")
    assert (ours["name"], ours["kind"], ours["here"], ours["flawed"]) == (NAME, "Stable Diffusion", True, False)
    assert ours["state"] == f"{ours['setting']} is whole"
    assert (file["name"], file["kind"], file["licence"]) == ("mine", "Stable Diffusion XL", "openrail++")
    assert (file["picture"], file["files"]) == ("1024 x 1024 pixels", "6.94 GB")
    assert (hub["name"], hub["kind"], hub["licence"]) == ("some/model", "Stable Diffusion", "sai-nc-community")
    assert hub["state"].startswith("some/model is not downloaded yet;") and not hub["here"]
    lines = run(commands, "models", "list").output.splitlines()
    assert lines[7] == str(tmp_path / "mine.safetensors") and "  licence  openrail++" in lines


def test_check_returns_1_only_for_broken_models(commands: FlaskCliRunner, server: Hub, tmp_path: Path) -> None:
    lines = run(commands, "models", "check", NAME).output.splitlines()
    assert lines[0].endswith("is whole")
    assert {line.split()[1].partition("/")[0] for line in lines[1:]} == {"text_encoder", "unet", "vae"}
    of_zeros = run(commands, "models", "check", "mine", status=1).output
    assert f"{tmp_path / 'mine.safetensors'} is broken: from byte " in of_zeros and "all bytes are the same" in of_zeros
    assert "is not downloaded yet" in run(commands, "models", "check", "some/model").output
    assert "or it is private" in run(commands, "models", "check", "other/model", status=1).output
    assert run_json(commands, "models", "check", "other/model", status=1)["flawed"]
    assert "has no revision v2" in run(commands, "models", "check", "some/model@v2", status=1).output
    index = server.repositories["some/model"].files[COMMIT]
    qwen = json.dumps({"_class_name": "QwenImagePipeline"}).encode()
    server.repositories["some/qwen"] = hub_server.Repository({COMMIT: index | {"model_index.json": qwen}})
    assert "some/qwen is Qwen-Image; this program" in run(commands, "models", "check", "some/qwen", status=1).output
    assert server.weights_asked_for() == []


def test_download_shows_progress_and_folder(commands: FlaskCliRunner, server: Hub, tmp_path: Path) -> None:
    output = run(commands, "models", "download", f"some/model@{COMMIT}").output
    assert "% of 0.00 GB: unet/model.safetensors" in output
    folder = tmp_path / "cache" / "models--some--model" / "snapshots" / COMMIT
    assert output.endswith(f"some/model@{COMMIT} is whole, in {folder}\n")
    first, *digests = run(commands, "models", "check", f"some/model@{COMMIT}").output.splitlines()
    assert first.endswith("is whole") and len(digests) == 3
    assert all(line.endswith("(as on the hub)") for line in digests)
    assert (folder / "unet" / "model.safetensors").is_file()


def test_download_of_what_cannot_be_had_says_why_in_one_line(commands: FlaskCliRunner, tmp_path: Path) -> None:
    output = run(commands, "models", "download", "other/model", status=1).output
    assert output.startswith("Error: The hub has no model other/model") and len(output.splitlines()) == 1
    assert "is missing" in run(commands, "models", "download", str(tmp_path / "gone"), status=1).output
    assert "is not downloaded" in run(commands, "models", "download", "mine").output
