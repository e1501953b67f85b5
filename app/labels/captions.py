"""Captions by tone and audience, and a wall label's sentence, written by a grammar from a description."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.errors import FieldError, InvalidInput
from app.i18n.formatting import join_words
from app.i18n.gettext import N_, _
from app.labels import english, german
from app.labels.descriptions import Description

Tone = Literal["quirky", "funny", "serious", "happy", "poetic"]
Audience = Literal["personal", "promotional", "academic"]
Language = Literal["en", "de"]
TONES: tuple[str, ...] = get_args(Tone)
AUDIENCES: tuple[str, ...] = get_args(Audience)
VARIANTS_MAX = 8
GRAMMARS: dict[str, Any] = {"en": english, "de": german}
SUBJECTS = {"tone": N_("The tone"), "audience": N_("The audience"), "language": N_("The language")}
ALLOWED = {"tone": TONES, "audience": AUDIENCES, "language": tuple(GRAMMARS)}


def write(about: Description, *, tone: str, audience: str, variants: int, language: str = "en") -> list[str]:
    """Write captions that all differ; for the same film and wishes always the same."""
    grammar, salt = GRAMMARS[language], f"{about.id} {tone} {audience}"
    facts = _facts(about, grammar)
    first = _shuffled(_borne_out(grammar.TONES[tone], about), salt)
    second = _shuffled(_borne_out(grammar.AUDIENCES[audience], about), salt)
    pairs = [f"{first[turn % len(first)]} {second[turn % len(second)]}" for turn in range(variants)]
    return [pair.format(**facts) for pair in pairs]


def _borne_out(lines: Mapping[str, tuple[str, ...]], about: Description) -> list[str]:
    """List the lines whose conditions, words apart by spaces, are all true of the film."""
    return [line for needs, group in lines.items() if about.holds.issuperset(needs.split()) for line in group]


def _shuffled(lines: list[str], salt: str) -> list[str]:
    """Order lines by the SHA-256 of salt and line: as if by chance, yet always the same for the same salt.

    A line that is added later takes its place without changing the order of the others.
    """
    return sorted(lines, key=lambda line: hashlib.sha256(f"{salt}\n{line}".encode()).digest())


def sentence(about: Description, language: str = "en") -> str:
    """Write the sentence of a wall label."""
    grammar = GRAMMARS[language]
    return str(grammar.LABEL.format(**_facts(about, grammar)))


def _facts(about: Description, grammar: Any) -> dict[str, object]:
    quoted = [grammar.MARKS.format(stop or grammar.PHOTO) for stop in about.stops]
    route = grammar.AND.join(filter(None, [", ".join(quoted[:-1]), quoted[-1]]))
    return {
        "first": quoted[0],
        "last": quoted[-1],
        "route": route,
        "frames": about.frames,
        "year": about.year,
        "number": about.number,
    }


class CaptionRequest(BaseModel):
    """Which captions are wanted."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    tone: Annotated[Tone, Field(examples=["poetic"])] = "poetic"
    """How they sound."""
    audience: Annotated[Audience, Field(examples=["personal"])] = "personal"
    """Whom they are for."""
    variants: Annotated[int, Field(ge=1, le=VARIANTS_MAX, strict=True, examples=[3])] = 3
    """How many of them."""
    language: Annotated[Language, Field(examples=["en"])] = "en"
    """The language that they are in."""


def read(data: Any) -> CaptionRequest:
    """Check which captions are wanted.

    :raises InvalidInput: with one error for each field that is wrong.
    """
    try:
        return CaptionRequest.model_validate(data)
    except ValidationError as error:
        found = {item["loc"][:1]: item["type"] for item in error.errors(include_url=False, include_input=False)}
        raise InvalidInput([_field_error(path, kind) for path, kind in found.items()]) from error


def _field_error(path: tuple[str | int, ...], kind: str) -> FieldError:
    """Say which field is wrong, and what it may be."""
    if not path:
        return FieldError(path, _('Captions must be asked for by an object such as {"tone": "poetic"}.'))
    name = str(path[0]).encode("utf-8", "replace").decode()
    if kind == "extra_forbidden":
        return FieldError((name,), _("%(field)s is not a field of captions.", field=f"{name:.60}"))
    if name == "variants":
        return FieldError(path, _("The variants must be a whole number from 1 to %(most)s.", most=VARIANTS_MAX))
    known = join_words(ALLOWED[name])
    return FieldError(path, _("%(field)s must be one of %(known)s.", field=_(SUBJECTS[name]), known=known))
