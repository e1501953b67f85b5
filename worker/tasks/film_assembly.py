"""The films of a walk: an unfinished GIF while it is generated, and all files at the end, with their smoothness."""

from __future__ import annotations

import logging
import tempfile
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from app.core.errors import MediaError, MediaLost
from app.core.text import stop_notes
from app.offer.generation import frame_rates, offers
from app.requests.walk_requests import recipe
from app.storage import media_store
from app.storage.database import db, now, writing
from app.storage.task_kinds import SHORT_KINDS
from app.storage.walk_models import FINISHED, ROUND, Frame, Medium, Task, Walk
from app.walks.saved import cards, colours, film_formats, film_times, posters
from app.walks.uploads import sound_parts
from worker.film import encoding, flash_safety, palette, scratch, small_gif, smoothness_measure, writers
from worker.film.sound import Sound
from worker.film.timing import durations, film_order, repeats, shown_ms, thin_out
from worker.process.walk_memory import Memory
from worker.process.worker import this_worker
from worker.queue.leases import Claim, write_as_holder
from worker.tasks import music_plan, stop_changes
from worker.tasks.painted_pictures import GeneratedPictures, Picture

FILM_PAUSE = 100.0
"""The pause before the next unfinished film, as a multiple of the time that the last one took: these films cost a walk
at most 1 % of its time. The page plays stills in the meantime."""

AHEAD = 8
"""The number of pictures that the slowest film writer may lag behind; so many are in memory at once."""

WRITERS = 4
"""The number of files that are written concurrently; they mostly wait for the disk."""

log = logging.getLogger(__name__)


def measure_smoothness(frames: Iterable[Picture], count: int, ending: str) -> smoothness_measure.Smoothness:
    """Return the smoothness of a film of ``count`` distinct frames, each step measured once.

    For the ending `back` only the way there is measured, because the way back has the same steps. For `round` the step
    from the last frame to the first is included.
    """
    shown = iter(frames)
    first = next(shown)
    shown_pictures = chain([first], islice(shown, count - 1), [first] if ending == ROUND else [])
    return smoothness_measure.smoothness(shown_pictures)


@dataclass(frozen=True, slots=True)
class WrittenFilm:
    """A film file in the media store that the next transaction records on its walk."""

    kind: str
    path: str
    etag: str
    bytes: int


def make_unfinished_film(walk: Walk, memory: Memory, added: Sequence[Mapping[str, Any]]) -> WrittenFilm | None:
    """Write a GIF of the frames generated so far, including the unrecorded ``added`` rows; return None if none is due.

    Its frame rate is limited to what is safe for any content, as in the page's player (static/player.js). A failure of
    the media store is logged and does not stop the walk.
    """
    began = time.monotonic()
    if began < memory.next_film:
        return None
    known = db.session.execute(_frames(walk.number)).all()
    paths = {frame.index: (frame.position, frame.path) for frame in known}
    paths |= {row["index"]: (row["position"], row["path"]) for row in added}
    if not 2 <= len(paths) < walk.frames:
        return None
    try:
        if walk.sound_digest is not None:
            held = music_plan.hold_painted(walk, {index: position for index, (position, _) in paths.items()})
            order, times = list(held), shown_ms(list(held.values()), frame_rates.fraction(walk.fps))
        else:
            order = [index for index in film_order(walk.frames, walk.ending) if index in paths]
            times = _times(walk, list(paths))
        if walk.fps > flash_safety.SAFE_FPS:  # checking for flashes each time would slow generation down
            order, times = thin_out(order, times, flash_safety.SAFE_MS)
        pictures = GeneratedPictures([paths[index] for index in order], memory)
        gif = encoding.gif(pictures, times, comment=recipe.dumps(walk))
        return _write(media_store.store(), walk.id, ("gif", "gif", gif))
    except MediaError as error:
        log.warning("walk %s goes on without its unfinished film: %s", walk.id, error)
        return None
    finally:
        memory.next_film = time.monotonic() + FILM_PAUSE * (time.monotonic() - began)


