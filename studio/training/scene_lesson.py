"""What a decoder that is shown scenes is taught, and by what: subjects painted beforehand, with their drawings.

A picture that shows the marks which were drawn can be had from the drawing; of a painted one nothing is shown, so that
the decoder paints the picture and not the drawing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - as everybody calls it
from torch import Tensor

import decoder
from decoder import DecoderError, SceneDecoder
from sketch.sketchbook import Sketchbook
from studio.errors import StudioError
from studio.scenes import subjects
from studio.scenes.painted import CHUNK, Easel
from studio.training import adversary, autoencoder, loop

NOISIEST = 0.3
"""The most noise on latents of spread one."""

PLAIN = 500
"""Steps in which a new decoder learns to be near, before it learns texture: one that knows nothing yet meets what is
asked of textures by noise, and is long in leaving it."""

FINER = 2
"""How much larger the pictures of the finer stage are."""

BLANK, LEVELS = 128, 127
"""The byte that stands for nothing in a guide, and how many lie to each side of it: nothing is to be exactly zero, as a
painted walk shows it."""


def painted_subjects(
    book: Sketchbook, count: int, seed: int, size: int, vae: Any, *, painter: Any = None, finer: bool = False,
    told: Any = iter,
) -> dict[str, Tensor]:  # fmt: skip
    """Paint subjects by dice: pictures (count, 3, size, size) in bytes, and unscaled latents (count, c, s, s) of them.

    With a ``painter`` there are also those that it paints of them. ``guides`` (count, 4, size / 2, size / 2) are in
    bytes, and ``graphic`` (count) tells whose marks were drawn. Latents of ``finer`` pictures are those of half their
    size. ``told`` wraps what is gone through, to tell how far it is.
    """
    programme, easel = subjects.Programme(subjects.Plan(count, seed), book), Easel(book, size=size)
    parts: Iterable[range] = [range(at, min(at + CHUNK, count)) for at in range(0, count, CHUNK)]
    found: dict[str, list[Tensor]] = defaultdict(list)
    for part in told(parts):
        drawn = [programme.subject(number) for number in part]
        with torch.no_grad():
            seen = easel.paint(drawn)
            small = _halved(seen.pictures, finer)
            latents = autoencoder.raw_latents(vae, small.to(vae.device) * 2 - 1)
            found["pictures"].append((seen.pictures * 255).round().byte())
            found["latents"].append(latents)
            found["guides"].append((seen.guides * LEVELS + BLANK).round().byte())
            found["graphic"].append(seen.graphic)
            if painter is not None:
                scale, sketches = vae.config.scaling_factor, _halved(seen.sketches, finer)
                again = painter.paint(latents * scale, sketches, drawn, loop.dice(seed, part.start))
                found["repainted"].append(again / scale)
    return {name: torch.cat(each).contiguous() for name, each in found.items()}


@dataclass(frozen=True, slots=True)
class Seen:
    """What a step sees: latents (n, c, s, s), guides −1…1, pictures 0…1; which are the pictures' own, and graphic."""

    latents: Tensor
    guides: Tensor
    pictures: Tensor
    own: Tensor
    graphic: Tensor


class ScenePool(autoencoder.Pool):
    """Painted subjects of which a decoder that is shown scenes is taught pieces, cropped alike."""

    def __init__(self, held: dict[str, Tensor], piece: int, *, share: float = 0.0) -> None:
        """Take what :func:`painted_subjects` painted."""
        super().__init__(held["latents"], held["pictures"], piece, repainted=held.get("repainted"), share=share)
        self.guides, self.graphic = held["guides"], held["graphic"]

    def seen(self, step: int, count: int, dice: torch.Generator) -> Seen:
        """Return what a step sees."""
        cut = self.cut(step, count, dice)
        device, graphic = self.latents.device, self.graphic[cut.chosen]
        guides = _shown(self.pieces(self.guides, cut))
        pictures = self.pieces(self.pictures, cut).float() / 255
        return Seen(self.latent_pieces(cut), guides, pictures, torch.tensor(cut.own).to(device), graphic)


