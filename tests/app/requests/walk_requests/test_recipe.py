"""Recipes: written into films, read out of them, refused when they were changed."""

import io
import json
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from app.core.errors import InvalidInput
from app.offer.generation import offers, presets
from app.requests.walk_requests import recipe
from app.requests.walk_requests.recipe_pins import PinnedSettings
from app.storage.walk_models import Walk
from tests.conftest import Maker
from tests.support import placing
from tests.support.house import NAME
from tests.support.recipes import RENDERING, VALUE, gif, painted_in_levels, refusal


@pytest.fixture
def painted(request_walk: Maker) -> Walk:
    """Request a walk whose settings are all there, as after its painting."""
    return request_walk("a fox", "été 狐狸", seed=7, frames=3, pinned=PinnedSettings.model_validate(RENDERING))


def webp(packet: bytes | None) -> bytes:
    film = io.BytesIO()
    Image.new("RGB", (8, 8)).save(film, "WEBP", **({} if packet is None else {"xmp": packet}))
    return film.getvalue()


def test_recipe_says_that_the_pictures_are_synthetic_and_what_made_them(painted: Walk) -> None:
    written = recipe.recipe_of(painted)
    assert written["synthetic"] is True
    assert written["digital_source_type"].endswith("trainedAlgorithmicMedia")
    assert written["model"]["revision"] == "3f9a2c1d0e5b"


def test_recipe_of_a_walk_that_waits_says_what_is_known(request_walk: Maker) -> None:
    written = recipe.recipe_of(request_walk("a fox", "a kite", seed=7))
    assert (written["seed"], written["frames"], written["size"], written["positions"]) == (7, 24, None, None)
    assert [stop["prompt"] for stop in written["stops"]] == ["a fox", "a kite"]


def test_recipe_goes_into_plain_ascii(painted: Walk) -> None:
    text = recipe.dumps(painted)
    assert text.isascii()
    assert json.loads(text) == recipe.recipe_of(painted)


@pytest.mark.parametrize("wrapped", [False, True])
def test_recipe_asks_for_the_same_walk_again(painted: Walk, wrapped: bool) -> None:
    data = recipe.dumps(painted).encode()
    wanted, pinned = recipe.request_of(recipe.parse_recipe(gif(data) if wrapped else data))
    again, _ = placing.place(wanted, visitor_key="ben", pinned=pinned)
    assert again.is_pinned
    assert again.id != painted.id
    assert recipe.recipe_of(again) | {"software": None} == recipe.recipe_of(painted) | {"software": None}


def test_long_recipe_survives_the_comment_of_a_film(request_walk: Maker) -> None:
    positions = [i / 239 * 7 for i in range(240)]
    for stop in range(8):
        positions[min(range(240), key=lambda i: abs(positions[i] - stop))] = float(stop)
    pinned = PinnedSettings.model_validate(RENDERING | {"positions": sorted(positions)})
    walk = request_walk(*("狐" * 299 + str(i) for i in range(8)), frames=240, pinned=pinned)
    wanted, read = recipe.request_of(recipe.parse_recipe(gif(recipe.dumps(walk).encode())))
    assert read == pinned.model_copy(update={"fps": walk.fps})
    assert [stop.prompt for stop in wanted.stops] == [stop.prompt for stop in walk.stops]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("seed",), None),
        (("seed",), -1),
        (("seed",), "7"),
        (("frames",), 4),
        (("frames",), None),
        (("stops",), [{"prompt": "a fox"}]),
        (("stops", 0, "prompt"), ""),
        (("stops", 0, "\ud800"), 1),
        (("stops", 0, "hand"), "\ud800"),
        (("positions",), None),
        (("positions",), []),
        (("positions",), [0.0, 1.0]),
        (("positions",), [0.0, 1.0, 0.5]),
        (("positions",), [0.0, 0.0, 1.0]),
        (("positions",), [0.0, float("nan"), 1.0]),
        (("positions",), [0.1, 0.5, 1.0]),
        (("positions",), [0.0, 0.5, 2.0]),
        (("positions",), [0.0, 1.0, 1.5]),
        (("positions",), [0.0, 10**400, 1.0]),
        (("positions",), ["x", 0.5, 1.0]),
        (("size",), None),
        (("size",), [128]),
        (("size",), [128, 1_000_000]),
        (("size",), [130, 128]),
        (("size",), "128"),
        (("sampler",), None),
        (("sampler", "steps"), 0),
        (("sampler", "steps"), 10**9),
        (("sampler", "steps"), True),
        (("sampler", "guidance"), float("nan")),
        (("sampler", "guidance"), 10**400),
        (("sampler", "guidance"), "much"),
        (("sampler", "scheduler"), "x" * 81),
        (("model",), []),
        (("model", "revision"), None),
        (("device",), None),
        (("device", "precision"), "float4"),
        (("device", "threads"), 10**6),
        (("device", "batch"), 0),
    ],
)
def test_altered_recipe_is_refused(painted: Walk, path: tuple[Any, ...], value: Any) -> None:
    written = json.loads(recipe.dumps(painted))
    place = written
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    assert refusal(json.dumps(written).encode()).encode()


