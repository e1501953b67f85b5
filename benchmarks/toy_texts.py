"""A tiny trained Z-Image transformer, for measures that random weights cannot give.

Pictures of 16 by 16 pixels show one thing: a disc, a square or a cross, in a colour, at a place, on a dark or a light
ground. Texts of 4 to 60 words name these four among meaningless fillers; each word is a fixed random vector. The
transformer is trained by flow matching on the pixels for some minutes on a CPU.
"""

from __future__ import annotations

import functools
import random
from pathlib import Path
from typing import Any

import diffusers
import torch

SIDE, WIDTH = 16, 32
"""The side of a picture in pixels, and the width of a word's vector."""

SHAPES = ("disc", "square", "cross")
COLOURS = {"red": (0.9, -0.7, -0.7), "green": (-0.7, 0.8, -0.6), "blue": (-0.7, -0.5, 0.9), "yellow": (0.9, 0.8, -0.8)}
PLACES = {"left": (4, 8), "right": (12, 8), "top": (8, 4), "bottom": (8, 12), "middle": (8, 8)}
GROUNDS = {"dark": -0.8, "light": 0.7}
FILLERS = tuple(f"filler{number}" for number in range(12))
WORDS = (*SHAPES, *COLOURS, *PLACES, *GROUNDS, *FILLERS)

CONFIG = {
    "in_channels": 3, "dim": 128, "n_layers": 6, "n_refiner_layers": 1, "n_heads": 4, "n_kv_heads": 4,
    "cap_feat_dim": WIDTH, "axes_dims": [8, 12, 12], "axes_lens": [256, 64, 64],
}  # fmt: skip

Subject = tuple[str, str, str, str]


def subject(rng: random.Random) -> Subject:
    """Return a random shape, colour, place and ground."""
    return rng.choice(SHAPES), rng.choice([*COLOURS]), rng.choice([*PLACES]), rng.choice([*GROUNDS])


def words(about: Subject, length: int, rng: random.Random) -> list[str]:
    """Return a text about a subject: its words in order, among fillers up to the length."""
    where = set(rng.sample(range(length), len(about)))
    own = iter(about)
    return [next(own) if number in where else rng.choice(FILLERS) for number in range(length)]


def states(text: list[str]) -> torch.Tensor:
    """Return a text's vectors (words, width)."""
    table = torch.randn(len(WORDS), WIDTH, generator=torch.Generator().manual_seed(7))
    return table[[WORDS.index(word) for word in text]]


def mask(shape: str, x: float, y: float, radius: float) -> torch.Tensor:
    """Return a shape's coverage of each pixel (16, 16), 0…1, with soft edges."""
    across = torch.arange(SIDE) + 0.5
    dx, dy = (across - x)[None].abs(), (across - y)[:, None].abs()
    inside = {
        "disc": lambda: radius - (dx**2 + dy**2).sqrt(),
        "square": lambda: 0.9 * radius - torch.maximum(dx, dy),
        "cross": lambda: torch.minimum(0.4 * radius - torch.minimum(dx, dy), radius - torch.maximum(dx, dy)),
    }[shape]()
    return (inside + 0.5).clamp(0, 1)


def picture(about: Subject, rng: random.Random) -> torch.Tensor:
    """Return a picture of a subject (colours, height, width), -1…1; place and size vary a little."""
    shape, colour, place, ground = about
    x, y = (each + rng.uniform(-1, 1) for each in PLACES[place])
    inside = mask(shape, x, y, rng.uniform(2.8, 3.8))
    return GROUNDS[ground] + inside * (torch.tensor(COLOURS[colour])[:, None, None] - GROUNDS[ground])


def residual(found: torch.Tensor) -> float:
    """Return the residual of a picture after the best fit by a single thing of any colours, relative to its contrast.

    A picture of one thing leaves little; a double exposure of two things leaves the second.
    """
    spread = found - found.mean((1, 2), keepdim=True)
    masks = _masks()
    fits = (masks @ spread.flatten(1).T).square().sum(1) / masks.square().sum(1)
    whole = float(spread.square().sum())
    return max(0.0, 1 - float(fits.max()) / whole) ** 0.5


@functools.cache
def _masks() -> torch.Tensor:
    masks = torch.stack([
        mask(shape, x / 2, y / 2, radius / 4)
        for shape in SHAPES for x in range(4, 29) for y in range(4, 29) for radius in (10, 12, 14, 16)
    ]).flatten(1)  # fmt: skip
    return masks - masks.mean(1, keepdim=True)


def network(seed: int = 0) -> Any:
    """Return the transformer with random weights."""
    torch.manual_seed(seed)
    return diffusers.ZImageTransformer2DModel(**CONFIG)


def train(path: Path | None, steps: int, batch: int = 32) -> Any:
    """Return the transformer after ``steps`` of training, loaded from or saved to a file if a path is given."""
    made = network()
    if path and path.exists():
        made.load_state_dict(torch.load(path, weights_only=True))
        return made.eval()
    rng, torch_rng = random.Random(1), torch.Generator().manual_seed(1)
    optimizer = torch.optim.AdamW(made.parameters(), lr=1e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1.5e-3, total_steps=steps)
    made.train()
    for step in range(steps):
        about = [subject(rng) for _ in range(batch)]
        # One padded length in a batch, so that attention needs no mask.
        length = (4, 32) if step % 3 else (33, 60)
        texts = [states(words(each, rng.randint(*length), rng)) for each in about]
        clean = torch.stack([picture(each, rng) for each in about])
        noise = torch.randn(clean.shape, generator=torch_rng)
        sigma = torch.rand(batch, generator=torch_rng)
        sigma = 2 * sigma / (1 + sigma)
        noisy = torch.lerp(clean, noise, sigma[:, None, None, None])
        found = torch.stack(made([*noisy.unsqueeze(2)], 1 - sigma, texts, return_dict=False)[0]).squeeze(2)
        loss = (found - (clean - noise)).square().mean()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(made.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 100 == 0:
            print(f"step {step}: loss {loss.item():.4f}", flush=True)
    if path:
        torch.save(made.state_dict(), path)
    return made.eval()
