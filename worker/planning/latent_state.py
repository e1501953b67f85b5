"""What a picture is between two steps of the solver, how two such states blend, and how they travel.

Arrays only: a state is written where any worker finds it, and read without unpickling anything.
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
"""Where in a state the latents lie; what follows is the solver's memory of earlier steps."""


@dataclass(frozen=True, slots=True)
class State:
    """A picture after `depth` steps: its latents, and what the solver keeps of earlier steps, all float32.

    All arrays have the latents' shape (channels x height x width); which ones a solver keeps is `solvers`'s. Where
    picture and noise are blended apart, the last of `history` is the clean picture that the network expected.
    """

    depth: int
    latents: NDArray[np.float32]
    history: tuple[NDArray[np.float32], ...] = ()


@dataclass(frozen=True, slots=True)
class Painted:
    """What was painted at a position.

    `picture` (height x width x 3, uint8) is there when it was decoded; `states` are those that were asked for, and
    `thumbnails` are small pictures of what the model expected to paint (float32, 0-1), both by depth.
    """

    position: float
    picture: NDArray[np.uint8] | None = None
    thumbnails: dict[int, NDArray[np.float32]] = field(default_factory=dict)
    states: dict[int, State] = field(default_factory=dict)


def between(left: State, right: State, t: float, level: tuple[float, float] | None = None) -> State:
    """Blend two states of the same depth; exactly `left` at t = 0 and `right` at t = 1.

    History is blended on the straight line: solvers are linear in all that they keep, so the blend is what they would
    have reached from blended predictions. Noise that differs would be shortened by that, and keeps its length on the
    arc. Without `level` the latents are blended on the arc as they are, picture and noise together (release 1.0.0),
    which makes the picture in them stronger where the noises differ. `level` says how much of the expected picture, the
    last of the history, and of the noise the latents hold: then the first is blended on the line and the second on the
    arc. Raises ValueError for states of different depths.
    """
    if left.depth != right.depth or len(left.history) != len(right.history):
        raise ValueError(f"a state of depth {left.depth} cannot be blended with one of depth {right.depth}")
    if t in (0, 1):  # the arc is rounded at its ends
        return right if t else left
    history = tuple(interpolation.lerp(a, b, t) for a, b in zip(left.history, right.history, strict=True))
    if level is None:
        return State(left.depth, interpolation.slerp(left.latents, right.latents, t), history)
    of_picture, of_noise = level
    noises = [(state.latents - of_picture * state.history[-1]) / of_noise for state in (left, right)]
    latents = of_picture * history[-1] + of_noise * interpolation.slerp(noises[0], noises[1], t)
    return State(left.depth, latents.astype(np.float32), history)


def pack(painted: Sequence[Painted]) -> bytes:
    """Write pictures, thumbnails and states as one uncompressed NumPy archive."""
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


def unpack(data: bytes) -> list[Painted]:
    """Read what `pack` wrote. Raises ValueError for anything else."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            arrays = dict(archive)
        painted = [Painted(float(position)) for position in json.loads(arrays.pop("index").tobytes())]
        for name, array in arrays.items():
            number, kind, *depth = name.split()
            one = painted[int(number)]
            if kind == "picture":
                painted[int(number)] = Painted(one.position, array, one.thumbnails, one.states)
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
