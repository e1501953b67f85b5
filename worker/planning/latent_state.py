"""The state of a picture between two solver steps: its blending and its file format.

States consist of arrays only. They are stored where any worker can load them, and loading never unpickles objects.
"""

import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from worker.planning import interpolation

LATENTS_AT = 0
"""Index of the latents in a stored state; the arrays after them are the solver's history."""


@dataclass(frozen=True, slots=True)
class State:
    """A picture after `depth` solver steps: its latents and the solver's history of earlier steps, all float32.

    All arrays have the latents' shape (channels x height x width); the solver determines which arrays it keeps. Where
    picture and noise are blended separately, the last array of `history` is the predicted clean picture (x0).
    """

    depth: int
    latents: NDArray[np.float32]
    history: tuple[NDArray[np.float32], ...] = ()


@dataclass(frozen=True, slots=True)
class GeneratedFrame:
    """What was generated at a position of the walk.

    `picture` (height x width x 3, uint8) is None if it was not decoded. `states` (the requested ones) and `thumbnails`
    (latent previews of the predicted picture, float32, 0-1) are keyed by depth, in solver steps.
    """

    position: float
    picture: NDArray[np.uint8] | None = None
    thumbnails: dict[int, NDArray[np.float32]] = field(default_factory=dict)
    states: dict[int, State] = field(default_factory=dict)


def between(left: State, right: State, t: float, level: tuple[float, float] | None = None) -> State:
    """Blend two states of the same depth; exactly `left` at t = 0 and `right` at t = 1.

    The history is blended linearly: solvers are linear in what they keep, so the blend equals the history of blended
    predictions. Noise is blended by `slerp`, because linear blending would shrink its norm. Without `level` picture and
    noise in the latents are blended together by `slerp`, as in release 1.0.0; this strengthens the picture where the
    noises differ. `level` gives the weights of the predicted picture (the last array of the history) and of the noise
    in the latents; then the picture is blended linearly and the noise by `slerp`.

    :raises ValueError: for states of different depths.
    """
    if left.depth != right.depth or len(left.history) != len(right.history):
        raise ValueError(f"a state of depth {left.depth} cannot be blended with one of depth {right.depth}")
    if t in (0, 1):  # slerp rounds, so it is not exact at its ends
        return right if t else left
    history = tuple(interpolation.lerp(a, b, t) for a, b in zip(left.history, right.history, strict=True))
    if level is None:
        return State(left.depth, interpolation.slerp(left.latents, right.latents, t), history)
    of_picture, of_noise = level
    noises = [(state.latents - of_picture * state.history[-1]) / of_noise for state in (left, right)]
    latents = of_picture * history[-1] + of_noise * interpolation.slerp(noises[0], noises[1], t)
    return State(left.depth, latents.astype(np.float32), history)


def pack(painted: Sequence[GeneratedFrame]) -> bytes:
    """Return pictures, thumbnails and states as the bytes of one uncompressed NumPy archive."""
    arrays: dict[str, NDArray[np.generic]] = {}
    for i, one in enumerate(painted):
        if one.picture is not None:
            arrays[f"{i} picture"] = one.picture
        arrays |= {f"{i} look {depth}": look for depth, look in one.thumbnails.items()}
        for depth, state in one.states.items():
            arrays[f"{i} state {depth}"] = np.stack([state.latents, *state.history])
    index = json.dumps([one.position for one in painted]).encode()
    file = io.BytesIO()
    np.savez(file, index=np.frombuffer(index, np.uint8), **arrays)  # type: ignore[arg-type]
    return file.getvalue()


def unpack(data: bytes) -> list[GeneratedFrame]:
    """Return the content of an archive made by `pack`.

    :raises ValueError: for any other data.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            arrays = dict(archive)
        painted = [GeneratedFrame(float(position)) for position in json.loads(arrays.pop("index").tobytes())]
        for name, array in arrays.items():
            number, kind, *depth = name.split()
            one = painted[int(number)]
            if kind == "picture":
                painted[int(number)] = GeneratedFrame(one.position, array, one.thumbnails, one.states)
            elif kind == "look":
                one.thumbnails[int(depth[0])] = array
            else:
                one.states[int(depth[0])] = State(int(depth[0]), array[LATENTS_AT], tuple(array[LATENTS_AT + 1 :]))
    except (
        zipfile.BadZipFile,
        OSError,
        KeyError,
        IndexError,
        TypeError,
        EOFError,
        ValueError,
        AttributeError,
    ) as error:
        raise ValueError(f"these are no painted states: {error}") from error
    return painted
