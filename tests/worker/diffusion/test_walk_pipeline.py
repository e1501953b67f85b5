"""The painter against diffusers' own call, on tiny models of the real classes, and what a batch must keep."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from app.core.models.facts import ModelFacts
from app.offer.generation import cost, presets
from tests.support.house import FACTS, HOUSE, SIZE, scene
from tests.support.own_calls import OWN_SOLVERS, change, difference, exact, shown, usual
from tests.support.raising import raising
from worker.diffusion import pass_batch
from worker.diffusion.model import Model, ModelError
from worker.diffusion.rendering import GenerationError, StopInput
from worker.diffusion.tuning import fallback
from worker.diffusion.walk_pipeline import WalkPipeline
from worker.planning.pass_plan import Pass

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),  # diffusers' own call
]

KINDS = ["sd1", "sd2", "bert", "sdxl", "lcm", "turbo"]
STOPS = [StopInput("a bear", "", 3), StopInput("the sun", "red", 3)]


def test_prompt_that_names_a_hand_goes_without_the_prefix(bert: WalkPipeline) -> None:
    assert bert.prefix
    bear, sun = STOPS
    behind = bert.prepare([bear, sun], exact(bert)).prompts
    written = bert.prepare([replace(bear, prompt=bert.prefix + bear.prompt, has_style=True), sun], exact(bert))
    assert np.array_equal(behind, written.prompts)
    without = bert.prepare([replace(bear, has_style=True), sun], exact(bert)).prompts
    assert not np.array_equal(behind[0], without[0])


@pytest.mark.parametrize(
    ("kind", "guidance"), [*((kind, 3.0) for kind in KINDS if kind != "turbo"), ("bert", 1.0), ("turbo", 1.0)]
)
def test_frame_at_a_stop_is_what_the_pipeline_itself_paints(
    painters: dict[str, WalkPipeline], tiny_models: dict[str, Path], kind: str, guidance: float
) -> None:
    painter = painters[kind]
    rendering = exact(painter, guidance=guidance)
    prepared = painter.prepare(STOPS, rendering)
    first, last = shown(painter, prepared, [0.0, 1.0])
    for stop, painted in zip(STOPS, (first, last), strict=True):
        behind_prefix = replace(stop, prompt=painter.prefix + stop.prompt)
        expected = usual(tiny_models[kind], behind_prefix, rendering)
        assert expected.std() > 5, "a flat picture proves nothing"
        assert difference(painted, expected) <= 1
    assert difference(first, last) > 1


@pytest.mark.parametrize(("scheduler", "passes"), [("PNDMScheduler", 5), ("HeunDiscreteScheduler", 7)])
def test_steps_that_solvers_repeat_are_taken(sd1: WalkPipeline, scheduler: str, passes: int) -> None:
    before = sd1.evaluations
    sd1.paint(sd1.prepare(STOPS, exact(sd1, scheduler=scheduler, guidance=1.0)), [0.0])
    assert sd1.evaluations - before == passes


@pytest.mark.parametrize(
    ("kind", "prediction", "scheduler"),
    [
        ("sd1", "sample", "DPMSolverMultistepScheduler"),
        ("turbo", "v_prediction", "EulerAncestralDiscreteScheduler"),
        ("lcm", "sample", "LCMScheduler"),
    ],
)
def test_network_may_predict_noise_velocity_or_picture(
    tiny_models: dict[str, Path], tmp_path: Path, kind: str, prediction: str, scheduler: str
) -> None:
    folder = shutil.copytree(tiny_models[kind], tmp_path / kind)
    change(folder / "scheduler" / "scheduler_config.json", prediction_type=prediction)
    painter = WalkPipeline(Model.load(str(folder)), fallback())
    rendering = exact(painter, scheduler=scheduler)
    [painted] = shown(painter, painter.prepare(STOPS, rendering), [1.0])
    assert difference(painted, usual(folder, STOPS[1], rendering)) <= 1


def test_latents_that_were_centred_are_moved_back(tiny_models: dict[str, Path], tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_models["sdxl"], tmp_path / "sdxl")
    change(folder / "vae" / "config.json", latents_mean=[0.5, -1, 0, 2], latents_std=[1, 2, 3, 4])
    painter = WalkPipeline(Model.load(str(folder)), fallback())
    [painted] = shown(painter, painter.prepare(STOPS, exact(painter)), [0.0])
    assert difference(painted, usual(folder, STOPS[0], exact(painter))) <= 1


@pytest.mark.parametrize("kind", OWN_SOLVERS)
def test_noise_between_stops_comes_from_their_seeds_alone(painters: dict[str, WalkPipeline], kind: str) -> None:
    painter = painters[kind]
    prepared = painter.prepare([StopInput("a bear", "", 3), StopInput("a bear", "", 4)], exact(painter))
    process_wide = torch.get_rng_state()
    film = shown(painter, prepared, [0.0, 0.5, 1.0])
    assert torch.equal(torch.get_rng_state(), process_wide)
    assert np.array_equal(film, shown(painter, prepared, [0.0, 0.5, 1.0]))
    assert prepared.added_noises.shape == (2, 3, 4, 16, 16)
    same_way = replace(prepared, added_noises=prepared.added_noises[[0, 0]])
    [first, middle, last] = shown(painter, same_way, [0.0, 0.5, 1.0])
    assert difference(first, film[0]) <= 1
    assert min(difference(middle, film[1]), difference(last, film[2])) > 1


def test_guidance_that_is_an_input_takes_one_pass_and_no_negative_prompt(painters: dict[str, WalkPipeline]) -> None:
    painter = painters["lcm"]
    rows: list[int] = []
    unet, _ = painter.model.networks("float32", "contiguous")
    watched = unet.register_forward_pre_hook(lambda _, arguments: rows.append(len(arguments[0])))
    prepared = painter.prepare([StopInput("a bear", "", 3), StopInput("a bear", "red", 3)], exact(painter))
    with_words, without = shown(painter, prepared, [0.0, 1.0])
    watched.remove()
    assert rows == [2] * 4
    assert difference(with_words, without) <= 1
    [stronger] = shown(painter, replace(prepared, rendering=exact(painter, guidance=9.0)), [0.0])
    assert difference(stronger, with_words) > 0


@pytest.mark.parametrize("kind", ["sd1", "bert", "sdxl", "turbo"])
def test_frames_painted_together_equal_frames_painted_alone(painters: dict[str, WalkPipeline], kind: str) -> None:
    prepared = painters[kind].prepare(STOPS, exact(painters[kind]))
    positions = [0.3, 1.0]
    together = shown(painters[kind], prepared, positions)
    for position, picture in zip(positions, together, strict=True):
        assert difference(picture, shown(painters[kind], prepared, [position])[0]) <= 1


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_same_call_paints_the_same_bytes(bert: WalkPipeline, precision: str) -> None:
    films = [shown(bert, bert.prepare(STOPS, exact(bert, precision=precision)), [0.0, 0.4]) for _ in range(2)]
    assert np.array_equal(*films)


def test_bfloat16_paints_nearly_what_float32_paints(bert: WalkPipeline) -> None:
    exactly, roughly = (
        shown(bert, bert.prepare(STOPS, exact(bert, precision=precision)), [0.5])[0].astype(float)
        for precision in ("float32", "bfloat16")
    )
    assert 0 < np.abs(exactly - roughly).mean() < 4


def test_frames_have_the_models_size_and_are_rgb(sd1: WalkPipeline) -> None:
    assert sd1.size == (32, 32)
    [picture] = shown(sd1, sd1.prepare(STOPS, exact(sd1)), [0.0])
    assert (picture.shape, picture.dtype) == ((32, 32, 3), np.uint8)


def test_enlarged_picture_counts_as_many_passes(sd1: WalkPipeline) -> None:
    rendering = sd1.rendering(presets.resolve("fast", ModelFacts(size=32), size=64))
    before = sd1.evaluations
    [picture] = shown(sd1, sd1.prepare(STOPS, rendering), [0.0])
    assert picture.shape == (64, 64, 3)
    assert sd1.evaluations - before == 4 * cost.of_frame(presets.resolve("fast", ModelFacts()), 0, rendering.steps)


@pytest.mark.parametrize("kind", ["sd1", "bert"])
def test_middle_differs_from_both_ends(painters: dict[str, WalkPipeline], kind: str) -> None:
    prepared = painters[kind].prepare(STOPS, exact(painters[kind]))
    first, middle, last = shown(painters[kind], prepared, [0.0, 0.5, 1.0])
    assert difference(first, middle) > 1
    assert difference(middle, last) > 1


def test_detail_is_stronger_between_stops_and_none_at_them(sd1: WalkPipeline) -> None:
    plain, detailed = (
        shown(sd1, sd1.prepare(STOPS, exact(sd1, detail=detail)), [0.0, 0.1, 0.5, 1.0]) for detail in (0.0, 1.0)
    )
    steps = [np.abs(a.astype(float) - b).mean() for a, b in zip(plain, detailed, strict=True)]
    assert steps[0] == steps[3] == 0
    assert 0 < steps[1] < steps[2]
    assert all(
        np.abs(np.diff(a.astype(float), axis=1)).sum() > np.abs(np.diff(b.astype(float), axis=1)).sum()
        for a, b in zip(detailed[1:3], plain[1:3], strict=True)
    )


def test_inner_stop_of_a_long_walk_is_painted_from_its_own_prompt(bert: WalkPipeline) -> None:
    lemon = StopInput("a lemon", "", 3)
    long = bert.prepare([STOPS[0], lemon, STOPS[1]], exact(bert))
    alone = bert.prepare([lemon, lemon], exact(bert))
    assert difference(shown(bert, long, [1.0])[0], shown(bert, alone, [0.0])[0]) <= 1


def test_one_seed_gives_every_frame_the_same_noise(sd1: WalkPipeline) -> None:
    same = [StopInput("a bear", "", 3), StopInput("a bear", "", 3)]
    pictures = shown(sd1, sd1.prepare(same, exact(sd1)), [0.0, 0.5, 1.0])
    assert all(difference(pictures[0], picture) <= 1 for picture in pictures)


def test_seeds_of_their_own_move_the_noise_between_stops(sd1: WalkPipeline) -> None:
    prepared = sd1.prepare([StopInput("a bear", "", 3), StopInput("a bear", "", 4)], exact(sd1))
    assert not np.array_equal(*prepared.noises)
    first, middle, last = shown(sd1, prepared, [0.0, 0.5, 1.0])
    assert min(difference(first, middle), difference(middle, last), difference(first, last)) > 1


def test_noise_depends_on_the_seed_alone(painters: dict[str, WalkPipeline]) -> None:
    one, other = (
        painters[kind].prepare([StopInput("a", "", 2**32 - 1), StopInput("x", "red", 7)], exact(painters[kind]))
        for kind in ("sd1", "bert")
    )
    assert np.array_equal(one.noises, other.noises)


def test_negative_prompt_changes_the_picture_only_under_guidance(bert: WalkPipeline) -> None:
    for guidance, changes in ((3.0, True), (1.0, False)):
        rendering = exact(bert, guidance=guidance)
        plain, without = (
            shown(bert, bert.prepare([StopInput("a bear", words, 3)] * 2, rendering), [0.0])[0]
            for words in ("", "the red sun")
        )
        assert (difference(plain, without) > 0) is changes


def test_on_step_is_called_after_every_step(painters: dict[str, WalkPipeline]) -> None:
    steps: list[int] = []
    prepared = painters["bert"].prepare(STOPS, exact(painters["bert"], steps=5))
    shown(painters["bert"], prepared, [0.5], on_step=lambda: steps.append(1))
    assert len(steps) == 5


def test_smaller_batches_give_the_same(bert: WalkPipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    prepared = bert.prepare(STOPS, exact(bert))
    level = Pass("frames", (0.0, 0.25, 0.5, 0.75, 1.0), 4, ((0, 1, 2, 3, 4),))

    def painted() -> list[NDArray[np.uint8]]:
        found = pass_batch.paint(bert, prepared, [level], 0, 0, sampling={}, frames=5, states=lambda *_: None)
        return [one.picture for one in found]

    whole, sizes, paint = painted(), [], bert.paint
    monkeypatch.setattr(bert, "paint", lambda *given, **named: sizes.append(len(given[1])) or paint(*given, **named))
    for most in (2, 1):
        monkeypatch.setattr(bert, "at_once", most)
        assert all(difference(a, b) <= 1 for a, b in zip(whole, painted(), strict=True))
    assert sizes == [2, 2, 1, 1, 1, 1, 1, 1]


def test_error_in_on_step_ends_the_painting(painters: dict[str, WalkPipeline]) -> None:
    with pytest.raises(TimeoutError, match="lease"):
        shown(
            painters["bert"],
            painters["bert"].prepare(STOPS, exact(painters["bert"])),
            [0.5],
            on_step=raising(TimeoutError("the lease is lost")),
        )


@pytest.mark.parametrize("change", [{"scheduler": "Karras"}, {"precision": "int4"}, {"memory_format": "backwards"}])
def test_unknown_setting_of_a_recipe_is_refused(sd1: WalkPipeline, change: dict[str, str]) -> None:
    with pytest.raises(ModelError, match=f"unknown .*{next(iter(change.values()))}"):
        sd1.prepare(STOPS, exact(sd1, **change))


def test_model_that_yields_no_numbers_is_a_painting_error(bert: WalkPipeline) -> None:
    steps: list[int] = []
    prepared = bert.prepare(STOPS, exact(bert, precision="bfloat16"))
    broken = replace(prepared, noises=np.full_like(prepared.noises, np.nan))
    with pytest.raises(GenerationError, match="tiny"):
        shown(bert, broken, [0.0], on_step=lambda: steps.append(1))
    assert len(steps) == 8, "painted once in bfloat16, once more in float32"


def test_batch_that_overflows_in_half_precision_is_painted_in_float32(bert: WalkPipeline) -> None:
    prepared = bert.prepare(STOPS, exact(bert, precision="float16"))
    huge = replace(prepared, noises=prepared.noises * 1e6)  # beyond float16, which ends at 65,504
    [half] = shown(bert, huge, [0.0])
    [full] = shown(bert, replace(huge, rendering=exact(bert)), [0.0])
    assert np.array_equal(half, full)


def test_batch_with_bad_previews_is_redone(bert: WalkPipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    prepared = bert.prepare(STOPS, exact(bert, precision="bfloat16"))
    lens = bert.latent_preview

    class Overflowing:
        """A latent preview that yields no numbers once."""

        times = 0

        def __call__(self, latents: torch.Tensor) -> Any:
            self.times += 1
            return lens(latents) * (np.nan if self.times == 1 else 1)

    monkeypatch.setitem(bert.__dict__, "latent_preview", Overflowing())
    painted = bert.paint(prepared, [0.0], keep=[2])
    monkeypatch.undo()
    whole = bert.paint(replace(prepared, rendering=exact(bert)), [0.0], keep=[2])
    assert np.isfinite(painted[0].thumbnails[2]).all()
    assert np.array_equal(painted[0].picture, whole[0].picture)


@pytest.mark.server
def test_house_model_reaches_the_latents_that_the_pipeline_itself_reaches(house: WalkPipeline) -> None:
    stop = StopInput("a fox", "", 5)
    rendering = exact(house, steps=6, threads=2)
    prepared = house.prepare([stop, StopInput("a lion", "", 5)], rendering)
    [painted] = house.paint(prepared, [0.0], keep=[rendering.steps])
    assert painted.picture.shape == (SIZE, SIZE, 3)
    asked = replace(stop, prompt=house.prefix + stop.prompt)  # it names no hand
    expected = usual(HOUSE, asked, rendering, output="latent")  # its decoder is shown the scene, the pipeline's is not
    reached = painted.states[rendering.steps].latents
    assert expected.std() > 0.2, "flat latents prove nothing"
    assert np.abs(reached - expected).max() < 0.001 * expected.std()


@pytest.mark.server
def test_house_model_paints_red_apples_red_and_lemons_yellow(house: WalkPipeline) -> None:
    usually = FACTS["defaults"]
    rendering = house.rendering(steps=usually["steps"], guidance=usually["guidance"])
    stops = [StopInput(f"a {name}", "", 11, scene=scene(name)) for name in ("red apple", "lemon")]
    prepared = house.prepare(stops, rendering)
    middle = slice(SIZE * 3 // 8, SIZE * 5 // 8)
    apple, lemon = (picture[middle, middle].mean((0, 1)) for picture in shown(house, prepared, [0.0, 1.0]))
    assert apple[0] > 150 > 90 > max(apple[1:])
    assert min(lemon[:2]) > 150 > 100 > lemon[2]


def test_prompts_are_encoded_with_the_threads_of_rendering(painters: dict[str, WalkPipeline]) -> None:
    painter, threads = painters["bert"], torch.get_num_threads()
    rendering = replace(painter.rendering(), threads=1)
    torch.set_num_threads(2)
    try:
        painter.prepare([StopInput("a bear", "", 1), StopInput("the sun", "", 2)], rendering)
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(threads)
