"""An adversary that teaches a decoder texture: told pictures from decoded ones, it says what is missing.

A decoder that is only asked to be near paints the mean of all textures that could have been, which is none. Least
squares of what an adversary sees (Isola et al., arXiv 1611.07004, its patches; Miyato et al., 1802.05957, its spectral
norm; Wang et al., 1711.11585, matching its features) pay for texture that is like, if not the same.
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
"""Steps over which the adversary's word comes to count: before, it knows nothing."""
HINGE, FEATURES, DETAILS = 0.1, 1.0, 4.0
SHOWN = 0.7
"""How much more each pixel counts of pictures whose marks were shown."""

POOLED, PART = 8, 32


class Adversary(nn.Module):
    """Judges patches of pictures (n, 3, h, w), -1…1: real above 0, decoded below.

    It sees the four pixels of each square as channels of their own, so that no pattern of two pixels escapes it: a
    decoder doubles its last pixels, and draws such patterns along edges where nobody looks.
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
        """Return the judgement of each patch, and the features that it rests on."""
        seen, features = F.pixel_unshuffle(pictures, 2), []
        for layer in self.layers[:-1]:
            seen = F.leaky_relu(layer(seen), 0.2)
            features.append(seen)
        judged: Tensor = self.layers[-1](seen)
        return judged, features


class Lesson:
    """A decoder's lesson: what it is told of each batch, and what the adversary learns beside it."""

    def __init__(self, adversary: Adversary, *, rate: float = RATE) -> None:
        self.adversary = adversary
        self._optimiser = torch.optim.AdamW(adversary.parameters(), lr=rate, betas=(0.5, 0.99))

    def loss(
        self, painted: Tensor, pictures: Tensor, step: int, exact: Tensor | None = None, shown: Tensor | None = None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Teach the adversary a step, and return the decoder's loss by it, of pictures (n, 3, h, w), -1…1.

        Those that are not ``exact`` (n) of their latents are to be like them where they are coarse, and to be told
        from none: what is fine in them lies elsewhere. Of those whose marks were ``shown`` (n) to the decoder nothing
        is left to invent, so they are to be near alone: an adversary puts specks beside their lines.
        """
        judge = self.adversary.requires_grad_(True)
        real, fake = judge(pictures)[0], judge(painted.detach())[0]
        asked = torch.ones(len(pictures), device=pictures.device) if shown is None else 1 - shown
        told = _weighed(F.relu(1 - real), asked) + _weighed(F.relu(1 + fake), asked)
        if torch.isfinite(told):
            self._optimiser.zero_grad(set_to_none=True)
            told.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(judge.parameters(), 1.0)
            self._optimiser.step()
        judge.requires_grad_(False)
        with torch.no_grad():
            wanted = judge(pictures)[1]
        judged, features = judge(painted)
        weight = torch.ones(len(pictures), device=pictures.device) if exact is None else exact.to(pictures)
        matched = torch.stack([_weighed((one - other).abs(), weight)
                               for one, other in zip(features, wanted, strict=True)]).mean()  # fmt: skip
        share = min(1.0, step / FADE)
        loss = near(painted, pictures, weight) + DETAILS * details(painted, pictures)
        if shown is not None:
            loss = loss + SHOWN * _weighed((painted - pictures).abs(), shown)
        return loss + share * (FEATURES * matched - HINGE * _weighed(judged, asked)), {"adversary": told.detach()}

    def state_dict(self) -> dict[str, Any]:
        """Return all that a run needs to go on as it would have."""
        return {"adversary": self.adversary.state_dict(), "optimiser": self._optimiser.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what was kept."""
        self.adversary.load_state_dict(state["adversary"])
        self._optimiser.load_state_dict(state["optimiser"])


def near(painted: Tensor, pictures: Tensor, weight: Tensor | None = None) -> Tensor:
    """Return how far off pictures are, mostly where they are coarse: fine texture need not be the same.

    Of those with a ``weight`` (n) below 1, what is finer than four pixels counts so much less.
    """
    off = painted - pictures
    fine = torch.ones(len(off), device=off.device) if weight is None else weight
    pooled = {side: F.avg_pool2d(off, side).abs() for side in (2, 4, 8)}
    exact = 0.3 * _weighed(off.abs(), fine) + 0.7 * _weighed(pooled[2], fine)
    return exact + 0.7 * _weighed(pooled[4], 1 - fine) + 0.5 * pooled[8].mean()


def _weighed(off: Tensor, weight: Tensor) -> Tensor:
    return (off.mean((1, 2, 3)) * weight).mean()


def details(painted: Tensor, pictures: Tensor) -> Tensor:
    """Return how far off the strength of the finest details is, place by place and in larger parts, whatever they are.

    The three finest bands of Haar's wavelet: their sizes within a few pixels, and their power within some dozen. A
    decoder may neither leave out a texture nor add one; and where it cannot know the place of a line, and so would
    rather draw none, the larger part is short of it.
    """
    own, asked = _bands(painted), _bands(pictures)
    placed = F.l1_loss(_pooled(own.abs(), POOLED), _pooled(asked.abs(), POOLED))
    return placed + F.l1_loss(_power(own), _power(asked))


def _bands(pictures: Tensor) -> Tensor:
    across, down = pictures.diff(dim=-1), pictures.diff(dim=-2)
    return torch.cat([across[..., :-1, :], down[..., :-1], across.diff(dim=-2)], 1)


def _power(bands: Tensor) -> Tensor:
    return (_pooled(bands.square(), PART) + 1e-5).sqrt()


def _pooled(of: Tensor, side: int) -> Tensor:
    side = min(side, *of.shape[-2:])
    return F.avg_pool2d(of, side, max(1, side // 2))


def grain(pictures: Tensor) -> Tensor:
    """Return how strong the pattern of single pixels is in each picture, the mean size of Haar's diagonal details."""
    return pictures.diff(dim=-1).diff(dim=-2).abs().mean((1, 2, 3))
