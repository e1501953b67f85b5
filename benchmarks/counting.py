"""Count the work for images: UNet evaluations and decoded images, by hooks on the modules."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from worker.diffusion.walk_pipeline import WalkPipeline
from worker.networks import decoding


@dataclass(slots=True)
class Work:
    """UNet evaluations and decoded images; a batch counts once per row."""

    passes: int = 0
    decodes: int = 0


def find_networks(painter: WalkPipeline) -> tuple[Any, ...]:
    """Return the UNet and the decoders that this painter uses on this device."""
    chosen = painter.rendering(steps=2, guidance=1.0)
    unet, vae = painter.model.networks(chosen.precision, chosen.memory_format)
    return unet, vae.decoder, *([getattr(vae, decoding.SCENES)] if decoding.decodes_scenes(vae) else [])


@contextmanager
def count_work(unet: Any, *decoders: Any) -> Iterator[Work]:
    """Yield a counter of the modules' inputs within the block."""
    work = Work()

    def on_pass(_module: Any, given: tuple[Any, ...], named: dict[str, Any]) -> None:
        work.passes += len(given[0] if given else named["sample"])

    def on_decode(_module: Any, given: tuple[Any, ...]) -> None:
        work.decodes += len(given[0])

    hooks = [
        unet.register_forward_pre_hook(on_pass, with_kwargs=True),
        *(decoder.register_forward_pre_hook(on_decode) for decoder in decoders),
    ]
    try:
        yield work
    finally:
        for hook in hooks:
            hook.remove()