def test_more_steps_than_the_models_schedule_has_are_refused(app: Flask, painted: Walk, tmp_path: Path) -> None:
    (tmp_path / "lcm" / "scheduler").mkdir(parents=True)
    (tmp_path / "lcm" / "scheduler" / "scheduler_config.json").write_text('{"_class_name": "LCMScheduler"}')
    app.config["MODELS"] = [str(tmp_path / "lcm")]
    written = json.loads(recipe.dumps(painted))
    written["model"]["name"] = "lcm"
    written["sampler"] |= {"scheduler": "LCMScheduler", "steps": 60}
    message = "The recipe cannot be used, because it was changed: its 60 steps are more than the 50 that lcm takes."
    assert refusal(json.dumps(written).encode()) == f"{message} Choose the file as it was downloaded."


def test_stop_between_the_ends_must_be_among_the_positions(painted: Walk) -> None:
    written = json.loads(recipe.dumps(painted))
    written["stops"].append({"prompt": "the sea"})
    written["positions"] = [0.0, 0.5, 2.0]
    message = "The recipe cannot be used, because it was changed: a stop is missing among its positions."
    assert refusal(json.dumps(written).encode()) == f"{message} Choose the file as it was downloaded."


def test_recipe_of_another_version_is_refused_with_its_number(painted: Walk) -> None:
    for version in (0, 3, "2", True, 1.0, None):
        written = recipe.recipe_of(painted) | {"version": version}
        message = f"of version {version!r}; this site reads versions 1 and 2"
        assert message in refusal(json.dumps(written).encode())


@pytest.mark.parametrize(
    "data",
    [b"", b"GIF89a", b"GIF87a\0\0", b"{", b"[]", b"null", b"7", b'{"format": "another"}', b"\xff\xfe", b"[" * 100_000,
     b"1" * 10_000, b"\x89PNG\r\n\x1a\n"],
)  # fmt: skip
def test_what_is_no_recipe_is_refused(data: bytes) -> None:
    assert refusal(data).startswith("The recipe ")


def test_recipe_is_found_in_the_xmp_of_a_webp(painted: Walk) -> None:
    said = escape(recipe.dumps(painted))
    packet = f'<x><moma:recipe xmlns:moma="urn:moma-lisa:xmp">{said}</moma:recipe></x>'.encode()
    assert recipe.parse_recipe(webp(packet)) == recipe.recipe_of(painted)


@pytest.mark.parametrize("packet", [None, b"", b"<x/>", b"<moma:recipe>{</moma:recipe>", b"\xff<moma:recipe>\xff"])
def test_webp_without_a_recipe_is_refused(packet: bytes | None) -> None:
    assert refusal(webp(packet)).startswith("The recipe is missing: this WebP contains none of ours.")


