"""Prompts of Stable Diffusion in chunks, with weights, clip skip and embeddings, beside diffusers' own."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import diffusers
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file

from tests.support.marks import SLOW_CALLS
from tests.support.own_calls import exact, pipeline, shown, usual
from worker.diffusion.families import EmbeddingFile, Text, TextOptions, clip_text
from worker.diffusion.families.inversion_files import InversionError
from worker.diffusion.model import Model
from worker.diffusion.rendering import GenerationError, StopInput
from worker.diffusion.walk_pipeline import WalkPipeline

pytestmark = SLOW_CALLS

READ = TextOptions(syntax=1)
KINDS = ["sd1", "sd2", "lcm", "sdxl", "turbo"]
ALONE = {"device": torch.device("cpu"), "num_images_per_prompt": 1, "do_classifier_free_guidance": False}
LONG = "a red bear under the sun, " * 8


def states(model: Model, prompt: str, options: TextOptions = READ, negative: str = "") -> NDArray[np.float32]:
    return model.encode(prompt, negative, options=options)[0].states


@pytest.fixture
def ink(tmp_path: Path) -> EmbeddingFile:
    """Write a textual inversion of two vectors, as wide as the tiny text encoders."""
    return written(tmp_path / "ink-style.safetensors", emb_params=torch.randn(2, 32, generator=seeded(3)))


def seeded(number: int) -> torch.Generator:
    return torch.Generator().manual_seed(number)


def written(path: Path, **tensors: torch.Tensor) -> EmbeddingFile:
    save_file(tensors, path)
    return EmbeddingFile(path.stem, path.stem, path)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("negative", ["", "the sun"])
def test_prompt_without_weights_is_encoded_as_before(models: dict[str, Model], kind: str, negative: str) -> None:
    before, now = (models[kind].encode("a red bear", negative, options=options) for options in (TextOptions(), READ))
    for old, new in zip(before, now, strict=True):
        assert old is not None and new is not None
        assert np.array_equal(old.states, new.states)
        assert (old.pooled is None and new.pooled is None) or np.array_equal(old.pooled, new.pooled)


@pytest.mark.parametrize("prompt", ["a (red bear:1.5)", "[[bear]]", LONG])
def test_recipe_without_the_syntax_reads_brackets_as_text_and_cuts(
    models: dict[str, Model], tiny_models: dict[str, Path], prompt: str
) -> None:
    found, _ = models["sd1"].encode(prompt, "")
    pipe = pipeline(tiny_models["sd1"])
    with torch.inference_mode():
        own, _ = pipe.encode_prompt(prompt, torch.device("cpu"), 1, False)
    assert np.array_equal(found.states, own[0].numpy())
    assert not np.array_equal(states(models["sd1"], prompt)[:77], found.states) or prompt == LONG


@pytest.mark.parametrize("kind", ["sd1", "sdxl"])
def test_long_prompt_is_the_encoders_states_of_each_chunk(
    models: dict[str, Model], tiny_models: dict[str, Path], kind: str
) -> None:
    letters = "abcdefghij" * 16
    found, _ = models[kind].encode(" ".join(letters), "", options=READ)
    pipe = pipeline(tiny_models[kind])
    parts = [" ".join(letters[first : first + 75]) for first in (0, 75, 150)]
    with torch.inference_mode():
        own = [pipe.encode_prompt(part, **ALONE) for part in parts]
    assert np.array_equal(found.states, np.concatenate([each[0][0].numpy() for each in own]))
    assert found.pooled is None or np.array_equal(found.pooled, own[0][2][0].numpy())


def test_no_more_chunks_are_read_than_the_limit_and_then_it_is_noted(models: dict[str, Model]) -> None:
    most = clip_text.CHUNKS_MAX
    whole, longer = " ".join("x" * 75 * most), " ".join("x" * (75 * most + 1))
    assert len(states(models["sd1"], whole)) == len(states(models["sd1"], longer)) == 77 * most
    assert models["sd1"].note(whole, whole, options=READ) == ""
    assert models["sd1"].note(longer, longer, options=READ) == "cut"
    assert models["sd1"].note(LONG, LONG, options=READ) == "" and models["sd1"].note(LONG, LONG) == "cut"


@pytest.mark.parametrize("kind", ["sd1", "sdxl"])
def test_weight_multiplies_the_difference_from_the_empty_prompt(models: dict[str, Model], kind: str) -> None:
    model = models[kind]
    whole, empty = states(model, "a x b"), states(model, "")
    for weight in (0.0, 0.5, 1.3, 2.0):
        found = states(model, f"a (x:{weight}) b")
        expected = whole.copy()
        expected[2] = empty[2] + np.float32(weight) * (whole[2] - empty[2])
        assert np.allclose(found, expected, atol=1e-6)
        assert np.array_equal(np.delete(found, 2, 0), np.delete(whole, 2, 0))
    assert np.array_equal(states(model, "a (x:1) b"), whole)
    assert np.array_equal(states(model, "a (x:0) b")[2], empty[2])


def test_weights_of_what_is_left_out_count_too(models: dict[str, Model]) -> None:
    (_, plain), (_, weighted) = (models["sd1"].encode("a bear", text, options=READ) for text in ("a x", "a (x:2)"))
    assert plain is not None and weighted is not None
    assert (np.abs(plain.states - weighted.states).max(axis=1) > 0).tolist() == [False, False, True] + [False] * 74


@pytest.mark.parametrize("kind", ["sd1", "sd2", "lcm", "sdxl"])
def test_clip_skip_is_diffusers_own(models: dict[str, Model], tiny_models: dict[str, Path], kind: str) -> None:
    found = models[kind].encode("a red bear", "the sun", options=replace(READ, clip_skip=1))
    pipe = pipeline.__wrapped__(tiny_models[kind])
    if kind != "sdxl":  # diffusers looks for the norm where transformers 4 had it
        norm = SimpleNamespace(final_layer_norm=pipe.text_encoder.final_layer_norm)
        object.__setattr__(pipe.text_encoder, "text_model", norm)
    with torch.inference_mode():
        own = pipe.encode_prompt(
            "a red bear", device=torch.device("cpu"), num_images_per_prompt=1, do_classifier_free_guidance=True,
            negative_prompt="the sun", clip_skip=1,
        )  # fmt: skip
    for text, mine in zip(own[:2], found, strict=True):
        assert mine is not None and np.array_equal(mine.states, text[0].numpy())
    assert not np.array_equal(found[0].states, states(models[kind], "a red bear"))


@pytest.mark.parametrize("kind", ["sd1", "sdxl"])
def test_stops_of_unequal_length_are_painted_as_diffusers_own_call(
    painters: dict[str, WalkPipeline], tiny_models: dict[str, Path], kind: str
) -> None:
    painter = painters[kind]
    rendering = exact(painter)
    stops = [StopInput("a bear", "red", 3, options=READ), StopInput(LONG, "red", 3, options=READ)]
    prepared = painter.prepare(stops, rendering)
    assert isinstance(prepared.prompts, np.ndarray) and prepared.negatives is not None
    assert prepared.prompts.shape[1] == prepared.negatives[0].shape[0] == 3 * 77
    first, between, last = (shown(painter, prepared, [position])[0] for position in (0.0, 0.5, 1.0))
    for index, mine in enumerate((first, last)):
        own = _painted_from(tiny_models[kind], prepared, index, rendering)
        assert np.abs(mine.astype(int) - own.astype(int)).max() <= 1
    assert (first != between).any() and (between != last).any()


def _painted_from(folder: Path, prepared: Any, index: int, rendering: Any) -> NDArray[np.uint8]:
    """Paint a stop by the pipeline's own call, given our text states."""
    pipe = pipeline(folder)
    pipe.scheduler = getattr(diffusers, rendering.scheduler).from_pretrained(folder, subfolder="scheduler")
    embeddings = {"prompt_embeds": prepared.prompts, "negative_prompt_embeds": prepared.negatives}
    if prepared.pooled is not None:
        embeddings |= dict(zip(("pooled_prompt_embeds", "negative_pooled_prompt_embeds"), prepared.pooled, strict=True))
    torch.set_num_threads(rendering.threads)
    picture = pipe(
        **{name: torch.from_numpy(each[index][None]) for name, each in embeddings.items()},
        generator=seeded(3), num_inference_steps=rendering.steps, guidance_scale=rendering.guidance,
        height=rendering.height, width=rendering.width,
    ).images[0]  # fmt: skip
    return np.asarray(picture)


