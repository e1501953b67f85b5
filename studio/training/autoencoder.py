"""The autoencoder: encodes pictures of 256 pixels to latents of 16 × 16 × 16; its decoder is thin.

It is diffusers' AutoencoderKL, so that the standard pipeline loads it. Only the mean of the latent distribution is
used. Noise is added to latents during training, so that a point between two latents also decodes to a picture.
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

# Few channels at high resolution, where each costs most: decoding takes a third of a film's time
# (docs/reference/studio.md).
CHANNELS = (16, 16, 32, 64, 160)
NOISE = 0.1


def make_autoencoder(channels: tuple[int, ...] = CHANNELS, *, latent: int = 16, size: int = 256) -> Any:
    """Return a new autoencoder that halves the picture once for each of ``channels`` except the first.

    :raises StudioError: when ``channels`` are fewer than two or not multiples of 8.
    """
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


def load_autoencoder(path: Path) -> Any:
    """Load an autoencoder from a folder: one of ours, or one of a Stable Diffusion model.

    :raises StudioError: when the folder holds none.
    """
    from diffusers import AutoencoderKL, AutoencoderTiny

    if not (path / "config.json").exists():
        raise StudioError(f"{path} holds no autoencoder; the stage autoencoder makes one.")
    tiny = '"AutoencoderTiny"' in (path / "config.json").read_text("utf-8")
    try:
        return (AutoencoderTiny if tiny else AutoencoderKL).from_pretrained(path, variant=weight_files.variant(path))
    except Exception as error:  # libraries raise many kinds of errors for a bad folder
        raise StudioError(f"{path} cannot be loaded as an autoencoder: {error}") from error


class TrainableAutoencoder(nn.Module):
    """Autoencoder with a single ``forward``, as distributed training requires."""

    def __init__(self, vae: Any) -> None:
        super().__init__()
        self.vae = vae

    def forward(self, pictures: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        """Return pictures (n, 3, h, w), −1…1, decoded from their latents with added ``noise``, and these latents."""
        latents = raw_latents(self.vae, pictures)
        return self.vae.decode(latents + noise, return_dict=False)[0], latents


class TrainableDecoder(nn.Module):
    """Decoder with a single ``forward``, to be trained alone on known latents."""

    def __init__(self, vae: Any) -> None:
        super().__init__()
        self.vae = vae

    def forward(self, latents: Tensor) -> Tensor:
        """Return pictures (n, 3, h, w), −1…1, decoded from unscaled latents."""
        painted: Tensor = self.vae.decode(latents, return_dict=False)[0]
        return painted


@dataclass(frozen=True, slots=True)
class Cut:
    """The crops of one training step: row numbers, side and upper left corner in latents, and which rows are unchanged.

    ``own`` is False where the repainted latents of a picture are used.
    """

    side: int
    chosen: list[int]
    corners: list[list[int]]
    own: list[bool]

    def piece(self, of: Tensor, number: int, times: int) -> Tensor:
        """Return crop ``number`` (c, h, w) of a tensor ``times`` as large as the latents."""
        (down, right), size = self.corners[number], self.side * times
        top, left = down * times, right * times
        return of[self.chosen[number], :, top : top + size, left : left + size]


class Pool:
    """Rendered pictures and their latents, of which a decoder is trained on crops.

    Crops teach a convolutional decoder as much as whole pictures do; every fifth step uses whole pictures, for their
    borders. With ``repainted`` latents, a ``share`` of the rows in a step uses these.
    """

    def __init__(
        self, latents: Tensor, pictures: Tensor, piece: int, *, repainted: Tensor | None = None, share: float = 0.0
    ) -> None:
        """Take unscaled latents (n, c, s, s), optional repainted ones, and pictures (n, 3, h, w) as bytes."""
        self.latents, self.pictures, self.repainted, self._share = latents, pictures, repainted, share
        self._piece = min(piece // (pictures.shape[-1] // latents.shape[-1]), latents.shape[-1])

    def batch(self, step: int, count: int, rng: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """Return the latents (n, c, s, s) of a step, their pictures 0…1, and a mask (n) of rows with unchanged latents.

        The number of pixels is the same for crops and for whole pictures.
        """
        cut = self.cut(step, count, rng)
        pictures = self.pieces(self.pictures, cut).float() / 255
        return self.latent_pieces(cut), pictures, torch.tensor(cut.own).to(self.latents.device)

    def latent_pieces(self, cut: Cut) -> Tensor:
        """Return crops (n, c, s, s) of the latents, original or repainted as ``cut.own`` says."""
        if self.repainted is None:
            return self.pieces(self.latents, cut)
        own = torch.tensor(cut.own).to(self.latents.device).view(-1, 1, 1, 1)
        return torch.where(own, self.pieces(self.latents, cut), self.pieces(self.repainted, cut))

    def pieces(self, of: Tensor, cut: Cut) -> Tensor:
        """Return crops (n, channels, h, w) of a tensor as large as the latents or a multiple of it."""
        times = of.shape[-1] // self.latents.shape[-1]
        return torch.stack([cut.piece(of, n, times) for n in range(len(cut.chosen))])

    def cut(self, step: int, count: int, rng: torch.Generator) -> Cut:
        """Draw the crops of a step."""
        side = self.latents.shape[-1]
        crop_side = side if step % 5 == 4 else self._piece
        number = max(1, count * self._piece**2 // crop_side**2)
        chosen = torch.randint(len(self.latents), (number,), generator=rng).tolist()
        corners = torch.randint(side - crop_side + 1, (number, 2), generator=rng).tolist()
        own = torch.ones(number, dtype=torch.bool)
        if self.repainted is not None:
            own = torch.rand(number, generator=rng) >= self._share
        return Cut(crop_side, chosen, corners, own.tolist())


def raw_latents(vae: Any, pictures: Tensor) -> Tensor:
    """Encode pictures (n, 3, h, w), −1…1, to the mean of their latents, unscaled."""
    encoded = vae.encode(pictures)
    latents: Tensor = encoded.latents if hasattr(encoded, "latents") else encoded.latent_dist.mode()
    return latents


def scaled_latents(vae: Any, pictures: Tensor) -> Tensor:
    """Encode pictures 0…1 to latents as a diffusion model uses them, scaled by the autoencoder's configuration."""
    latents = raw_latents(vae, pictures * 2 - 1)
    mean, spread = (getattr(vae.config, name, None) for name in ("latents_mean", "latents_std"))
    if mean is not None and spread is not None:
        mean, spread = (latents.new_tensor(values).view(1, -1, 1, 1) for values in (mean, spread))
        latents = (latents - mean) / spread
    scaled: Tensor = latents * vae.config.scaling_factor
    return scaled


