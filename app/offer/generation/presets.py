"""The presets: qualities as named settings, which a recipe records one by one.

Pure data for both sides: the web process resolves the settings when a walk is requested, and the worker renders with
the resolved settings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from math import ceil
from typing import Any

from app.core.models import aspects, noise_levels
from app.core.models.facts import ModelFacts
from app.core.models.kinds import FLOW_SOLVER

FAST, BALANCED, EXACT = "fast", "balanced", "exact"
NAMES = (FAST, BALANCED, EXACT)
DEFAULT = BALANCED

SOLVER = "DPMSolverMultistepScheduler"

BRANCHING = frozenset({
    SOLVER, FLOW_SOLVER, "DDIMScheduler", "EulerAncestralDiscreteScheduler", "EulerDiscreteScheduler", "LCMScheduler",
    "TCDScheduler", "UniPCMultistepScheduler",
})  # fmt: skip
"""The solvers that can continue from a blend of two pictures' states."""

SPACED = frozenset({SOLVER, "UniPCMultistepScheduler"})
"""The solvers that accept custom noise levels."""


@dataclass(frozen=True, slots=True)
class Preset:
    """Named settings; values in steps are given as fractions, so that a preset holds for any number of steps.

    ``guided`` is the interval of steps with a second evaluation for guidance (Kynkäänniemi et al., arXiv 2404.07724).
    ``gain`` is how much stronger guidance is in these steps than requested, since other steps have none. ``spacing`` is
    the half log-SNR of the first and last step, at equal distances (``None`` for the solver's own). ``detail`` is how
    much stronger the finest details of the latents are midway between two stops, where blends lose some
    (decision 49). ``ladder`` has an entry for each pass of intermediate samples: its depth, and the samples per
    leg. A depth is a fraction of the steps if a model sets it; here it is a noise level, the ratio of noise to picture
    that is left (`app.core.models.noise_levels`), because the same step has another level in each schedule. With
    ``branches``, samples and frames start from the samples of the previous pass. Without, each is rendered from its
    noise, except for samples that the previous pass had already, which continue. ``mixing`` is how two states are
    blended (`worker.planning.latent_state.between`): 1 as in release 1.0.0, or 2.
    """

    scheduler: str = SOLVER
    steps: int = 20
    guidance: float = 3.5
    guided: tuple[float, float] = (0.0, 1.0)
    gain: float = 1.0
    detail: float = 0.0
    spacing: tuple[float, float] | None = None
    ladder: tuple[tuple[float, int], ...] = ((1.0, 7),)
    branches: bool = True
    mixing: int = 2


PRESETS = {
    FAST: Preset(steps=8, guided=(0.1, 0.6), spacing=(-5.0, 3.0), ladder=((4.1, 5), (0.25, 8))),
    BALANCED: Preset(steps=10, guided=(0.1, 0.7), gain=1.12, spacing=(-5.0, 3.0), ladder=((4.1, 5), (0.33, 10))),
    EXACT: Preset(steps=20, spacing=(-5.0, 3.0), ladder=((0.22, 16), (0.067, 22)), branches=False),
}
"""For models that were trained on noise levels. At the first level the composition is not fixed yet, at the second only
the details are not (decision 66)."""

FEW_STEPS = {
    FAST: Preset(scheduler="", steps=2, guidance=1.0, ladder=((1.6, 6),)),
    BALANCED: Preset(scheduler="", steps=4, guidance=1.0, ladder=((1.6, 8), (0.7, 12))),
    EXACT: Preset(scheduler="", steps=8, guidance=1.0, ladder=((0.7, 8),), branches=False),
}
"""For models that were distilled for a few steps: with their own solver and no guidance. The first samples decide what
is where and how near the film comes to frames painted in full, the second ones save the frames all steps but one."""

