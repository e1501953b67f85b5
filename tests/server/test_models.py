"""A site with several models: visitors choose, one worker paints with each, and a recipe names its own."""

import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageSequence

from tests.support import tiny
from tests.support.live import LiveSite

pytestmark = pytest.mark.server


@pytest.fixture
def site(new_site: Callable[..., LiveSite], tmp_path: Path) -> Iterator[LiveSite]:
    """Run a site that offers a model like the house's first, and one like Stable Diffusion XL beside it."""
    models = tiny.save(tmp_path, "bert", "sdxl")
    yield new_site(MODEL=models["bert"], MODELS=json.dumps([str(models["sdxl"])])).start()


def pictures(site: LiveSite, address: str) -> set[bytes]:
    """Fetch a film and return its distinct pictures."""
    with Image.open(io.BytesIO(site.request("GET", address)[1])) as film:
        return {frame.convert("RGB").tobytes() for frame in ImageSequence.Iterator(film)}


def test_each_model_paints_what_is_asked_of_it_and_recipes_name_it(site: LiveSite, tmp_path: Path) -> None:
    page = site.request("GET", "/")[1].decode()
    offered = re.findall(r'name="model" value="(\w+)" data-name="([^"]*)"[^>]*?( checked)?>', page)
    assert offered == [("tiny", "Tiny model", " checked"), ("sdxl", "sdxl", "")]

    asked = {"seed": 11, "frames": 3, "preset": "fast"}
    ids = [site.request_walk("the sun", "a red lemon", **asked, model=name)["id"] for name in ("sdxl", "tiny")]
    ids.append(site.request_walk("the sun", "a red lemon", **asked)["id"])
    walks = [site.finished(walk_id) for walk_id in ids]
    recipes = [walk["recipe"] for walk in walks]
    assert [recipe["model"]["name"] for recipe in recipes] == ["sdxl", "tiny", "tiny"]
    assert recipes[0]["model"]["revision"] != recipes[1]["model"]["revision"] == recipes[2]["model"]["revision"]
    large, small, unnamed = (pictures(site, walk["media"]["gif"]) for walk in walks)
    assert len(large) == len(small) == 3
    assert large.isdisjoint(small)
    assert unnamed == small

    refused = site.request("POST", "/api/v1/walks", {"stops": [{"prompt": "a"}, {"prompt": "b"}], "model": "museum"})
    message = "The model museum is not offered here; these are: tiny and sdxl."
    assert (refused[0], refused[1]["errors"][0]["field"]) == (422, "model")
    assert message in refused[1]["errors"][0].values()

    elsewhere = tmp_path / "elsewhere.json"
    elsewhere.write_text(json.dumps(recipes[0] | {"model": recipes[0]["model"] | {"name": "museum"}}))
    done = site.flask("walks", "create", "--recipe", elsewhere, check=False)
    assert done.returncode == 1
    assert message in done.stderr
    assert len(site.rows("SELECT id FROM walks")) == 3
