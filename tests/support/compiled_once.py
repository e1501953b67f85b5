"""What the thousands of applications of a test run have in common is compiled once: templates, statements, routes."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule, rules

from app.storage.database import db


class Compiled(BytecodeCache):
    """Templates compiled once for all the applications of a test run: half the time of the pages' tests."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take a template that an earlier application compiled."""
        if bucket.key in self.kept:
            bucket.bytecode_from_string(self.kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep a template for the next."""
        self.kept[bucket.key] = bucket.bytecode_to_string()


COMPILED = Compiled()


class Statements(LRUCache[Any, Any]):
    """Statements compiled once for all the engines of a test run, each of which has a dialect object of its own."""

    def get(self, key: Any, default: Any = None) -> Any:
        """Take a statement that was compiled for a dialect of this class."""
        return super().get((type(key[0]), *key[1:]), default)

    def __setitem__(self, key: Any, value: Any) -> None:
        """Keep a statement for the next."""
        super().__setitem__((type(key[0]), *key[1:]), value)


STATEMENTS = Statements(3000)
BUILDERS: dict[object, Callable[..., tuple[str, str]]] = {}
_compile_builder = Rule._compile_builder


def builder(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
    """Compile a route once for all the applications of a test run: half of the time it takes to make one."""
    key = (rule.rule, tuple(rule._trace), repr(rule.defaults), append_unknown)  # all that the code is written from
    if key not in BUILDERS:
        BUILDERS[key] = _compile_builder(rule, append_unknown)
    return BUILDERS[key]


Rule._compile_builder = builder
rules.parse_converter_args = cache(rules.parse_converter_args)  # a quarter of the time to make an application


def compile_once(app: Flask) -> None:
    """Have an application take what others have compiled, and keep the rest for the next."""
    app.jinja_env.bytecode_cache = COMPILED
    with app.app_context():
        db.engine.update_execution_options(compiled_cache=STATEMENTS)
        for mapper in db.Model.registry.mappers:
            mapper._compiled_cache = STATEMENTS
