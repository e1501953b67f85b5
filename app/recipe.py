"""Recipes: all that fixes a walk's pixels, as JSON; kept beside the film and inside it."""

from __future__ import annotations

import io
import json
import re
import warnings
from itertools import pairwise
from typing import Any
from xml.sax.saxutils import unescape

from PIL import Image, UnidentifiedImageError

from app import commission
from app.answers import Recipe
from app.commission import Commission, Pinned
from app.errors import InvalidInput
from app.models import Walk

FORMAT = "moma-lisa recipe"
VERSION = 1
SIZE_MAX = 50_000_000
BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)
IN_XMP = re.compile(rb"<moma:recipe[^<>]*>([^<]*)</moma:recipe>")
IPTC_SYNTHETIC = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"


def of(walk: Walk) -> Recipe:
    """Write down the recipe of ``walk``; what is not settled before it is painted is ``None`` until then."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "synthetic": True,
        "digital_source_type": IPTC_SYNTHETIC,
        "stops": [
            {
                "prompt": stop.prompt,
                "negative_prompt": stop.negative_prompt,
                "seed": stop.seed,
                "hand": stop.hand or None,
            }
            for stop in walk.stops
        ],
        "seed": walk.seed,
        "frames": walk.frames,
        "positions": walk.positions,
        "fps": walk.fps,
        "size": None if walk.width is None else [walk.width, walk.height],
        "model": {"name": walk.model_name, "revision": walk.model_revision, "prefix": walk.prefix},
        "sampler": {"scheduler": walk.scheduler, "steps": walk.sampler_steps, "guidance": walk.guidance},
        "device": {
            "precision": walk.precision,
            "memory_format": walk.memory_format,
            "threads": walk.threads,
            "batch": walk.batch,
        },
        "software": walk.software,
    }


def dumps(walk: Walk) -> str:
    """Write the recipe of ``walk`` as compact JSON in plain ASCII, fit for a film's comment block."""
    return json.dumps(of(walk), ensure_ascii=True, separators=(",", ":"))


def read(data: bytes) -> dict[str, Any]:
    """Find the recipe in a recipe file, or in a GIF or WebP painted here.

    :raises InvalidInput: when there is none, or it is not one of ours.
    """
    if len(data) > SIZE_MAX:
        raise _unusable(f"is larger than {SIZE_MAX // 1_000_000} MB")
    if data[:6] in (b"GIF87a", b"GIF89a"):
        data = _comment(data)
    elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        data = _in_xmp(data)
    try:
        recipe = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _unusable("holds no recipe that can be read") from error
    if not isinstance(recipe, dict) or recipe.get("format") != FORMAT:
        raise _unusable("holds no recipe of this site's kind")
    if recipe.get("version") != VERSION:
        raise _unusable(f"is of version {recipe.get('version')!r:.20}; this site reads version {VERSION}")
    return recipe


def commission_of(recipe: dict[str, Any]) -> tuple[Commission, Pinned]:
    """Turn a recipe back into a commission and the settings that paint the same pixels.

    :raises InvalidInput: when something in it breaks a rule.
    """
    wanted = commission.validate({name: recipe.get(name) for name in ("stops", "seed", "frames")})
    if wanted.seed is None:
        raise _unusable("was altered: its seed is missing")
    try:
        size, sampler = recipe["size"], recipe["sampler"]
        pinned = Pinned.model_validate(
            {
                "sampler_steps": sampler["steps"],
                "guidance": float(sampler["guidance"]),
                "scheduler": sampler["scheduler"],
                "width": size[0],
                "height": size[1],
                "positions": [float(position) for position in recipe["positions"]],
                "model_name": recipe["model"]["name"],
                "model_revision": recipe["model"]["revision"],
                **recipe["device"],
            }
        )
    except (KeyError, TypeError, IndexError, ValueError, OverflowError) as error:
        raise _unusable("was altered: its sampler, size, positions or device cannot be used") from error
    _check_positions(pinned.positions, wanted)
    return wanted, pinned


def _check_positions(positions: list[float], wanted: Commission) -> None:
    last = len(wanted.stops) - 1
    rising = all(earlier < later for earlier, later in pairwise(positions))
    if len(positions) != wanted.frames or not rising or positions[0] != 0 or positions[-1] != last:
        raise _unusable(f"was altered: its positions must rise from 0 to {last}, one for each frame")
    if not {float(stop) for stop in range(len(wanted.stops))} <= set(positions):
        raise _unusable("was altered: a stop is missing among its positions")


def _comment(data: bytes) -> bytes:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=["GIF"]) as film:
                comment = film.info.get("comment", b"")
    except (UnidentifiedImageError, OSError, ValueError, *BOMBS) as error:
        raise _unusable("is no film that can be opened") from error
    return comment if isinstance(comment, bytes) else b""


def _in_xmp(data: bytes) -> bytes:
    """Find the recipe in a WebP's XMP chunk; neither film nor packet, which may be anybody's, is decoded."""
    position = 12
    while position + 8 <= len(data):
        name, size = data[position : position + 4], int.from_bytes(data[position + 4 : position + 8], "little")
        position += 8
        if name == b"XMP ":
            found = IN_XMP.search(data[position : position + size])
            return unescape(found[1].decode("utf-8", "replace")).encode() if found else b""
        position += size + size % 2
    return b""


def _unusable(reason: str) -> InvalidInput:
    return InvalidInput.on("recipe", message=f"The recipe {reason}.")
