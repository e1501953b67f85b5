"""``flask --app wsgi walks candidates``: generate several candidate pictures for a stop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import click

from app.access.auth import visitors
from app.cli.common import json_command, print_text
from app.core.errors import InvalidInput, MediaError, MomaError
from app.core.models import aspects
from app.offer.generation import presets
from app.requests.walk_requests import candidates
from app.site.api import candidate_routes
from app.storage.candidate_models import WAITING, CandidateSet
from app.storage.database import db
from app.upkeep.processes.local_worker import provide_worker
from app.walks.queue import candidate_requests, jobs

WORD = "command line"
NONE = "-"
"""The value of an option for a stop without a choice."""


@click.command("candidates")
@click.argument("prompt")
@click.option("--seed", type=int, required=True, help="The seed of the walk.")
@click.option("--count", type=int, default=candidate_requests.A_ROW, show_default=True, help="Number of pictures.")
@click.option("--leave-out", default="", help="The stop's negative prompt.")
@click.option("--hand", "style", help="The style, one that the model knows, such as linocut.")
@click.option("--preset", type=click.Choice(presets.NAMES), help="The quality preset.")
@click.option("--steps", type=int, help="Number of sampler steps.")
@click.option("--guidance", type=float, help="Guidance scale; 1 or less is no guidance.")
@click.option("--size", type=int, help="The longer side of the walk's frames in pixels.")
@click.option(
    "--aspect", type=click.Choice(aspects.ASPECTS), help="Aspect ratio, width to height; square if not given."
)
@click.option("--model", help="The model, one of those on offer; the first if not given.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Write the pictures into this folder.")
@json_command
def command(prompt: str, leave_out: str, style: str | None, out: Path | None, **options: Any) -> dict[str, Any]:
    """Generate candidate pictures for a stop with this PROMPT, and print a name for each for ``walks create --pick``.

    If no site is running, Redis and a worker are started for the duration of the command.
    """
    stop = {"prompt": prompt, "negative_prompt": leave_out, "hand": style}
    settings = {name: value for name, value in options.items() if value is not None}
    wanted = candidates.validate({"stop": stop, **settings})
    owner = visitors.digest(WORD)
    with provide_worker(needed=True) as tend:
        candidate_set = candidates.submit(wanted, owner_hash=owner, network=owner)
        candidate_set = _wait_for(candidate_set.id, tend)
    if candidate_set.error:
        raise MomaError(candidate_set.error)
    written = [] if out is None else _write(candidate_set, out)
    for index, candidate in enumerate(candidate_set.candidates):
        origin = (
            "as proposed" if candidate.pool_index == 0 else f"seed {candidate_set.pool[candidate.pool_index]['seed']}"
        )
        print_text(f"{candidate_set.id}.{index}  {origin}" + (f"  {written[index]}" if written else ""))
    return {**candidate_routes.describe(candidate_set), "files": [str(path) for path in written]}


def parse_picks(names: Sequence[str], prompts: Sequence[str]) -> list[dict[str, Any]]:
    """Return the seed and scene for each stop from the candidates with these names; an empty dictionary for `NONE`.

    :raises InvalidInput: when there is no such candidate, or it is of another prompt.
    """
    if names and len(names) != len(prompts):
        raise InvalidInput.on("pick", message=f"Give --pick once for each prompt, {NONE} for none, or not at all.")
    return [{} if name == NONE else _stop(name, prompt) for name, prompt in zip(names, prompts, strict=False)]


def _stop(name: str, prompt: str) -> dict[str, Any]:
    set_id, _, index = name.partition(".")
    candidate_set = candidate_requests.find(set_id)
    places = [] if candidate_set is None else [str(each.index) for each in candidate_set.candidates]
    if candidate_set is None or index not in places:
        raise InvalidInput.on("pick", message=f"There is no candidate {name:.40}; they are kept for a short time.")
    if candidate_set.request["stop"]["prompt"] != " ".join(prompt.split()):
        message = (
            f"The candidate {name} is a picture of “{candidate_set.request['stop']['prompt']}”, not of “{prompt}”."
        )
        raise InvalidInput.on("pick", message=message)
    proposal = candidate_set.pool[candidate_set.candidates[places.index(index)].pool_index]
    return {"seed": proposal["seed"], "scene": proposal["scene"]}


def _wait_for(set_id: str, tend: Callable[[], None]) -> CandidateSet:
    for _ in jobs.poll(tend):
        db.session.rollback()
        candidate_set = candidate_requests.find(set_id)
        if candidate_set is None:
            raise MomaError("The candidates were deleted meanwhile.")
        if candidate_set.state != WAITING:
            break
    return cast(CandidateSet, candidate_set)  # the loop ends only by break or an error


def _write(candidate_set: CandidateSet, out: Path) -> list[Path]:
    paths = []
    try:
        out.mkdir(parents=True, exist_ok=True)
        for candidate in candidate_set.candidates:
            paths.append(out / f"{candidate_set.id}.{candidate.index}.webp")
            paths[-1].write_bytes(candidate.picture)
    except OSError as error:
        raise MediaError(f"{out} cannot be written to: {error.strerror or error}") from error
    return paths
