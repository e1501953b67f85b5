"""Films without colour tags get them, and keep all else."""

import re
import subprocess

import pytest

from app.core.errors import MomaError
from app.requests.walk_requests import recipe
from app.upkeep.operations import ffmpeg, film_colours, first_exhibition, shipped_film

HALF = "setparams=color_primaries=unknown:color_trc=unknown:colorspace=bt709:range=tv"
"""The tags of films of 1.1.0."""


WORKERS = "setparams=color_primaries=bt709:color_trc=bt709:colorspace=smpte170m:range=tv"


def half_tagged() -> bytes:
    """Return a shipped film as 1.1.0 tagged it."""
    return ffmpeg.convert(first_exhibition.shipped_walks()[0].film(), ("-vf", HALF, "-preset", "ultrafast"))


def said(film: bytes, *options: str) -> str:
    """Return what ffmpeg says or writes of a film."""
    done = subprocess.run([ffmpeg._executable(), "-i", "-", *options], input=film, capture_output=True, check=False)
    return (done.stdout or done.stderr).decode(errors="replace")


def test_film_is_tagged_whole_and_its_pictures_and_recipe_stay() -> None:
    before = half_tagged()
    assert not film_colours.is_tagged(before)
    assert "yuv420p(tv, bt709/unknown/unknown, progressive)" in said(before)
    after = film_colours.tag(before)
    assert film_colours.is_tagged(after)
    assert "yuv420p(tv, bt709, progressive)" in said(after)
    assert recipe.parse_recipe(after) == recipe.parse_recipe(before)
    assert said(after, "-f", "framemd5", "-") == said(before, "-f", "framemd5", "-")
    assert after.index(b"moov") < after.index(b"mdat")


def test_what_is_no_film_is_refused_with_the_reason() -> None:
    with pytest.raises(MomaError, match=r"(?s)The film cannot be converted: .*Invalid data"):
        film_colours.tag(b"no film")


def test_ffmpeg_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    ffmpeg._executable.cache_clear()
    monkeypatch.setattr(ffmpeg, "FIND", "raise SystemExit('imageio_ffmpeg is not installed')")
    with pytest.raises(MomaError, match="imageio_ffmpeg is not installed"):
        film_colours.tag(b"film")
    ffmpeg._executable.cache_clear()


def test_film_is_compressed_with_its_tags_whatever_they_are() -> None:
    other = ffmpeg.convert(half_tagged(), ("-vf", WORKERS, "-preset", "ultrafast"))
    for before in (other, film_colours.tag(half_tagged())):
        [tags] = re.findall(r"yuv420p\(.*?\)", said(before))
        assert tags in said(shipped_film.compress(before)) and film_colours.is_tagged(before)


@pytest.mark.parametrize("piece", first_exhibition.shipped_walks(), ids=lambda piece: piece.folder.name)
def test_shipped_films_are_tagged(piece: first_exhibition.ShippedWalk) -> None:
    assert film_colours.is_tagged(piece.film())
