"""The table of the commands: each is imported when it is used."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

from app.cli import register
from app.core.config import ROOT

MODULES = """
import json, os, sys
os.environ["FLASK_RUN_FROM_CLI"] = "true"
import click, wsgi
context = click.Context(wsgi.app.cli)
helps = [wsgi.app.cli.get_command(context, name).get_short_help_str() for name in wsgi.app.cli.list_commands(context)]
assert len(helps) > 15 and all(helps)
print(json.dumps(sorted(sys.modules)))
"""


@pytest.mark.parametrize("name", register.COMMANDS)
def test_help_in_the_table_is_that_of_the_command(app: Flask, name: str) -> None:
    command = app.cli.commands[name]
    assert command.name == name
    assert register.COMMANDS[name].help == (command.help or "").strip().splitlines()[0]


@pytest.mark.slow
def test_list_of_commands_imports_none_of_them(tmp_path: Path) -> None:
    environment = {**os.environ, "MOMA_INSTANCE": str(tmp_path)}
    result = subprocess.run(
        [sys.executable, "-c", MODULES], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    loaded = set(json.loads(result.stdout))
    assert not loaded & {
        "alembic", "flask_sqlalchemy", "numpy", "redis", "rq", "sketch", "app.cli.walks", "app.reading",
        "app.site.pages", "app.site.api", "app.storage.database",
    }  # fmt: skip


def test_mistyped_command_names_the_nearest(runner: FlaskCliRunner) -> None:
    result = runner.invoke(args=["walk", "list"])
    assert result.exit_code == 2
    assert "No such command 'walk'. (Did you mean one of: 'walks', 'wall'?)" in result.stderr


def test_command_with_import_error_is_reported(runner: FlaskCliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "app.cli.tokens", None)
    result = runner.invoke(args=["tokens", "list"])
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: While importing 'app.cli.tokens', an ImportError was raised:\n\nTraceback")


def test_completion_knows_groups_and_their_commands(runner: FlaskCliRunner) -> None:
    for words, count, expected in (("flask wal", "1", "plain,walks"), ("flask walks cr", "2", "plain,create")):
        env = {"_FLASK_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": count}
        result = runner.invoke(args=[], env=env, prog_name="flask")
        assert expected in result.stdout.splitlines()


LISTED = """
import json, sys
from flask.cli import cli
try:
    cli.main(["--app", "wsgi", "walks", "list"])
finally:
    print(json.dumps(sorted(sys.modules)))
"""


@pytest.mark.slow
def test_walks_list_imports_neither_stores_nor_redis_nor_stemmers(instance: Path) -> None:
    environment = {**os.environ, "MOMA_INSTANCE": str(instance)}
    for program in (["-m", "flask", "--app", "wsgi", "db", "upgrade"], ["-c", LISTED]):
        result = subprocess.run(
            [sys.executable, *program], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
        )
    loaded = set(json.loads(result.stdout.splitlines()[-1]))
    assert "sqlalchemy.dialects.sqlite" in loaded
    assert not loaded & {
        "alembic", "babel", "fsspec", "numpy", "redis", "rq", "snowballstemmer", "sqlalchemy.dialects.postgresql",
        "app.storage.media_store",
    }  # fmt: skip
