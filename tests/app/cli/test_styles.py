"""Commands for styles, with a studio that writes what the real one does; the real one is run in tests/studio."""

import json
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner
from PIL import Image

from app.collection.styles import added
from app.core.errors import InvalidInput, MomaError
from app.offer.generation import adapters, offers
from app.requests.teaching import style_teaching
from app.requests.walk_requests import recipe, validation
from tests.conftest import inside, make_app
from tests.support import led, placing
from tests.support.commands import run, run_json
from tests.support.recipes import painted_in_levels
from tests.support.rows import Maker, change
from tests.support.worker_rows import read

HANDS = [{"words": "pop art", "title": "Pop art", "also": ["warhol"]}, {"words": "woodcut", "title": "Woodcut"}]
CREDIT = ("--licence", "CC0-1.0", "--attribution", "Our print room <&>")


class Studio:
    """Runs stages: counts them, fails at one if asked to, and leaves what the real ones leave."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.fails_at, self.pictures, self.learned = "", 12, b"learned"
        self.tiles, self.rejected = 40, list[tuple[str, str]]()
        self.options: dict[str, dict[Any, Any]] = {}

    def __call__(self, stage: str, work: Path, *options: Any) -> None:
        self.ran.append(stage)
        self.options[stage] = {each: options[place + 1] for place, each in enumerate(options[:-1])}
        if stage == self.fails_at:
            raise MomaError(f"The studio's stage {stage} failed: out of memory")
        work.mkdir(parents=True, exist_ok=True)
        if stage == "collect":
            Image.new("RGB", (40, 30), "red").save(work / "one.png")
            (work / "catalogue.jsonl").write_text('{"file": "one.png"}\n' * self.pictures)
            rows = [{"source": f"file:///scans/{name}", "reason": reason} for name, reason in self.rejected]
            (work / "set-aside.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
        if stage == "caption":
            (work / "pictures").mkdir(exist_ok=True)
            (work / "pictures/metadata.jsonl").write_text("{}\n" * self.tiles)
        if stage == "style":
            seen = {"pictures": self.pictures, "hand": "woodcut", "shows": ["harbour", "fish"], "vector": [0.5, 1.0]}
            (work / "style.json").write_text(json.dumps(seen))
        if stage == "train" and "--apart" in options:
            (work / "model/adapter").mkdir(parents=True, exist_ok=True)
            (work / style_teaching.LEARNED).write_bytes(self.learned)
        if stage == "publish":
            fields = dict(zip(options[::2], options[1::2], strict=True))
            words, title = fields["--hand"].split("=")
            led.lay_out(fields["--to"], name=fields["--name"], hands=[*HANDS, {"words": words, "title": title}])
            (fields["--to"] / "model_index.json").write_text("{}")


pytestmark = pytest.mark.settings(MODEL=partial(led.lay_out, hands=HANDS, size=256))


@pytest.fixture
def studio(monkeypatch: pytest.MonkeyPatch) -> Studio:
    fake = Studio()
    monkeypatch.setattr(style_teaching, "run_stage", fake)
    return fake


def test_added_style_is_learned_by_a_model_that_is_offered(runner: FlaskCliRunner, studio: Studio) -> None:
    made = run_json(runner, "styles", "add", "our-prints", "pictures", *CREDIT)
    assert (made["model"], made["hand"], made["pictures"]) == ("style-our-prints", "our prints", 12)
    assert studio.ran == ["collect", "style", "caption", "encode", "train", "publish"]
    assert [model.name for model in offers.load()][-1] == "style-our-prints"
    assert sorted(path.name for path in added.folder("our-prints").iterdir()) == ["model", "sample.webp", "style.json"]


def test_stopped_training_resumes_without_collecting_again(runner: FlaskCliRunner, studio: Studio) -> None:
    studio.fails_at, studio.pictures = "train", 100
    assert "out of memory" in run(runner, "styles", "add", "our-prints", "pictures", *CREDIT, status=1).output
    studio.fails_at, studio.ran = "", []
    run(runner, "styles", "add", "our-prints", "pictures", *CREDIT)
    assert studio.ran == ["style", "caption", "encode", "train", "publish"]
    studio.ran = []
    run(runner, "styles", "add", "our-prints", "pictures", *CREDIT)
    assert studio.ran == []


def test_until_it_is_learned_a_hand_stands_in(runner: FlaskCliRunner, client: FlaskClient, studio: Studio) -> None:
    run(runner, "styles", "prefetch", "our-prints", "pictures", *CREDIT)
    page = client.get("/styles").text
    assert "Not learned yet: “woodcut” stands in" in page and "Our print room &lt;&amp;&gt;, CC0-1.0" in page
    assert client.get("/styles/our-prints.webp").mimetype == "image/webp"
    walk = client.post("/api/v1/walks", json={"stops": [{"prompt": "a fox", "style": "our-prints"}, {"prompt": "a"}]})
    assert walk.json["stops"][0]["hand"] == "woodcut"
    assert "Our prints</bdi></a>, 12 pictures" in client.get("/about").text


def test_stop_in_a_learned_style_chooses_its_model(runner: FlaskCliRunner, client: FlaskClient, studio: Studio) -> None:
    run(runner, "styles", "add", "our-prints", "pictures", *CREDIT)
    asked: dict[str, Any] = {"stops": [{"prompt": "a fox", "style": "our-prints"}, {"prompt": "an owl"}]}
    refused = client.post("/api/v1/walks", json=asked | {"model": "led"})
    assert refused.status_code == 422 and "These have: style-our-prints" in refused.json["errors"][0]["message"]
    walk = client.post("/api/v1/walks", json=asked)
    assert walk.json["stops"][0]["hand"] == "our prints"
    made = run_json(runner, "walks", "create", "a fox, our prints", "an owl")
    assert read(made["id"]).model == "style-our-prints"


def test_style_stands_in_by_choice_name_or_similarity(runner: FlaskCliRunner, studio: Studio) -> None:
    for name, like, stands_in in (
        ("our-prints", "", "woodcut"),
        ("our-prints", "Pop Art", "pop art"),
        ("warhol", "woodcut", "woodcut"),
        ("warhol", "", "pop art"),
    ):
        made = run_json(runner, "styles", "prefetch", name, "pictures", *CREDIT, "--like", like)
        assert made["hand"] == stands_in
    run(runner, "styles", "add", "warhol", "pictures", *CREDIT)
    assert studio.options["publish"]["--like"] == "pop art" and studio.options["encode"]["--palette"] == "warhol"
    refused = run(runner, "styles", "add", "munch", "pictures", *CREDIT, "--like", "neon", status=1)
    assert "The model has no style neon; its styles are pop art and woodcut." in refused.output
    assert added.find("munch") is None


@pytest.mark.parametrize("name", ["Van Gogh", "van-gogh", "VAN  GOGH"])
def test_name_is_taken_as_people_write_it(
    runner: FlaskCliRunner, client: FlaskClient, studio: Studio, name: str
) -> None:
    made = run_json(runner, "styles", "add", name, "pictures", *CREDIT)
    title = {"van-gogh": "Van gogh"}.get(name, " ".join(name.split()))
    assert (made["name"], made["title"], made["hand"]) == ("van-gogh", title, "van gogh")
    assert studio.options["caption"]["--hand"] == "van gogh" and f"<bdi>{title}</bdi>" in client.get("/styles").text
    for written in ("Van Gogh", "van-gogh", "van gogh"):
        asked = {"stops": [{"prompt": "a fox", "style": written}, {"prompt": "an owl"}]}
        assert client.post("/api/v1/walks", json=asked).json["stops"][0]["hand"] == "van gogh"
    assert run_json(runner, "styles", "remove", "Van Gogh")["name"] == "van-gogh"


def test_title_stays_when_the_command_is_run_again_by_the_short_name(runner: FlaskCliRunner, studio: Studio) -> None:
    run(runner, "styles", "prefetch", "Fernand Léger", "pictures", *CREDIT)
    made = run_json(runner, "styles", "add", "fernand-leger", "pictures", *CREDIT)
    assert (made["name"], made["title"]) == ("fernand-leger", "Fernand Léger")


def test_one_picture_is_enough_and_is_cropped_into_tiles(runner: FlaskCliRunner, studio: Studio) -> None:
    studio.pictures, studio.tiles = 1, 31
    made = run_json(runner, "styles", "add", "Hokusai", "wave.jpg", *CREDIT)
    assert (made["pictures"], made["model"]) == (1, "style-hokusai")
    assert studio.options["collect"]["--smallest"] == studio.options["caption"]["--size"] == 256
    assert studio.options["encode"]["--sketches"] == 600 // 31


def test_picture_that_is_too_small_is_refused_by_name_and_least_size(runner: FlaskCliRunner, studio: Studio) -> None:
    reason = "tiny: 30 × 30, the shorter side must have at least 256 pixels"
    studio.pictures, studio.rejected = 0, [("stamp.png", reason)]
    refused = run_json(runner, "styles", "add", "our-prints", "stamp.png", *CREDIT, status=1)
    assert refused["errors"][0]["field"] == "source"
    assert f"stamp.png is left out: {reason}." in refused["error"] and added.every() == []
    studio.pictures = 5
    assert f"stamp.png is left out: {reason}." in run(runner, "styles", "add", "our-prints", "scans", *CREDIT).output


def test_copies_are_taught_once_and_the_command_says_so(runner: FlaskCliRunner, studio: Studio) -> None:
    studio.pictures = 1
    studio.rejected = [(f"{number}.jpg", "a copy of 0.jpg") for number in range(1, 99)]
    studio.rejected.append(("same.jpg", "the same file as another: abc"))
    said = run(runner, "styles", "add", "our-prints", "scans", *CREDIT).output
    assert "1.jpg, 2.jpg, 3.jpg and 96 more: copies of another picture, which is taught once." in said


def test_removed_style_leaves_nothing(runner: FlaskCliRunner, studio: Studio) -> None:
    run(runner, "styles", "add", "our-prints", "pictures", *CREDIT)
    run(runner, "styles", "remove", "our-prints")
    assert not added.folder("our-prints").exists() and added.every() == []
    answer = run_json(runner, "styles", "remove", "our-prints", status=1)
    assert answer["errors"][0]["field"] == "name"


def test_list_names_hands_and_what_was_added(runner: FlaskCliRunner, studio: Studio) -> None:
    run(runner, "styles", "prefetch", "our-prints", "pictures", *CREDIT)
    styles = run_json(runner, "styles", "list")
    assert [style["name"] for style in styles] == ["pop-art", "woodcut", "our-prints"]
    assert "not learned yet; woodcut stands in" in run(runner, "styles", "list").output


@pytest.mark.parametrize("name", ["../prints", "", "x" * 61, "pop-art", "Pop Art", "北斎", "a, b", "..."])
def test_name_that_cannot_be_is_refused(runner: FlaskCliRunner, studio: Studio, name: str) -> None:
    answer = run_json(runner, "styles", "add", name, "pictures", *CREDIT, status=1)
    assert answer["errors"][0]["field"] == "name" and studio.ran == []


def test_source_without_pictures_is_refused(runner: FlaskCliRunner, studio: Studio) -> None:
    studio.pictures = 0
    answer = run_json(runner, "styles", "add", "our-prints", "pictures", *CREDIT, status=1)
    assert "No picture in pictures can be learned from. It holds no pictures." in answer["error"]
    assert added.every() == []


@pytest.fixture
def by_words(instance: Path, tmp_path: Path, studio: Studio) -> Iterator[Flask]:
    """A site whose first model words alone lead; one that sketches lead is on offer, too."""
    words = led.lay_out_with_weights(tmp_path / "words", b"weights")
    other = led.lay_out(tmp_path / "led", hands=HANDS)
    with inside(make_app(instance, MODEL=str(words), MODELS=[str(other)])) as app:
        yield app


def test_model_that_words_lead_learns_a_style_as_an_adapter(by_words: Flask, studio: Studio, tmp_path: Path) -> None:
    runner, client = by_words.test_cli_runner(), by_words.test_client()
    made = run_json(runner, "styles", "add", "our-prints", "pictures", *CREDIT)
    assert (made["model"], made["hand"]) == ("words", "our prints")
    assert studio.ran == ["collect", "style", "caption", "encode", "train"]
    learned = offers.first().adapters[0]
    assert learned.path.read_bytes() == b"learned" and not (added.folder("our-prints") / "work").exists()
    run(runner, "styles", "add", "our-prints", "pictures", *CREDIT)  # it is learned: nothing is to do
    assert len(studio.ran) == 5
    stops = [{"prompt": "a fox", "style": "our-prints"}, {"prompt": "an owl"}]
    walk = client.post("/api/v1/walks", json={"stops": stops}).json
    assert [stop["hand"] for stop in walk["stops"]] == ["our prints", None]
    assert walk["recipe"]["sampler"]["adapters"] == {"our prints": learned.digest}
    refused = client.post("/api/v1/walks", json={"stops": stops, "model": "led"})
    assert "the model led has not learned it. These have: words." in refused.json["errors"][0]["message"]
    named = client.post("/api/v1/walks", json={"stops": [{"prompt": "a fox, our prints"}, {"prompt": "an owl"}]}).json
    assert named["stops"][0]["hand"] == "our prints" and "adapters" in named["recipe"]["sampler"]
    page = client.get("/styles").text
    assert "<code>our prints</code>" in page and page.count("/styles/our-prints.webp") == 1


def test_other_weights_of_the_same_name_have_not_learned_it(by_words: Flask, studio: Studio, tmp_path: Path) -> None:
    runner = by_words.test_cli_runner()
    run(runner, "styles", "add", "our-prints", "pictures", *CREDIT)
    (tmp_path / "words/unet/model.safetensors").write_bytes(b"others")
    assert "Not learned yet" in by_words.test_client().get("/styles").text
    studio.ran.clear()
    made = run_json(runner, "styles", "add", "our-prints", "pictures", *CREDIT)
    assert made["model"] == "words" and "train" in studio.ran


def test_style_is_trained_on_named_model(app: Flask, runner: FlaskCliRunner, studio: Studio, tmp_path: Path) -> None:
    app.config["MODELS"] = [str(led.lay_out_with_weights(tmp_path / "words", b"weights"))]
    made = run_json(runner, "styles", "add", "our-prints", "pictures", *CREDIT, "--model", "words")
    assert made["model"] == "words" and "publish" not in studio.ran
    made = run_json(runner, "styles", "add", "our-prints", "pictures", *CREDIT)
    assert made["model"] == "style-our-prints" and adapters.is_learned("our-prints", Path(app.config["MODELS"][0]))


def test_recipe_of_a_style_that_was_removed_or_relearned_is_refused(by_words: Flask, studio: Studio) -> None:
    runner, client = by_words.test_cli_runner(), by_words.test_client()
    run(runner, "styles", "add", "our-prints", "pictures", *CREDIT)
    digest = offers.first().adapters[0].digest
    asked = {"stops": [{"prompt": "a fox", "hand": "our prints"}, {"prompt": "an owl"}], "frames": 4}
    painted = painted_in_levels(placing.place(validation.validate(asked), visitor_key="ann")[0])
    written = recipe.recipe_of(painted)
    written["model"]["name"] = "words"
    document = json.dumps(written).encode()
    _, settings = recipe.read_upload(document)
    assert settings.columns()["sampling"]["adapters"] == {"our prints": digest}
    run(runner, "styles", "remove", "our-prints")
    with pytest.raises(InvalidInput, match="“our prints” that the recipe was painted in was removed here, or trained"):
        recipe.read_upload(document)
    assert (
        recipe.request_of(written)[0].stops[0].requested_style == "our prints"
    )  # an archive with the walk is taken in
    studio.learned = b"learned again"
    run(runner, "styles", "add", "our-prints", "pictures", *CREDIT)
    with pytest.raises(InvalidInput, match="“our prints” that the recipe was painted in was removed here, or trained"):
        recipe.read_upload(document)
    assert client.get("/styles").status_code == 200


@pytest.mark.parametrize(
    ("model", "says"),
    [("none", "not offered here"), ("led", "the site's first alone"), ("empty", "weights of empty are not here")],
)
def test_model_that_cannot_learn_is_named(by_words: Flask, tmp_path: Path, model: str, says: str) -> None:
    by_words.config["MODELS"] = [*by_words.config["MODELS"], str(led.lay_out_words_alone(tmp_path / "e", name="empty"))]
    answer = run_json(by_words.test_cli_runner(), "styles", "add", "p", "pictures", *CREDIT, "--model", model, status=1)
    assert answer["errors"][0]["field"] == "model" and says in answer["error"]


def test_missing_requirements_are_named(runner: FlaskCliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(style_teaching, "NEEDED", ("json", "no_such_package"))
    output = run(runner, "styles", "add", "our-prints", "pictures", *CREDIT, status=1).output
    assert "The studio needs no_such_package, missing here: pip install -r requirements/studio.txt" in output


def test_what_is_no_style_in_the_folder_is_passed_over(runner: FlaskCliRunner, studio: Studio) -> None:
    run(runner, "styles", "prefetch", "our-prints", "pictures", *CREDIT)
    broken = added.folder("broken")
    shutil.copytree(added.folder("our-prints"), broken)
    (broken / added.ABOUT).write_text("{")
    assert [style.name for style in added.every()] == ["our-prints"]


def test_walk_is_repainted_in_a_style(runner: FlaskCliRunner, publish: Maker) -> None:
    walk = publish("a fox", "a house", seed=7)
    change(walk, model_name="led")
    made = run_json(runner, "walks", "repaint", walk.id, "--style", "woodcut", "--unlisted")
    assert (made["seed"], made["unlisted"], [stop["hand"] for stop in made["stops"]]) == (7, True, ["woodcut"] * 2)
    answer = run_json(runner, "walks", "repaint", walk.id, "--style", "fresco", status=1)
    assert answer["errors"][0]["field"] == "style"
