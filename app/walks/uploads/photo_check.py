"""Check an uploaded picture before trusting any of it, and write a new file with nothing but its pixels.

The format follows from the first bytes, never from the name. Another process decodes it (``photo_decoding``), one on
each machine at a time.
"""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import sys
from typing import Any

from flask import current_app

from app.core.i18n.formatting import file_size, number
from app.core.i18n.gettext import _
from app.walks.uploads import decoding_turns
from app.walks.uploads.checked_upload import CheckedUpload
from app.walks.uploads.photo_decoding import RATIO_MAX, SCANS_MAX, SECONDS, SIDE_MIN, WAIT_SECONDS

FORMATS = "PNG", "JPEG", "WebP", "AVIF", "HEIC", "GIF", "BMP", "TIFF"
ACCEPTED = "image/png,image/jpeg,image/webp,image/avif,image/heic,image/heif,image/gif,image/bmp,image/tiff,.heic,.heif"
"""The file types that a browser's file dialog offers."""
HEADS = (b"\x89png", b"\xff\xd8\xff", b"gif8", b"ii*\0", b"mm\0*")
"""The first bytes of PNG, JPEG, GIF and TIFF, in small letters."""
PROGRAM = "app.walks.uploads.photo_decoding"
LIMITS: dict[int, int] = {signal.SIGXCPU: SECONDS, signal.SIGALRM: round(WAIT_SECONDS)}
"""The limit in seconds of the process that decodes, by the signal that ends it."""


def check(data: bytes) -> CheckedUpload:
    """Return a picture as a new file: a lossless WebP, upright, 8-bit sRGB, without any metadata.

    Of an animation it is the first frame. The details are its ``width`` and ``height``.

    :raises ValueError: with the fault and the limit, as the rest of a sentence that begins with "The picture".
    :raises NoRoom: when others are waiting for their pictures already.
    """
    if not data:
        raise ValueError(_("is empty: no bytes came along."))
    most = current_app.config["PHOTO_MAX"]
    if len(data) > most:
        raise ValueError(
            _("has more than %(most)s; more is not read.", most=file_size(most))
        )  # longer uploads are not read to their end
    with decoding_turns.turn():
        about, written = _decode(data)
    if "flaw" in about:
        raise ValueError(_sentence(about, data))
    details = {"width": about["width"], "height": about["height"]}
    return CheckedUpload(written, "webp", hashlib.sha256(written).hexdigest(), details)


def _decode(data: bytes) -> tuple[dict[str, Any], bytes]:
    """Return what the other process says of a picture, and the file it wrote."""
    command = [sys.executable, "-m", PROGRAM, str(current_app.config["PHOTO_PIXELS_MAX"])]
    done = subprocess.run(command, input=data, capture_output=True, check=False, cwd=current_app.root_path)
    line, _newline, written = done.stdout.partition(b"\n")
    if done.returncode or not line:  # it was ended for its time, or by a fault of a decoder
        if (seconds := LIMITS.get(-done.returncode)) is not None:
            return {"flaw": "seconds", "values": {"seconds": seconds}}, b""
        return {"flaw": "damaged", "values": {}}, b""
    return json.loads(line), written


def _sentence(about: dict[str, Any], data: bytes) -> str:
    """Return what is wrong with a picture and what the limit is."""
    values, sentence = about["values"], about.get("sentence", "")
    match flaw := about["flaw"]:
        case "colours":
            return _(sentence, **values)
        case "pixels" | "deep pixels":
            return _too_many(values.get("count"), is_deep=flaw == "deep pixels")
        case "small":
            size = {name: number(value) for name, value in values.items()}
            return _("has %(width)s × %(height)s pixels; a side has at least %(least)s.", **size, least=SIDE_MIN)
        case "narrow":
            size = {name: number(value) for name, value in values.items()}
            return _(
                "has %(width)s × %(height)s pixels; a side is at most %(most)s times the other.", **size, most=RATIO_MAX
            )
        case "scans":
            return _(
                "is written in %(count)s passes; at most %(most)s are read.",
                most=SCANS_MAX,
                count=number(values["count"]),
            )
        case "seconds":
            return _("takes longer than %(most)s seconds to read.", most=number(values["seconds"]))
        case "format":
            return _refusal(data)
        case _:
            return _("is cut off or damaged: it cannot be read to its end.")


def _too_many(pixels: int | None, *, is_deep: bool) -> str:
    most = current_app.config["PHOTO_PIXELS_MAX"] / 1_000_000 / (2 if is_deep else 1)
    if pixels is None:
        return _("has too many pixels; at most %(most)s million are read.", most=number(round(most)))
    count = number(round(pixels / 1_000_000))
    if is_deep:
        return _(
            "has %(count)s million pixels with transparency or more than 8 bits; at most %(most)s million are read.",
            count=count,
            most=number(round(most)),
        )
    return _("has %(count)s million pixels; at most %(most)s million are read.", count=count, most=number(round(most)))


def _refusal(data: bytes) -> str:
    """Return why a file of an unknown format is refused, by its first bytes."""
    head = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<svg", b"<?xml", b"<!doctype svg")) or b"<svg" in head:
        return _("is an SVG, which may hold a program. These are read: %(kinds)s.", kinds=", ".join(FORMATS))
    if head.startswith(HEADS) or (head[:4] == b"riff" and head[8:12] == b"webp"):
        return _("is cut off or damaged: it cannot be read to its end.")
    if head[4:8] == b"ftyp" and head[8:12] in (b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1"):
        return _("is cut off or damaged: it cannot be read to its end.")
    return _("is no picture that we read, whatever its name says. These are read: %(kinds)s.", kinds=", ".join(FORMATS))
