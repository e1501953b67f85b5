"""Encode all pictures and captions once, into shards that training reads as they are."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from studio.errors import FolderError, StudioError
from studio.folder import Folder, digest
from studio.stage import HOUSE, progress, stage


@stage("encode")
@click.option("--base", type=click.Path(path_type=Path), default=HOUSE, show_default=True,
              help="The diffusers folder whose text encoder is used.")  # fmt: skip
@click.option("--vae", type=click.Path(path_type=Path), help="An autoencoder; else model/vae, else that of --base.")
@click.option(
    "--from", "source", metavar="ADDRESS", help="A folder or bucket with metadata.jsonl, not the work folder."
)
@click.option("--captions", type=click.IntRange(1), default=2, show_default=True, help="Captions kept of each scene.")
@click.option("--size", type=click.IntRange(8), default=256, show_default=True, help="Pixels a side.")
@click.option("--shard", type=click.IntRange(1), default=4096, show_default=True, help="Pictures a shard.")
@click.option("--batch", type=click.IntRange(1), default=64, show_default=True, help="Pictures at once.")
@click.option("--device", default="cpu", show_default=True, help="What it runs on: cpu, cuda.")
def command(folder: Folder, *, base: Path, vae: Path | None, source: str | None, shard: int, batch: int, device: str,
            size: int, captions: int) -> dict[str, Any]:  # fmt: skip
    """Write latents/: scenes painted now, or captioned pictures, as latents and text states."""
    import torch

    from studio import autoencoder, shards
    from studio.text import Texts

    coder = vae or (folder.path / "model/vae" if (folder.path / "model/vae").exists() else base / "vae")
    painted = (
        _Painted(folder, captions, size, device) if not source and (folder.path / "scenes.json").exists() else None
    )
    pictures: Any = painted or _Captioned(folder, source, size)
    made_of = {"vae": _digest(coder), "text_encoder": _digest(base / "text_encoder"), "size": size, "shard": shard,
               "pictures": len(pictures), "source": pictures.digest()}  # fmt: skip
    kept = _begin(folder, made_of)
    names = [f"shard-{number:05d}.safetensors" for number in range(-(-len(pictures) // shard))]
    missing = [(number, name) for number, name in enumerate(names) if name not in kept]
    if missing:
        network, texts = autoencoder.load(coder).eval().to(device), Texts(base, device=device)
    for number, name in progress(missing, what="shards"):
        numbers = range(number * shard, min((number + 1) * shard, len(pictures)))
        latents, said = [], []
        for start in range(numbers.start, numbers.stop, batch):
            seen, told = pictures.read(range(start, min(start + batch, numbers.stop)))
            with torch.no_grad():
                latents.append(autoencoder.scaled_latents(network, seen.to(device)).half().cpu())
            said += told
        written, places = shards.tabled(said)
        states = [texts.states(written[at : at + batch * 4]).half().cpu() for at in range(0, len(written), batch * 4)]
        shards.write(folder, f"latents/{name}", torch.cat(latents), torch.cat(states), places)
    index = made_of | {"base": str(base), "shards": names}
    folder.write(f"latents/{shards.INDEX}", (json.dumps(index, indent=2) + "\n").encode())
    return {"pictures": len(pictures), "shards": len(names), "encoded_now": len(missing), "from": pictures.name}


class _Painted:
    """Scenes, painted when they are asked for; ``captions`` of each one's are kept."""

    name = "scenes"

    def __init__(self, folder: Folder, captions: int, size: int, device: str) -> None:
        from studio.canvas import Canvas

        self._canvas, self._captions = Canvas(folder, device=device, size=size), captions

    def __len__(self) -> int:
        return len(self._canvas.programme)

    def digest(self) -> str:
        told = [repr(self._canvas.programme.plan), str(self._captions)]
        return digest("".join([*told, *(record.hash for record in self._canvas.records)]).encode())

    def read(self, numbers: range) -> tuple[Any, list[list[str]]]:
        from studio import scenes

        drawn = [self._canvas.programme.scene(number) for number in numbers]
        return scenes.paint(drawn, self._canvas.motifs), [self._drawn(scene) for scene in drawn]

    def _drawn(self, scene: Any) -> list[str]:
        dice = random.Random(f"captions:{scene.seed}:{scene.number}")  # noqa: S311 - drawn to be drawn again
        return [dice.choice(scene.texts) for _ in range(self._captions)]


class _Captioned:
    """Pictures with captions, of the work folder or of any address that fsspec reads, cut to squares."""

    name = "pictures"

    def __init__(self, folder: Folder, source: str | None, size: int) -> None:
        import fsspec

        self._size = size
        self._files, self._root = fsspec.core.url_to_fs(source or str(folder.path / "pictures"))
        self._rows = list(self._read_captions(source or str(folder.path / "pictures")))
        if not self._rows:
            raise FolderError(
                f"{source or folder.path} holds no captioned pictures; the stage caption writes captions."
            )

    def __len__(self) -> int:
        return len(self._rows)

    def digest(self) -> str:
        return digest(json.dumps(self._rows, ensure_ascii=False).encode())

    def read(self, numbers: range) -> tuple[Any, list[list[str]]]:
        import torch

        rows = [self._rows[number] for number in numbers]
        return torch.stack([self._square(name) for name, _ in rows]), [[text] for _, text in rows]

    def _read_captions(self, shown: str) -> Iterator[tuple[str, str]]:
        path = f"{self._root.rstrip('/')}/metadata.jsonl"
        if not self._files.exists(path):
            return
        for number, line in enumerate(self._files.cat_file(path).decode("utf-8").splitlines(), 1):
            try:
                row = json.loads(line)
                yield str(row["file_name"]), str(row["text"])
            except (ValueError, KeyError, TypeError) as error:
                raise StudioError(f"{shown}/metadata.jsonl, line {number}: no file_name and text") from error

    def _square(self, name: str) -> Any:
        import io

        import numpy as np
        import torch
        from PIL import Image, ImageOps

        try:
            with Image.open(io.BytesIO(self._files.cat_file(f"{self._root.rstrip('/')}/{name}"))) as opened:
                picture = ImageOps.fit(
                    _on_white(ImageOps.exif_transpose(opened)), (self._size,) * 2, Image.Resampling.LANCZOS
                )
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            raise StudioError(f"{name} cannot be read: {error}") from error
        return torch.from_numpy(np.asarray(picture).copy()).permute(2, 0, 1).float() / 255


def _on_white(picture: Any) -> Any:
    from PIL import Image

    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        drawn = picture.convert("RGBA")
        ground = Image.new("RGBA", drawn.size, "white")
        ground.alpha_composite(drawn)
        picture = ground
    return picture.convert("RGB")


def _begin(folder: Folder, made_of: dict[str, Any]) -> set[str]:
    """Return the shards that are there of the same making; drop those of another."""
    note = folder.path / "latents/begun.json"
    said = (json.dumps(made_of, indent=2) + "\n").encode()
    there = {path.name: path for path in (folder.path / "latents").glob("shard-*.safetensors")}
    if note.exists() and note.read_bytes() == said:
        return set(there)
    (folder.path / "latents/shards.json").unlink(missing_ok=True)
    for path in there.values():
        path.unlink()
    folder.write("latents/begun.json", said)
    return set()


def _digest(path: Path) -> str:
    """Return a digest of a model's folder: its settings and weights.

    :raises FolderError: where it holds none.
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
