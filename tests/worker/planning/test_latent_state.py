"""States: how they blend, and how they travel between workers."""

import io
from pathlib import Path

import numpy as np
import pytest

from worker.planning.latent_state import GeneratedFrame, State, between, pack, unpack


def state(seed: int, depth: int = 3, memory: int = 1) -> State:
    random = np.random.default_rng(seed)
    latents, *history = random.normal(size=(1 + memory, 4, 8, 8)).astype(np.float32)
    return State(depth, latents, tuple(history))


def test_blend_is_exactly_the_ends_at_the_ends() -> None:
    a, b = state(1), state(2)
    for t, end in ((0.0, a), (1.0, b)):
        blended = between(a, b, t)
        assert blended.depth == 3
        assert np.allclose(blended.latents, end.latents, atol=1e-6)
        assert np.array_equal(blended.history[0], end.history[0])


def test_blend_of_different_noises_keeps_their_length() -> None:
    a, b = state(1), state(2)
    middle = between(a, b, 0.5)
    assert np.linalg.norm(middle.latents) > 0.95 * min(np.linalg.norm(a.latents), np.linalg.norm(b.latents))
    assert middle.latents.dtype == middle.history[0].dtype == np.float32


def mixed(picture: float, seed: int, level: tuple[float, float]) -> State:
    """Return a state of one grey picture and of some noise, in these parts."""
    noise = np.random.default_rng(seed).normal(size=(4, 8, 8)).astype(np.float32)
    noise -= noise.mean()
    clean = np.full((4, 8, 8), picture, np.float32)
    return State(3, level[0] * clean + level[1] * noise, (clean,))


def test_picture_is_blended_on_the_line_and_noise_on_the_arc_if_separate() -> None:
    level = (0.8, 0.6)
    a, b = mixed(1.0, 1, level), mixed(1.0, 2, level)
    middle = between(a, b, 0.5, level)
    assert np.allclose(middle.history[0], 1.0)
    noise = (middle.latents - 0.8) / 0.6
    ends = [(state.latents - 0.8) / 0.6 for state in (a, b)]
    assert np.linalg.norm(noise) == pytest.approx(np.mean([np.linalg.norm(end) for end in ends]), rel=0.05)
    assert middle.latents.mean() == pytest.approx(0.8, abs=0.04), "the picture that both share stays as it is"
    assert between(a, b, 0.5).latents.mean() > 0.84, "and is stronger where they are blended together"
    assert middle.latents.dtype == np.float32


def test_distinguished_parts_are_the_ends_at_the_ends() -> None:
    level = (0.8, 0.6)
    a, b = mixed(1.0, 1, level), mixed(-1.0, 2, level)
    assert between(a, b, 0.0, level) is a
    assert between(a, b, 1.0, level) is b
    assert np.allclose(between(a, b, 1e-6, level).latents, a.latents, atol=1e-4)


def test_state_blended_with_itself_is_itself_bit_for_bit() -> None:
    a = state(1)
    assert np.array_equal(between(a, a, 0.0).latents, a.latents)


def test_states_of_different_depths_cannot_be_blended() -> None:
    with pytest.raises(ValueError, match="depth 3 cannot be blended with one of depth 4"):
        between(state(1), state(2, depth=4), 0.5)


def test_what_is_packed_comes_back_bit_for_bit() -> None:
    picture = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    look = np.linspace(0, 1, 12, dtype=np.float32).reshape(2, 2, 3)
    first = GeneratedFrame(
        1 / 3, picture, {2: look, 5: look / 2}, {2: state(1, depth=2), 5: state(2, depth=5, memory=2)}
    )
    second = GeneratedFrame(0.5)
    one, other = unpack(pack([first, second]))
    assert (one.position, other.position) == (1 / 3, 0.5)
    assert one.picture is not None
    assert np.array_equal(one.picture, picture)
    assert other.picture is None
    assert not other.states
    for depth, kept in first.states.items():
        assert one.states[depth].depth == depth
        assert np.array_equal(one.states[depth].latents, kept.latents)
        assert all(map(np.array_equal, one.states[depth].history, kept.history))
    assert {depth: kept.tolist() for depth, kept in one.thumbnails.items()} == {
        depth: kept.tolist() for depth, kept in first.thumbnails.items()
    }


def test_what_is_no_archive_of_states_is_refused(tmp_path: Path) -> None:
    good = pack([GeneratedFrame(0.5, states={3: state(1)})])
    pickled = io.BytesIO()
    np.savez(pickled, index=np.array([{"a": 1}], dtype=object), allow_pickle=True)
    for data in (b"", b"PK", good[: len(good) // 2], pickled.getvalue()):
        with pytest.raises(ValueError, match="no painted states"):
            unpack(data)
