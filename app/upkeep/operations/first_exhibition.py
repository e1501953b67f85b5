"""The first exhibition: curated walks that are shipped with the project and published on a site without walks.

Each shipped walk is a folder with the recipe, the film as MP4, all frames in one AVIF, and a label with measurements.
Its walk has no owner, and its ID is derived from its film. Frames are shipped slightly compressed, without a visible
difference; the label holds SHA-256 sums of the original pixels, by which a repaint is checked bit by bit. The label of
a walk that is set to music has what is heard in it; the music itself is made again when it is needed.
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import compress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from PIL import Image, ImageSequence, PngImagePlugin
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.access.auth import visitors
from app.collection.gallery import exhibitions
from app.core.config import ROOT
from app.core.errors import MomaError
from app.offer.generation import walk_styles
from app.requests.walk_requests import recipe, walk_rows
from app.requests.walk_requests.recipe_pins import PinnedSettings
from app.requests.walk_requests.walk_request import WalkRequest
from app.storage import film_measures, media_store
from app.storage.database import db, writing
from app.storage.walk_models import ALPHABET, FINISHED, ID_LENGTH, Frame, Medium, Walk, slug_of
from app.upkeep.operations import exhibition_programme, shipped_film
from app.upkeep.operations.exhibition_due import SLUG, is_due
from app.upkeep.operations.exhibition_programme import ProgrammeEntry
from app.walks.saved import cards, colours, film_recipes, lifecycle, lookup, posters
from app.walks.uploads import photo_stops

if TYPE_CHECKING:  # numpy is not loaded in the web process; it would take a sixth of its memory
    import numpy as np
    from numpy.typing import NDArray

    Picture = NDArray[np.uint8]

FOLDER = ROOT / "exhibition"
PROGRAMME = FOLDER / "programme.json"
BYTES_MAX = 11_900_000  # of all walks together: each clone of the project downloads them
VISITOR = "first exhibition"
TITLE = "The first exhibition"
TEXT = (
    "The walks with which this site opened, before anyone had asked for one.\n\n"
    "Prompts, seeds and styles were chosen by looking at contact sheets. Walk on from any of them."
)
FILM = "film.mp4"
FRAMES = "frames.avif"
QUALITIES = (72, 76, 80)  # 4:4:4; crops at four times showed no difference between the first two
COLOUR_ERROR = 2.2  # the most by which colours may differ, of 255 (findings/avif-first-frame-colours.sh)
BLOCK = 16
COLOURS = 64  # of the GIF that is made of the frames when they are published; pages play the frames themselves
SPARSE = 8  # the palette is computed from every eighth pixel of every eighth row
NEAREST = Image.Resampling.NEAREST
EXACT = 255.0

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ShippedWalk:
    """One walk of the exhibition, stored in its own folder."""

    folder: Path

    @cached_property
    def recipe(self) -> dict[str, Any]:
        """Return the recipe, loaded once."""
        return recipe.parse_recipe((self.folder / "recipe.json").read_bytes())

    @property
    def recipe_text(self) -> str:
        """Return the recipe as compact ASCII JSON, as files hold it."""
        return json.dumps(self.recipe, ensure_ascii=True, separators=(",", ":"))

    @cached_property
    def label(self) -> dict[str, Any]:
        """Return the measurements: ``evenness``, ``jump``, ``painted_at``, ``model_title``, the frames' ``sums`` …"""
        return dict(json.loads((self.folder / "label.json").read_text("utf-8")))

    @cached_property
    def walk_id(self) -> str:
        """Return the walk's ID, derived from its film: the same on every site, so that it cannot be added twice."""
        digest = hashlib.sha256(self.film()).digest()
        return "".join(ALPHABET[byte % len(ALPHABET)] for byte in digest[:ID_LENGTH])

    def film(self) -> bytes:
        """Return the film, an MP4."""
        return (self.folder / FILM).read_bytes()

    def gif(self, frames: Sequence[Picture]) -> bytes:
        """Return a GIF of these frames, with one palette, without dithering, and with the recipe as its comment."""
        pictures, durations = [Image.fromarray(picture) for picture in frames], self.label["durations"]
        if sound := self.recipe.get("sound"):
            pictures = [*compress(pictures, sound["holds"])]
        few = [picture.resize((picture.width // SPARSE, picture.height // SPARSE), NEAREST) for picture in pictures]
        wall = Image.new("RGB", (few[0].width, few[0].height * len(few)))
        for index, picture in enumerate(few):
            wall.paste(picture, (0, index * picture.height))
        palette = wall.quantize(COLOURS)
        pictures = [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures]
        first, *rest = (pictures + pictures[-2::-1])[: len(durations)]  # a film that goes back repeats its frames
        out, comment = io.BytesIO(), self.recipe_text.encode()
        first.save(out, "GIF", save_all=True, append_images=rest, duration=durations, loop=0, comment=comment)
        return out.getvalue()

    def frames(self) -> list[Picture]:
        """Return the frames as they are shipped, arrays of height × width × 3 of uint8.

        :raises MomaError: when they are missing or damaged, or this version of Pillow cannot read AVIF.
        """
        import numpy as np

        try:
            with Image.open(self.folder / FRAMES) as frames:
                return [np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(frames)]
        except (OSError, ValueError, SyntaxError) as error:
            raise MomaError(f"The frames of {self.folder.name} cannot be read: {error}") from error


@dataclass(frozen=True, slots=True)
class RepaintCheck:
    """The comparison of a repainted walk with the original; if not ``identical``, how near it is to the shipped frames.

    ``psnr`` is the PSNR of the repainted to the shipped frames in decibels, ``None`` without any difference.
    ``shipped_psnr`` is that of the shipped to the original frames, about the most that a slightly different repaint can
    reach.
    """

    piece: str
    identical: bool
    psnr: float | None
    shipped_psnr: float | None


def shipped_walks() -> list[ShippedWalk]:
    """Return the shipped walks in the order of the exhibition."""
    return [ShippedWalk(path.parent) for path in sorted(FOLDER.glob("*/recipe.json"))]


def programme() -> list[ProgrammeEntry]:
    """Return the walks that the exhibition's programme lists.

    :raises MomaError: when the file or a picture cannot be read, or a request is invalid; the message names it.
    """
    return exhibition_programme.load(PROGRAMME)


def name_of(number: int, walk: Walk, title: str = "") -> str:
    """Return the folder name of a shipped walk, with its number in the programme: ``01-a-fox-an-owl``."""
    return f"{number:02}-{slug_of(title) or walk.slug}".rstrip("-")


def size_of(folder: Path) -> int:
    """Return the total size in bytes of the files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def replace(aside: Path) -> None:
    """Replace the shipped walks with those in ``aside``."""
    for shipped in shipped_walks():
        shutil.rmtree(shipped.folder)
    for folder in sorted(aside.iterdir()):
        shutil.move(folder, FOLDER / folder.name)


def publish_once() -> list[str]:
    """Publish the exhibition if the setting ``EXHIBITION`` is on and no walk was ever made; return its walks' IDs.

    If its walks were published by a release without exhibitions, they become one. Errors are logged, not raised.
    """
    if not is_due():
        return []
    try:
        if db.session.scalar(select(Walk.number).limit(1)) is None:
            return publish()
        _open_once()
        return []
    except MomaError as error:
        log.warning("The first exhibition was not published: %s", error)
        return []


def _open_once() -> None:
    """Make an exhibition of the published walks."""
    if there := [shipped.walk_id for shipped in shipped_walks() if not _is_missing(lookup.any_walk(shipped.walk_id))]:
        exhibitions.ensure(SLUG, TITLE, TEXT, there)


def publish() -> list[str]:
    """Publish the walks that the site lacks, in one transaction, deleted ones too; return their IDs.

    :raises MomaError: when the site's limits forbid a walk, or the media store cannot be written.
    """
    wanted = [shipped for shipped in shipped_walks() if _is_missing(lookup.any_walk(shipped.walk_id))]
    with ThreadPoolExecutor() as threads:  # Pillow works side by side
        writes = [threads.submit(copy_context().run, _write_files, shipped) for shipped in wanted]
    try:
        with writing() as session:
            for shipped, write in zip(wanted, writes, strict=True):
                _save(session, shipped, write.result())
    except IntegrityError:  # another process of the site was faster
        return []
    exhibitions.ensure(SLUG, TITLE, TEXT, [shipped.walk_id for shipped in shipped_walks()])
    return [shipped.walk_id for shipped in wanted]


def delete() -> list[str]:
    """Delete the exhibition and those of its walks that the site has; return their IDs."""
    walks = [
        walk
        for shipped in shipped_walks()
        if (walk := lookup.any_walk(shipped.walk_id)) is not None and walk.deleted_at is None
    ]
    for walk in walks:
        lifecycle.delete_walk(walk, by_operator=True)
    exhibitions.ensure_absent(SLUG)
    return [walk.id for walk in walks]


def compare(shipped: ShippedWalk, painted: Sequence[Picture]) -> RepaintCheck:
    """Compare repainted frames with the original ones by their sums, and if they differ with the shipped frames."""
    name, sums, shipped_psnr = shipped.folder.name, shipped.label["sums"], shipped.label["shipped_psnr"]
    if sums == [_sum(picture) for picture in painted]:
        return RepaintCheck(name, True, None, shipped_psnr)
    frames = shipped.frames()
    if len(frames) != len(painted) or frames[0].shape != painted[0].shape:
        return RepaintCheck(name, False, 0.0, shipped_psnr)  # the frames cannot be compared
    return RepaintCheck(name, False, _psnr(frames, painted), shipped_psnr)


def store(shipped: ShippedWalk, walk: Walk, painted: Sequence[Picture], title: str = "") -> None:
    """Write a finished walk to the folder of ``shipped``: film, frames, recipe and label."""
    shipped.folder.mkdir(parents=True, exist_ok=True)
    (shipped.folder / FILM).write_bytes(shipped_film.compress(media_store.store().read_bytes(walk.media["mp4"].path)))
    (shipped.folder / FRAMES).write_bytes(_avif(painted))
    label: dict[str, Any] = {
        "title": title or None,
        **{public: getattr(walk, name) for public, name in film_measures.SHIPPED.items()},
        "durations": _durations(media_store.store().read_bytes(walk.media["gif"].path)),
        "model_title": walk.model_title,
        "painted_at": walk.finished_at.isoformat(timespec="seconds") if walk.finished_at else None,
        "shipped_psnr": _psnr(shipped.frames(), painted),
        "sums": [_sum(picture) for picture in painted],
    }
    if walk.music is not None:
        label["music"] = walk.music
    for name, content in (("recipe.json", recipe.recipe_of(walk)), ("label.json", label)):
        (shipped.folder / name).write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", "utf-8")


def _is_missing(walk: Walk | None) -> bool:
    return walk is None or walk.deleted_at is not None


class _Written(NamedTuple):
    frames: list[Frame]
    films: list[Medium]
    colour: str


def _write_files(shipped: ShippedWalk) -> _Written:
    """Write the files of a shipped walk to the media store; return the rows that name them."""
    store, positions = media_store.store(), shipped.recipe["positions"]
    frames, films, pictures = [], [], shipped.frames()
    for index, (picture, position) in enumerate(zip(pictures, positions, strict=True)):
        data = _png(picture)
        path = media_store.frame_path(shipped.walk_id, index, data)
        store.write(path, data)
        frames.append(Frame(index=index, position=position, rank=_rank(position), path=path, bytes=len(data)))
    poster = pictures[posters.choose(pictures, positions)]
    made = {
        ("gif", "gif"): shipped.gif(pictures),
        ("mp4", "mp4"): shipped.film(),
        ("poster", "png"): film_recipes.insert_into_png(_png(poster), shipped.recipe_text),
    }
    if card := cards.encode(Image.fromarray(poster)):
        made[cards.KIND, cards.EXTENSION] = card
    photos = exhibition_programme.pictures_for(recipe.request_of(shipped.recipe)[0], FOLDER)
    made |= {(photo_stops.kind_of(index), "webp"): photo.data for index, photo in photos.items()}
    for (kind, extension), data in made.items():
        path, digest = media_store.film_path(shipped.walk_id, kind, extension, data)
        store.write(path, data)
        films.append(Medium(kind=kind, path=path, bytes=len(data), etag=digest))
    return _Written(frames, films, colours.main(Image.fromarray(poster)))


def _rank(position: float) -> int:
    """Return the depth, 0 to 5, at which repeated halving reaches a position; early positions have longer marks."""
    t = position % 1
    return next((rank for rank in range(5) if abs(t * 2**rank - round(t * 2**rank)) < 2**rank / 48), 5)


def _save(session: Session, shipped: ShippedWalk, written: _Written) -> None:
    earlier = session.scalar(select(Walk).where(Walk.id == shipped.walk_id))
    if earlier is not None and earlier.deleted_at is None:
        return
    if earlier is not None:
        session.delete(earlier)
        session.flush()
    walk = _walk(shipped, *recipe.request_of(shipped.recipe))
    walk.painted, walk.colour = written.frames, written.colour
    walk.media = {film.kind: film for film in written.films}
    session.add(walk)
    session.flush()  # one at a time, because the gallery lists the walk with the highest number first


def _walk(shipped: ShippedWalk, wanted: WalkRequest, pinned: PinnedSettings) -> Walk:
    painted_at = datetime.fromisoformat(shipped.label["painted_at"])
    walk = walk_rows.new_walk(
        wanted,
        pinned=pinned,
        id=shipped.walk_id,
        visitor=visitors.digest(VISITOR),
        owner_hash="",  # matches no secret
        request_hash="",
        given_title=shipped.label.get("title"),
        photos_may_be_shown=any(stop.picture for stop in wanted.stops),
        publish_sound=wanted.sound is not None,
        music=shipped.label.get("music"),
        prefix=shipped.recipe["model"]["prefix"],
        model_title=shipped.label["model_title"],
        software=shipped.recipe["software"],
        drawings=recipe.parse_drawings(shipped.recipe),
        state=FINISHED,
        painted_count=len(pinned.positions),
        **{name: shipped.label.get(public) for public, name in film_measures.SHIPPED.items()},
        created_at=painted_at,
        started_at=painted_at,
        finished_at=painted_at,
    )
    walk_rows.record_stops(walk, walk_styles.known_to(walk))
    return walk


def _png(picture: Picture) -> bytes:
    out, mark = io.BytesIO(), PngImagePlugin.PngInfo()
    mark.add_itxt("XML:com.adobe.xmp", cards.SYNTHETIC)
    Image.fromarray(picture).save(out, "PNG", pnginfo=mark, compress_level=4)
    return out.getvalue()


def _durations(gif: bytes) -> list[float]:
    """Return the duration of each frame of a GIF in milliseconds."""
    with Image.open(io.BytesIO(gif)) as film:
        return [each.info["duration"] for each in ImageSequence.Iterator(film)]


def _avif(pictures: Sequence[Picture]) -> bytes:
    """Return frames as an AVIF of the first quality that keeps their colours, or else the last one."""
    first, *rest = (Image.fromarray(picture) for picture in pictures)
    for quality in QUALITIES:
        out = io.BytesIO()
        first.save(out, "AVIF", save_all=True, append_images=rest, quality=quality, subsampling="4:4:4")
        if _colour_error(pictures, out.getvalue()) <= COLOUR_ERROR:
            break
    return out.getvalue()


def _colour_error(pictures: Sequence[Picture], data: bytes) -> float:
    """Return the mean difference of the colours of blocks in the frame of an AVIF in which it is greatest."""
    import numpy as np

    def blocks(picture: Picture) -> NDArray[np.float64]:
        rows, columns = (max(1, length // BLOCK) for length in picture.shape[:2])
        parts = (np.array_split(row, columns, axis=1) for row in np.array_split(picture.astype(float), rows))
        return np.array([[part.mean((0, 1)) for part in row] for row in parts])

    with Image.open(io.BytesIO(data)) as film:
        kept = [np.asarray(each.convert("RGB")) for each in ImageSequence.Iterator(film)]
    pairs = zip(pictures, kept, strict=True)
    return max(float(np.abs(blocks(shown) - blocks(painted)).mean()) for painted, shown in pairs)


def _sum(picture: Picture) -> str:
    return hashlib.sha256(picture.tobytes()).hexdigest()


def _psnr(shipped: Sequence[Picture], painted: Sequence[Picture]) -> float | None:
    """Return the peak signal-to-noise ratio over the whole film in decibels; ``None`` without any difference."""
    import numpy as np

    error = float(np.mean((np.stack(shipped).astype(np.float64) - np.stack(painted)) ** 2))
    return round(10 * float(np.log10(EXACT**2 / error)), 2) if error else None
