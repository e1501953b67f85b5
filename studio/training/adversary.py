"""Adversarial loss that teaches a decoder fine texture.

A decoder trained on distance alone renders the mean of all possible textures, which is a blur. A discriminator on
patches (Isola et al., arXiv 1611.07004) with spectral norm (Miyato et al., 1802.05957) and feature matching (Wang et
al., 1711.11585) rewards texture that looks alike, even where it is not the same.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - as everybody calls it
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

CHANNELS = (32, 64, 128, 128)
RATE = 6e-4
FADE = 300
"""Steps over which the adversarial loss is faded in, because an untrained discriminator gives no useful gradient."""
HINGE, FEATURES, DETAILS = 0.1, 1.0, 4.0
SHOWN = 0.7
"""Additional weight of the pixel distance for pictures whose strokes the decoder is shown."""

POOLED, PART = 8, 32

EDGE = 4
"""Width in pixels of the edge that the discriminator does not judge.

It knows less about a pixel at the edge, and a decoder that answers it there paints specks along the edge.
"""


class Discriminator(nn.Module):
    """Patch discriminator for pictures (n, 3, h, w), −1…1: logits above 0 mean real, below 0 decoded.

    Its input is pixel-unshuffled, so that it detects patterns of two pixels: a decoder that enlarges its last layer by
    two tends to draw them along edges.
    """

    def __init__(self, channels: tuple[int, ...] = CHANNELS) -> None:
        super().__init__()
        first, *others = channels
        layers = [nn.Conv2d(12, first, 3, padding=1)]
        for before, after in zip(channels, others, strict=False):
            layers.append(nn.Conv2d(before, after, 4, 2, 1))
        layers.append(nn.Conv2d(channels[-1], 1, 3, padding=1))
        self.layers = nn.ModuleList(spectral_norm(layer) for layer in layers)

    def forward(self, pictures: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Return the logits of the patches, and the features of all layers but the last."""
        seen, features = F.pixel_unshuffle(pictures, 2), []
        for layer in self.layers[:-1]:
            seen = F.leaky_relu(layer(seen), 0.2)
            features.append(seen)
        judged: Tensor = self.layers[-1](seen)
        return judged, features


class AdversarialLoss:
    """The decoder's loss by a discriminator, which is trained in the same step."""

    def __init__(self, adversary: Discriminator, *, rate: float = RATE) -> None:
        self.adversary = adversary
        self._optimiser = torch.optim.AdamW(adversary.parameters(), lr=rate, betas=(0.5, 0.99))

    def loss(
        self, painted: Tensor, pictures: Tensor, step: int, exact: Tensor | None = None, shown: Tensor | None = None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Train the discriminator for one step, and return the decoder's loss and the logged metrics.

        ``painted`` and ``pictures`` are (n, 3, h, w), −1…1. Latents of pictures that are not ``exact`` (n) belong to
        slightly other pictures: these are compared only coarsely, and must look real. For pictures whose strokes were
        ``shown`` (n) to the decoder there is nothing to invent: they get a pixel loss and no adversarial loss, which
        would add specks.
        """
        judge = self.adversary.requires_grad_(True)
        judgeable = with_edge_of(painted, pictures)
        real, fake = judge(pictures)[0], judge(judgeable.detach())[0]
        adversarial = torch.ones(len(pictures), device=pictures.device) if shown is None else 1 - shown
        loss_of_judge = _weighed(F.relu(1 - real), adversarial) + _weighed(F.relu(1 + fake), adversarial)
        if torch.isfinite(loss_of_judge):
            self._optimiser.zero_grad(set_to_none=True)
            loss_of_judge.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(judge.parameters(), 1.0)
            self._optimiser.step()
        judge.requires_grad_(False)
        with torch.no_grad():
            real_features = judge(pictures)[1]
        judged, features = judge(judgeable)
        weight = torch.ones(len(pictures), device=pictures.device) if exact is None else exact.to(pictures)
        matched = torch.stack(
            [_weighed((one - other).abs(), weight) for one, other in zip(features, real_features, strict=True)]
        ).mean()
        share = min(1.0, step / FADE)
        loss = coarse_distance(painted, pictures, weight) + DETAILS * detail_distance(painted, pictures)
        if shown is not None:
            loss = loss + SHOWN * _weighed((painted - pictures).abs(), shown)
        return loss + share * (FEATURES * matched - HINGE * _weighed(judged, adversarial)), {
            "adversary": loss_of_judge.detach()
        }

    def state_dict(self) -> dict[str, Any]:
        """Return the weights and the optimiser's state, from which training resumes exactly."""
        return {"adversary": self.adversary.state_dict(), "optimiser": self._optimiser.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what :meth:`state_dict` returned."""
        self.adversary.load_state_dict(state["adversary"])
        self._optimiser.load_state_dict(state["optimiser"])


def with_edge_of(painted: Tensor, pictures: Tensor) -> Tensor:
    """Return ``painted`` (n, 3, h, w) with its outermost :data:`EDGE` pixels taken from ``pictures``."""
    framed, inner = pictures.clone(), slice(EDGE, -EDGE)
    framed[..., inner, inner] = painted[..., inner, inner]
    return framed


def coarse_distance(painted: Tensor, pictures: Tensor, weight: Tensor | None = None) -> Tensor:
    """Return the distance between pictures, weighted towards coarse structure.

    For pictures with a ``weight`` (n) below 1, structure finer than four pixels counts less in proportion.
    """
    off = painted - pictures
    fine = torch.ones(len(off), device=off.device) if weight is None else weight
    pooled = {side: F.avg_pool2d(off, side).abs() for side in (2, 4, 8)}
    exact = 0.3 * _weighed(off.abs(), fine) + 0.7 * _weighed(pooled[2], fine)
    return exact + 0.7 * _weighed(pooled[4], 1 - fine) + 0.5 * pooled[8].mean()


def _weighed(off: Tensor, weight: Tensor) -> Tensor:
    return (off.mean((1, 2, 3)) * weight).mean()


def detail_distance(painted: Tensor, pictures: Tensor) -> Tensor:
    """Return the difference in strength of the finest details, locally and over larger parts.

    Their exact form does not matter. It compares the three finest bands of Haar's wavelet: their mean magnitudes within
    :data:`POOLED` pixels and their power within :data:`PART`. A decoder may neither omit a texture nor add one. The
    larger window also penalises a decoder that omits a line because it does not know its exact position.
    """
    own, target = _bands(painted), _bands(pictures)
    placed = F.l1_loss(_pooled(own.abs(), POOLED), _pooled(target.abs(), POOLED))
    return placed + F.l1_loss(_power(own), _power(target))


def _bands(pictures: Tensor) -> Tensor:
    across, down = pictures.diff(dim=-1), pictures.diff(dim=-2)
    return torch.cat([across[..., :-1, :], down[..., :-1], across.diff(dim=-2)], 1)


def _power(bands: Tensor) -> Tensor:
    return (_pooled(bands.square(), PART) + 1e-5).sqrt()


def _pooled(of: Tensor, side: int) -> Tensor:
    side = min(side, *of.shape[-2:])
    return F.avg_pool2d(of, side, max(1, side // 2))


def grain(pictures: Tensor) -> Tensor:
    """Return the mean magnitude of Haar's diagonal details of each picture: the strength of single-pixel noise."""
    return pictures.diff(dim=-1).diff(dim=-2).abs().mean((1, 2, 3))