def test_short_walk_without_weights_is_painted_as_before(
    painters: dict[str, WalkPipeline], tiny_models: dict[str, Path]
) -> None:
    painter, stop = painters["sd1"], StopInput("a bear", "red", 3, options=READ)
    rendering = exact(painter)
    mine = shown(painter, painter.prepare([stop, stop], rendering), [0.0])[0]
    own = usual(tiny_models["sd1"], stop, rendering)
    assert np.abs(mine.astype(int) - own.astype(int)).max() <= 1


def test_texts_are_lengthened_by_empty_chunks(models: dict[str, Model]) -> None:
    short, _ = models["sd1"].encode("a bear", "", options=READ)
    long, _ = models["sd1"].encode(LONG, "", options=READ)
    first, second = clip_text.pad_to_longest([short, long])
    empty = states(models["sd1"], "")
    assert second is long
    assert np.array_equal(first.states, np.concatenate([short.states, empty, empty]))
    bare = Text(np.zeros((5, 4), np.float32))
    assert clip_text.pad_to_longest([bare, Text(np.zeros((7, 4), np.float32))])[0] is bare


def test_empty_prompt_of_zeros_is_lengthened_by_zeros(models: dict[str, Model]) -> None:
    texts = [text for text in models["sdxl"].encode(LONG, "", options=READ) if text is not None]
    _, nothing = clip_text.pad_to_longest(texts)
    assert nothing.states.shape == texts[0].states.shape and not nothing.states.any()
    assert nothing.pooled is not None and not nothing.pooled.any()


