"""A check of our own: a request that keeps to the schema is refused only for what no schema can say."""

import itertools
import json
import os
import re
from typing import Any

import schemathesis

WALKS = itertools.cycle(os.environ.get("TRIED_WALKS", "").split())
EVERY_SECOND = itertools.cycle((True, False))
EVERY_FOURTH = itertools.cycle((False, False, False, True))

# That neighbours differ, that frames depend on stops, which characters can be seen, that a cursor must be one of ours,
# and a walk to go on from, or to remix, and a drawing ones that are there; what is a film of ours; which models
# drawings lead; how long a bearer token is; which walks are public and can be featured;
# what is a picture, how large, and whose it is; that a field is JSON, and of a walk; which styles there are, which LoRA
# files, and that a weight is of one; what is a sound, whose it is, and that times are of one.
BEYOND = re.compile(
    "is the same as stop|the same picture as stop|one for each stop|is empty|contains control characters"
    "|contains characters that could not"
    "|was not made here|was used for another walk|walk to go on from|walk that this is a remix of"
    "|is not led by drawings|The recipe is missing|The recipe cannot be read|The recipe is of another kind"
    "|^A walk must be an object"
    "|no picture that we read|a side has at least|of the form is not JSON|The (style|layout) (of stop \\d+ )?cannot be"
    "|is not here: it was kept for a day|No (picture|sound) came along"
    "|no sound that we read|sound is cut off|needs a sound: name one|film set to a sound|beyond the end of the film"
    "|must be later than that of stop|is too soon after stop"
    "|needs a LoRA: name one|^The LoRA (of stop \\d+ )?cannot be"
    "|bearer token that is to own|drawing that was never here|is not in the gallery"
)


@schemathesis.hook
def map_case(context: schemathesis.HookContext, case: schemathesis.Case) -> schemathesis.Case:
    """Make every second good request ask for a walk that is there, where some are."""
    is_good = case.meta is not None and case.meta.generation.mode.is_positive
    if is_good and "walk_id" in (case.path_parameters or {}) and (walk := next(WALKS, None)):
        case.path_parameters["walk_id"] = walk if next(EVERY_SECOND) else case.path_parameters["walk_id"]
    return case


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: schemathesis.Case, kwargs: dict[str, Any]) -> None:
    """Send every fourth request as an anonymous visitor."""
    if next(EVERY_FOURTH):
        kwargs.get("headers", {}).pop("Authorization", None)


@schemathesis.hook
def filter_failure(
    context: schemathesis.HookContext, failure: Any, case: schemathesis.Case, response: schemathesis.Response
) -> bool:
    """Accept that a deletion is tried again with a wrong token, or none.

    The walk is gone by then, and says so to all; candidates of another owner are not there at all.
    """
    openings = ("`410 Gone` for `DELETE ", "`404 Not Found` for `DELETE /api/v1/candidates/")
    return not (failure.code == "ST401" and any(each in failure.message for each in openings))


@schemathesis.check
def refused_only_for_what_no_schema_can_say(
    ctx: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case
) -> None:
    """Look at the reasons of each 422 for data that keeps to the schema."""
    if response.status_code != 422 or case.meta is None or not case.meta.generation.mode.is_positive:
        return
    reasons = [error["message"] for error in json.loads(response.content)["errors"]]
    assert reasons
    if has_fraction(case.body):  # 7.0, which JSON Schema takes for a whole number and we do not
        reasons = [reason for reason in reasons if "must be a whole number" not in reason]
    assert [reason for reason in reasons if not BEYOND.search(reason)] == []


def has_fraction(body: object) -> bool:
    """Return whether a number in ``body`` is written with a point."""
    if isinstance(body, dict | list):
        return any(has_fraction(inner) for inner in (body.values() if isinstance(body, dict) else body))
    return isinstance(body, float)


@schemathesis.check
def answer_is_json(ctx: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case) -> None:
    """Look whether even the errors that no document lists are for programs."""
    if response.content:
        (kind,) = response.headers["content-type"]
        expected = "application/problem+json" if response.status_code >= 400 else "application/json"
        assert kind == expected, (response.status_code, kind)
