"""Encode all pictures and captions once, into shards that training reads."""

from __future__ import annotations

import hashlib
import json
import os
import random
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from studio.errors import FolderError, StudioError
from studio.workspace import children
from studio.workspace.stage_command import HOUSE, progress, stage
from studio.workspace.work_folder import Folder, digest

if TYPE_CHECKING:
    from studio.scenes.captioned import Captioned


@dataclass(frozen=True, slots=True)
class EncodeOptions:
    """Options of the stage: what is encoded, with which networks."""

    base: Path
    vae: Path | None
    source: str | None
    sketchbook: Path | None
    subjects: int
    seed: int
    sketches: int
    palette: str
    reminders: float
    captions: int
    size: int
    shard: int
    batch: int
    device: str


@stage("encode", EncodeOptions)
@click.option("--base", type=click.Path(path_type=Path), default=HOUSE, show_default=True,
              help="Diffusers folder whose text encoder is used.")  # fmt: skip
@click.option("--vae", type=click.Path(path_type=Path), help="Autoencoder; default: model/vae, else that of --base.")
@click.option(
    "--from", "source", metavar="ADDRESS", help="Folder or bucket with metadata.jsonl, instead of the work folder."
)
@click.option(
    "--sketchbook", type=click.Path(path_type=Path), help="Random subjects of this drawing library, with sketches."
)
@click.option("--subjects", type=click.IntRange(1), default=20_000, show_default=True,
              help="Number of subjects, with --sketchbook.")  # fmt: skip
@click.option("--seed", type=int, default=1, show_default=True, help="Random seed.")
@click.option("--sketches", type=click.IntRange(1), default=4, show_default=True,
              help="For a sketch-conditioned --base: sketches of each captioned picture, each of a crop.")  # fmt: skip
@click.option("--palette", default="", metavar="WORDS",
              help="For such a --base: the style whose scenes are recoloured with the pictures' palette.")  # fmt: skip
@click.option("--reminders", type=click.FloatRange(0), default=1.0, show_default=True,
              help="For each of these, so many subjects in the base's styles, against forgetting.")  # fmt: skip
@click.option(
    "--captions", type=click.IntRange(1), default=2, show_default=True, help="Captions stored for each scene."
)
@click.option("--size", type=click.IntRange(8), default=256, show_default=True, help="Side of the pictures in pixels.")
@click.option("--shard", type=click.IntRange(1), default=4096, show_default=True, help="Pictures per shard.")
@click.option("--batch", type=click.IntRange(1), default=64, show_default=True, help="Batch size.")
@click.option(
    "--device", default="cpu", show_default=True, help="Device to run on: cpu, cuda, or auto (a GPU if there is one)."
)
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True,
              help="Number of processes; each writes its own shards.")  # fmt: skip
