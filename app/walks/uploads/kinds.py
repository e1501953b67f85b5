"""The kinds of uploads, in one table. Routes, fields, store, limits, upkeep, backups and metrics follow from a row.

What a worker does with a kind is the row of its task, in :mod:`app.storage.task_kinds` and in
``worker/tasks/short_tasks.py``. What programs see of it is in ``app/site/api/upload_types.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import IO

from flask import current_app

from app.core.i18n.gettext import N_
from app.storage.task_kinds import PHOTOS, SOUNDS
from app.walks.uploads import photo_check, sound_check, sound_headers
from app.walks.uploads.checked_upload import CheckedUpload


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadKind:
    """A kind of upload: its name in the database, which is also that of its tasks.

    ``noun`` is what operators call one, ``called`` what programs do. Its files are in ``folder`` of the media store: of
    a kind that comes after sounds, in one of ``uploads``, which the rules of buckets know. ``accepted`` are the types
    that a file dialog offers, ``formats`` their names. ``recognises`` says whether a file with these first bytes is of
    this kind, and not of the first one for the same use. ``check`` returns a file as it is stored, or raises
    ``ValueError``. ``bytes_max``, ``hours`` and ``hourly`` name the settings that limit it; ``too_many`` are
    the sentences for the latter, of a visitor and of an address. ``missing`` says on a page that the visitor has no
    upload at an address, ``unknown`` says it to programs.

    ``is_final``: the file is used as it is stored at once, whether or not a worker has processed it, and the digest is
    its own, not that of what was uploaded. ``seconds_max`` and ``second_bytes``: the setting with the longest length,
    and how large a second of the file can be that a worker makes.
    """

    name: str
    noun: str
    called: str
    folder: str
    accepted: str
    formats: tuple[str, ...]
    check: Callable[[bytes], CheckedUpload]
    bytes_max: str
    hours: str
    hourly: tuple[str, str]
    too_many: tuple[str, str]
    missing: str
    unknown: str
    recognises: Callable[[bytes], bool] = lambda _head: False
    is_final: bool = False
    seconds_max: str = ""
    second_bytes: int = 0


PHOTO = UploadKind(
    name=PHOTOS,
    noun="photo",
    called="picture",
    folder=PHOTOS,
    accepted=photo_check.ACCEPTED,
    formats=photo_check.FORMATS,
    check=photo_check.check,
    bytes_max="PHOTO_MAX",
    hours="KEEP_PHOTOS_HOURS",
    hourly=("HOURLY_PHOTOS", "HOURLY_PHOTOS_ADDRESS"),
    too_many=(
        N_("%(count)s pictures within an hour are as many as we take from one visitor."),
        N_("%(count)s pictures within an hour are as many as we take from one address."),
    ),
    missing=N_("No photo of yours has this address. A photo is kept for a day, and shown to its owner alone."),
    unknown="No picture of yours has this address. It is kept for a day, and shown to its owner alone.",
    is_final=True,
)
SOUND = UploadKind(
    name=SOUNDS,
    noun="sound",
    called="sound",
    folder=SOUNDS,
    accepted=sound_check.ACCEPTED,
    formats=sound_headers.FORMATS,
    check=sound_check.check,
    bytes_max="SOUND_MAX",
    hours="KEEP_SOUNDS_HOURS",
    hourly=("HOURLY_SOUNDS", "HOURLY_SOUNDS_ADDRESS"),
    too_many=(
        N_("%(count)s sounds within an hour are as many as we take from one visitor."),
        N_("%(count)s sounds within an hour are as many as we take from one address."),
    ),
    missing=N_("No sound of yours has this address. A sound is kept for a day, for its owner alone."),
    unknown="No sound of yours has this address. It is kept for a day, and known to its owner alone.",
    seconds_max="SOUND_SECONDS_MAX",
    second_bytes=192_000,  # stereo of 16 bits at 48 kHz
)
KINDS = {kind.name: kind for kind in (PHOTO, SOUND)}
OF_STOPS = (PHOTO,)
"""The kinds that a stop can name. Each is a picture once it is ready, and may be used when its ``details`` have its
``width`` and ``height``."""
OF_WALKS = (SOUND,)
"""The kinds that a walk can name as its sound."""
HEAD = 4096
"""How many of the first bytes of a file say of which kind it is."""


def recognise(among: Sequence[UploadKind], data: bytes) -> UploadKind:
    """Return the kind of a file among those for one use, by its first bytes; the first kind takes all others."""
    return next((kind for kind in among[1:] if kind.recognises(data[:HEAD])), among[0])


def read_of_kind(among: Sequence[UploadKind], file: IO[bytes]) -> tuple[UploadKind, bytes]:
    """Return the kind of a file among those for one use, and its bytes: at most one more than the kind may have."""
    head = file.read(HEAD)
    kind = recognise(among, head)
    return kind, head + file.read(max(0, current_app.config[kind.bytes_max] + 1 - len(head)))


def bytes_max(among: Sequence[UploadKind]) -> int:
    """Return how many bytes the largest file of these kinds may have."""
    return max(int(current_app.config[kind.bytes_max]) for kind in among)
