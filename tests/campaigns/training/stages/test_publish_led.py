"""Publishing a model that is led by sketches: whole, with its drawings and their credits; the worker paints with it."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import UNet2DConditionModel

import decoder
from app.core.i18n.foreign_messages import KNOWN
from decoder import SceneDecoder, Shape
from sketch import arrangement, sketchbook
from sketch.arrangement import Item, Wish
from sketch.sketchbook import Drawing
from studio.collecting import icon_sets
from studio.publishing import led_model
from studio.scenes.subjects import Plan
from studio.styles.registry import HANDS
from studio.training import checkpoints
from studio.workspace.training_run import Run
from studio.workspace.work_folder import Folder
from tests.support.marks import SLOW_TRAINING
from tests.support.studio_fixtures import call
from worker.diffusion import model_folder
from worker.diffusion.model import Model
from worker.diffusion.rendering import StopInput
from worker.diffusion.walk_pipeline import WalkPipeline

pytestmark = SLOW_TRAINING
LEXICON = Path("models/house/lexicon.npz")


@pytest.fixture
def words(led: Folder, base: Path, halving: Path, book: Path) -> tuple[Any, ...]:
    return ("publish", "--folder", led.path, "--base", base, "--run", "led", "--vae", halving, "--sketchbook", book,
            "--lexicon", LEXICON, "--name", "led")  # fmt: skip


@pytest.fixture(scope="module")
def published(
    led: Folder, base: Path, halving: Path, book: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, Any]]:
    path = tmp_path_factory.mktemp("published") / "led"
    parts = ("--base", base, "--run", "led", "--vae", halving, "--sketchbook", book, "--lexicon", LEXICON)
    return path, call(
        "publish", "--folder", led.path, *parts, "--to", path, "--name", "led", "--origin", "From a trial."
    )


def test_average_of_a_run_that_is_not_done_is_published_in_half_precision(
    led: Folder, published: tuple[Path, dict[str, Any]]
) -> None:
    state = Run(led, "led").state()
    assert state is not None
    network = UNet2DConditionModel.from_pretrained(published[0] / "unet", torch_dtype=torch.float16)
    assert {value.dtype for value in network.state_dict().values()} == {torch.float16}
    assert all(torch.equal(value, state["average"][name].half()) for name, value in network.state_dict().items())
    assert published[1]["led"] and [path.name for path in checkpoints.list_checkpoints(Run(led, "led"))] == ["000003"]


def test_hands_of_prompts_that_name_none_may_be_chosen_among_those_it_knows(
    words: tuple[Any, ...], tmp_path: Path
) -> None:
    call(*words, "--to", tmp_path / "model", "--unnamed", "mosaic", "--unnamed", "linocut")
    assert json.loads((tmp_path / "model" / "house.json").read_text())["unnamed"] == ["mosaic", "linocut"]
    with pytest.raises(AssertionError, match="--unnamed fresco is not a style of the model"):
        call(*words, "--to", tmp_path / "other", "--unnamed", "fresco")


def test_hand_that_was_to_paint_more_than_others_is_listed_once(led: Folder, base: Path, book: Path) -> None:
    index = led.path / "latents" / "shards.json"
    before = index.read_text()
    document = json.loads(before)
    document["of"]["hands"] = [*document["of"]["hands"], "mosaic", "mosaic"]
    try:
        index.write_text(json.dumps(document))
        named = led_model.find_leading(led, base, 64, book=book).learned["hands"]
    finally:
        index.write_text(before)
    assert named.count("mosaic") == 1 and set(named) == set(document["of"]["hands"])


def test_further_drawings_beside_the_library_are_published_with_it(
    led: Folder, base: Path, book: Path, tmp_path: Path
) -> None:
    library, model = Path(shutil.copy(book, tmp_path / "sketchbook.zip")), tmp_path / "model"
    model.mkdir()
    svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><circle cx="4" cy="4" r="4" fill="#48c"/></svg>'
    added = Drawing(sketchbook.digest_of(svg), "marble ball", (), "game", "coloured")
    sketchbook.beside(library).write_bytes(sketchbook.pack([added], {added.digest: svg}))
    led_model.write(led_model.find_leading(led, base, 64, book=library), model, base)
    drawn = sketchbook.load(model / "sketchbook.zip").drawings
    assert drawn == sketchbook.load(library).drawings and added.digest in drawn
    assert "marble ball" in {row["name"] for row in json.loads((model / "concepts.json").read_text())}


def test_worker_paints_with_it_after_a_sketch(published: tuple[Path, dict[str, Any]]) -> None:
    path = published[0]
    assert json.loads((path / "sketch.json").read_text()) == {"version": 1, "side": 8}
    assert model_folder.inspect(path) == "StableDiffusionPipeline" and model_folder.sketch_side(path) == 8
    model = Model.load(str(path), device="cpu")
    drawing = next(each for each in model.sketchbook.drawings.values() if each.name == "bear")
    scene = arrangement.arrange([Item(drawing.digest, drawing.name, drawing.kind)], Wish(), 1)
    painter = WalkPipeline(model)
    pictures = []
    for shown in (None, scene):
        stop = StopInput("a bear", "", 1, scene=shown)
        (painted,) = painter.paint(painter.prepare([stop, stop], painter.rendering(steps=2)), [0.0])
        assert painted.picture is not None and painted.picture.shape == (32, 32, 3)
        pictures.append(painted.picture)
    assert not np.array_equal(*pictures), "the sketch makes a difference"


def test_decoder_that_is_shown_scenes_is_published_and_goes_with_its_autoencoder(
    words: tuple[Any, ...], tmp_path: Path
) -> None:
    decoder.save(SceneDecoder(Shape((8, 8, 4), (1, 1, 1))), tmp_path / "own")
    first, second, third = (tmp_path / name for name in ("first", "second", "third"))
    call(*words, "--decoder", tmp_path / "own", "--to", first)
    assert Model.load(str(first), device="cpu").decodes_scenes
    assert "`SceneDecoder`" in (first / "MODEL_CARD.md").read_text()
    call(*words, "--base", first, "--vae", first / "vae", "--to", second)
    assert model_folder.scene_decoder(second) is not None
    call(*words, "--base", first, "--to", third)
    assert model_folder.scene_decoder(third) is None, "its latents may be others"
    said = call(*words, "--decoder", tmp_path, "--to", tmp_path / "none", ok=False)["error"]
    assert "--decoder" in said and "config.json is missing" in said


def test_drawings_and_lexicon_lie_beside_the_weights(published: tuple[Path, dict[str, Any]], book: Path) -> None:
    path = published[0]
    assert (path / "sketchbook.zip").read_bytes() == book.read_bytes()
    assert (path / "lexicon.npz").read_bytes() == LEXICON.read_bytes() and (path / "LEXICON.md").exists()
    drawings = sketchbook.load(path / "sketchbook.zip").drawings.values()
    rows = {row["name"]: row for row in json.loads((path / "concepts.json").read_text())}
    assert {each.name for each in drawings} == set(rows) and sum(row["pictures"] for row in rows.values()) == len(
        drawings
    )


def test_house_json_names_hands_that_paint_a_ground_and_whose_the_drawings_are(
    published: tuple[Path, dict[str, Any]],
) -> None:
    document = json.loads((published[0] / "house.json").read_text())
    assert len(document["hands"]) == len(set(Plan(1).hands))
    assert "mosaic" in {hand["marks"] for hand in document["hands"]} and "painted" in {
        hand["marks"] for hand in document["hands"]
    }
    assert "oil painting" in document["unnamed"] and set(document["unnamed"]) < {
        hand["words"] for hand in document["hands"]
    }
    assert document["presets"] == led_model.PRESETS
    assert (document["defaults"]["steps"], document["defaults"]["guidance"]) == (4, 1.0)
    assert document["sizes"] == [document["size"], 2 * document["size"]]
    art = {row["name"]: row for row in document["sources"] if row.get("art")}
    assert art["Google LLC"]["licence"] == "Apache-2.0" and "noto" in art["Google LLC"]["url"]
    assert "Twitter, Inc. and other contributors (Apache-2.0)" in document["licence"]


def test_card_says_what_leads_it_and_what_was_seen(published: tuple[Path, dict[str, Any]]) -> None:
    text = (published[0] / "MODEL_CARD.md").read_text()
    assert "led by sketches" in text and "A sketch is 4 × 8 × 8" in text and "StableDiffusionPipeline" not in text
    assert "| Google LLC | 4 | Apache-2.0 | https://github.com/googlefonts/noto-emoji |" in text
    assert "12 pictures: scenes of those drawings by dice, painted by the programs of 28 hands, 33% of them" in text
    assert "From a trial." in text and "| led | v_prediction | 3 | 4 | 12 |" in text
    assert "- Pictures are 32 × 32 or 64 × 64 pixels.\n" in text and "reads English and German" in text


def test_card_leaves_figures_out_where_nothing_was_measured(published: tuple[Path, dict[str, Any]]) -> None:
    text = (published[0] / "MODEL_CARD.md").read_text()
    assert "## Training" in text and "## Limits" in text and "## Figures" not in text


def test_run_that_was_copied_stands_on_the_card_once_with_all_that_it_saw(
    led: Folder, words: tuple[Any, ...], tmp_path: Path
) -> None:
    work = tmp_path / "work"
    shutil.copytree(led.path, work)
    shutil.copytree(work / "runs/led", work / "runs/led-before")
    call(*words, "--folder", work, "--to", tmp_path / "out")
    text = (tmp_path / "out/MODEL_CARD.md").read_text()
    assert "| led | v_prediction | 3 | 4 | 12 |" in text and "led-before" not in text
    assert "led-before" not in (tmp_path / "out/training.svg").read_text()


def test_what_a_base_offers_for_a_beginning_stays_where_it_is_drawn(
    words: tuple[Any, ...], base: Path, tmp_path: Path
) -> None:
    shutil.copytree(base, tmp_path / "base")
    row = {"name": "Noto Emoji", "art": True, "what": "drawings, repainted", "licence": "Apache-2.0",
           "url": "https://github.com/googlefonts/noto-emoji"}  # fmt: skip
    offered = {
        "vocabulary": ["a bear", "a fox", "a kite"],
        "starters": [["a bear, neon", "a fox"], ["a kite", "a bear"]],
        "sources": [row, {"name": "Other art", "art": True}, {"name": "Words", "licence": "MIT"}],
        "presets": {"balanced": {"steps": 5, "guidance": 2.5}},  # an earlier model's, which this one is not painted by
    }
    (tmp_path / "base/house.json").write_text(json.dumps(offered))
    ways = {"balanced": {"steps": 7}}
    (tmp_path / "presets.json").write_text(json.dumps(ways))
    call(*words, "--to", tmp_path / "out", "--base", tmp_path / "base", "--presets", tmp_path / "presets.json")
    document = json.loads((tmp_path / "out/house.json").read_text())
    hand = document["hands"][0]["words"]  # in the place of one that the model has not
    assert document["vocabulary"] == ["a bear", "a fox"] and document["starters"] == [[f"a bear, {hand}", "a fox"]]
    assert row in document["sources"] and document["defaults"]["steps"] == 7
    assert document["presets"] == led_model.PRESETS | {"balanced": led_model.PRESETS["balanced"] | {"steps": 7}}
    assert {each["name"] for each in document["sources"]} == {
        "Noto Emoji",
        "Twitter, Inc. and other contributors",
        "Words",
    }


@pytest.mark.parametrize(("other", "says"), [
    (("--run", "nobody"), "has saved no state yet"),
    (("--after", "9"), "has no checkpoint of step 9; checkpoints: "),
    (("--sketchbook", "nowhere.zip"), "nowhere.zip is missing"),
    (("--lexicon", "nowhere.npz"), "name one by --lexicon"),
    (("--presets", "pyproject.toml"), "--presets: pyproject.toml cannot be read"),
    (("--sketchbook", "pyproject.toml"), "pyproject.toml is no sketchbook"),
])  # fmt: skip
def test_what_is_missing_is_named(other: tuple[str, ...], says: str, words: tuple[Any, ...], tmp_path: Path) -> None:
    assert says in call(*words, *other, "--to", tmp_path / "out", ok=False)["error"]
    assert not (tmp_path / "out").exists()


def test_run_that_learns_a_part_of_its_network_is_refused(
    led: Folder, words: tuple[Any, ...], base: Path, tmp_path: Path
) -> None:
    shutil.copytree(led.path, tmp_path / "work")
    run = Run(Folder(tmp_path / "work"), "led")
    state = run.state()
    assert state is not None
    state["average"].pop("conv_in.bias")
    run.save_state(state | {"step": 4})
    report = call(*words, "--folder", tmp_path / "work", "--to", tmp_path / "out", ok=False)
    assert "trains only a part of its network" in report["error"]


def test_what_the_shipped_drawings_ask_for_is_said_in_every_language() -> None:
    google, twitter = (
        Drawing(name, name, artist=icon_sets.ARTISTS[name], licence=licence, source=f"npm:@iconify-json/{name}@1#x")
        for name, licence in (("noto", "Apache-2.0"), ("twemoji", "CC-BY-4.0"))
    )
    said = [led_model.licence([google, twitter]), *(HANDS[hand].title for hand in Plan(1).hands)]
    assert all(text in KNOWN or text[:1].lower() + text[1:] in KNOWN for text in said)