def decode_latents(vae: Any, latents: Tensor) -> Tensor:
    """Decode latents of a diffusion model to pictures 0…1."""
    pictures: Tensor = vae.decode(latents / vae.config.scaling_factor, return_dict=False)[0]
    return (pictures / 2 + 0.5).clamp(0, 1)


def distance(painted: Tensor, pictures: Tensor) -> Tensor:
    """Return a reconstruction loss: L1 and L2 of pixels, L1 of gradients, and L1 at a quarter of the size."""
    off = painted - pictures
    edges = off.diff(dim=-1).abs().mean() + off.diff(dim=-2).abs().mean()
    return off.abs().mean() + 0.5 * edges + (off**2).mean() + 0.5 * F.avg_pool2d(off, 4).abs().mean()


def digest(part: nn.Module) -> str:
    """Return a digest of a module's weights."""
    whole = hashlib.sha256()
    for value in part.state_dict().values():
        whole.update(value.detach().cpu().contiguous().numpy().tobytes())
    return whole.hexdigest()[:24]


def encoder_digest(vae: Any) -> str:
    """Return a digest of everything that determines latents: the autoencoder's weights without its decoder."""
    whole = hashlib.sha256(str(vae.config.scaling_factor).encode())
    for name, value in vae.state_dict().items():
        if not name.startswith(("decoder.", "post_quant_conv.")):
            whole.update(name.encode() + value.detach().cpu().contiguous().numpy().tobytes())
    return whole.hexdigest()[:24]


def psnr(painted: Tensor, pictures: Tensor) -> Tensor:
    """Return the peak signal-to-noise ratio of each picture 0…1, in dB."""
    return -10 * ((painted - pictures) ** 2).mean((1, 2, 3)).clamp(min=1e-10).log10()


def measure_psnr(vae: Any, canvas: Any, names: tuple[str, ...], count: int) -> dict[str, float]:
    """Return the mean PSNR in dB for each style of ``names``, over ``count`` drawings at even intervals."""
    count = min(count, len(canvas.motifs))
    chosen = [n * len(canvas.motifs) // count for n in range(count)]
    by_style = {}
    with torch.no_grad():
        for name in names:
            values = []
            for start in range(0, count, 16):
                pictures = canvas.by_hand(name, chosen[start : start + 16], seed=1 + start)
                again = decode_latents(vae, scaled_latents(vae, pictures))
                values.append(psnr(again.float(), pictures))
            by_style[name] = round(float(torch.cat(values).mean()), 2)
    return by_style


def mean_over_styles(quality: dict[str, float]) -> float:
    """Return the mean PSNR over all styles other than plain, given the result of :func:`measure_psnr`."""
    by_hand = [value for name, value in quality.items() if name != PLAIN]
    return round(sum(by_hand) / max(1, len(by_hand)), 2)