@given(cut=st.integers(0, 300))
def test_webp_cut_off_or_lying_about_its_chunks_is_refused(cut: int) -> None:
    film = webp(b"<moma:recipe>{}</moma:recipe>")
    for data in (film[:cut], film[:12] + b"XMP \xff\xff\xff\xff", film[:cut] + b"\xff" * 40):
        assert refusal(data).startswith("The recipe")


def test_film_without_a_comment_is_refused() -> None:
    assert refusal(gif(None)).startswith("The recipe is missing: this GIF contains none of ours.")


def test_film_with_another_comment_is_refused() -> None:
    assert refusal(gif(b"made with love")).startswith("The recipe is missing: this GIF contains none of ours.")


def test_film_cut_off_in_the_middle_is_refused_or_read_whole(painted: Walk) -> None:
    film = gif(recipe.dumps(painted).encode())
    for end in range(6, len(film), 7):
        try:
            assert recipe.parse_recipe(film[:end])["seed"] == 7
        except InvalidInput as refused:
            assert str(refused).startswith("The recipe ")


def test_recipe_that_is_huge_without_a_film_is_refused_unread() -> None:
    assert refusal(b'{"x": "' + b"y" * 2_000_000 + b'"}') == "The recipe is larger than 2 MB without its film."


def test_film_that_claims_an_enormous_size_is_refused_or_read_unopened() -> None:
    for side in (b"\x10\x27", b"\xff\xff"):  # 10,000 and 65,535 pixels
        film = b"GIF89a" + side * 2 + gif(None)[10:]
        assert refusal(film).startswith("The recipe ")


# Version 2: levels


@pytest.fixture
def branched(request_walk: Maker) -> dict[str, Any]:
    """Write down the recipe of a walk painted in levels."""
    return dict(json.loads(recipe.dumps(painted_in_levels(request_walk("a fox", "a kite", seed=7, frames=60)))))


@pytest.mark.databases
def test_recipe_of_levels_says_all_that_it_was_painted_with(request_walk: Maker) -> None:
    walk = painted_in_levels(request_walk("a fox", "a kite", ending="back", easing=True, preset="fast", model=NAME))
    written = recipe.recipe_of(walk)
    assert (written["version"], written["preset"], written["ending"], written["easing"]) == (2, "fast", "back", True)
    assert written["model"]["asked"] == NAME
    assert written["sampler"] == presets.resolve("fast", offers.first().facts)
    assert written["levels"] == walk.levels
    assert [level["kind"] for level in written["levels"]][:2] == ["stops", "knots"]


@pytest.mark.parametrize("preset", presets.NAMES)
@pytest.mark.parametrize("ending", ["stop", "round"])
@pytest.mark.parametrize(("stops", "frames", "workers"), [(2, 2, 1), (2, 24, 1), (3, 24, 2), (2, 240, 4), (8, 9, 2)])
def test_what_a_worker_plans_is_read_again(
    request_walk: Maker, preset: str, ending: str, stops: int, frames: int, workers: int
) -> None:
    walk = request_walk(*"abcdefgh"[:stops], frames=frames, preset=preset, ending=ending, seed=7)
    painted_in_levels(walk, workers=workers)
    wanted, pinned = recipe.request_of(recipe.parse_recipe(gif(recipe.dumps(walk).encode())))
    again, _ = placing.place(wanted, visitor_key="ben", pinned=pinned)
    assert recipe.recipe_of(again) | {"model": None} == recipe.recipe_of(walk) | {"model": None}
    assert (again.sampling, again.levels, again.positions) == (walk.sampling, walk.levels, walk.positions)
    assert (again.state, again.preset, again.ending, again.is_pinned) == ("queued", preset, ending, True)


@pytest.mark.parametrize(("fps", "asked"), [(33.333, 33.333), (12.5, None), (6.0, None)])
def test_recipe_repaints_a_film_at_its_frame_rate(branched: dict[str, Any], fps: float, asked: float | None) -> None:
    branched["fps"] = fps
    wanted, pinned = recipe.request_of(branched)
    again, _ = placing.place(wanted, visitor_key="ben", pinned=pinned)
    assert (wanted.fps, again.fps) == (asked, fps)