def record_files(session: Session, walk: Walk, files: Sequence[WrittenFilm]) -> set[str]:
    """Record files on the walk within the caller's transaction; return the paths of the files that they replace."""
    named = select(Medium).where(Medium.walk_number == walk.number, Medium.kind.in_([file.kind for file in files]))
    rows = {row.kind: row for row in session.scalars(named.execution_options(populate_existing=True))}
    replaced = {rows[file.kind].path for file in files if file.kind in rows} - {file.path for file in files}
    for file in files:
        row = rows.get(file.kind) or Medium(walk_number=walk.number, kind=file.kind)
        row.path, row.bytes, row.etag = file.path, file.bytes, file.etag
        session.add(row)
    return replaced


def delete_unnamed(paths: Sequence[str]) -> None:
    """Delete those of the given files that no row names; another worker of the walk may have written the same file."""
    named = {path for table in (Medium, Frame)
             for path in db.session.scalars(select(table.path).where(table.path.in_(paths)))}  # fmt: skip
    delete_files(set(paths) - named)


def delete_files(paths: Iterable[str]) -> None:
    """Delete files that no row names any more; log failures, whose files ``media prune`` deletes later."""
    for path in paths:
        try:
            media_store.store().delete(path)
        except MediaError as error:
            log.warning("%s could not be deleted: %s", path, error)


def first_film_values(walk: Walk) -> dict[str, Any]:
    """Return the column values to store with a film: the seconds from the request to the first film, set only once."""
    waited = max(0.0, round((now() - walk.created_at).total_seconds(), 3))  # a clock may have been set back
    return {"first_film_seconds": func.coalesce(Walk.first_film_seconds, waited)}


def find_lost_frames(claim: Claim, memory: Memory) -> list[float]:
    """Return the positions of recorded frames whose files cannot be loaded; cache the others."""
    frames = db.session.execute(_frames(claim.walk_number)).all()
    pictures, missing = _pictures(frames, memory), []
    for index, frame in enumerate(frames):
        try:
            memory.cache_picture(frame.position, pictures[index])
        except MediaLost as error:
            log.warning("%s", error)
            missing.append(frame.position)
    return missing


def finish_film(claim: Claim, walk: Walk, memory: Memory) -> None:
    """Write all film files, measure the film, and mark the walk as finished: the last task of a walk.

    The pictures are loaded twice and never all kept in memory: first for the flash check and the palette, then to write
    all files at the same time.

    :raises MediaError: when frames are missing or their files cannot be loaded.
    :raises LeaseLost: when this worker no longer holds the task.
    """
    frames = db.session.execute(_frames(claim.walk_number)).all()
    if len(frames) != walk.frames:
        raise MediaError(f"{walk.frames - len(frames)} frames are not in the media store")
    shown_pictures = _pictures(frames, memory)
    order = film_order(walk.frames, walk.ending)
    reduced, sample, thumbnails = _first_reading(shown_pictures, order)
    morph = smoothness_measure.morph(thumbnails, [frame.position for frame in frames], stops=len(walk.stops))
    requested = walk.fps
    _make_safe(walk, [frame.position for frame in frames], [reduced[index] for index in order])
    poster = shown_pictures[posters.choose(shown_pictures, [frame.position for frame in frames])]
    films, smoothness = _films(walk, shown_pictures, order, sample, poster)
    this_worker().heartbeat.note_progress()
    with ThreadPoolExecutor(WRITERS) as disk:
        files = list(disk.map(partial(_write, media_store.store(), walk.id), films))
    _keep_only(claim, walk, {frame.path for frame in frames}, files)
    with writing() as session:
        seconds = _finish(
            session,
            claim,
            **first_film_values(walk),
            fps=walk.fps,
            holds=walk.holds,
            hold=film_times.hold_of(walk),
            evenness=round(smoothness.evenness, 4),
            jump=round(smoothness.jump, 4),
            morph=None if morph is None else round(min(morph, 1.0), 4),
            step_sizes=[round(step, 3) for step in smoothness.steps],
            colour=colours.main(Image.fromarray(poster)),
        )
        if walk.fps < requested:
            stop_changes.add_note(session, walk.number, 0, stop_notes.SLOWED)
    log.info("walk %s: %s frames in %.1f s", walk.id, walk.frames, seconds)


def _make_safe(walk: Walk, positions: Sequence[float], shown: Sequence[Picture]) -> None:
    """Change the rate of a film that would flash, or the holds of one that is set to a sound.

    `shown` are its pictures as they are shown.
    """
    if walk.holds is None:
        set_committed_value(walk, "fps", flash_safety.limit_fps(shown, walk.fps))
        return
    stops = {index for index, position in enumerate(positions) if float(position).is_integer()}
    rate = float(frame_rates.fraction(walk.fps))
    set_committed_value(walk, "holds", flash_safety.thin_holds(shown, walk.holds, rate, stops))


