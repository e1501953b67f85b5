"""Export walks to one archive, with their files or only their recipes."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from sqlalchemy import Select, select
from sqlalchemy.orm import selectinload

from app.collection.gallery import exhibitions
from app.core.errors import InvalidInput, MediaError
from app.core.version import __version__
from app.storage import media_store
from app.storage.database import db, now
from app.storage.walk_models import FINISHED, Walk
from app.upkeep.archives import archive_format, drawing_records, walk_records
from app.upkeep.archives.archive_format import MANIFEST, MEDIA

BATCH = 100


@dataclass(slots=True)
class ExportSummary:
    """What an archive holds, in numbers; ``lost`` lists the IDs of walks left out because their files are missing."""

    walks: int = 0
    exhibitions: int = 0
    drawings: int = 0
    files: int = 0
    bytes: int = 0
    lost: list[str] = field(default_factory=list)


def export(
    target: Path, walk_ids: Sequence[str] = (), *, with_files: bool = True, with_owners: bool = False
) -> ExportSummary:
    """Export finished walks to ``target``: those with the IDs ``walk_ids``, or all, with the exhibitions.

    Without ``with_files`` only recipes are exported; with ``with_owners`` also the hashes that identify the owners.

    :raises InvalidInput: when ``target`` exists already, or a named walk does not exist or is not finished.
    :raises MomaError: when the file cannot be written.
    """
    archive_format.check_free(target)
    query = _chosen(walk_ids)
    with (
        archive_format.write_aside(target) as aside,
        tarfile.open(aside, "w") as archive,
        aside.with_name("walks").open("w", encoding="utf-8") as lines,
    ):
        writer = _Writer(archive, lines, with_files=with_files, with_owners=with_owners)
        writer.write(query, with_exhibitions=not walk_ids)
    return writer.report


class _Writer:
    """Writes an archive: each walk's files at once, then the lines of all walks, drawings and exhibitions."""

    def __init__(self, archive: tarfile.TarFile, lines: IO[str], *, with_files: bool, with_owners: bool) -> None:
        self.archive, self.lines = archive, lines
        self.with_files, self.with_owners = with_files, with_owners
        self.entries: list[dict[str, object]] = []
        self.added: set[str] = set()
        self.ids: set[str] = set()
        self.drawn: set[str] = set()
        self.report = ExportSummary()

    def write(self, query: Select[tuple[Walk]], *, with_exhibitions: bool) -> None:
        for walk in _read(query):
            self.add(walk)
        self.lines.close()
        self.entries.append(archive_format.add_file(self.archive, walk_records.WALKS, Path(self.lines.name)))
        drawings = "".join(self.drawing_lines())
        if drawings:  # releases that know no drawings can import an archive without any
            self.entries.append(archive_format.add_bytes(self.archive, drawing_records.DRAWINGS, drawings.encode()))
        lines = "".join(self.exhibition_lines()) if with_exhibitions else ""
        self.entries.append(archive_format.add_bytes(self.archive, walk_records.EXHIBITIONS, lines.encode()))
        manifest = {
            "format": walk_records.ARCHIVE.format,
            "version": walk_records.ARCHIVE.version,
            "software": f"MoMA Lisa {__version__}",
            "created_at": now().isoformat(timespec="seconds"),
            "walks": self.report.walks,
            "exhibitions": self.report.exhibitions,
            "drawings": self.report.drawings,
            "files": self.entries,
        }
        archive_format.add_bytes(self.archive, MANIFEST, json.dumps(manifest, indent=1).encode())

    def add(self, walk: Walk) -> None:
        line = walk_records.line_of(walk, with_files=self.with_files, with_owner=self.with_owners)
        wanted = [path for path, _ in line.paths if path not in self.added]  # cached results share files
        try:
            contents = {path: media_store.store().read_bytes(path) for path in wanted}
        except MediaError:
            self.report.lost.append(walk.id)
            return
        for path, data in contents.items():
            self.entries.append(archive_format.add_bytes(self.archive, MEDIA + path, data))
            self.report.bytes += len(data)
        self.added |= contents.keys()
        self.ids.add(walk.id)
        self.drawn |= {thing["drawing"] for stop in walk.stops if stop.scene for thing in stop.scene["things"]}
        self.lines.write(line.model_dump_json() + "\n")
        self.report.walks += 1
        self.report.files += len(contents)

    def drawing_lines(self) -> Iterator[str]:
        """Yield the lines of the added drawings that the walks use, as JSON: recipes hold only their digests."""
        for line in drawing_records.lines_of(self.drawn):
            self.report.drawings += 1
            yield line.model_dump_json() + "\n"

    def exhibition_lines(self) -> Iterator[str]:
        for each in reversed(exhibitions.every()):
            wanted = exhibitions.request_for(each)
            line = walk_records.ExhibitionLine(
                slug=each.slug,
                title=each.title,
                text=each.text,
                shown=wanted.is_shown,
                walks=[walk_id for walk_id in wanted.walks if walk_id in self.ids],
            )
            self.report.exhibitions += 1
            yield line.model_dump_json() + "\n"


def _chosen(walk_ids: Sequence[str]) -> Select[tuple[Walk]]:
    finished = select(Walk).where(Walk.state == FINISHED, Walk.deleted_at.is_(None))
    if not walk_ids:
        return finished
    walks = [exhibitions.walk_named(walk_id) for walk_id in walk_ids]
    if unfinished := [walk for walk in walks if walk.state != FINISHED]:
        raise InvalidInput.on("walk_ids", message=f"{unfinished[0].id} is {unfinished[0].state}, not finished.")
    return finished.where(Walk.number.in_([walk.number for walk in walks]))


def _read(query: Select[tuple[Walk]]) -> Iterator[Walk]:
    """Yield walks in the order of their numbers, loaded in batches."""
    after = 0
    options = (selectinload(Walk.stops), selectinload(Walk.painted), selectinload(Walk.media))
    while walks := db.session.scalars(
        query.where(Walk.number > after).order_by(Walk.number).limit(BATCH).options(*options)
    ).all():
        yield from walks
        after = walks[-1].number
        db.session.expunge_all()
