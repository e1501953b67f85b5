"""What the worker does not import at its start, and that each late name is the library's own once it is used."""

import importlib.metadata
import json
import re
import subprocess
import sys

import pytest

from app.core.config import ROOT
from worker import stand_ins

START = """
import gc, json, sys
import worker.__main__
assert gc.get_freeze_count() > 100_000 and sum(gc.get_count()) < 10_000, "the first collection goes through all of it"
from worker.diffusion.model import Model
model = Model.load("models/house")
model.encode("a fox", "")
model.networks("float32", "contiguous")
print(json.dumps(sorted(sys.modules)))
import transformers
assert transformers.logging.get_verbosity() == transformers.logging.ERROR
assert not transformers.logging.is_progress_bar_enabled()
"""
NAMES = """
import sys
from importlib import import_module
from worker import stand_ins

def held(kind):
    modules = [vars(module) for module in list(sys.modules.values()) if hasattr(module, "__dict__")]
    return {value for module in modules for value in module.values() if type(value) is kind}

names, modules = held(stand_ins._LateName), held(stand_ins._StandIn)
assert names and {name._module for name in names} <= set(stand_ins.MODULES)
assert not any(isinstance(object(), name) or issubclass(object, name) for name in names)
assert not set(stand_ins.MODULES) & set(sys.modules)
for module in modules:
    assert module.__spec__.name == module.__name__ and not hasattr(module, "__version__")
for name in stand_ins.MODULES:
    import_module(name)
for name in names:
    own = getattr(sys.modules[name._module], name.__name__)
    assert name._find() is own and callable(own), name
    if isinstance(own, type):
        assert issubclass(own, name) and not issubclass(object, name), name
        assert isinstance(own.__new__(own), name), name
for module in modules:
    own = sys.modules[module.__name__]
    assert own is not module
    assert all(getattr(module, name) is getattr(own, name) for name in dir(own) if not name.startswith("__"))
import diffusers, diffusers.models.unets, diffusers.models.autoencoders
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
assert diffusers.models.unets.UNet2DConditionModel is diffusers.UNet2DConditionModel is UNet2DConditionModel
assert diffusers.models.autoencoders.AutoencoderKL is diffusers.AutoencoderKL
assert diffusers.FluxTransformer2DModel and diffusers.StableDiffusionXLPipeline
"""


def run(program: str) -> str:
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr[-3000:]
    return result.stdout


@pytest.mark.slow
def test_worker_with_the_built_in_model_starts_without_what_other_models_need() -> None:
    loaded = set(json.loads(run(START).splitlines()[-1]))
    assert "torch" in loaded and "diffusers.models.unets.unet_2d_condition" in loaded
    assert not loaded & {
        *stand_ins.MODULES, "gguf", "scipy.ndimage", "scipy.optimize", "sympy", "torch.distributed.tensor",
        "diffusers.models.transformers.transformer_flux", "diffusers.pipelines.pipeline_utils",
        "app.site.pages", "app.site.api",
    }  # fmt: skip


@pytest.mark.slow
def test_late_names_are_the_libraries_own_once_they_are_used() -> None:
    run(NAMES)


def test_versions_are_those_that_are_installed_and_required() -> None:
    assert stand_ins._fits()
    required = dict(re.findall(r"^([a-z]+)==([0-9.]+)", (ROOT / "requirements/worker.txt").read_text("utf-8"), re.M))
    for package, release in stand_ins.MADE_FOR.items():
        assert required[package].startswith(f"{release}."), f"{package}: see MODULES in worker/stand_ins.py"


@pytest.mark.parametrize("other", [{"diffusers": "0.1"}, {"no-such-package": "1.0"}])
def test_other_versions_have_no_stand_ins(monkeypatch: pytest.MonkeyPatch, other: dict[str, str]) -> None:
    monkeypatch.setattr(stand_ins, "MODULES", ("peft.no_such_module",))
    with stand_ins._stand_ins():
        assert isinstance(sys.modules["peft.no_such_module"], stand_ins._StandIn)
    monkeypatch.setattr(stand_ins, "MADE_FOR", {**stand_ins.MADE_FOR, **other})
    with stand_ins._stand_ins():
        assert "peft.no_such_module" not in sys.modules


def test_modules_that_are_imported_have_no_stand_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stand_ins, "MODULES", ("peft.no_such_module", "json"))
    with stand_ins._stand_ins():
        assert "peft.no_such_module" not in sys.modules
    assert sys.modules["json"] is json


def test_stand_ins_are_removed_after_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stand_ins, "MODULES", ("peft.no_such_module",))
    with pytest.raises(ZeroDivisionError), stand_ins._stand_ins():
        raise ZeroDivisionError
    assert "peft.no_such_module" not in sys.modules


def test_class_that_derives_from_a_late_name_is_refused() -> None:
    late = stand_ins._LateName("Base", (), {"_module": "peft"})
    with pytest.raises(TypeError, match="derives from Base"):
        type(late)("Derived", (late,), {})


@pytest.mark.parametrize("decorate", [stand_ins._unchanged, stand_ins._unchanged(), stand_ins._unchanged(reason="")])
def test_decorators_of_the_compiler_change_nothing(decorate: object) -> None:
    def function() -> None: ...

    assert callable(decorate)
    assert decorate(function) is function


def test_distributions_of_packages_are_read_when_one_is_asked_for() -> None:
    with stand_ins._stand_ins():
        late = stand_ins._Distributions()
    assert "_all" not in vars(late)
    assert late["yaml"] == ["PyYAML"] and "no_such_package" not in late
    assert dict(late) == importlib.metadata.packages_distributions() and len(late) == len(dict(late))
