"""What the thousands of applications of a test run have in common is compiled once: templates, statements, routes."""

from collections.abc import Callable, Hashable
from threading import Lock
from types import SimpleNamespace
from typing import Any, ClassVar

from flask import Flask
from flask.sansio.app import App
from flask.sansio.scaffold import setupmethod
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy.util import LRUCache
from werkzeug.routing import Map, Rule, RuleFactory

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


class Routes(Map):
    """Routes compiled once for all the applications of a test run that add the same: most of what making one takes.

    They are compiled when a route is first looked for. An application to which more are added later, or which is given
    something else, gets routes of its own.
    """

    compiled: ClassVar[dict[tuple[Hashable, ...], Map]] = {}

    def __init__(self, *, host_matching: bool = False) -> None:
        """Begin without routes."""
        super().__init__(host_matching=host_matching)
        self._lock = Lock()
        self._asked: list[tuple[Hashable, Callable[[Map], object]]] = []
        del self._matcher, self._rules_by_endpoint

    def ask(self, key: Hashable, step: Callable[[Map], object]) -> None:
        """Keep a step for when the routes are compiled; equal keys stand for equal steps."""
        self._asked.append((key, step))

    @property
    def is_compiled(self) -> bool:
        """Return whether the routes are compiled, so that a step comes too late."""
        return "_matcher" in self.__dict__

    @property
    def merge_slashes(self) -> bool:
        """Return whether several slashes in a path are taken for one."""
        return self._matcher.merge_slashes

    @merge_slashes.setter
    def merge_slashes(self, value: bool) -> None:
        if self.is_compiled:
            self._own()
            self._matcher.merge_slashes = value
        else:
            self.ask(("merge_slashes", value), lambda routes: setattr(routes, "merge_slashes", value))

    def add(self, rulefactory: RuleFactory) -> None:
        """Add a route at once, to this application alone."""
        self._own()
        super().add(rulefactory)

    def __getattr__(self, name: str) -> Any:
        """Compile the routes, or take those that were compiled for another application."""
        if name not in ("_matcher", "_rules_by_endpoint"):
            raise AttributeError(name)
        with self._lock:
            key = (self.host_matching, *(key for key, _ in self._asked))
            if key not in self.compiled:
                self.compiled[key] = self._compile()
            self._take(self.compiled[key])
        return self.__dict__[name]

    def _own(self) -> None:
        """Compile routes that no other application has, the first time that it matters."""
        if not self._is_own:
            self._take(self._compile())
            self._is_own = True

    _is_own = False

    def _compile(self) -> Map:
        routes = Map(host_matching=self.host_matching)
        for _, step in self._asked:
            step(routes)
        routes.update()
        return routes

    def _take(self, routes: Map) -> None:
        self._rules_by_endpoint = routes._rules_by_endpoint
        self._matcher = routes._matcher  # at last, as it says that all is there
        self._remap = False


_add_url_rule = App.add_url_rule.__wrapped__  # type: ignore[attr-defined]


@setupmethod
def add_url_rule(
    self: App,
    rule: str,
    endpoint: str | None = None,
    view_func: Any = None,
    provide_automatic_options: bool | None = None,
    **options: Any,
) -> None:
    """Ask for a route as Flask adds it, to be compiled later."""
    if not isinstance(self.url_map, Routes) or self.url_map.is_compiled:
        _add_url_rule(self, rule, endpoint, view_func, provide_automatic_options, **options)
        return
    endpoint = endpoint or view_func.__name__
    automatic = self.config["PROVIDE_AUTOMATIC_OPTIONS"]
    signature = [("provide_automatic_options", provide_automatic_options), ("automatic", automatic), *options.items()]
    signature += [(name, getattr(view_func, name, None)) for name in ("methods", "required_methods", signature[0][0])]
    key = (rule, endpoint, *((name, repr(value) if value else None) for name, value in signature))

    def step(routes: Map) -> None:
        config, functions = {"PROVIDE_AUTOMATIC_OPTIONS": automatic}, dict[str, object]()
        alone = SimpleNamespace(config=config, url_rule_class=Rule, url_map=routes, view_functions=functions)
        _add_url_rule(alone, rule, endpoint, view_func, provide_automatic_options, **options)

    self.url_map.ask(key, step)
    if view_func is not None and self.view_functions.setdefault(endpoint, view_func) != view_func:
        raise AssertionError(f"View function mapping is overwriting an existing endpoint function: {endpoint}")


App.add_url_rule = add_url_rule  # type: ignore[method-assign]
App.url_map_class = Routes


def compile_once(app: Flask) -> None:
    """Make an application take what others have compiled, and keep the rest for the next."""
    app.jinja_env.bytecode_cache = COMPILED
    with app.app_context():
        db.engine.update_execution_options(compiled_cache=STATEMENTS)
        for mapper in db.Model.registry.mappers:
            mapper._compiled_cache = STATEMENTS
