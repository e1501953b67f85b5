"""Training data and loss of the scene decoder: subjects rendered beforehand, with their drawings as guides.

A picture whose strokes show the drawing's marks can be copied from the drawing. For painterly pictures the marks are
not shown, so that the decoder renders the picture and not the drawing.
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
from studio.scenes.painted import CHUNK, SubjectRenderer
from studio.training import adversary, autoencoder, loop

NOISIEST = 0.3
"""The most noise added to latents of standard deviation one."""

PLAIN = 500
"""Steps in which a new decoder learns by distance alone, before the adversarial loss.

An untrained decoder answers that loss with noise, and takes long to unlearn it.
"""

FINER = 2
"""Size of the finer stage's pictures relative to the coarse ones."""

BLANK, LEVELS = 128, 127
"""The byte for 0 in a guide, and the number of bytes on each side: 0 must be exact, as the site's guides have it."""


def render_subjects(
    book: Sketchbook,
    count: int,
    seed: int,
    size: int,
    vae: Any,
    *,
    painter: Any = None,
    finer: bool = False,
    progress: Any = iter,
) -> dict[str, Tensor]:
    """Render random subjects: pictures (count, 3, size, size) as bytes, and their unscaled latents (count, c, s, s).

    ``guides`` (count, 4, size / 2, size / 2) are bytes; ``graphic`` (count) marks the pictures that show the drawing's
    marks. With a ``painter`` there are also ``repainted`` latents. With ``finer``, latents are those of the halved
    picture. ``progress`` wraps the iterable of parts, to show progress.
    """
    programme, renderer = subjects.Programme(subjects.Plan(count, seed), book), SubjectRenderer(book, size=size)
    parts: Iterable[range] = [range(at, min(at + CHUNK, count)) for at in range(0, count, CHUNK)]
    parts_by_name: dict[str, list[Tensor]] = defaultdict(list)
    for part in progress(parts):
        drawn = [programme.subject(number) for number in part]
        with torch.no_grad():
            seen = renderer.paint(drawn)
            small = _halved(seen.pictures, finer)
            latents = autoencoder.raw_latents(vae, small.to(vae.device) * 2 - 1)
            parts_by_name["pictures"].append((seen.pictures * 255).round().byte())
            parts_by_name["latents"].append(latents)
            parts_by_name["guides"].append((seen.guides * LEVELS + BLANK).round().byte())
            parts_by_name["graphic"].append(seen.graphic)
            if painter is not None:
                scale, sketches = vae.config.scaling_factor, _halved(seen.sketches, finer)
                again = painter.paint(latents * scale, sketches, drawn, loop.step_rng(seed, part.start))
                parts_by_name["repainted"].append(again / scale)
    return {name: torch.cat(each).contiguous() for name, each in parts_by_name.items()}


@dataclass(frozen=True, slots=True)
class SceneBatch:
    """A training batch: latents (n, c, s, s), guides −1…1, pictures 0…1, and two masks (n).

    ``own`` marks latents that were not repainted, ``graphic`` pictures that show the drawing's marks.
    """

    latents: Tensor
    guides: Tensor
    pictures: Tensor
    own: Tensor
    graphic: Tensor


class ScenePool(autoencoder.Pool):
    """Rendered subjects, of which a scene decoder is trained on crops of picture, latents and guide."""

    def __init__(self, tensors: dict[str, Tensor], piece: int, *, share: float = 0.0) -> None:
        """Take the tensors that :func:`render_subjects` returned."""
        super().__init__(
            tensors["latents"], tensors["pictures"], piece, repainted=tensors.get("repainted"), share=share
        )
        self.guides, self.graphic = tensors["guides"], tensors["graphic"]

    def seen(self, step: int, count: int, rng: torch.Generator) -> SceneBatch:
        """Return the batch of a step."""
        cut = self.cut(step, count, rng)
        device, graphic = self.latents.device, self.graphic[cut.chosen]
        guides = _decode_guides(self.pieces(self.guides, cut))
        pictures = self.pieces(self.pictures, cut).float() / 255
        return SceneBatch(self.latent_pieces(cut), guides, pictures, torch.tensor(cut.own).to(device), graphic)


class SceneLoss:
    """The loss on crops of a pool, with a discriminator."""

    def __init__(self, pool: ScenePool, batch: int, *, scaling: float, device: str) -> None:
        self.adversary = adversary.AdversarialLoss(adversary.Discriminator().to(device))
        self._pool, self._batch, self._scaling = pool, batch, scaling

    def loss_of(self, model: Any, step: int, rng: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the loss of a step and its metrics."""
        seen = self._pool.seen(step, self._batch, rng)
        own = seen.own.float()
        noise = loop.noise(tuple(seen.latents.shape), rng, seen.latents.device)
        # A UNet's latents are off by a varying amount; repainted latents are so already.
        strength = torch.rand((len(own), 1, 1, 1), generator=rng).to(own.device) * NOISIEST * own.view(-1, 1, 1, 1)
        again = model(seen.latents + noise * strength / self._scaling, seen.guides).float()
        loss, metrics = self._taught(again, seen, step)
        return loss, metrics | {"psnr": autoencoder.psnr(again.detach() / 2 + 0.5, seen.pictures).mean()}

    def _taught(self, again: Tensor, seen: SceneBatch, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the loss and its metrics: distance alone at first, then more and more adversarial loss."""
        pictures, after = seen.pictures * 2 - 1, step - PLAIN
        plain = autoencoder.distance(again, pictures)
        if after < 0:
            return plain, {}
        # Graphic pictures show the drawing's marks exactly; of painterly ones the latents hold the coarse part only.
        graphic = seen.graphic.to(again)
        loss, metrics = self.adversary.loss(again, pictures, after, graphic, shown=graphic)
        return torch.lerp(plain, loss, min(1.0, after / adversary.FADE)), metrics


def make_decoder(latent: int, seed: int, *, finer: Path | None = None, further: Path | None = None) -> SceneDecoder:
    """Return a scene decoder: a new one, or one that is loaded.

    With ``further`` the decoder there is trained on; with ``finer`` only a new finer stage of the decoder there.

    :raises StudioError: when there is none, or it takes another number of latent channels.
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
def decode_all(decode: Callable[[Tensor, Tensor], Tensor], tensors: dict[str, Tensor]) -> Tensor:
    """Decode all latents with their guides to pictures (n, 3, h, w), 0…1."""
    parts = zip(*(torch.split(tensors[name], 16) for name in ("latents", "guides")), strict=True)
    pictures = torch.cat([decode(latents, _decode_guides(guides)).float() for latents, guides in parts])
    if pictures.shape[-2:] != (sides := tensors["pictures"].shape[-2:]):
        pictures = F.interpolate(pictures, tuple(sides), mode="bicubic", align_corners=False)
    return (pictures / 2 + 0.5).clamp(0, 1)


def by_autoencoder(vae: Any) -> Callable[[Tensor, Tensor], Tensor]:
    """Return a decode function that ignores guides."""

    def decode(latents: Tensor, _: Tensor) -> Tensor:
        pictures: Tensor = vae.decode(latents, return_dict=False)[0]
        return pictures

    return decode


def _decode_guides(guides: Tensor) -> Tensor:
    """Return guides in −1…1 from their bytes."""
    return (guides.float() - BLANK) / LEVELS


def _halved(pictures: Tensor, finer: bool) -> Tensor:
    return F.avg_pool2d(pictures, FINER) if finer else pictures
