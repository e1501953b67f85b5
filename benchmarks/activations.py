"""Count the GPU memory of UNet evaluations and image decoding: ``python -m benchmarks.activations``.

Counted on the meta device: the bytes of all tensors that exist at once, without the weights, in half precision;
attention is counted as the fused kernels need it. cuDNN's workspaces and the allocator's fragmentation are not
included.
"""

from __future__ import annotations

import weakref
from collections import Counter
from collections.abc import Callable
from typing import Any
from unittest import mock

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from benchmarks import real_models
from worker.diffusion.fitting.placement import TILE


class Counted(TorchDispatchMode):
    """Dispatch mode that counts the bytes of existing tensors; `peak` is the most at once."""

    def __init__(self) -> None:
        super().__init__()
        self.live = self.peak = 0
        self._tensors: Counter[int] = Counter()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        given = {
            each.untyped_storage()._cdata for each in tree_leaves((args, kwargs)) if isinstance(each, torch.Tensor)
        }
        for tensor in tree_leaves(out):
            if isinstance(tensor, torch.Tensor):
                self._note(tensor, given)
        return out

    def _note(self, tensor: torch.Tensor, given: set[int]) -> None:
        storage = tensor.untyped_storage()
        key, size = storage._cdata, storage.nbytes()
        if key not in self._tensors:
            if key in given:
                return  # a view of a weight
            self.live += size
            self.peak = max(self.peak, self.live)
        self._tensors[key] += 1
        weakref.finalize(tensor, self._forget, key, size)

    def _forget(self, key: int, size: int) -> None:
        self._tensors[key] -= 1
        if not self._tensors[key]:
            del self._tensors[key]
            self.live -= size


def fused_attention(query: torch.Tensor, *_: Any, **__: Any) -> torch.Tensor:
    """Return an empty result, in place of attention that keeps no matrix of weights."""
    return torch.empty_like(query)


def peak(call: Callable[[], object]) -> int:
    """Return the most bytes that exist at once during a call."""
    with mock.patch("torch.nn.functional.scaled_dot_product_attention", fused_attention), torch.inference_mode():
        counted = Counted()
        with counted:
            call()
    return counted.peak


def of_pass(kind: str, batch: int = 1) -> int:
    """Return the peak bytes of a guided UNet evaluation for a batch of images in the model's native size."""
    with torch.device("meta"):
        unet = real_models.parts(kind)["unet"]().half().eval()
        rows, side = 2 * batch, unet.config.sample_size
        latents = torch.empty(rows, 4, side, side, dtype=torch.half)
        states = torch.empty(rows, 77, unet.config.cross_attention_dim, dtype=torch.half)
        added = {"text_embeds": torch.empty(rows, 1280, dtype=torch.half), "time_ids": torch.empty(rows, 6)}
        time = torch.tensor(500)
        return peak(lambda: unet(latents, time, states, added_cond_kwargs=added))


def of_decoding(side: int) -> int:
    """Return the peak bytes of decoding one image, or one tile, of a side in pixels."""
    with torch.device("meta"):
        vae = real_models.parts("SD 1.5")["vae"]().half().eval()
        return peak(lambda: vae.decode(torch.empty(1, 4, side // 8, side // 8, dtype=torch.half)))


def main() -> None:
    """Print the bytes, and the bytes per pixel, of each measurement."""
    for kind in real_models.KINDS:
        for batch in (1, 4):
            found = of_pass(kind, batch)
            each = found / batch / real_models.PIXELS[kind]
            print(f"{kind:7} pass of {batch}: {found / 2**20:7.0f} MB, {each:6.0f} bytes a pixel")
    for side in (TILE, 1024):
        found = of_decoding(side)
        print(f"decoding {side:5}: {found / 2**20:7.0f} MB, {found / side**2:6.0f} bytes a pixel")


if __name__ == "__main__":
    main()
