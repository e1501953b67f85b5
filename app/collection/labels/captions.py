"""Captions by tone and audience, and the sentence of a wall label, written by a grammar from a description."""

import hashlib
import pathlib
import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from types import SimpleNamespace
from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.collection.labels.descriptions import Description
from app.collection.labels.pictures import Picture
from app.collection.moderation import banned_words
from app.core import field_errors
from app.core.errors import FieldError, InvalidInput
from app.core.field_errors import Path
from app.core.i18n.formatting import join_words
from app.core.i18n.gettext import N_, _

Audience = Literal["personal", "promotional", "academic"]
Language = Literal["en", "de"]
TONES = "quirky", "funny", "serious", "happy", "poetic"
TONE = "poetic"
TONE_MAX = 40  # characters
DESCRIPTION_MAX = 300
AUDIENCES: tuple[str, ...] = get_args(Audience)
VARIANTS_MAX = 8
BEGINS = re.compile(r"(?:^|(?<=[.!?–] )){(?=first|last|shows)")
NAME = re.compile(r"(?<=^[“„])\w")
WITHIN = re.compile("‘([^‘’]*)’")
Subject = Description | Picture
SENTENCES = pathlib.Path(__file__).parent / "sentences"
SUBJECTS = {
    "tone": N_("The tone"),
    "description": N_("The description"),
    "audience": N_("The audience"),
    "language": N_("The language"),
}


@cache
def sentences(subject: str, language: str) -> Any:
    """Return the sentences about a film or a picture in a language; the keys of the file are attributes."""
    return SimpleNamespace(**tomllib.loads((SENTENCES / f"{subject}.{language}.toml").read_text("utf-8")))


LANGUAGES: tuple[str, ...] = get_args(Language)
ALLOWED = {"audience": AUDIENCES, "language": LANGUAGES}


def grammar_of(about: Subject, language: str) -> Any:
    """Return the grammar for a film or a picture in a language."""
    return sentences("picture" if isinstance(about, Picture) else "film", language)


def compose(about: Subject, *, tone: str, audience: str, variants: int, language: str = "en") -> list[str]:
    """Return distinct captions; the same ones for the same film or picture, tone, audience and language."""
    grammar, salt = grammar_of(about, language), f"{about.id} {tone} {audience}"
    facts = _picture_facts(about, grammar) if isinstance(about, Picture) else _facts(about, grammar)
    first = _shuffle(_fitting_lines(grammar.tones[tone], about), salt)
    second = _shuffle(_fitting_lines(grammar.audiences[audience], about), salt)
    pairs = [f"{first[turn % len(first)]} {second[turn % len(second)]}" for turn in range(variants)]
    return [_fill(pair, facts) for pair in pairs]


def _fitting_lines(lines: Mapping[str, Sequence[str]], about: Subject) -> list[str]:
    """Return the lines whose conditions, separated by spaces, all hold for the film or picture."""
    return [line for needs, group in lines.items() if about.holds.issuperset(needs.split()) for line in group]


def _shuffle(lines: list[str], salt: str) -> list[str]:
    """Return lines ordered by the SHA-256 of salt and line: in an arbitrary order that is fixed for each salt.

    A line that is added later does not change the order of the others.
    """
    return sorted(lines, key=lambda line: hashlib.sha256(f"{salt}\n{line}".encode()).digest())


def _fill(line: str, facts: Mapping[str, object]) -> str:
    """Return a line with the facts inserted; a name that begins a sentence gets a capital letter."""
    upper = {f"^{name}": NAME.sub(lambda found: found[0].upper(), str(value), 1) for name, value in facts.items()}
    return BEGINS.sub("{^", line).format(**facts, **upper)


def sentence(about: Description, language: str = "en") -> str:
    """Return the sentence of a film's wall label."""
    grammar = sentences("film", language)
    return str(grammar.label.format(**_facts(about, grammar)))