def finish_leg(claim: Claim, walk: Walk) -> None:
    """Mark a leg of a live wall as finished, without a film, and delete its intermediate samples.

    :raises LeaseLost: when this worker no longer holds the task.
    """
    media_store.store().delete(media_store.samples_folder(walk.id))
    with writing() as session:
        _finish(session, claim)


def _finish(session: Session, claim: Claim, **values: Any) -> float:
    """Mark a walk as finished with these values, and delete its tasks; return the seconds that they took."""
    own = Task.walk_number == claim.walk_number, Task.kind.not_in(SHORT_KINDS)
    seconds = (session.scalar(select(func.sum(Task.seconds)).where(*own)) or 0.0) + claim.seconds
    values |= {"state": FINISHED, "finished_at": now(), "paint_seconds": round(seconds, 3), "error": None}
    write_as_holder(session, claim, **values)
    session.execute(delete(Task).where(*own))
    return seconds


def _keep_only(claim: Claim, walk: Walk, frames: set[str], files: Sequence[WrittenFilm]) -> None:
    """Record a walk's films and delete all other files in its folder, such as intermediate samples and old films.

    This happens before the walk is marked as finished, because afterwards other tasks write there. If the worker is
    killed in between, another worker makes the films again.
    """
    store, folder = media_store.store(), media_store.walk_folder(walk.id)
    stored = store.files(folder)
    with writing() as session:
        write_as_holder(session, claim)
        record_files(session, walk, files)
        session.flush()
        # Its films, and the photos of its stops with their tracings and inversions.
        media = set(session.scalars(select(Medium.path).where(Medium.walk_number == walk.number)))
    knots = media_store.samples_folder(walk.id)
    store.delete(knots)
    named = frames | media
    delete_files(path for path in stored.keys() - named if not path.startswith(f"{knots}/"))


def file_metadata(walk: Walk) -> dict[str, str]:
    """Return the metadata of a walk's files: title, provenance, and the credits of its reference drawings.

    The provenance includes the model's licence if the model is still offered and has one.
    """
    comment = encoding.provenance(
        model=str(walk.model_title),
        revision=str(walk.model_revision),
        software=str(walk.software),
        licence=offers.load().licence(str(walk.model_name)),
    )
    metadata = {"title": walk.title, "comment": comment}
    return metadata | ({"copyright": recipe.drawings_text(walk)} if walk.drawings else {})


def _first_reading(
    shown_pictures: Sequence[Picture], order: Sequence[int]
) -> tuple[list[Picture], list[NDArray[np.uint8]], list[NDArray[np.float32]]]:
    """Return what the film needs to know of the pictures before it is written; each picture is loaded once.

    The result holds for each picture a reduced copy for the flash check, for each shown picture its palette sample, and
    for each picture the thumbnail that `smoothness_measure.morph` compares.
    """
    places: list[list[int]] = [[] for _ in shown_pictures]
    for place, index in enumerate(order):
        places[index].append(place)
    reduced, thumbnails, sample = [], [], [np.empty((0, 3), np.uint8)] * len(order)
    for picture, shown in zip(shown_pictures, places, strict=True):
        this_worker().heartbeat.note_progress()
        reduced.append(flash_safety.small(picture))
        thumbnails.append(smoothness_measure.box_averaged(picture, smoothness_measure.MORPH_SIDE).astype(np.float32))
        for place in shown:
            sample[place] = palette.sample(picture, place, len(order))
    return reduced, sample, thumbnails


