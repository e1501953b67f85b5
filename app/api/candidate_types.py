"""What the API answers with about candidates, as types."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict  # pydantic reads the standard library's from Python 3.12 on only

from app.presentation.walk_description import FINISHED_AT, WALK_ID, Moment
from app.storage.candidate_models import SET_STATES
from app.storage.walk_models import ID


class CandidateDescription(TypedDict):
    """A picture that a stop might be: a stop with its `seed` and `scene` is painted as it is."""

    index: Annotated[int, Field(description="Its place in the row, from 0.", examples=[1])]
    proposal: Annotated[bool, Field(description="Whether it is painted where nobody chooses.", examples=[False])]
    seed: Annotated[int, Field(description="The seed to give the stop.", examples=[2862933555])]
    scene: Annotated[
        dict[str, Any] | None,
        Field(description="The scene to give the stop; null where the model is led by words alone.", examples=[None]),
    ]
    picture: Annotated[
        str,
        Field(
            description="Where it is, WebP, root-relative; it needs the same token.",
            examples=[f"/candidates/{WALK_ID}/1.webp"],
        ),
    ]
    width: Annotated[int, Field(description="How wide it is, in pixels.", examples=[256])]
    height: Annotated[int, Field(description="How high it is, in pixels.", examples=[256])]


class CandidatesDescription(TypedDict):
    """Candidates for a stop, as far as they are painted."""

    id: Annotated[str, Field(description="Their name in addresses.", pattern=f"^{ID.pattern}$", examples=[WALK_ID])]
    state: Annotated[
        str,
        Field(
            description="waiting, then painted; or failed (our fault).",
            json_schema_extra={"enum": list(SET_STATES)},
            examples=["painted"],
        ),
    ]
    prompt: Annotated[str, Field(description="What they are pictures of.", examples=["a lemon"])]
    wanted: Annotated[int, Field(description="How many there will be.", examples=[4])]
    candidates: Annotated[list[CandidateDescription], Field(description="Those that are there, the proposal first.")]
    passes: Annotated[
        int, Field(description="What they count as in the allowance: how often the model is asked.", examples=[160])
    ]
    error: Annotated[str | None, Field(description="What went wrong, if anything.", examples=[None])]
    created_at: Annotated[Moment, Field(description="When they were asked for.", examples=[FINISHED_AT])]
    expires_at: Annotated[Moment, Field(description="When they are deleted.", examples=[FINISHED_AT])]


class NewCandidates(CandidatesDescription):
    """Candidates as they are answered to whoever asked for them."""

    owner_token: Annotated[
        str | None,
        Field(
            description="What looks at them and deletes them, shown this once: keep it. Null with an API token, which "
            "does so itself.",
            examples=["5f1c…e07a"],
        ),
    ]