# Textual inversion


@pytest.mark.parametrize("prompt", ["a bear, ink-style", "ink-style", "Ink-Style bear ink-style."])
def test_embedding_is_diffusers_own(
    models: dict[str, Model], tiny_models: dict[str, Path], ink: EmbeddingFile, prompt: str
) -> None:
    mine = states(models["sd1"], prompt, replace(READ, embeddings=frozenset({ink})))
    pipe = pipeline.__wrapped__(tiny_models["sd1"])
    pipe.load_textual_inversion(ink.path, token="ink-style")
    with torch.inference_mode():
        own, _ = pipe.encode_prompt(prompt.replace("Ink-Style", "ink-style"), torch.device("cpu"), 1, False)
    assert np.array_equal(mine, own[0].numpy())
    assert not np.array_equal(mine, states(models["sd1"], prompt))


def test_embedding_of_two_encoders_is_diffusers_own(
    models: dict[str, Model], tiny_models: dict[str, Path], tmp_path: Path
) -> None:
    vectors = {name: torch.randn(3, 32, generator=seeded(number)) for number, name in enumerate(("clip_l", "clip_g"))}
    file = written(tmp_path / "xl-ink.safetensors", **vectors)
    mine, _ = models["sdxl"].encode("a bear xl-ink", "", options=replace(READ, embeddings=frozenset({file})))
    pipe = pipeline.__wrapped__(tiny_models["sdxl"])
    for name, end in (("clip_l", ""), ("clip_g", "_2")):
        parts = {"text_encoder": getattr(pipe, f"text_encoder{end}"), "tokenizer": getattr(pipe, f"tokenizer{end}")}
        pipe.load_textual_inversion(vectors[name], token="xl-ink", **parts)
    with torch.inference_mode():
        own = pipe.encode_prompt("a bear xl-ink", **ALONE)
    assert np.array_equal(mine.states, own[0][0].numpy())
    assert mine.pooled is not None and np.array_equal(mine.pooled, own[2][0].numpy())


def test_embedding_leaves_no_trace_and_can_be_weighted(models: dict[str, Model], ink: EmbeddingFile) -> None:
    options = replace(READ, embeddings=frozenset({ink}))
    before = states(models["sd1"], "ink-style x")
    whole, weighted = states(models["sd1"], "a ink-style", options), states(models["sd1"], "a (ink-style:1.5)", options)
    models["sd1"]._texts.clear()
    assert np.array_equal(states(models["sd1"], "ink-style x"), before)
    changed = np.flatnonzero(np.abs(whole - weighted).max(axis=1))
    assert changed.tolist() == [2, 3]