@pytest.mark.parametrize("fps", [0, -1, True, "12.5", 1e9])
def test_recipe_with_a_frame_rate_that_cannot_be_is_refused(branched: dict[str, Any], fps: object) -> None:
    branched["fps"] = fps
    with pytest.raises(InvalidInput, match="its frames a second cannot be used"):
        recipe.request_of(branched)


def test_recipe_of_the_first_version_is_painted_as_it_was(painted: Walk) -> None:
    assert recipe.recipe_of(painted)["version"] == 1
    assert not {"levels", "preset", "ending", "easing"} & set(recipe.recipe_of(painted))
    wanted, pinned = recipe.request_of(dict(recipe.recipe_of(painted)))
    again, _ = placing.place(wanted, visitor_key="ben", pinned=pinned)
    assert (again.preset, again.ending, again.easing, again.sampling, again.levels) == (
        "exact", "stop", False, None, None,
    )  # fmt: skip


def test_model_is_asked_for_by_the_name_in_the_recipe_if_it_is_on_offer(branched: dict[str, Any]) -> None:
    assert recipe.request_of(branched)[0].model is None  # the first was not asked for: the same recipe again
    for asked in (NAME, "another"):
        branched["model"]["asked"] = asked
        assert recipe.request_of(branched)[0].model == NAME
    del branched["model"]["asked"]
    assert recipe.request_of(branched)[0].model == NAME
    branched["model"]["name"] = "no longer here"
    wanted, pinned = recipe.request_of(branched)
    assert (wanted.model, pinned.model_name) == (None, "no longer here")


def test_recipe_of_a_model_that_is_not_on_offer_keeps_its_hands_and_is_refused_by_its_name(
    branched: dict[str, Any],
) -> None:
    branched["stops"][0]["hand"] = "fresco"
    branched["model"]["name"] = "no longer here"
    assert recipe.request_of(branched)[0].stops[0].requested_style == "fresco"
    with pytest.raises(InvalidInput, match="The model no longer here is not offered here; this is"):
        recipe.read_upload(json.dumps(branched).encode())


@pytest.mark.parametrize("hand", ["f" * 81, "fre\nsco", 7, ["fresco"], "\ud800"])
def test_hand_that_no_model_could_have_is_refused(branched: dict[str, Any], hand: object) -> None:
    branched["stops"][0]["hand"] = hand
    branched["model"]["name"] = "no longer here"
    with pytest.raises(InvalidInput, match=r"[Hh]and of stop 1"):
        recipe.request_of(branched)


@pytest.mark.slow
@given(data=st.binary(max_size=200).map(lambda noise: b"GIF89a" + noise) | st.binary(max_size=200))
def test_reading_fails_with_invalid_input_only(data: bytes) -> None:
    with pytest.raises(InvalidInput):
        recipe.parse_recipe(data)


@given(data=st.data())
def test_using_an_altered_recipe_fails_with_invalid_input_only(app: Flask, data: st.DataObject) -> None:
    whole: dict[str, Any] = {
        "stops": [{"prompt": "a"}, {"prompt": "b"}], "seed": 1, "frames": 2, "positions": [0.0, 1.0], "size": [8, 8],
        "model": {"name": NAME, "revision": "1"}, "sampler": {"scheduler": "x", "steps": 1, "guidance": 1.0},
        "device": {"precision": "float32", "memory_format": "contiguous", "threads": 1, "batch": 1},
    }  # fmt: skip
    assert recipe.request_of(whole)
    name = data.draw(st.sampled_from(sorted(whole)))
    inner = whole[name]
    if isinstance(inner, dict) and data.draw(st.booleans()):
        inner[data.draw(st.sampled_from([*inner, "more"]))] = data.draw(VALUE)
    else:
        whole[name] = data.draw(VALUE)
    try:
        wanted, pinned = recipe.request_of(whole)
    except InvalidInput:
        return
    assert len(pinned.positions) == wanted.frames