FLOW = {
    FAST: Preset(scheduler=FLOW_SOLVER, steps=20, ladder=((2.0, 5), (1.0, 12))),
    BALANCED: Preset(scheduler=FLOW_SOLVER, steps=28, ladder=((2.0, 5), (1.0, 10))),
    EXACT: Preset(scheduler=FLOW_SOLVER, steps=40, ladder=((2.0, 16), (1.0, 22)), branches=False),
}
"""For models that were trained by flow matching: at these levels two thirds and a half of the latents are noise."""

FLOW_FEW_STEPS = {
    FAST: Preset(scheduler=FLOW_SOLVER, steps=4, guidance=1.0, ladder=((1.0, 6), (0.4, 12))),
    BALANCED: Preset(scheduler=FLOW_SOLVER, steps=4, guidance=1.0, ladder=((6.0, 8), (0.4, 12))),
    EXACT: Preset(scheduler=FLOW_SOLVER, steps=4, guidance=1.0, ladder=((0.33, 8),), branches=False),
}
"""For distilled flow models, with the steps that they were distilled for (docs/research/painting.md)."""

EMBEDDED_FLOW_GUIDANCE = 3.5
"""The guidance of flow models that take it as an input: the default of FLUX.1 [dev]."""

EMBEDDED_GUIDANCE = 8.0
"""The guidance of models that take it as an input and need no second evaluation: the default of LCM's authors."""

USUAL_SIZE = 1024
"""The assumed side in pixels of a flow model whose size is not known."""

UNGUIDED = (0.0, 0.0)
"""No step has a second evaluation."""


def resolve(
    preset: str,
    facts: ModelFacts,
    *,
    steps: int | None = None,
    guidance: float | None = None,
    size: int | None = None,
    aspect: str | None = None,
) -> dict[str, Any]:
    """Return the settings of a preset as a recipe records them, for the model with these ``facts``.

    ``steps``, ``guidance``, ``size`` and ``aspect`` are the visitor's choices. A model may override any field in its
    ``house.json``, under ``presets``. The guidance of a model that takes none is 1. The result has the keys scheduler,
    steps, guidance, guided, gain, spacing, ladder and branches as JSON values, and where they apply: ``mixing``, unless
    states are blended in the first way; ``detail``; ``enlarged``, how many times the model's own side, with ``finer``,
    the part of this factor that the decoder's finer stage adds; ``aspect`` and ``frame``, its width and height in
    pixels, unless it is a square.

    >>> facts = ModelFacts(scheduler="DDIMScheduler", size=512)
    >>> settings = resolve("balanced", facts, steps=30, aspect="16:9")
    >>> settings["steps"], settings["frame"]
    (30, [512, 288])

    :raises KeyError: for an unknown preset.
    """
    base = _of_flow(preset, facts) if facts.scheduler == FLOW_SOLVER else _of_unet(preset, facts)
    if not facts.takes_guidance:
        base, guidance = replace(base, guidance=1.0, guided=UNGUIDED), None
    own = dict(facts.presets.get(preset, {}))
    settings = asdict(base) | own
    settings["scheduler"] = settings["scheduler"] or facts.scheduler or SOLVER
    settings["steps"] = steps or int(settings["steps"])
    if guidance is not None and guidance > 1 >= settings["guidance"]:
        settings["guided"] = (0.0, 1.0)  # requested guidance applies to every step if the preset has none
    settings["guidance"] = float(settings["guidance"] if guidance is None else guidance)
    larger, framed = _size(facts, size, aspect)
    spaced = bool(settings["spacing"]) and settings["scheduler"] in SPACED
    settings["spacing"] = list(settings["spacing"]) if spaced else None
    if "ladder" not in own:
        side = size or facts.size or USUAL_SIZE
        settings["ladder"] = _depths_by_noise(settings, facts, framed.get("frame") or (side, side))
    return _in_steps(settings) | larger | framed


def frame(facts: ModelFacts, size: int, aspect: str) -> tuple[int, int]:
    """Return the width and height of the pictures that a model with these facts renders at a size and aspect ratio."""
    _larger, framed = _size(facts, size, aspect)
    width, height = framed.get("frame", (size, size))
    return int(width), int(height)


