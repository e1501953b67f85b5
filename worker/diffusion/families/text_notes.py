"""Notes on what a model does not read, or ignores, of a stop's texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from app.core.text import prompt_weights, stop_notes
from worker.diffusion.families import clip_text
from worker.diffusion.families.family import Family
from worker.diffusion.families.text_options import TextOptions


@dataclass(frozen=True, slots=True)
class ModelReading:
    """How a model reads prompts: its family, its pipeline, and whether it `reads_syntax` of weights."""

    family: Family
    pipe: Any
    reads_syntax: bool


def collect_notes(model: ModelReading, prompt: str, subject: str, weighted: Sequence[str], options: TextOptions) -> str:
    """Return the notes on a stop, joined; empty where everything was read.

    `prompt` is the whole encoded prompt, `subject` the visitor's part of it, `weighted` the texts that may have
    weights, as they were written.
    """
    return stop_notes.joined([*_of_words(model, prompt, subject, options), *_of_syntax(model, weighted, options)])


def _of_words(model: ModelReading, prompt: str, subject: str, options: TextOptions) -> Iterator[str]:
    """Yield a note where the prompt is cut, or else where half of the visitor's words or more are unknown."""
    tokenizer, limit = model.family.tokenizer(model.pipe)
    if options.syntax and model.reads_syntax:
        is_cut = model.family.chunks(model.pipe, prompt, options) > clip_text.CHUNKS_MAX
        subject = prompt_weights.parse(subject).text
    else:
        if options.syntax:
            prompt, subject = prompt_weights.plain(prompt), prompt_weights.plain(subject)
        is_cut = len(tokenizer(prompt).input_ids) > limit
    if is_cut:
        yield stop_notes.CUT
    elif _are_unknown(tokenizer, subject):
        yield stop_notes.UNKNOWN_WORDS


def _of_syntax(model: ModelReading, weighted: Sequence[str], options: TextOptions) -> Iterator[str]:
    """Yield notes on weights that were changed, and on syntax that the model does not support."""
    kind = model.family.kind
    skips = bool(options.syntax) if model.reads_syntax else kind.has_clip_skip and not kind.has_weights
    if options.clip_skip is not None and not skips:
        yield stop_notes.NO_CLIP_SKIP
    if not options.syntax:
        return
    parsed = [prompt_weights.parse(text) for text in weighted]
    if not model.reads_syntax:
        if any(each.is_explicit for each in parsed):
            yield stop_notes.NO_WEIGHTS
        if options.embeddings:
            yield stop_notes.NO_EMBEDDINGS
        return
    if any(each.is_clamped for each in parsed):
        yield stop_notes.CLAMPED
    if any(each.has_refused for each in parsed):
        yield stop_notes.NOT_NUMBERS


def _are_unknown(tokenizer: Any, subject: str) -> bool:
    """Return whether a tokenizer does not know half of the words or more."""
    words: list[list[str]] = []
    for token in tokenizer.tokenize(subject):
        if token.startswith("##") and words:
            words[-1].append(token[2:])
        else:
            words.append([token])
    unknown = sum(_is_unknown(word, tokenizer.unk_token) for word in words)
    return bool(words) and 2 * unknown >= len(words)


def _is_unknown(pieces: list[str], unknown: str) -> bool:
    """Return whether a word is the unknown token, or was split into single characters (by WordPiece)."""
    return pieces == [unknown] or (len(pieces) > 1 and all(len(piece) == 1 for piece in pieces))
