"""What a form says of its field for a file: the types and formats that it takes, and how large one may be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.core.i18n.formatting import join_choices
from app.walks.uploads import kinds
from app.walks.uploads.kinds import UploadKind


@dataclass(frozen=True, slots=True)
class FileField:
    """A field for a file of some kinds: their types for the file dialog, the names of their formats, and bytes."""

    accepted: str
    formats: str
    bytes_max: int


def of(among: Sequence[UploadKind]) -> FileField:
    """Return what is said of a field that takes files of these kinds."""
    formats = join_choices(name for kind in among for name in kind.formats)
    return FileField(",".join(kind.accepted for kind in among), formats, kinds.bytes_max(among))