def _size(facts: ModelFacts, size: int | None, aspect: str | None) -> tuple[dict[str, int], dict[str, Any]]:
    """Return the enlargement over the model's own size, and the frame if it is not a square."""
    larger = _enlargement(size, facts.size, facts.finer)
    return larger, _frame_settings(aspect, larger, facts)


def _of_unet(preset: str, facts: ModelFacts) -> Preset:
    base = (FEW_STEPS if facts.few_step else PRESETS)[preset]
    if facts.embeds_guidance:
        return replace(base, guidance=EMBEDDED_GUIDANCE, guided=UNGUIDED, gain=1.0)
    return base


def _of_flow(preset: str, facts: ModelFacts) -> Preset:
    """Return a preset for a flow model, with the defaults of its authors."""
    base = (FLOW_FEW_STEPS if facts.few_step else FLOW)[preset]
    if facts.few_step and (usual := facts.usual_steps):
        base = replace(base, steps=usual)
    if facts.embeds_guidance:
        return replace(base, guidance=facts.usual_guidance or EMBEDDED_FLOW_GUIDANCE, guided=UNGUIDED)
    return replace(base, guidance=facts.usual_guidance or base.guidance)


def _depths_by_noise(settings: Mapping[str, Any], facts: ModelFacts, frame: Sequence[int]) -> list[tuple[float, int]]:
    """Return a preset's ladder with its noise levels as fractions of the steps, for the model's schedule."""
    steps = settings["steps"]
    if steps < 2:
        return [(1.0, knots) for _, knots in settings["ladder"][:1]]
    levels = noise_levels.levels_of_steps(
        settings["scheduler"],
        facts.schedule or {},
        steps,
        spacing=settings["spacing"],
        pixels=frame[0] * frame[1],
        family=facts.family,
    )
    return [(noise_levels.nearest(levels, level) / steps, knots) for level, knots in settings["ladder"]]


def _enlargement(size: int | None, own: int | None, finest: int) -> dict[str, int]:
    """Return the enlargement over the model's own size, and the part that its decoder adds."""
    if not size or not own or size <= own:
        return {}
    times = size // own
    return {"enlarged": times} | ({"finer": finest} if finest > 1 and times % finest == 0 else {})


def _frame_settings(aspect: str | None, larger: Mapping[str, int], facts: ModelFacts) -> dict[str, Any]:
    """Return the aspect ratio and the frame of pictures that are not square; empty for squares."""
    own = facts.size
    if aspect in (None, aspects.SQUARE) or not own:
        return {}
    multiple = int(facts.multiple) * larger.get("finer", 1)
    return {"aspect": aspect, "frame": [*aspects.frame(str(aspect), own * larger.get("enlarged", 1), multiple)]}


def _in_steps(settings: dict[str, Any]) -> dict[str, Any]:
    """Return the settings with fractions of the steps as whole steps, without what the solver does not support."""
    steps, scheduler = settings["steps"], settings["scheduler"]
    first, last = settings["guided"]
    can_branch = scheduler in BRANCHING and steps > 1
    branches = bool(settings["branches"]) and can_branch
    ladder: list[list[int]] = []
    for depth, knots in settings["ladder"] if can_branch else settings["ladder"][:1]:
        rung = min(max(1, round(depth * steps)), steps - can_branch)
        if not ladder or rung > ladder[-1][0]:
            ladder.append([rung, int(knots)])
    return {
        "scheduler": scheduler,
        "steps": steps,
        "guidance": settings["guidance"],
        "guided": [round(first * steps), ceil(last * steps)],
        "gain": float(settings["gain"]),
        **({"detail": float(settings["detail"])} if settings["detail"] else {}),
        "spacing": settings["spacing"],
        "ladder": ladder,
        "branches": branches,
        **({"mixing": settings["mixing"]} if branches and settings["mixing"] > 1 else {}),
    }
