"""Several models in one worker: loaded when asked for, the most recent ones kept, their memory given back."""

import gc
import weakref
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from worker.diffusion import model_pool, tuning
from worker.diffusion.model import ModelError
from worker.diffusion.model_pool import Painters

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _unmeasured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Save the time that measuring this machine with each model takes."""
    monkeypatch.setattr(tuning, "choose", lambda *_, **__: tuning.fallback())


@pytest.fixture(autouse=True)
def _collected() -> Iterator[None]:
    """Return to the garbage collector what a loaded painter took out of its sight."""
    yield
    gc.unfreeze()


@pytest.fixture
def offer(tiny_models: dict[str, Path]) -> dict[str, str]:
    """Offer three models, each by the name of its folder."""
    return {name: str(tiny_models[name]) for name in ("sd1", "lcm", "turbo")}


def test_first_model_paints_if_none_is_named(offer: dict[str, str]) -> None:
    painters = Painters(offer)
    assert painters.get(None).name == painters.get().name == "sd1"
    assert painters.names == ("sd1", "lcm", "turbo")


def test_model_is_loaded_when_asked_for_and_stays(offer: dict[str, str]) -> None:
    painters = Painters(offer, device="cpu", capacity=2)
    assert painters.descriptions == {}
    lcm = painters.get("lcm")
    facts = {"title": "lcm", "revision": lcm.revision, "size": [32, 32], "device": "cpu"}
    assert painters.descriptions == {"lcm": facts}
    painters.get("sd1")
    assert painters.get("lcm") is lcm


def test_model_is_ready_to_paint_when_it_is_loaded(offer: dict[str, str]) -> None:
    painter = Painters(offer, device="cpu").get()
    assert "latent_preview" in vars(painter)
    assert gc.get_freeze_count() > 0


def test_model_longest_unused_gives_its_memory_back(offer: dict[str, str]) -> None:
    painters = Painters(offer, capacity=2)
    first = weakref.ref(painters.get("sd1").model.networks("float32", "contiguous")[0])
    second = weakref.ref(painters.get("lcm").model.networks("float32", "contiguous")[0])
    painters.get("sd1")
    painters.get("turbo")
    assert first() is not None
    assert second() is None
    assert set(painters.descriptions) == {"sd1", "lcm", "turbo"}


def test_where_memory_is_short_other_models_go_first(offer: dict[str, str]) -> None:
    painters = Painters(offer, device="cpu", capacity=3)
    other = weakref.ref(painters.get("lcm").model.networks("float32", "contiguous")[0])
    own = painters.get("sd1")
    batch = own.rendering().batch
    assert painters.shrink("sd1") is (batch > 1)
    assert other() is None and painters.get("sd1") is own and own.at_once == max(1, batch // 2)
    own.at_once = 1
    assert not painters.shrink("sd1"), "there is less than one"


def test_room_that_was_short_for_once_is_used_again(offer: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    painters = Painters(offer, device="cpu")
    painter = painters.get("sd1")
    usual = replace(painter.rendering(), batch=8)
    monkeypatch.setattr(painter, "rendering", lambda: usual)
    sizes = []
    for _ in range(2):
        painters.shrink("sd1")
    for _ in range(2 * model_pool.GROW):
        sizes.append(painter.at_once)
        painters.grow("sd1")
    assert sizes == [2] * model_pool.GROW + [4] * model_pool.GROW
    assert painter.at_once is None
    painters.grow("sd1")
    assert painter.at_once is None


def test_model_that_is_not_offered_is_named_with_those_that_are(offer: dict[str, str]) -> None:
    with pytest.raises(ModelError, match="the model house is not offered here; offered: sd1, lcm, turbo"):
        Painters(offer).get("house")


def test_model_that_cannot_be_loaded_leaves_the_others(offer: dict[str, str], tmp_path: Path) -> None:
    painters = Painters(offer | {"gone": str(tmp_path / "gone")}, capacity=2)
    painters.get("sd1")
    with pytest.raises(ModelError, match="missing"):
        painters.get("gone")
    assert painters.get("sd1").name == "sd1"


def test_model_that_came_since_is_offered_beside_those_before(offer: dict[str, str]) -> None:
    painters = Painters({"sd1": offer["sd1"]}, device="cpu")
    painters.offer(offer)
    assert painters.names == ("sd1", "lcm", "turbo")
    painters.offer({"turbo": offer["turbo"]})
    assert painters.names == ("sd1", "turbo")  # the first stays, whatever becomes of the others


def test_model_that_there_is_no_room_to_load_is_not_loaded_again_to_make_room(
    offer: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    painters = Painters(offer, device="cpu", capacity=2)
    painters.get("sd1")
    monkeypatch.setattr(model_pool.WalkPipeline, "load", lambda *_, **__: pytest.fail("loaded again"))
    assert painters.shrink("lcm") is False
    assert painters.loaded == (), "what was loaded made room for it"