def _films(
    walk: Walk,
    shown_pictures: Sequence[Picture],
    order: Sequence[int],
    sample: Sequence[NDArray[np.uint8]],
    poster: Picture,
) -> tuple[list[tuple[str, str, bytes]], smoothness_measure.Smoothness]:
    """Return the files of a finished walk as (kind, extension, content), and the film's smoothness."""
    recipe_text = recipe.dumps(walk)
    metadata = {**file_metadata(walk), "recipe": recipe_text}
    rate = frame_rates.fraction(walk.fps)
    if walk.holds is None:
        count, times = walk.frames, _times(walk, range(walk.frames))
        held = repeats(walk.frames, walk.ending, film_times.hold_of(walk))
    else:
        order = [index for index in order if walk.holds[index]]
        sample, held = [sample[index] for index in order], [walk.holds[index] for index in order]
        count, times = len(order), shown_ms(held, rate)
    with ExitStack() as opened:
        sound = None if walk.holds is None else opened.enter_context(_sound(walk, Fraction(sum(held)) / rate))
        film = writers.FilmSettings(
            rate=rate, metadata=metadata, sample=sample, sound=sound, is_held=walk.holds is not None
        )
        formats = [each for each in film_formats.FILMS if sound is not None or not each.needs_sound]
        open_writers = [opened.enter_context(writers.WRITERS[each.kind](film)) for each in formats]
        _write_side_by_side(open_writers, (shown_pictures[index] for index in order), times, held)
        files = [
            (each.kind, each.extension, writer.finish()) for each, writer in zip(formats, open_writers, strict=True)
        ]
    gif = next(data for kind, _, data in files if kind == "gif")
    smoothness = measure_smoothness(smoothness_measure.read_frames(gif), count, walk.ending)
    files.append(("poster", "png", encoding.still(poster, metadata=metadata)))
    if card := cards.encode(Image.fromarray(poster)):
        files.append((cards.KIND, cards.EXTENSION, card))
    if len(gif) > small_gif.CHAT_BYTES:
        shown = partial(map, partial(_read_shown, shown_pictures), order, times)
        if small := small_gif.shrink(shown, sample, comment=recipe_text, size=len(gif)):
            files.append(("small", "gif", small))
    return files, smoothness


@contextmanager
def _sound(walk: Walk, seconds: Fraction) -> Iterator[Sound]:
    """Provide the part of a walk's sound for its films, from a file in the temporary folder.

    :raises MediaError: when the sound is missing, or is no sound.
    """
    medium = walk.media.get(sound_parts.MEDIUM)
    if medium is None:
        raise MediaError(f"The sound of walk {walk.id} is not here.")
    data = media_store.store().read_bytes(medium.path)
    try:
        start = float(Fraction(walk.sound_start or 0) - sound_parts.begins_at(data))
    except ValueError as error:
        raise MediaError(f"The sound of walk {walk.id} cannot be read: {error}.") from error
    with scratch.room():
        folder = tempfile.TemporaryDirectory()
    with folder as name:
        path = Path(name, "sound.flac")
        with scratch.room():
            path.write_bytes(data)
        yield Sound(path, start, seconds)


def _read_shown(shown_pictures: Sequence[Picture], index: int, ms: int) -> tuple[Picture, int]:
    """Return a picture and its duration in milliseconds; tell the watchdog that the film goes on."""
    this_worker().heartbeat.note_progress()
    return shown_pictures[index], ms


def _write_side_by_side(
    films: Sequence[encoding.FilmWriter], pictures: Iterable[Picture], times: Sequence[int], held: Sequence[int]
) -> None:
    """Write each picture to all films, one thread per film; none lags more than `AHEAD` pictures behind."""
    with ExitStack() as lanes:
        writers = [lanes.enter_context(ThreadPoolExecutor(1)) for _ in films]
        at_work: deque[Future[None]] = deque()
        for shown in zip(pictures, times, held, strict=True):
            this_worker().heartbeat.note_progress()
            at_work += [writer.submit(film.add, *shown) for writer, film in zip(writers, films, strict=True)]
            while len(at_work) > AHEAD * len(films):
                at_work.popleft().result()
        for each in at_work:
            each.result()


def _times(walk: Walk, painted: Sequence[int]) -> list[int]:
    hold = film_times.hold_of(walk)
    return durations(range(walk.frames), painted, round(1000 / walk.fps), walk.ending, hold)


def _frames(walk_number: int) -> Any:
    return select(Frame.index, Frame.position, Frame.path).where(Frame.walk_number == walk_number).order_by(Frame.index)


def _pictures(frames: Iterable[Any], memory: Memory) -> GeneratedPictures:
    return GeneratedPictures([(frame.position, frame.path) for frame in frames], memory)


def _write(store: media_store.MediaStore, walk_id: str, made: tuple[str, str, bytes]) -> WrittenFilm:
    kind, extension, data = made
    path, digest = media_store.film_path(walk_id, kind, extension, data)
    store.write(path, data)
    return WrittenFilm(kind, path, digest, len(data))
