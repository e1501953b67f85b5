"""The autoencoder: pictures of 256 pixels to latents of 16 x 16 x 16 and back, by a thin decoder.

It is diffusers' AutoencoderKL, which the plain pipeline loads; only its mean is used, and the noise that a latent
bears is given in training, so that a picture between two latents is one as well.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - as everybody calls it
from torch import Tensor, nn

from studio.errors import StudioError
from studio.scenes.canvas import PLAIN
from studio.workspace import weight_files

# Thin where the picture is large: there a channel costs most, and decoding is a third of a film (docs/studio.md).
CHANNELS = (16, 16, 32, 64, 160)
NOISE = 0.1


def make(channels: tuple[int, ...] = CHANNELS, *, latent: int = 16, size: int = 256) -> Any:
    """Make an autoencoder that halves the picture once for each of ``channels`` but the first."""
    from diffusers import AutoencoderKL

    odd = [count for count in channels if count % 8]
    if odd or len(channels) < 2:
        raise StudioError(f"Channels must be at least two multiples of 8, not {', '.join(map(str, channels))}.")
    return AutoencoderKL(
        block_out_channels=channels,
        down_block_types=("DownEncoderBlock2D",) * len(channels),
        up_block_types=("UpDecoderBlock2D",) * len(channels),
        layers_per_block=1,
        latent_channels=latent,
        norm_num_groups=8,
        sample_size=size,
        scaling_factor=1.0,
        force_upcast=False,
        mid_block_add_attention=False,
        use_quant_conv=False,
        use_post_quant_conv=False,
    )


def load(path: Path) -> Any:
    """Load an autoencoder's folder: our own, or a Stable Diffusion model's.

    :raises StudioError: where it is none.
    """
    from diffusers import AutoencoderKL, AutoencoderTiny

    if not (path / "config.json").exists():
        raise StudioError(f"{path} is no autoencoder's folder; the stage autoencoder makes one.")
    tiny = '"AutoencoderTiny"' in (path / "config.json").read_text("utf-8")
    try:
        return (AutoencoderTiny if tiny else AutoencoderKL).from_pretrained(path, variant=weight_files.variant(path))
    except Exception as error:  # whatever a library raises about a folder, the folder is at fault
        raise StudioError(f"{path} cannot be loaded as an autoencoder: {error}") from error


class Pupil(nn.Module):
    """An autoencoder that is trained through one ``forward``, as several processes need it."""

    def __init__(self, vae: Any) -> None:
        super().__init__()
        self.vae = vae

    def forward(self, pictures: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        """Return pictures (n, 3, h, w), -1…1, through noisy latents, and the latents."""
        latents = raw_latents(self.vae, pictures)
        return self.vae.decode(latents + noise, return_dict=False)[0], latents


class Refined(nn.Module):
    """A decoder that is trained alone, on latents that are known."""

    def __init__(self, vae: Any) -> None:
        super().__init__()
        self.vae = vae

    def forward(self, latents: Tensor) -> Tensor:
        """Return pictures (n, 3, h, w), -1…1, of unscaled latents."""
        painted: Tensor = self.vae.decode(latents, return_dict=False)[0]
        return painted


@dataclass(frozen=True, slots=True)
class Cut:
    """What of a pool a step sees: which rows, the upper left corners of pieces of ``side`` latents, which are own."""

    side: int
    chosen: list[int]
    corners: list[list[int]]
    own: list[bool]

    def piece(self, of: Tensor, number: int, times: int) -> Tensor:
        """Cut a piece (c, h, w) out of what is ``times`` as large as latents."""
        (down, right), size = self.corners[number], self.side * times
        top, left = down * times, right * times
        return of[self.chosen[number], :, top : top + size, left : left + size]


class Pool:
    """Pictures painted beforehand, and their latents, of which a decoder is taught pieces.

    A piece of a picture teaches what the whole one does, where nothing in the decoder looks at the whole; every fifth
    step sees whole pictures, for their edges. Where latents were ``repainted``, so large a ``share`` of what is seen
    are those.
    """

    def __init__(
        self, latents: Tensor, pictures: Tensor, piece: int, *, repainted: Tensor | None = None, share: float = 0.0
    ) -> None:
        """Take unscaled latents (n, c, s, s), those that were repainted, and pictures (n, 3, h, w) in bytes."""
        self.latents, self.pictures, self.repainted, self._share = latents, pictures, repainted, share
        self._piece = min(piece // (pictures.shape[-1] // latents.shape[-1]), latents.shape[-1])

    def batch(self, step: int, count: int, dice: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """Return latents (n, c, s, s) of a step and their pictures 0…1, and which are these pictures' own (n).

        There are as many places whatever their size.
        """
        cut = self.cut(step, count, dice)
        pictures = self.pieces(self.pictures, cut).float() / 255
        return self.latent_pieces(cut), pictures, torch.tensor(cut.own).to(self.latents.device)

    def latent_pieces(self, cut: Cut) -> Tensor:
        """Return pieces (n, c, s, s) of latents, each the picture's own or repainted."""
        if self.repainted is None:
            return self.pieces(self.latents, cut)
        own = torch.tensor(cut.own).to(self.latents.device).view(-1, 1, 1, 1)
        return torch.where(own, self.pieces(self.latents, cut), self.pieces(self.repainted, cut))

    def pieces(self, of: Tensor, cut: Cut) -> Tensor:
        """Return pieces (n, channels, h, w) of what is as large as latents, or several times."""
        times = of.shape[-1] // self.latents.shape[-1]
        return torch.stack([cut.piece(of, n, times) for n in range(len(cut.chosen))])

    def cut(self, step: int, count: int, dice: torch.Generator) -> Cut:
        """Draw by dice what a step sees."""
        side = self.latents.shape[-1]
        taken = side if step % 5 == 4 else self._piece
        number = max(1, count * self._piece**2 // taken**2)
        chosen = torch.randint(len(self.latents), (number,), generator=dice).tolist()
        corners = torch.randint(side - taken + 1, (number, 2), generator=dice).tolist()
        own = torch.ones(number, dtype=torch.bool)
        if self.repainted is not None:
            own = torch.rand(number, generator=dice) >= self._share
        return Cut(taken, chosen, corners, own.tolist())


def raw_latents(vae: Any, pictures: Tensor) -> Tensor:
    """Encode pictures (n, 3, h, w), -1…1, without chance and unscaled."""
    encoded = vae.encode(pictures)
    latents: Tensor = encoded.latents if hasattr(encoded, "latents") else encoded.latent_dist.mode()
    return latents


def scaled_latents(vae: Any, pictures: Tensor) -> Tensor:
    """Encode pictures 0…1 as a diffusion model sees them."""
    latents = raw_latents(vae, pictures * 2 - 1)
    mean, spread = (getattr(vae.config, name, None) for name in ("latents_mean", "latents_std"))
    if mean is not None and spread is not None:
        mean, spread = (latents.new_tensor(values).view(1, -1, 1, 1) for values in (mean, spread))
        latents = (latents - mean) / spread
    scaled: Tensor = latents * vae.config.scaling_factor
    return scaled


def decoded(vae: Any, latents: Tensor) -> Tensor:
    """Decode what a diffusion model painted into pictures 0…1."""
    pictures: Tensor = vae.decode(latents / vae.config.scaling_factor, return_dict=False)[0]
    return (pictures / 2 + 0.5).clamp(0, 1)


def distance(painted: Tensor, pictures: Tensor) -> Tensor:
    """Return L1, of the pixels, of their gradients, and of the picture a quarter as large."""
    off = painted - pictures
    edges = off.diff(dim=-1).abs().mean() + off.diff(dim=-2).abs().mean()
    return off.abs().mean() + 0.5 * edges + (off**2).mean() + 0.5 * F.avg_pool2d(off, 4).abs().mean()


def digest(part: nn.Module) -> str:
    """Return a digest of a part's weights."""
    whole = hashlib.sha256()
    for value in part.state_dict().values():
        whole.update(value.detach().cpu().contiguous().numpy().tobytes())
    return whole.hexdigest()[:24]


def digest_of_latents(vae: Any) -> str:
    """Return a digest of all that makes latents of pictures: of an autoencoder, all but its decoder."""
    whole = hashlib.sha256(str(vae.config.scaling_factor).encode())
    for name, value in vae.state_dict().items():
        if not name.startswith(("decoder.", "post_quant_conv.")):
            whole.update(name.encode() + value.detach().cpu().contiguous().numpy().tobytes())
    return whole.hexdigest()[:24]


def psnr(painted: Tensor, pictures: Tensor) -> Tensor:
    """Return the peak signal-to-noise ratio of each picture 0…1, in dB."""
    return -10 * ((painted - pictures) ** 2).mean((1, 2, 3)).clamp(min=1e-10).log10()


def quality(vae: Any, canvas: Any, names: tuple[str, ...], count: int) -> dict[str, float]:
    """Measure PSNR for each hand, in dB, the mean of pictures of drawings that lie evenly apart."""
    count = min(count, len(canvas.motifs))
    chosen = [n * len(canvas.motifs) // count for n in range(count)]
    told = {}
    with torch.no_grad():
        for name in names:
            found = []
            for start in range(0, count, 16):
                pictures = canvas.by_hand(name, chosen[start : start + 16], seed=1 + start)
                again = decoded(vae, scaled_latents(vae, pictures))
                found.append(psnr(again.float(), pictures))
            told[name] = round(float(torch.cat(found).mean()), 2)
    return told


def over_hands(quality: dict[str, float]) -> float:
    """Return the mean PSNR over the hands, of what :func:`quality` measured."""
    by_hand = [value for name, value in quality.items() if name != PLAIN]
    return round(sum(by_hand) / max(1, len(by_hand)), 2)
