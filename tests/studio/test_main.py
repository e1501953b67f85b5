"""The command line, and what the studio has to do with the rest of the project: nothing."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from studio.__main__ import main

ROOT = Path(__file__).parents[2]


def imported(package: str) -> set[str]:
    """List the packages that the modules of a package import, anywhere in them."""
    names = set()
    for path in (ROOT / package).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module.split(".")[0])
    return names


@pytest.mark.slow
def test_site_and_studio_do_not_know_each_other() -> None:
    assert "studio" not in imported("app") | imported("worker")
    assert not {"app", "worker", "flask"} & imported("studio")
    assert imported("decoder") - set(sys.stdlib_module_names) == {"decoder", "torch", "safetensors"}
    assert imported("image_encoder") - set(sys.stdlib_module_names) == {"image_encoder", "torch", "safetensors"}
    drawing = {"sketch", "numpy", "PIL", "scipy", "defusedxml", "pydantic", "pydantic_core", "resvg_py"}
    drawing |= {"snowballstemmer", "threadpoolctl"}
    assert imported("sketch") - set(sys.stdlib_module_names) == drawing


def test_stages_are_listed_in_the_order_of_the_work() -> None:
    words = CliRunner().invoke(main, ["--help"]).output.split("Commands:")[1].split()
    assert words.index("collect") < words.index("caption") < words.index("compose")
    assert words.index("compose") < words.index("sketchbook") < words.index("encode") < words.index("train")


@pytest.mark.parametrize("name", main.list_commands(None))  # type: ignore[arg-type]
def test_every_stage_has_a_folder_json_and_help(name: str) -> None:
    answer = CliRunner().invoke(main, [name, "--help"])
    assert answer.exit_code == 0
    assert {"--folder", "--json"} <= set(answer.output.replace(",", " ").split())


@pytest.mark.slow
def test_help_comes_without_loading_torch() -> None:
    program = (
        "import sys; from click.testing import CliRunner; from studio.__main__ import main; "
        "print(CliRunner().invoke(main, ['--help']).exit_code, 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0", "False"]


def test_unknown_stage_is_refused() -> None:
    answer = CliRunner().invoke(main, ["frame"])
    assert answer.exit_code == 2 and "No such command 'frame'" in answer.output


def test_errors_are_one_sentence_and_json_where_asked(tmp_path: Path) -> None:
    answer = CliRunner().invoke(main, ["caption", "--folder", str(tmp_path)])
    assert answer.exit_code == 1 and answer.stderr.startswith("Error: ") and "Traceback" not in answer.output
    answer = CliRunner().invoke(main, ["caption", "--folder", str(tmp_path), "--json"])
    assert json.loads(answer.stdout)["stage"] == "caption"
