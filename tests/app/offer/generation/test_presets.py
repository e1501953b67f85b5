"""The presets: names for settings, resolved to the whole numbers that a recipe records."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.models.facts import ModelFacts
from app.offer.generation import cost, presets

LCM = {"few_step": True, "scheduler": "LCMScheduler"}
FLOW = {"scheduler": "FlowMatchEulerDiscreteScheduler", "few_step": False, "takes_guidance": True}
SD3 = FLOW | {"usual_steps": 40, "usual_guidance": 4.5}
DEV = FLOW | {"embeds_guidance": True, "usual_steps": 28, "usual_guidance": 3.5}
TURBO = FLOW | {"few_step": True, "takes_guidance": False, "usual_steps": 8, "usual_guidance": 1.0}


def resolve(preset: str, facts: dict[str, Any], **choices: Any) -> dict[str, Any]:
    """Resolve a preset for a model with these facts."""
    return presets.resolve(preset, ModelFacts(**facts), **choices)


@pytest.mark.parametrize("name", presets.NAMES)
@pytest.mark.parametrize("facts", [{}, LCM, SD3, DEV, TURBO])
def test_preset_resolves_to_what_json_keeps(name: str, facts: dict[str, Any]) -> None:
    resolved = resolve(name, facts)
    assert json.loads(json.dumps(resolved)) == resolved
    keys = {"scheduler", "steps", "guidance", "guided", "gain", "spacing", "ladder", "branches"}
    assert set(resolved) == keys | ({"mixing"} if resolved["branches"] else set())


def test_detail_is_reported_where_there_is_some() -> None:
    assert resolve("balanced", {"presets": {"balanced": {"detail": 0.2}}})["detail"] == 0.2
    assert "detail" not in resolve("balanced", {"presets": {"balanced": {"detail": 0}}})


def test_size_beyond_the_models_own_is_kept_as_how_many_times_it_is() -> None:
    own = resolve("balanced", {"size": 256})
    assert resolve("balanced", {"size": 256}, size=256) == own
    assert resolve("balanced", {"size": 256}, size=512) == own | {"enlarged": 2}
    assert resolve("balanced", {"size": 256, "finer": 2}, size=512) == own | {"enlarged": 2, "finer": 2}
    assert resolve("balanced", {"size": 256, "finer": 2}, size=768) == own | {"enlarged": 3}
    assert resolve("balanced", {"size": 256, "finer": 2}) == own


def test_presets_differ_in_the_work_they_are_worth() -> None:
    fast, balanced, exact = (resolve(name, {}) for name in presets.NAMES)
    assert fast["steps"] < balanced["steps"] < exact["steps"]
    assert fast["branches"]
    assert balanced["branches"]
    assert not exact["branches"]
    assert presets.DEFAULT == "balanced"


def test_visitors_own_steps_and_guidance_are_kept_and_the_rest_follows() -> None:
    usual = resolve("balanced", {})
    own = resolve("balanced", {}, steps=2 * usual["steps"], guidance=0)
    assert (own["steps"], own["guidance"]) == (2 * usual["steps"], 0.0)
    assert own["ladder"][0][0] in range(2 * usual["ladder"][0][0] - 1, 2 * usual["ladder"][0][0] + 2)
    assert own["guided"][1] > usual["guided"][1]


def test_distilled_model_keeps_its_own_solver_and_takes_no_guidance() -> None:
    resolved = resolve("balanced", LCM)
    assert (resolved["scheduler"], resolved["guidance"], resolved["spacing"]) == ("LCMScheduler", 1.0, None)
    assert resolved["steps"] <= 8


@pytest.mark.parametrize("scheduler", ["EulerAncestralDiscreteScheduler", "LCMScheduler", "TCDScheduler"])
def test_frames_of_a_distilled_model_start_from_a_blend_but_in_the_exact_preset(scheduler: str) -> None:
    facts = {"few_step": True, "scheduler": scheduler, "schedule": {"timestep_spacing": "trailing"}}
    resolved = [resolve(name, facts) for name in presets.NAMES]
    assert [each["branches"] for each in resolved] == [True, True, False]
    assert resolved[1]["ladder"] == [[2, 8], [3, 12]], "one of four steps is left to each frame of a long film"


FEW_STEP_MODELS: dict[str, dict[str, Any]] = {
    "SDXL Turbo": {"scheduler": "EulerAncestralDiscreteScheduler", "schedule": {"timestep_spacing": "trailing"}},
    "LCM": LCM,
    "FLUX.1 schnell": FLOW | {"family": "flux1", "usual_steps": 4, "schedule": {"shift": 1.0}},
    "Stable Diffusion 3.5 Turbo": FLOW | {"family": "sd3", "usual_steps": 4, "schedule": {"shift": 3.0}},
    "Z-Image Turbo": FLOW | {"family": "z_image", "usual_steps": 8, "schedule": {"shift": 3.0}},
    "FLUX.2 klein": FLOW | {"family": "flux2", "usual_steps": 4, "schedule": {"use_dynamic_shifting": True}},
}


@pytest.mark.parametrize("preset", ["fast", "balanced"])
@pytest.mark.parametrize("name", FEW_STEP_MODELS)
def test_long_film_of_a_few_step_model_takes_at_most_two_and_a_half_evaluations_a_frame(name: str, preset: str) -> None:
    resolved = resolve(preset, FEW_STEP_MODELS[name] | {"few_step": True, "takes_guidance": False})
    assert cost.of_walk(resolved, stops=2, frames=60) <= 2.5 * 60
    assert cost.of_walk(resolved, stops=2, frames=24) < 24 * resolved["steps"]


COSINE = {"beta_schedule": "squaredcos_cap_v2"}


@pytest.mark.parametrize(("schedule", "depths"), [({}, [2, 6]), (COSINE, [4, 7])])
def test_walk_branches_at_the_same_noise_in_every_schedule(schedule: dict[str, Any], depths: list[int]) -> None:
    resolved = resolve("balanced", {"schedule": schedule})
    assert [depth for depth, _ in resolved["ladder"]] == depths


def test_flow_models_branch_at_the_same_noise_however_their_steps_are_shifted() -> None:
    shifts = ({"shift": 1.0}, {"shift": 3.0}, {"shift": 6.0})
    rungs = [resolve("balanced", SD3 | {"schedule": shift, "family": "flux1"})["ladder"] for shift in shifts]
    assert [[depth for depth, _ in ladder] for ladder in rungs] == [[9, 14], [17, 21], [21, 24]]


def test_ladder_that_a_model_tells_is_counted_in_shares_of_its_steps() -> None:
    facts = {"presets": {"balanced": {"steps": 10, "ladder": [[0.5, 3], [0.8, 9]]}}}
    assert resolve("balanced", facts)["ladder"] == [[5, 3], [8, 9]]


def test_mixing_is_recorded_only_where_states_are_blended_in_a_newer_way() -> None:
    assert resolve("balanced", {})["mixing"] == 2
    assert "mixing" not in resolve("exact", {})
    assert "mixing" not in resolve("balanced", {"presets": {"balanced": {"mixing": 1}}})


@pytest.mark.parametrize("name", presets.NAMES)
@pytest.mark.parametrize("facts", [SD3, DEV, TURBO])
def test_flow_model_keeps_its_solver_and_its_noise_levels(name: str, facts: dict[str, Any]) -> None:
    resolved = resolve(name, facts)
    assert (resolved["scheduler"], resolved["spacing"]) == ("FlowMatchEulerDiscreteScheduler", None)
    assert resolved["branches"] == (name != "exact")


def test_flow_model_that_takes_guidance_is_guided_as_its_authors_do() -> None:
    resolved = resolve("balanced", SD3)
    assert (resolved["guidance"], resolved["guided"]) == (4.5, [0, 28])
    assert resolve("balanced", SD3, guidance=7.0)["guidance"] == 7.0
    assert [resolve(name, SD3)["steps"] for name in presets.NAMES] == [20, 28, 40]


def test_flow_model_whose_guidance_is_an_input_takes_no_second_pass() -> None:
    resolved = resolve("balanced", DEV)
    assert (resolved["guidance"], resolved["guided"], resolved["steps"]) == (3.5, [0, 0], 28)
    assert cost.of_frame(resolved, 0, 28) == 28
    asked = resolve("balanced", DEV, guidance=2.5)
    assert (asked["guidance"], asked["guided"]) == (2.5, [0, 0])


@pytest.mark.parametrize(("steps", "depths"), [(4, [2, 1, 3]), (8, [4, 1, 6])])
def test_distilled_flow_model_paints_in_its_own_steps_without_guidance(steps: int, depths: list[int]) -> None:
    resolved = [resolve(name, TURBO | {"usual_steps": steps}) for name in presets.NAMES]
    assert [each["steps"] for each in resolved] == [steps] * 3
    assert [each["ladder"][0][0] for each in resolved] == depths
    assert {each["guidance"] for each in resolved} == {1.0}
    asked = resolve("balanced", TURBO, guidance=5.0, steps=6)
    assert (asked["guidance"], asked["guided"], asked["steps"]) == (1.0, [0, 0], 6)
    assert cost.of_frame(asked, 0, 6) == 6


def test_frames_of_a_distilled_flow_model_cost_more_the_better_the_preset() -> None:
    works = [cost.of_walk(resolve(name, TURBO), stops=2, frames=60) for name in presets.NAMES]
    assert works == sorted(set(works))


def test_guidance_on_an_interval_is_stronger_there_and_recorded_as_it_was_asked_for() -> None:
    resolved = resolve("balanced", {}, guidance=2.0)
    assert (resolved["guidance"], resolved["gain"]) == (2.0, 1.12)
    assert resolve("exact", {})["gain"] == 1.0
    assert resolve("balanced", LCM)["gain"] == 1.0


def test_guidance_that_is_an_input_costs_nothing_and_is_used() -> None:
    facts = {"few_step": True, "scheduler": "LCMScheduler", "embeds_guidance": True}
    assert resolve("balanced", facts)["guidance"] == 8.0
    assert resolve("balanced", facts, guidance=2.0)["guidance"] == 2.0
    resolved = resolve("balanced", facts)
    assert resolved["guided"] == [0, 0]
    assert cost.of_frame(resolved, 0, resolved["steps"]) == resolved["steps"]


def test_model_may_say_otherwise() -> None:
    facts = {"presets": {"balanced": {"steps": 14, "spacing": [-2.5, 2]}}}
    resolved = resolve("balanced", facts)
    assert (resolved["steps"], resolved["spacing"]) == (14, [-2.5, 2])
    assert resolve("fast", facts) == resolve("fast", {})


def test_solver_that_cannot_branch_or_be_spaced_paints_in_full() -> None:
    resolved = resolve("balanced", {"presets": {"balanced": {"scheduler": "PNDMScheduler"}}})
    assert (resolved["branches"], resolved["spacing"]) == (False, None)


def test_unknown_preset_is_refused() -> None:
    with pytest.raises(KeyError):
        resolve("finest", {})


@given(st.sampled_from(presets.NAMES), st.sampled_from([{}, LCM, SD3]), st.integers(1, 100), st.floats(0, 20))
def test_any_number_of_steps_gives_rising_passes(name: str, facts: dict[str, Any], steps: int, guidance: float) -> None:
    resolved = resolve(name, facts, steps=steps, guidance=guidance)
    depths = [depth for depth, _ in resolved["ladder"]]
    assert depths
    assert all(1 <= depth <= steps for depth in depths)
    assert depths == sorted(set(depths))
    assert resolved["branches"] is False or depths[-1] < steps
    first, last = resolved["guided"]
    assert 0 <= first <= last <= steps
    assert first < last or guidance <= 1 or steps == 1


def test_who_asks_for_guidance_where_a_preset_has_none_gets_it_at_every_step() -> None:
    unguided = {"presets": {"balanced": {"steps": 4, "guidance": 1.0, "guided": [0.0, 0.0]}}}
    assert resolve("balanced", unguided)["guided"] == [0, 0]
    assert resolve("balanced", unguided, guidance=3)["guided"] == [0, 4]
    assert resolve("balanced", unguided, guidance=0.5)["guided"] == [0, 0]
