"""diffusers, of which what the built-in model needs is imported without the packages that only other models need.

diffusers imports peft, transformers, torch's compiler, scipy.stats, accelerate's commands with boto3, and all of its
own models at once (`findings/diffusers-import.sh`). While `PARTS` of it are imported here, stand-ins are in the place
of these modules. What is imported from a stand-in is a late name: it imports what it stands for when it is called, or
when an attribute of it is read, and answers for it in `isinstance` and `issubclass`. After that the stand-ins are
removed, and Python imports the modules themselves whenever anything asks for them.

Where one of the modules is imported already, or a package has another version than `MADE_FOR`, there are no stand-ins:
all is imported as usual, which takes longer.
"""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

import torch  # noqa: F401 - before there is a stand-in for a part of it

__all__ = ["MADE_FOR", "diffusers"]

MADE_FOR: Mapping[str, str] = MappingProxyType(
    {
        "accelerate": "1.15",
        "diffusers": "0.42",
        "peft": "0.21",
        "scipy": "1.17",
        "torch": "2.13",
        "transformers": "5.23",
    }
)
"""The releases that `MODULES` was written for. After an upgrade: compare it with what they import, and raise these."""

MODULES = (
    "accelerate.commands.config",
    "accelerate.commands.config.config_args",
    "accelerate.commands.config.default",
    "peft",
    "peft.helpers",
    "peft.tuners",
    "peft.tuners.tuners_utils",
    "scipy.integrate",
    "scipy.stats",
    "torch._dynamo",
    "transformers",
    "transformers.utils",
    "transformers.utils.quantization_config",
    "diffusers.models.autoencoders",
    "diffusers.models.transformers",
    "diffusers.models.unets",
    "diffusers.quantizers.gguf",
    "requests",
)
"""The modules that have stand-ins, each after its package. Modules within those of diffusers are imported as usual."""

PARTS = (
    "diffusers.hooks",
    "diffusers.models.autoencoders.autoencoder_kl",
    "diffusers.models.autoencoders.autoencoder_tiny",
    "diffusers.models.unets.unet_2d_condition",
    "diffusers.schedulers.scheduling_flow_match_euler_discrete",
)
"""What the built-in model uses, beside the solvers that diffusers asks for when it makes one."""


class _StandIn(ModuleType):
    """A module that is not imported yet."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        package, *rest = name.split(".")
        self.__spec__ = ModuleSpec(name, None, is_package=True)  # without one, libraries take it for not installed
        self.__path__ = [str(Path(_folder(package), *rest))]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r} yet")
        if sys.modules.get(self.__name__) is self:
            if self.__name__ == "torch._dynamo":
                return _unchanged
            return _LateName(name, (), {"_module": self.__name__})
        return getattr(import_module(self.__name__), name)


class _LateName(type):
    """A class or a function of a module that was not imported; no object is of such a class before it is."""

    _module: str

    def __new__(cls, name: str, bases: tuple[type, ...], attributes: dict[str, Any]) -> _LateName:
        if bases:
            raise TypeError(f"{name} derives from {bases[0].__name__} before that is imported: change {__name__}")
        return super().__new__(cls, name, bases, attributes)

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        return cls._find()(*args, **kwargs)

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(cls._find(), name)

    def __instancecheck__(cls, instance: object) -> bool:
        return cls._module in sys.modules and isinstance(instance, cls._find())

    def __subclasscheck__(cls, subclass: type) -> bool:
        return cls._module in sys.modules and issubclass(subclass, cls._find())

    def _find(cls) -> Any:
        return getattr(import_module(cls._module), cls.__name__)


def _unchanged(function: Any = None, *_args: Any, **_options: Any) -> Any:
    """Return what is decorated: the decorators of torch's compiler concern code that is compiled, and none is."""
    return _unchanged if function is None else function


class _Distributions(Mapping[str, list[str]]):
    """The distributions of each package, as `packages_distributions` returns them: read when one is asked for.

    diffusers keeps them from its start, and reads them only for code that comes with a model. They are read from the
    lists of all files that are installed.
    """

    @cached_property
    def _all(self) -> Mapping[str, list[str]]:
        return packages_distributions()

    def __getitem__(self, package: str) -> list[str]:
        return self._all[package]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)


@contextmanager
def _stand_ins() -> Iterator[None]:
    """Put the stand-ins into `sys.modules` for the time of a block."""
    if not _fits() or any(name in sys.modules for name in MODULES):
        yield
        return
    sys.modules.update({name: _StandIn(name) for name in MODULES})
    importlib.metadata.packages_distributions = _Distributions
    try:
        yield
    finally:
        importlib.metadata.packages_distributions = packages_distributions
        for name in MODULES:
            del sys.modules[name]


def _folder(package: str) -> str:
    spec = find_spec(package)
    assert spec and spec.submodule_search_locations  # noqa: S101 - `_fits` has asked for its version
    return spec.submodule_search_locations[0]


def _fits() -> bool:
    """Return whether the packages that are installed are those of `MADE_FOR`."""
    try:
        return all(version(package).startswith(f"{release}.") for package, release in MADE_FOR.items())
    except PackageNotFoundError:
        return False


with _stand_ins():
    import diffusers

    for _part in PARTS:
        import_module(_part)
    for _solver in diffusers.schedulers.KarrasDiffusionSchedulers:
        getattr(diffusers, _solver.name)