class SceneLesson:
    """A lesson of a pool's pieces, by an adversary."""

    def __init__(self, pool: ScenePool, batch: int, *, scaling: float, device: str) -> None:
        self.adversary = adversary.Lesson(adversary.Adversary().to(device))
        self._pool, self._batch, self._scaling = pool, batch, scaling

    def loss_of(self, model: Any, step: int, dice: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the loss of a step, and what is told of it."""
        seen = self._pool.seen(step, self._batch, dice)
        own = seen.own.float()
        noise = loop.noise(tuple(seen.latents.shape), dice, seen.latents.device)
        # What a UNet paints is off by more here and less there; what it painted is so already.
        strength = torch.rand((len(own), 1, 1, 1), generator=dice).to(own.device) * NOISIEST * own.view(-1, 1, 1, 1)
        again = model(seen.latents + noise * strength / self._scaling, seen.guides).float()
        loss, told = self._taught(again, seen, step)
        return loss, told | {"psnr": autoencoder.psnr(again.detach() / 2 + 0.5, seen.pictures).mean()}

    def _taught(self, again: Tensor, seen: Seen, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        """Ask to be near at first, then more and more for texture as well."""
        pictures, after = seen.pictures * 2 - 1, step - PLAIN
        plain = autoencoder.distance(again, pictures)
        if after < 0:
            return plain, {}
        # Where the drawing shows the very marks, they are known; of painted ones latents hold the coarse part alone.
        graphic = seen.graphic.to(again)
        loss, told = self.adversary.loss(again, pictures, after, graphic, shown=graphic)
        return torch.lerp(plain, loss, min(1.0, after / adversary.FADE)), told


def begun(latent: int, seed: int, *, finer: Path | None = None, further: Path | None = None) -> SceneDecoder:
    """Make a decoder, load the one at ``further``, or the one at ``finer`` to learn its finer stage alone.

    :raises StudioError: where that is none, or not for so many channels of latents.
    """
    torch.manual_seed(seed)
    folder, option = finer or further, "--finer" if finer else "--from-decoder"
    if folder is None:
        return SceneDecoder(decoder.Shape(latent=latent))
    try:
        network = decoder.load(folder)
    except DecoderError as error:
        raise StudioError(f"{option}: {error}") from error
    if network.shape.latent != latent:
        raise StudioError(f"{option}: {folder} takes latents of {network.shape.latent} channels, not of {latent}.")
    if finer:
        network.requires_grad_(False)
        network.add_finer()
    return network


@torch.no_grad()
def painted(decode: Callable[[Tensor, Tensor], Tensor], held: dict[str, Tensor]) -> Tensor:
    """Decode all that is held after its guides: pictures (n, 3, h, w), 0…1."""
    parts = zip(*(torch.split(held[name], 16) for name in ("latents", "guides")), strict=True)
    pictures = torch.cat([decode(latents, _shown(guides)).float() for latents, guides in parts])
    if pictures.shape[-2:] != (sides := held["pictures"].shape[-2:]):
        pictures = F.interpolate(pictures, tuple(sides), mode="bicubic", align_corners=False)
    return (pictures / 2 + 0.5).clamp(0, 1)


def by_autoencoder(vae: Any) -> Callable[[Tensor, Tensor], Tensor]:
    """Return what decodes without a look at guides."""

    def decode(latents: Tensor, _: Tensor) -> Tensor:
        pictures: Tensor = vae.decode(latents, return_dict=False)[0]
        return pictures

    return decode


def _shown(guides: Tensor) -> Tensor:
    """Return guides, within -1…1, of their bytes."""
    return (guides.float() - BLANK) / LEVELS


def _halved(pictures: Tensor, finer: bool) -> Tensor:
    return F.avg_pool2d(pictures, FINER) if finer else pictures
