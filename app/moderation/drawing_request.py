"""What is told of a drawing that somebody brings, and what each of it may hold."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.drawings import offered
from app.errors import FieldError, InvalidInput
from app.i18n.formatting import join_words, number
from app.i18n.gettext import _
from app.moderation import banned_words
from app.storage.drawing_models import CREDIT_MAX, NAME_MAX, SOURCE_MAX, STYLE_MAX
from app.text.folding import spaced
from sketch import svg as svg_files

NAME_WORDS = 6
"""The most words of a name: the reader looks for no longer ones."""

WORDS_MOST = 24
"""How many other words a drawing may have."""

KIND = re.compile(r"[a-z]+(?:-[a-z]+)*")
NEAR = 8
"""How many kinds are named where one is mistyped."""


@dataclass(frozen=True, slots=True)
class DrawingRequest:
    """What is told of a drawing: its name and other words for it, with commas between; None for what is not told."""

    names: str
    kind: str | None = None
    style: str | None = None
    artist: str | None = None
    licence: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class CheckedDrawing:
    """A drawing that can be taken in: its SVG, its name and other words, and what else is told of it."""

    svg: str
    names: list[str]
    told: dict[str, str]


def check(file: bytes, wanted: DrawingRequest) -> CheckedDrawing:
    """Check what somebody brings.

    :raises InvalidInput: with one error for each field that breaks a rule, the file among them.
    """
    errors: list[FieldError] = []
    checked = CheckedDrawing(_svg(file, errors), _names(wanted.names, errors), _told(wanted, errors))
    if errors:
        raise InvalidInput(errors)
    return checked


def too_many_words(count: int) -> FieldError:
    """Say that there are too many other words for a drawing."""
    told = {"count": count, "most": WORDS_MOST}
    return FieldError(("name",), _("There are %(count)s other words for it; at most %(most)s are kept.", **told))


def kinds() -> list[str]:
    """List the kinds of things that there are drawings of, by which a setting is found for each."""
    return sorted({each.kind for book in offered.list_books() for each in book.drawings.values() if each.kind})


def kind_of(names: Iterable[str]) -> str:
    """Return the kind of what is called like that, where there is a drawing of it; else ``""``."""
    named = {each.name.casefold(): each.kind for book in offered.list_books() for each in book.drawings.values()}
    return next((kind for name in names if (kind := named.get(name.casefold()))), "")


def _svg(file: bytes, errors: list[FieldError]) -> str:
    """Read a file as a drawing, and try it."""
    if len(file) > svg_files.BYTES:
        most = number(svg_files.BYTES)
        errors.append(FieldError(("file",), _("The drawing is larger than %(most)s bytes.", most=most)))
        return ""
    try:
        return svg_files.tried(file.decode("utf-8-sig"))
    except UnicodeDecodeError:
        errors.append(FieldError(("file",), _("The drawing cannot be read: it is no SVG, or not written in UTF-8.")))
    except svg_files.DrawingRefused as error:
        errors.append(FieldError(("file",), _(error.sentence, **error.values)))
    return ""


def _names(text: str, errors: list[FieldError]) -> list[str]:
    """Read a name and other words for the same, each once."""
    found: dict[str, str] = {}
    for name in filter(None, map(_tidy, text.split(","))):
        found.setdefault(name.casefold(), name)
    names = list(found.values())
    if not names:
        errors.append(FieldError(("name",), _("A drawing wants a name: what it shows, as in “hot-air balloon”.")))
    if flaw := next(filter(None, map(_name_flaw, names)), ""):
        errors.append(FieldError(("name",), flaw))
    if len(names) > WORDS_MOST + 1:
        errors.append(too_many_words(len(names) - 1))
    errors += shown_flaws(names)
    return names


def shown_flaws(names: Iterable[str]) -> list[FieldError]:
    """Say which name or other word for a drawing holds a banned one."""
    return banned_words.flaws((("name",), _("The name"), name) for name in names)


def _name_flaw(name: str) -> str:
    if flaw := _text_flaw(_("The name"), name, NAME_MAX):
        return flaw
    shown, words = f"{name:.40}", spaced(name).split()
    if not words:
        return _("“%(name)s” is no name: write letters or digits.", name=shown)
    if len(words) > NAME_WORDS:
        return _("“%(name)s” has more than %(most)s words, and would never be found.", name=shown, most=NAME_WORDS)
    return ""


def _told(wanted: DrawingRequest, errors: list[FieldError]) -> dict[str, str]:
    """Read what is told of a drawing besides its names."""
    subjects = {"artist": (_("The artist"), CREDIT_MAX), "licence": (_("The licence"), CREDIT_MAX)}
    subjects |= {"source": (_("The source"), SOURCE_MAX), "style": (_("The style"), STYLE_MAX)}
    told = {name: _tidy(value) for name in subjects if (value := getattr(wanted, name)) is not None}
    for name, value in told.items():
        subject, most = subjects[name]
        if flaw := _text_flaw(subject, value, most):
            errors.append(FieldError((name,), flaw))
    if wanted.kind:
        told["kind"], known = wanted.kind.strip().lower(), kinds()
        if not KIND.fullmatch(told["kind"]) or (known and told["kind"] not in known):
            errors.append(FieldError(("kind",), _kind_rule(told["kind"], known)))
    return told


def _kind_rule(kind: str, known: Sequence[str]) -> str:
    parts = [part for part in kind.split("-") if part]
    near = [each for each in known if any(part in each for part in parts)][:NEAR] or known[:NEAR]
    return _(
        "“%(kind)s” is no kind of thing that is known here, such as %(known)s.",
        kind=f"{kind:.40}",
        known=join_words(near or ["animal-bird"]),
    )


def _text_flaw(subject: str, text: str, most: int) -> str:
    if len(text) > most:
        told = {"subject": subject, "count": len(text), "most": most}
        return _("%(subject)s is %(count)s characters long; at most %(most)s are kept.", **told)
    if any(unicodedata.category(each) in ("Cc", "Cs", "Co") or each == "\N{REPLACEMENT CHARACTER}" for each in text):
        return _("%(subject)s contains characters that cannot be read.", subject=subject)
    return ""


def _tidy(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())
