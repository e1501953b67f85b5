"""Check an uploaded sound by its length and its header; a worker decodes it later."""

from __future__ import annotations

import hashlib

from flask import current_app

from app.core.i18n.formatting import decimal, file_size, number
from app.core.i18n.gettext import _
from app.walks.uploads import sound_headers
from app.walks.uploads.checked_upload import CheckedUpload
from app.walks.uploads.sound_headers import FORMATS, SoundHeader

ACCEPTED = "audio/wav,audio/x-wav,audio/flac,audio/ogg,audio/opus,audio/mpeg,.wav,.flac,.ogg,.oga,.opus,.mp3"
"""The file types that a browser's file dialog offers."""
SECONDS_MIN = 2
RATE_MIN, RATE_MAX = 8_000, 192_000
CHANNELS_MAX = 8
ENDINGS = {"wav": "wav", "flac": "flac", "vorbis": "ogg", "opus": "opus", "mp3": "mp3"}


def check(data: bytes) -> CheckedUpload:
    """Return an uploaded sound whose header is within the limits.

    The details are its ``format``, one of `ENDINGS`, its ``rate`` and its number of ``channels``.

    :raises ValueError: with the fault and the limit, as the rest of a sentence that begins with "The sound".
    """
    if not data:
        raise ValueError(_("is empty: no bytes came along."))
    most = current_app.config["SOUND_MAX"]
    if len(data) > most:
        raise ValueError(_("has more than %(most)s; more is not read.", most=file_size(most)))
    try:
        header = sound_headers.read_header(data)
    except sound_headers.Unread as error:
        raise ValueError(_refusal(error.flaw)) from error
    if flaw := _flaw(header):
        raise ValueError(flaw)
    details = {"format": header.kind, "rate": header.rate, "channels": header.channels}
    return CheckedUpload(data, ENDINGS[header.kind], hashlib.sha256(data).hexdigest(), details, header.seconds)


def _refusal(flaw: str) -> str:
    if flaw == "video":
        return _("is a film or an M4A, which is not read. These are read: %(kinds)s.", kinds=", ".join(FORMATS))
    if flaw == "coding":
        return _("is coded in a way that is not read. These are read: %(kinds)s.", kinds=", ".join(FORMATS))
    if flaw == "damaged":
        return _("is cut off or damaged: it cannot be read to its end.")
    return _("is no sound that we read, whatever its name says. These are read: %(kinds)s.", kinds=", ".join(FORMATS))


def _flaw(header: SoundHeader) -> str:
    """Return which limit a header exceeds; ``""`` if none."""
    most = current_app.config["SOUND_SECONDS_MAX"]
    if not RATE_MIN <= header.rate <= RATE_MAX:
        return _(
            "has a sampling rate of %(rate)s Hz; from %(least)s to %(most)s Hz are read.",
            rate=number(header.rate),
            least=number(RATE_MIN),
            most=number(RATE_MAX),
        )
    if not 1 <= header.channels <= CHANNELS_MAX:
        return _("has %(count)s channels; 1 to %(most)s are read.", count=number(header.channels), most=CHANNELS_MAX)
    if header.seconds is None:
        return ""
    if header.seconds < SECONDS_MIN:
        lasts = decimal(round(header.seconds, 2))
        return _("lasts %(seconds)s s; at least %(least)s seconds are needed.", seconds=lasts, least=SECONDS_MIN)
    if header.seconds > most:
        return _(
            "lasts %(seconds)s seconds; at most %(most)s are read.",
            seconds=number(round(header.seconds)),
            most=number(most),
        )
    return ""
