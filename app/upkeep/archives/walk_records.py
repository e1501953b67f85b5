"""The format of an archive of finished walks: the lines of walks and exhibitions, and the kind of archive."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from app.core.text import stop_notes
from app.requests.walk_requests.recipe import recipe_of
from app.requests.walk_requests.recipe_pins import PRINTABLE
from app.storage.film_measures import PUBLISHED, ArchivedMeasures, Count
from app.storage.house_models import TEXT_MAX, TITLE_MAX
from app.storage.walk_models import ID, SLUG_MAX, Walk
from app.upkeep.archives.archive_format import MEDIA_PATH, Kind, Manifest
from app.upkeep.archives.drawing_records import DRAWINGS
from app.walks.saved.media_urls import KINDS

WALKS, EXHIBITIONS = "walks.jsonl", "exhibitions.jsonl"


class WalksManifest(Manifest):
    """The manifest of an archive of walks."""

    exhibitions: int


ARCHIVE = Kind(
    "moma-lisa walks",
    "an archive of walks",
    (WALKS, EXHIBITIONS, DRAWINGS),
    WalksManifest,
)
OF_OWNERS = re.compile("sound|photo-[0-9]{1,2}")
"""The kinds of a walk's sound and a stop's photo, which are exported only together with the walk's owner."""
LINE_MAX = 4_000_000
KEPT = (
    "created_at", "started_at", "finished_at", "hidden_at", "featured_at", "unlisted", *PUBLISHED, "model_title",
    "repeat_of", "continues", "remix_of", "photos_may_be_shown", "publish_sound",
)  # fmt: skip
"""The columns that a line holds unchanged; the recipe holds the rest."""

EXACT = ConfigDict(extra="forbid")
WalkId = Annotated[str, Field(pattern=f"^{ID.pattern}$")]
Path = Annotated[str, Field(pattern=f"^{MEDIA_PATH.pattern.removeprefix('media/')}$", max_length=200)]


class FrameFile(BaseModel):
    """A frame, with the path of its picture in the media store."""

    model_config = EXACT

    index: Count
    position: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    rank: Count
    path: Path
    bytes: Count


class FilmFile(BaseModel):
    """A film, the poster, the sound or a stop's photo, with its path in the media store."""

    model_config = EXACT

    kind: Annotated[str, Field(pattern=f"^(?:{'|'.join(KINDS)}|{OF_OWNERS.pattern})$")]
    path: Path
    bytes: Count


class _LineBeginning(BaseModel):
    """The fields of a walk's line before those that were measured."""

    id: WalkId
    title: str | None
    recipe: dict[str, Any]
    notes: list[Annotated[str, Field(pattern=PRINTABLE, max_length=stop_notes.LENGTH)]]
    owner: Annotated[str, Field(pattern=r"^(?:[0-9a-f]{64})?$")] = ""
    created_at: AwareDatetime
    started_at: AwareDatetime | None
    finished_at: AwareDatetime
    hidden_at: AwareDatetime | None
    featured_at: AwareDatetime | None
    unlisted: bool


class WalkLine(ArchivedMeasures, _LineBeginning):
    """The line of a finished walk. Without ``films`` it is rendered again from its recipe."""

    model_config = EXACT

    model_title: Annotated[str, Field(pattern=PRINTABLE, max_length=200)] | None
    repeat_of: WalkId | None
    continues: WalkId | None
    remix_of: WalkId | None
    photos_may_be_shown: bool = False
    publish_sound: bool = False
    music: dict[str, Any] | None = None
    frames: list[FrameFile] = []
    films: list[FilmFile] = []

    @property
    def paths(self) -> list[tuple[str, int]]:
        """Return the paths of its files, with their sizes in bytes."""
        files: list[FrameFile | FilmFile] = [*self.frames, *self.films]
        return [(file.path, file.bytes) for file in files]


class ExhibitionLine(BaseModel):
    """The line of an exhibition."""

    model_config = EXACT

    slug: Annotated[str, Field(max_length=SLUG_MAX)]
    title: Annotated[str, Field(max_length=TITLE_MAX)]
    text: Annotated[str, Field(max_length=TEXT_MAX)]
    shown: bool
    walks: list[WalkId]


def line_of(walk: Walk, *, with_files: bool, with_owner: bool) -> WalkLine:
    """Return the line of a finished walk, with its files and with its owner's hash if requested."""
    columns: dict[str, Any] = {name: getattr(walk, PUBLISHED.get(name, name)) for name in KEPT}
    if with_files:
        columns["frames"] = [
            {name: getattr(frame, name) for name in ("index", "position", "rank", "path", "bytes")}
            for frame in walk.painted
        ]
        columns["films"] = [
            {"kind": each.kind, "path": each.path, "bytes": each.bytes}
            for each in walk.media.values()
            if each.kind in KINDS or (with_owner and OF_OWNERS.fullmatch(each.kind))
        ]
    return WalkLine(
        id=walk.id,
        title=walk.given_title,
        recipe=dict(recipe_of(walk)),
        notes=[stop.note for stop in walk.stops],
        owner=walk.owner_hash if with_owner else "",
        music=walk.music if with_owner and with_files else None,
        **columns,
    )
