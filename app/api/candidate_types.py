"""Response types of the API for candidates."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict  # pydantic reads the standard library's from Python 3.12 on only

from app.presentation.walk_description import FINISHED_AT, WALK_ID, Moment
from app.storage.candidate_models import SET_STATES
from app.storage.walk_models import ID


class CandidateDescription(TypedDict):
    """A picture to choose for a stop: a stop with its `seed` and `scene` looks the same."""

    index: Annotated[int, Field(description="Its place in the list, from 0.", examples=[1])]
    proposal: Annotated[
        bool, Field(description="Whether the stop looks like this if none is chosen.", examples=[False])
    ]
    seed: Annotated[int, Field(description="The seed to give the stop.", examples=[2862933555])]
    scene: Annotated[
        dict[str, Any] | None,
        Field(
            description="The scene to give the stop; null if the model is conditioned on text only.", examples=[None]
        ),
    ]
    picture: Annotated[
        str,
        Field(
            description="Its address: WebP, root-relative. It requires the same token.",
            examples=[f"/candidates/{WALK_ID}/1.webp"],
        ),
    ]
    width: Annotated[int, Field(description="Its width in pixels.", examples=[256])]
    height: Annotated[int, Field(description="Its height in pixels.", examples=[256])]


class CandidatesDescription(TypedDict):
    """Candidates for a stop that have been generated so far."""

    id: Annotated[str, Field(description="The id in addresses.", pattern=f"^{ID.pattern}$", examples=[WALK_ID])]
    state: Annotated[
        str,
        Field(
            description="waiting, then painted; or failed (an error on our side).",
            json_schema_extra={"enum": list(SET_STATES)},
            examples=["painted"],
        ),
    ]
    prompt: Annotated[str, Field(description="Their prompt.", examples=["a lemon"])]
    wanted: Annotated[int, Field(description="How many there will be.", examples=[4])]
    candidates: Annotated[list[CandidateDescription], Field(description="Those generated so far, the proposal first.")]
    passes: Annotated[
        int, Field(description="Their cost in the allowance: the number of UNet evaluations.", examples=[160])
    ]
    error: Annotated[str | None, Field(description="What went wrong, if anything.", examples=[None])]
    created_at: Annotated[Moment, Field(description="When they were requested.", examples=[FINISHED_AT])]
    expires_at: Annotated[Moment, Field(description="When they are deleted.", examples=[FINISHED_AT])]


class NewCandidates(CandidatesDescription):
    """Candidates in the response to the request that created them."""

    owner_token: Annotated[
        str | None,
        Field(
            description="The token that reads and deletes them, shown only this once: keep it. Null if an API token "
            "requested them, which then owns them.",
            examples=["5f1c…e07a"],
        ),
    ]
