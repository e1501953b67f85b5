"""Add pictures from all sources to a work folder, without duplicates; rejected ones are listed with the reason."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from studio.collecting.copies import Copies
from studio.collecting.licences import objection
from studio.collecting.picture_intake import Prepared, prepare_picture
from studio.errors import Refused
from studio.workspace.work_folder import ID_LENGTH, Folder, Record, digest, picture_path


@dataclass(frozen=True, slots=True)
class Item:
    """What is known of a picture before it is fetched: its source, and the catalogue's facts."""

    source: str
    title: str
    vendor: str
    licence: str = ""
    attribution: str = ""
    artist: str = ""
    date: str = ""
    materials: str = ""
    group: str = ""
    split: str = "train"
    on_view: str | None = None
    keywords: list[str] = field(default_factory=list)


class Collection:
    """Adds pictures to a work folder; items that were added or rejected before are skipped.

    With ``again``, rejected items are tried again. Without ``copies``, works that look like one that was added before
    are rejected.
    """

    def __init__(
        self,
        folder: Folder,
        *,
        any_licence: bool = False,
        smallest: int = 128,
        again: bool = False,
        copies: bool = True,
    ) -> None:
        folder.make()
        for name in ("catalogue.jsonl", "set-aside.jsonl"):
            folder.mend(name)
        self.folder, self.any_licence, self.smallest = folder, any_licence, smallest
        self.counts: Counter[str] = Counter()
        records = list(folder.catalogue())
        self._originals = {record.original for record in records}
        self._sources = {record.source for record in records}
        aside = list(folder.rows("set-aside.jsonl"))
        if again and aside:
            folder.write_lines("set-aside.jsonl", [])
            aside = []
        self._aside = {str(row.get("source")) for row in aside}
        works = [(record.source, folder.path / record.file) for record in records if record.kind == "work"]
        self._copies = None if copies else Copies(works)

    def wants(self, item: Item) -> bool:
        """Return whether an item must still be fetched; reject it when its licence is not allowed."""
        if item.source in self._sources:
            self.counts["had"] += 1
            return False
        if item.source in self._aside:
            self.counts["set_aside_before"] += 1
            return False
        reason = "" if self.any_licence else objection(item.licence)
        if reason:
            self.set_aside(item.source, reason)
        return not reason

    def take(self, item: Item, data: bytes) -> None:
        """Add a work, given its file as fetched."""
        original = digest(data)
        if self._is_known(item, original):
            return
        try:
            picture = prepare_picture(data, smallest=self.smallest)
        except Refused as reason:
            self.set_aside(item.source, str(reason))
            return
        if self._copies and (earlier := self._copies.find_or_add(item.source, picture.data)):
            self.set_aside(item.source, f"a copy of {earlier.rpartition('/')[2]}")
            self.counts["twice"] += 1
            return
        self.enter(item, picture, original, kind="work")

    def enter(self, item: Item, picture: Prepared, original: str, *, kind: str) -> None:
        """Write a picture's file, then its record.

        A crash between the two leaves a file that the next run overwrites.
        """
        if self._is_known(item, original):
            return
        identity = original[:ID_LENGTH]
        path = picture_path(identity, picture.extension)
        self.folder.write(path, picture.data)
        known: dict[str, Any] = {name: getattr(item, name) for name in Item.__slots__}
        known |= {"width": picture.width, "height": picture.height, "hash": digest(picture.data)}
        self.folder.add(Record(id=identity, file=path, kind=kind, original=original, **known))
        self._originals.add(original)
        self._sources.add(item.source)
        self.counts["taken"] += 1

    def set_aside(self, source: str, reason: str) -> None:
        """Record that an item is rejected, and why."""
        if source not in self._aside:
            self.folder.append("set-aside.jsonl", {"source": source, "reason": reason})
            self._aside.add(source)
        self.counts["set_aside"] += 1

    def _is_known(self, item: Item, original: str) -> bool:
        if original not in self._originals:
            return False
        if item.source not in self._sources:
            self.set_aside(item.source, f"the same file as another: {original[:ID_LENGTH]}")
            self.counts["twice"] += 1
        return True

    def summary(self) -> dict[str, Any]:
        """Return the counts of this run, and the number of pictures in the folder."""
        names = ("taken", "had", "set_aside", "set_aside_before", "twice", "passed_over", "failed")
        return {name: self.counts[name] for name in names} | {"pictures": len(self._sources)}
