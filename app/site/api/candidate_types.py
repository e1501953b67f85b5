"""Response types of the API for candidates."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict  # pydantic reads the standard library's from Python 3.12 on only

from app.core.field_docs import documented
from app.site.presentation.walk_description import FINISHED_AT, WALK_ID, Moment
from app.storage.candidate_models import SET_STATES
from app.storage.walk_models import ID


@documented
class CandidateDescription(TypedDict):
    """A picture to choose for a stop: a stop with its `seed` and `scene` looks the same."""

    index: Annotated[int, Field(examples=[1])]
    """Its place in the list, from 0."""
    proposal: Annotated[bool, Field(examples=[False])]
    """Whether the stop looks like this if none is chosen."""
    seed: Annotated[int, Field(examples=[2862933555])]
    """The seed to give the stop."""
    scene: Annotated[dict[str, Any] | None, Field(examples=[None])]
    """The scene to give the stop; null if the model is conditioned on text only."""
    picture: Annotated[str, Field(examples=[f"/candidates/{WALK_ID}/1.webp"])]
    """Its address: WebP, root-relative. It requires the same token."""
    width: Annotated[int, Field(examples=[256])]
    """Its width in pixels."""
    height: Annotated[int, Field(examples=[256])]
    """Its height in pixels."""


@documented
class CandidatesDescription(TypedDict):
    """Candidates for a stop that have been generated so far."""

    id: Annotated[str, Field(pattern=f"^{ID.pattern}$", examples=[WALK_ID])]
    """The id in addresses."""
    state: Annotated[str, Field(json_schema_extra={"enum": list(SET_STATES)}, examples=["painted"])]
    """waiting, then painted; or failed (an error on our side)."""
    prompt: Annotated[str, Field(examples=["a lemon"])]
    """Their prompt."""
    wanted: Annotated[int, Field(examples=[4])]
    """How many there will be."""
    candidates: list[CandidateDescription]
    """Those generated so far, the proposal first."""
    passes: Annotated[int, Field(examples=[160])]
    """Their cost in the allowance: the number of UNet evaluations."""
    error: Annotated[str | None, Field(examples=[None])]
    """What went wrong, if anything."""
    created_at: Annotated[Moment, Field(examples=[FINISHED_AT])]
    """When they were requested."""
    expires_at: Annotated[Moment, Field(examples=[FINISHED_AT])]
    """When they are deleted."""


@documented
class NewCandidates(CandidatesDescription):
    """Candidates in the response to the request that created them."""

    owner_token: Annotated[str | None, Field(examples=["5f1c…e07a"])]
    """The token that reads and deletes them, shown only this once: keep it. Null if an API token requested them, which
    then owns them."""
