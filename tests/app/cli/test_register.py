"""The table of the commands: each is imported when it is used."""

import sys
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

from app.cli import register
from tests.support.loaded_modules import modules_after

MODULES = """
import os
os.environ["FLASK_RUN_FROM_CLI"] = "true"
import click, wsgi
context = click.Context(wsgi.app.cli)
helps = [wsgi.app.cli.get_command(context, name).get_short_help_str() for name in wsgi.app.cli.list_commands(context)]
assert len(helps) > 15 and all(helps)
"""


@pytest.mark.parametrize("name", register.COMMANDS)
def test_help_in_the_table_is_that_of_the_command(app: Flask, name: str) -> None:
    command = app.cli.commands[name]
    assert command.name == name
    assert register.COMMANDS[name].help == (command.help or "").strip().splitlines()[0]


@pytest.mark.slow
def test_list_of_commands_imports_none_of_them(tmp_path: Path) -> None:
    assert not modules_after(MODULES, MOMA_INSTANCE=tmp_path) & {
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


@pytest.mark.slow
def test_walks_list_imports_neither_stores_nor_redis_nor_stemmers(instance: Path) -> None:
    for command in (["db", "upgrade"], ["walks", "list"]):
        program = f"from flask.cli import cli; cli.main(['--app', 'wsgi', *{command}])"
        loaded = modules_after(program, MOMA_INSTANCE=instance)
    assert "sqlalchemy.dialects.sqlite" in loaded
    assert not loaded & {
        "alembic", "babel", "fsspec", "numpy", "redis", "rq", "snowballstemmer", "sqlalchemy.dialects.postgresql",
        "app.storage.media_store",
    }  # fmt: skip
