"""The command line, and what the studio has to do with the rest of the project: nothing."""

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from studio.__main__ import main
from tests.architecture.test_wsgi import imported, modules
from tests.support.loaded_modules import modules_after

ROOT = Path(__file__).parents[2]


def packages(name: str) -> set[str]:
    """List the packages beside Python's own that the modules of a package import, anywhere in them."""
    return {each for path in modules(name) for each in imported(path)} - set(sys.stdlib_module_names)


@pytest.mark.slow
def test_site_and_studio_do_not_know_each_other() -> None:
    assert "studio" not in packages("app") | packages("worker")
    assert not {"app", "worker", "flask"} & packages("studio")
    for name in ("decoder", "image_encoder"):
        assert packages(name) == {name, "torch", "safetensors"}
    drawing = {"sketch", "numpy", "PIL", "scipy", "defusedxml", "pydantic", "pydantic_core", "resvg_py"}
    assert packages("sketch") == drawing | {"snowballstemmer", "threadpoolctl"}


def test_stages_are_listed_in_the_order_of_the_work() -> None:
    about, _, commands = CliRunner().invoke(main, ["--help"]).output.partition("Commands:")
    assert "one stage after the other" in about
    words = commands.split()
    assert words.index("collect") < words.index("caption") < words.index("compose")
    assert words.index("compose") < words.index("sketchbook") < words.index("encode") < words.index("train")


@pytest.mark.parametrize("name", main.list_commands(None))  # type: ignore[arg-type]
def test_every_stage_has_a_folder_json_and_help(name: str) -> None:
    answer = CliRunner().invoke(main, [name, "--help"])
    assert answer.exit_code == 0
    assert {"--folder", "--json"} <= set(answer.output.replace(",", " ").split())


@pytest.mark.slow
def test_help_comes_without_loading_torch() -> None:
    program = "from click.testing import CliRunner; from studio.__main__ import main; "
    assert "torch" not in modules_after(f"{program} assert CliRunner().invoke(main, ['--help']).exit_code == 0")


def test_unknown_stage_is_refused() -> None:
    answer = CliRunner().invoke(main, ["frame"])
    assert answer.exit_code == 2 and "No such command 'frame'" in answer.output


def test_errors_are_one_sentence_and_json_where_asked(tmp_path: Path) -> None:
    answer = CliRunner().invoke(main, ["caption", "--folder", str(tmp_path)])
    assert answer.exit_code == 1 and answer.stderr.startswith("Error: ") and "Traceback" not in answer.output
    answer = CliRunner().invoke(main, ["caption", "--folder", str(tmp_path), "--json"])
    assert json.loads(answer.stdout)["stage"] == "caption"