def test_vectors_of_an_embedding_stay_in_one_chunk(models: dict[str, Model], ink: EmbeddingFile) -> None:
    options = replace(READ, embeddings=frozenset({ink}))
    found = states(models["sd1"], " ".join("x" * 74) + " ink-style", options)
    expected = [states(models["sd1"], " ".join("x" * 74)), states(models["sd1"], "ink-style", options)]
    assert np.array_equal(found, np.concatenate(expected))


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        ({"emb_params": torch.zeros(1, 48)}, "other has 48 numbers a vector in the tensor emb_params, and this"),
        ({"clip_g": torch.zeros(1, 32)}, "the embedding other lacks the tensor clip_l for this model's encoder"),
        ({"emb_params": torch.full((1, 32), torch.nan)}, "the embedding other holds values that are no numbers"),
        ({"emb_params": torch.zeros(1, 1, 32)}, "the embedding other holds no vectors in the tensor emb_params"),
    ],
)  # fmt: skip
def test_embedding_that_does_not_fit_is_refused_by_name(
    painters: dict[str, WalkPipeline], tmp_path: Path, tensors: dict[str, torch.Tensor], message: str
) -> None:
    file = written(tmp_path / "other.safetensors", **tensors)
    stop = StopInput("a bear, other", "", 3, options=replace(READ, embeddings=frozenset({file})))
    with pytest.raises(GenerationError, match=message):
        painters["sd1"].prepare([stop, stop], exact(painters["sd1"]))


def test_embedding_that_is_gone_is_refused_by_name(models: dict[str, Model], tmp_path: Path) -> None:
    gone = EmbeddingFile("gone", "gone", tmp_path / "gone.safetensors")
    with pytest.raises(InversionError, match="the embedding gone cannot be read"):
        states(models["sd1"], "gone", replace(READ, embeddings=frozenset({gone})))


def test_embedding_that_is_cut_off_is_refused_by_its_tensor(models: dict[str, Model], tmp_path: Path) -> None:
    file = written(tmp_path / "cut.safetensors", emb_params=torch.ones(2, 32))
    data = file.path.read_bytes()
    file.path.write_bytes(data[:-40])
    with pytest.raises(
        InversionError, match=r"the embedding cut cannot be read: .*: the tensor emb_params is not whole"
    ):
        states(models["sd1"], "cut", replace(READ, embeddings=frozenset({file})))


# Notes, and models that know nothing of it


@pytest.mark.parametrize(
    ("kind", "prompt", "options", "note"),
    [
        ("sd1", "a (bear:1.2)", READ, ""),
        ("sd1", "a (bear:100)", READ, "weights clamped"),
        ("sd1", "a (bear:nan) ((sun:-1))", READ, "weights clamped; weights not numbers"),
        ("sd1", "a (bear:100)", TextOptions(), ""),
        ("sd1", "a bear", replace(READ, clip_skip=1), ""),
        ("led", "a (bear:1.2)", READ, "weights ignored"),
        ("led", "a bear (red)", READ, ""),
        ("led", "a bear", replace(READ, clip_skip=1), "clip skip ignored"),
        ("bert", "[bear]", replace(READ, clip_skip=1), "weights ignored; clip skip ignored"),
        ("led", "a [xyz]", READ, "unknown words; weights ignored"),
    ],
)
def test_what_was_not_read_or_ignored_is_noted(
    models: dict[str, Model], kind: str, prompt: str, options: TextOptions, note: str
) -> None:
    assert models[kind].note(prompt, prompt, options=options) == note


def test_notes_speak_of_what_is_left_out_too_and_of_ignored_embeddings(
    models: dict[str, Model], ink: EmbeddingFile
) -> None:
    assert models["sd1"].note("a bear", "a bear", weighted=("a bear", "(sun:9)"), options=READ) == "weights clamped"
    options = replace(READ, embeddings=frozenset({ink}))
    assert (
        models["led"].note("a bear", "a bear", weighted=("a bear", "(sun:9)"), options=options)
        == "weights ignored; embeddings ignored"
    )


@pytest.mark.parametrize("kind", ["bert", "led"])
def test_house_models_read_the_text_without_weights(models: dict[str, Model], kind: str) -> None:
    found = models[kind].encode("a (bear:1.4)", "[sun]", options=replace(READ, clip_skip=1))
    plain = models[kind].encode("a bear", "sun")
    assert all(np.array_equal(one.states, other.states) for one, other in zip(found, plain, strict=True))  # type: ignore[union-attr]
