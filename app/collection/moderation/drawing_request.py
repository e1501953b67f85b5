"""Validate an uploaded drawing and its fields: names, kind, style, artist, licence and source."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.collection.moderation import banned_words
from app.core.errors import FieldError, InvalidInput
from app.core.i18n.formatting import join_words, number
from app.core.i18n.gettext import _
from app.core.text.folding import spaced
from app.offer.drawings import offered
from app.storage.drawing_models import CREDIT_MAX, NAME_MAX, SOURCE_MAX, STYLE_MAX
from sketch import svg as svg_files
from sketch.svg_css import document

NAME_WORDS = 6
"""The most words of a name; the prompt parser looks for no longer names."""

WORDS_MOST = 24
"""The most other names that a drawing may have."""

KIND = re.compile(r"[a-z]+(?:-[a-z]+)*")
NEAR = 8
"""How many known kinds the error for an unknown kind suggests."""


@dataclass(frozen=True, slots=True)
class DrawingRequest:
    """The fields of an uploaded drawing; ``None`` for fields that were not given.

    ``names`` holds its name and other names for it, separated by commas.
    """

    names: str
    kind: str | None = None
    style: str | None = None
    artist: str | None = None
    licence: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class CheckedDrawing:
    """A valid drawing: its SVG text, its names (the first is the main one), and its other fields by name."""

    svg: str
    names: list[str]
    fields: dict[str, str]


def check(file: bytes, request: DrawingRequest) -> CheckedDrawing:
    """Validate an uploaded drawing.

    :param file: the content of an SVG file.
    :raises InvalidInput: with one error for each field that breaks a rule, the file included.
    """
    errors: list[FieldError] = []
    checked = CheckedDrawing(_svg(file, errors), _names(request.names, errors), _fields(request, errors))
    if errors:
        raise InvalidInput(errors)
    return checked


def too_many_words(count: int) -> FieldError:
    """Return the error for a drawing with ``count`` other names, which are too many."""
    values = {"count": count, "most": WORDS_MOST}
    return FieldError(("name",), _("There are %(count)s other words for it; at most %(most)s are kept.", **values))


def kinds() -> list[str]:
    """Return the kinds of the offered drawings, sorted; a prompt's setting is chosen by its things' kinds."""
    return sorted({each.kind for book in offered.list_books() for each in book.drawings.values() if each.kind})


def kind_of(names: Iterable[str]) -> str:
    """Return the kind of the offered drawing with one of these names, or ``""``."""
    by_name = {each.name.casefold(): each.kind for book in offered.list_books() for each in book.drawings.values()}
    return next((kind for name in names if (kind := by_name.get(name.casefold()))), "")


def _svg(file: bytes, errors: list[FieldError]) -> str:
    """Return the text of an SVG file that can be drawn; otherwise append an error and return ``""``."""
    if len(file) > svg_files.BYTES:
        most = number(svg_files.BYTES)
        errors.append(FieldError(("file",), _("The drawing is larger than %(most)s bytes.", most=most)))
        return ""
    try:
        return svg_files.try_rendering(document.simplify(file.decode("utf-8-sig")))
    except UnicodeDecodeError:
        errors.append(FieldError(("file",), _("The drawing cannot be read: it is no SVG, or not written in UTF-8.")))
    except svg_files.DrawingRefused as error:
        errors.append(FieldError(("file",), _(error.sentence, **error.values)))
    return ""


def _names(text: str, errors: list[FieldError]) -> list[str]:
    """Return the names in a text, each once regardless of case; append an error for each rule that they break."""
    distinct: dict[str, str] = {}
    for name in filter(None, map(_tidy, text.split(","))):
        distinct.setdefault(name.casefold(), name)
    names = list(distinct.values())
    if not names:
        errors.append(FieldError(("name",), _("A drawing wants a name: what it shows, as in “hot-air balloon”.")))
    if flaw := next(filter(None, map(_name_flaw, names)), ""):
        errors.append(FieldError(("name",), flaw))
    if len(names) > WORDS_MOST + 1:
        errors.append(too_many_words(len(names) - 1))
    errors += shown_flaws(names)
    return names


def shown_flaws(names: Iterable[str]) -> list[FieldError]:
    """Return an error for each name of a drawing that contains a banned or unfit word."""
    return banned_words.flaws((("name",), _("The name"), name) for name in names)


def _name_flaw(name: str) -> str:
    if flaw := _text_flaw(_("The name"), name, NAME_MAX):
        return flaw
    excerpt, words = f"{name:.40}", spaced(name).split()
    if not words:
        return _("“%(name)s” is no name: write letters or digits.", name=excerpt)
    if len(words) > NAME_WORDS:
        return _("“%(name)s” has more than %(most)s words, and would never be found.", name=excerpt, most=NAME_WORDS)
    return ""


def _fields(request: DrawingRequest, errors: list[FieldError]) -> dict[str, str]:
    """Return the given fields except the names, tidied; append an error for each that breaks a rule."""
    subjects = {"artist": (_("The artist"), CREDIT_MAX), "licence": (_("The licence"), CREDIT_MAX)}
    subjects |= {"source": (_("The source"), SOURCE_MAX), "style": (_("The style"), STYLE_MAX)}
    fields = {name: _tidy(value) for name in subjects if (value := getattr(request, name)) is not None}
    for name, value in fields.items():
        subject, most = subjects[name]
        if flaw := _text_flaw(subject, value, most):
            errors.append(FieldError((name,), flaw))
    if request.kind:
        fields["kind"], known_kinds = request.kind.strip().lower(), kinds()
        if not KIND.fullmatch(fields["kind"]) or (known_kinds and fields["kind"] not in known_kinds):
            errors.append(FieldError(("kind",), _kind_rule(fields["kind"], known_kinds)))
    return fields


def _kind_rule(kind: str, known_kinds: Sequence[str]) -> str:
    parts = [part for part in kind.split("-") if part]
    near = [each for each in known_kinds if any(part in each for part in parts)][:NEAR] or known_kinds[:NEAR]
    return _(
        "“%(kind)s” is no kind of thing that is known here, such as %(known)s.",
        kind=f"{kind:.40}",
        known=join_words(near or ["animal-bird"]),
    )


def _text_flaw(subject: str, text: str, most: int) -> str:
    if len(text) > most:
        values = {"subject": subject, "count": len(text), "most": most}
        return _("%(subject)s is %(count)s characters long; at most %(most)s are kept.", **values)
    if any(unicodedata.category(each) in ("Cc", "Cs", "Co") or each == "\N{REPLACEMENT CHARACTER}" for each in text):
        return _("%(subject)s contains characters that cannot be read.", subject=subject)
    return ""


def _tidy(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())