def command(folder: Folder, options: EncodeOptions, *, jobs: int) -> dict[str, Any]:
    """Write latents/: scenes rendered now, or captioned pictures, as latents and text states."""
    from sketch.styling import colour_table
    from studio.training import autoencoder, loop
    from studio.workspace import shards

    base, shard, size, sketchbook = options.base, options.shard, options.size, options.sketchbook
    coder = options.vae or (folder.path / "model/vae" if (folder.path / "model/vae").exists() else base / "vae")
    options = replace(
        options, device=loop.resolve_device(options.device), sketches=options.sketches if _is_led(base) else 0
    )
    work = _Work(folder.path, coder, options)
    pictures = work.pictures()
    if options.palette:
        folder.write(f"model/{colour_table.FILE}", work.captioned().table().to_text().encode())
    latents = autoencoder.encoder_digest(autoencoder.load_autoencoder(coder))
    made_of = {"vae": latents, "text_encoder": _digest(base / "text_encoder"), "size": size, "shard": shard,
               "source": pictures.digest()}  # fmt: skip
    if (base / "text_encoder_2").is_dir():
        made_of["text_encoder_2"] = _digest(base / "text_encoder_2")
    if not sketchbook:  # the number of subjects may grow later
        made_of["pictures"] = len(pictures)
    complete = _begin(folder, made_of)
    names = [_shard(number) for number in range(-(-len(pictures) // shard))]
    if complete and sketchbook:
        complete = _of_size(
            folder, complete, {name: min(shard, len(pictures) - at * shard) for at, name in enumerate(names)}
        )
    missing = [number for number, name in enumerate(names) if name not in complete]
    if jobs == 1 or len(missing) < 2:
        encoded: Iterable[None] = map(_Encoder(work), missing) if missing else ()
    else:
        pool = ProcessPoolExecutor(jobs, get_context("spawn"), initializer=_prepare, initargs=(work, jobs, os.getpid()))
        encoded = pool.map(_encode, missing)
    for _ in progress(encoded, what="shards", total=len(missing)):
        pass
    index = made_of | {"base": str(base), "pictures": len(pictures), "of": pictures.about, "shards": names}
    folder.write(f"latents/{shards.INDEX}", (json.dumps(index, indent=2) + "\n").encode())
    return {"pictures": len(pictures), "shards": len(names), "encoded_now": len(missing), "from": pictures.name}


@dataclass(frozen=True, slots=True)
class _Work:
    """What a process needs in order to encode: work folder, autoencoder and options."""

    folder: Path
    coder: Path
    options: EncodeOptions

    def pictures(self) -> _Sketched | _Painted | _Captioned | _Reminded:
        folder, options = Folder(self.folder), self.options
        if options.sketchbook:
            return _Sketched(options.sketchbook, options.subjects, options.seed, options.captions, options.size)
        if not options.source and (self.folder / "scenes.json").exists():
            return _Painted(folder, options.captions, options.size, options.device)
        own, path = _Captioned(self.captioned()), self._library
        count = round(options.reminders * len(own)) if path else 0
        return _Reminded(own, _Sketched(path, count, options.seed, 1, options.size)) if path and count else own

    def captioned(self) -> Captioned:
        """Return the captioned pictures, with the drawing library of a sketch-conditioned base."""
        from sketch import sketchbook
        from studio.scenes.captioned import Captioned

        options = self.options
        book = sketchbook.load(self._library) if self._library else None
        return Captioned(
            Folder(self.folder),
            options.source,
            options.size,
            sketches=options.sketches,
            book=book,
            palette=options.palette,
        )

    @property
    def _library(self) -> Path | None:
        """Return the path of a sketch-conditioned base's drawing library, or None without one."""
        from sketch import sketchbook

        path = self.options.base / sketchbook.FILE
        return path if self.options.sketches and path.exists() else None


class _Encoder:
    """Writes shards, called with a shard's number."""

    def __init__(self, work: _Work) -> None:
        import torch

        from studio.text.text_encoder import Texts
        from studio.training import autoencoder

        self._work, self._pictures = work, work.pictures()
        # On a CPU, channels_last makes convolutions of large pictures with few channels nearly twice as fast.
        self._network = (
            autoencoder.load_autoencoder(work.coder).eval().to(work.options.device, memory_format=torch.channels_last)
        )
        self._texts = Texts(work.options.base, device=work.options.device)

    def __call__(self, number: int) -> None:
        import torch

        from studio.training import autoencoder
        from studio.workspace import shards

        work, options = self._work, self._work.options
        batch = options.batch
        numbers = range(number * options.shard, min((number + 1) * options.shard, len(self._pictures)))
        latents: list[Any] = []
        texts: list[list[str]] = []
        conditions: list[_Leading] = []
        for start in range(numbers.start, numbers.stop, batch):
            seen, captions, leading = self._pictures.load_batch(range(start, min(start + batch, numbers.stop)))
            seen = seen.to(options.device, memory_format=torch.channels_last)
            with torch.no_grad():
                latents.append(autoencoder.scaled_latents(self._network, seen).half().cpu())
            texts += captions
            conditions += [leading] if leading else []
        others = [text for each in conditions for text in each.others]
        written, places = shards.index_texts(texts + others)
        at_once = batch * 4
        encoded = [self._texts.encode(written[at : at + at_once]) for at in range(0, len(written), at_once)]
        states = torch.cat([states.half().cpu() for states, _ in encoded])
        vectors = [pooled.half().cpu() for _, pooled in encoded if pooled is not None]
        leads = None
        if conditions:
            shares = torch.tensor([share for each in conditions for share in each.shares])
            leads = shards.Conditioning(torch.cat([each.sketches for each in conditions]), places[len(texts) :], shares)
        name = f"latents/{_shard(number)}"
        shards.write_shard(
            Folder(work.folder),
            name,
            torch.cat(latents),
            states,
            places[: len(texts)],
            leads,
            pooled=torch.cat(vectors) if vectors else None,
        )


_encoder: list[_Encoder] = []  # one per worker process


def _prepare(work: _Work, jobs: int, parent: int) -> None:
    """Initialise a worker process: its share of the cores, its encoder, and its end together with the parent."""
    import torch

    children.end_with(parent)
    torch.set_num_threads(max(1, torch.get_num_threads() // jobs))
    _encoder.append(_Encoder(work))


def _encode(number: int) -> None:
    _encoder[0](number)


def _shard(number: int) -> str:
    return f"shard-{number:05d}.safetensors"


@dataclass(frozen=True, slots=True)
class _Leading:
    """Conditioning other than the first caption: sketches, captions of the second scene, and that scene's shares."""

    sketches: Any
    others: list[list[str]]
    shares: list[float]


class _Sketched:
    """Random subjects of a drawing library, rendered and sketched on demand."""

    name = "subjects"

    def __init__(self, path: Path, count: int, seed: int, captions: int, size: int) -> None:
        from studio.scenes import painted, subjects

        book = subjects.load_subject_library(path)
        if size % 4:
            raise StudioError(f"--size must be a multiple of 4 for sketches, not {size}.")
        self._fingerprint, self._captions = [digest(path.read_bytes()), str(seed), str(captions)], captions
        self._programme = subjects.Programme(subjects.Plan(count, seed), book)
        self._renderer = painted.SubjectRenderer(book, size=size)
        plan = self._programme.plan
        self.about = {"kind": self.name, "hands": plan.hands, "unnamed": plan.unnamed, "mixed": plan.mixed,
                      "drawings": len(book.drawings)}  # fmt: skip

    def __len__(self) -> int:
        return len(self._programme)

    def digest(self) -> str:
        """Return a digest of the drawings and the random seed, but not of the number of subjects, which may grow."""
        return digest("".join(self._fingerprint).encode())

    def load_batch(self, numbers: range) -> tuple[Any, list[list[str]], _Leading]:
        drawn = [self._programme.subject(number) for number in numbers]
        painted = self._renderer.paint(drawn)
        firsts = [self._captions_of(subject.number, subject.first) for subject in drawn]
        lasts = [self._captions_of(subject.number, subject.last or subject.first) for subject in drawn]
        return painted.pictures, firsts, _Leading(painted.sketches, lasts, [subject.t for subject in drawn])

    def _captions_of(self, number: int, end: Any) -> list[str]:
        rng = random.Random(f"captions:{number}")  # noqa: S311 - must be repeatable
        return [rng.choice(end.texts) for _ in range(self._captions)]


class _Painted:
    """Scenes of a plan, rendered on demand; ``captions`` of each scene's captions are used."""

    name = "scenes"

    def __init__(self, folder: Folder, captions: int, size: int, device: str) -> None:
        from studio.scenes.canvas import Canvas

        self._canvas, self._captions = Canvas(folder, device=device, size=size), captions
        self.about = {"kind": self.name, "hands": self._canvas.programme.plan.hands}

    def __len__(self) -> int:
        return len(self._canvas.programme)

    def digest(self) -> str:
        parts = [repr(self._canvas.programme.plan), str(self._captions)]
        return digest("".join([*parts, *(record.hash for record in self._canvas.records)]).encode())

    def load_batch(self, numbers: range) -> tuple[Any, list[list[str]], None]:
        from studio.scenes import composition

        drawn = [self._canvas.programme.scene(number) for number in numbers]
        return composition.paint(drawn, self._canvas.motifs), [self._drawn(scene) for scene in drawn], None

    def _drawn(self, scene: Any) -> list[str]:
        rng = random.Random(f"captions:{scene.seed}:{scene.number}")  # noqa: S311 - must be repeatable
        return [rng.choice(scene.texts) for _ in range(self._captions)]


class _Captioned:
    """Captioned pictures, with sketches of themselves for a sketch-conditioned model."""

    name = "pictures"

    def __init__(self, pictures: Any) -> None:
        self._pictures, self.about = pictures, {"kind": self.name} | pictures.about

    def __len__(self) -> int:
        return len(self._pictures)

    def digest(self) -> str:
        fingerprint: str = self._pictures.digest()
        return fingerprint

    def load_batch(self, numbers: range) -> tuple[Any, list[list[str]], _Leading | None]:
        seen, captions, sketches = self._pictures.load_batch(numbers)
        leading = None if sketches is None else _Leading(sketches, captions, [0.0] * len(captions))
        return seen, captions, leading


class _Reminded:
    """Captioned pictures followed by subjects in the base's styles, so that the model does not forget these."""

    name = _Captioned.name

    def __init__(self, own: _Captioned, subjects: _Sketched) -> None:
        self._own, self._subjects = own, subjects
        self.about = own.about | {"reminders": len(subjects)}

    def __len__(self) -> int:
        return len(self._own) + len(self._subjects)

    def digest(self) -> str:
        return digest(f"{self._own.digest()}:{self._subjects.digest()}".encode())

    def load_batch(self, numbers: range) -> tuple[Any, list[list[str]], _Leading]:
        import torch

        last = len(self._own)
        own = range(min(numbers.start, last), min(numbers.stop, last))
        further = range(max(numbers.start, last) - last, max(numbers.stop, last) - last)
        parts = [part.load_batch(those) for part, those in ((self._own, own), (self._subjects, further)) if those]
        leadings = [leading for _, _, leading in parts if leading]
        leading = _Leading(
            torch.cat([each.sketches for each in leadings]),
            [others for each in leadings for others in each.others],
            [share for each in leadings for share in each.shares],
        )
        return (
            torch.cat([seen for seen, _, _ in parts]),
            [text for _, captions, _ in parts for text in captions],
            leading,
        )


def _begin(folder: Folder, made_of: dict[str, Any]) -> set[str]:
    """Return the names of existing shards made from the same inputs; delete all others."""
    note = folder.path / "latents/begun.json"
    settings = (json.dumps(made_of, indent=2) + "\n").encode()
    existing = {path.name: path for path in (folder.path / "latents").glob("shard-*.safetensors")}
    if note.exists() and note.read_bytes() == settings:
        return set(existing)
    (folder.path / "latents/shards.json").unlink(missing_ok=True)
    for path in existing.values():
        path.unlink()
    folder.write("latents/begun.json", settings)
    return set()


def _of_size(folder: Folder, names: set[str], sizes: dict[str, int]) -> set[str]:
    """Return the shards with the expected number of pictures; delete the others, such as a former last one."""
    from studio.workspace import shards

    good = {name for name in names if shards.count_pictures(folder.path / "latents" / name) == sizes.get(name)}
    if good != names:
        (folder.path / "latents" / shards.INDEX).unlink(missing_ok=True)
    for name in names - good:
        (folder.path / "latents" / name).unlink()
    return good


def _is_led(base: Path) -> bool:
    """Return whether a base has a UNet that is conditioned on sketches."""
    from studio.training import diffusion, pipeline

    return (base / "unet").exists() and diffusion.sketch_side(pipeline.config(base / "unet")) is not None


def _digest(path: Path) -> str:
    """Return a digest of a model's folder: its configurations and weights.

    :raises FolderError: when it holds none.
    """
    files = sorted(each for each in path.glob("*") if each.suffix in (".json", ".safetensors", ".bin"))
    if not files:
        raise FolderError(f"{path} holds no model.")
    whole = hashlib.sha256()
    for each in files:
        whole.update(each.name.encode())
        with each.open("rb") as file:
            for part in iter(lambda: file.read(1 << 20), b""):
                whole.update(part)
    return whole.hexdigest()[:24]