def _facts(about: Description, grammar: Any) -> dict[str, object]:
    """Return the values that a film's sentences may contain."""
    quoted = [_quote(stop or grammar.photo, grammar) for stop in about.stops]
    return {
        "first": quoted[0],
        "last": quoted[-1],
        "route": joined(quoted, grammar),
        "frames": about.frames,
        "year": about.year,
        "number": about.number,
    }


def _quote(name: str, grammar: Any) -> str:
    """Return a name in quotation marks, with quotations inside it in inner quotation marks."""
    return str(grammar.marks.format(WITHIN.sub(grammar.marks_within, name)))


def _picture_facts(about: Picture, grammar: Any) -> dict[str, object]:
    return {"shows": _quote(about.shows, grammar), "width": about.width, "height": about.height}


def joined(words: Sequence[str], grammar: Any) -> str:
    """Return words as a list within a sentence of the grammar's language."""
    return str(grammar.conjunction.join(filter(None, [", ".join(words[:-1]), words[-1]])))


class CaptionRequest(BaseModel):
    """A request for captions."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    tone: Annotated[str, Field(min_length=1, max_length=TONE_MAX, strict=True, examples=[TONE])] = TONE
    """The tone: quirky, funny, serious, happy, poetic, or another word."""
    audience: Annotated[Audience, Field(examples=["personal"])] = "personal"
    """The audience."""
    variants: Annotated[int, Field(ge=1, le=VARIANTS_MAX, strict=True, examples=[3])] = 3
    """The number of captions."""
    language: Annotated[Language, Field(examples=["en"])] = "en"
    """The language of the captions."""


class PictureCaptionRequest(CaptionRequest):
    """A request for captions of a picture."""

    description: Annotated[str, Field(max_length=DESCRIPTION_MAX, strict=True, examples=["a fox in the snow"])] = ""
    """What the picture shows; by default a worker's guess, if there is one."""


Request = TypeVar("Request", bound=CaptionRequest)


def parse_request(data: Any, kind: type[Request]) -> Request:
    """Validate a request for captions of a film (:class:`CaptionRequest`) or of a picture, and return it.

    :raises InvalidInput: with one error for each invalid field.
    """
    if isinstance(data, dict):
        free = {field: data[field] for field in ("tone", "description") if isinstance(data.get(field), str)}
        data = data | {field: " ".join(text.split()) for field, text in free.items()}
    try:
        request = kind.model_validate(data)
    except ValidationError as error:
        raise field_errors.refusal(error, _sentence, depth=1) from error
    texts = request.model_dump(include={"tone", "description"})
    flaws = [flaw for field, text in texts.items() if text not in TONES for flaw in _flaws(field, text)]
    if flaws:
        raise InvalidInput(flaws)
    return request


def _flaws(field: str, text: str) -> list[FieldError]:
    """Return the errors of a text that a visitor wrote."""
    flaws = banned_words.flaws([((field,), _(SUBJECTS[field]), text)])
    if not text.isprintable():
        message = _("%(field)s contains control characters. Use letters alone.", field=_(SUBJECTS[field]))
        flaws.append(FieldError((field,), message))
    return flaws


def _sentence(path: Path, item: Any) -> str:
    """Return the message with what a field may be."""
    if not path:
        return _('Captions must be asked for by an object such as {"tone": "poetic"}.')
    name = str(path[0])
    if item["type"] == "extra_forbidden":
        return _("%(field)s is not a field of captions.", field=f"{name:.60}")
    if name == "variants":
        return _("The variants must be a whole number from 1 to %(most)s.", most=VARIANTS_MAX)
    if name == "tone":
        return _("The tone must be a word or a few, of 1 to %(most)s characters.", most=TONE_MAX)
    if name == "description":
        return _("The description has at most %(most)s characters.", most=DESCRIPTION_MAX)
    return _("%(field)s must be one of %(known)s.", field=_(SUBJECTS[name]), known=join_words(ALLOWED[name]))
