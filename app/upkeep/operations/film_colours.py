"""Colour tags of MP4s, without which browsers guess: Chromium 156 takes BT.601 for films of fewer than 720 lines.

Films of releases before 1.2 say that their matrix is BT.709, and nothing of primaries and transfer.
"""

from __future__ import annotations

from app.upkeep.operations import ffmpeg

TAGGED = tuple(b"colrnclx" + bytes((0, 1, 0, 1, 0, matrix, 0)) for matrix in (1, 6))
"""The boxes of films whose colours are tagged whole: primaries and transfer of BT.709, the matrix of BT.709 or BT.601,
the limited range (ISO/IEC 14496-12, 12.1.5; the numbers are those of ITU-T H.273)."""

IN_STREAM = "h264_metadata=colour_primaries=1:transfer_characteristics=1:matrix_coefficients=1:video_full_range_flag=0"


def is_tagged(film: bytes) -> bool:
    """Return whether a film's header tags its colours whole."""
    return any(box in film for box in TAGGED)


def tag(film: bytes) -> bytes:
    """Return an H.264 MP4 of BT.709 with its colours tagged; pictures and metadata are copied as they are.

    The first pass writes the tags into the stream, the second copies them from there into the header.

    :raises MomaError: when ffmpeg cannot convert it.
    """
    return ffmpeg.convert(film, ("-c", "copy", "-bsf:v", IN_STREAM), ("-c", "copy"))
