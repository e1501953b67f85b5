"""Museum catalogues: published files in CSV, JSON or JSON Lines, and the open APIs of the Met and the Rijksmuseum."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from studio.collecting.collection import Item
from studio.collecting.polite_client import Visitor
from studio.errors import FetchError, StudioError

APIS = {
    "met": "https://collectionapi.metmuseum.org/public/collection/v1",
    "rijksmuseum": "https://data.rijksmuseum.nl",
}
NAMES = {"moma": "The Museum of Modern Art", "met": "The Metropolitan Museum of Art", "rijksmuseum": "Rijksmuseum"}
# Column names of each field in the files of MoMA, the Met and Tate, and in simple lists.
COLUMNS = {
    "image": ("ImageURL", "primaryImage", "image_url", "image", "thumbnailUrl", "file_name", "file"),
    "title": ("Title", "title"),
    "artist": ("Artist", "Artist Display Name", "artistDisplayName", "artist"),
    "date": ("Date", "Object Date", "objectDate", "date", "year", "dateText"),
    "materials": ("Medium", "medium", "materials"),
    "group": ("Classification", "classification", "Object Name"),
    "keywords": ("keywords", "subjects", "Tags", "tags"),
    "licence": ("licence", "license", "License", "Rights", "rights", "Rights and Reproduction"),
    "credit": ("CreditLine", "Credit Line", "creditLine", "attribution", "credit"),
    "on_view": ("OnView", "GalleryNumber", "Gallery Number", "on_view"),
    "public": ("Is Public Domain", "isPublicDomain"),
}
ENGLISH = "aat/300388277"  # in Getty's vocabulary
PICTURE = re.compile(r"\.(jpe?g|png|tiff?|webp|jp2)$", re.I)
RELATIVE = re.compile(r"^(?![A-Za-z][A-Za-z0-9+.-]*:)(?!/)")


def read_catalogue(data: bytes, name: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of a catalogue file, CSV or JSON by its contents rather than its name.

    :raises StudioError: naming the row that cannot be read.
    """
    text = data.decode("utf-8-sig", "replace").lstrip()
    if text.startswith("["):
        yield from _objects(_json(text, name), name)
    elif text.startswith("{"):
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip():
                yield from _objects([_json(line, f"{name}, line {number}")], f"{name}, line {number}")
    else:
        csv.field_size_limit(1 << 24)
        try:
            yield from csv.DictReader(io.StringIO(text, newline=""), strict=True)
        except csv.Error as error:
            raise StudioError(f"{name}: {error}") from error


def _json(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise StudioError(f"{where} is not JSON: {error}") from error


def _objects(rows: list[Any], where: str) -> Iterator[dict[str, Any]]:
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            raise StudioError(f"{where}: entry {number} is not an object")
        yield row


def make_item(row: Mapping[str, Any], *, vendor: str, licence: str = "", attribution: str = "") -> Item | None:
    """Return an item for a catalogue's row, or None without a picture; ``licence`` is the default licence."""
    source = _text(row, "image")
    if not source:
        return None
    title, artist, date = _text(row, "title"), _text(row, "artist"), _text(row, "date")
    named = "CC0-1.0" if _is_true(row, "public") else _text(row, "licence") or licence
    credit = ". ".join(part.rstrip(".") for part in (_text(row, "credit"), NAMES.get(vendor, "")) if part)
    keywords = _list(row, "keywords")
    group = _text(row, "group")
    if not keywords:
        keywords = [word for word in (group.lower(), str(row.get("Department") or "").lower()) if word]
    return Item(
        source=source,
        title=title,
        vendor=vendor,
        licence=named,
        artist=artist,
        date=date,
        group=group,
        attribution=attribution or ", ".join(part for part in (artist, title, date, credit) if part),
        materials=_text(row, "materials"),
        on_view=_text(row, "on_view") or None,
        keywords=keywords,
    )


def _first(row: Mapping[str, Any], field: str) -> Any:
    return next((row[name] for name in COLUMNS[field] if row.get(name) not in (None, "", [])), None)


def _text(row: Mapping[str, Any], field: str) -> str:
    value = _first(row, field)
    if isinstance(value, list):  # several artists, as in MoMA's JSON
        value = ", ".join(str(part) for part in value)
    return _cleaned(value) if value is not None else ""


def _cleaned(text: Any) -> str:
    """Normalise spaces; replace half a surrogate pair, which JSON may hold, by a question mark."""
    return " ".join(str(text).encode("utf-8", "replace").decode().split())


def _list(row: Mapping[str, Any], field: str) -> list[str]:
    value = _first(row, field)
    parts = value.split("|") if isinstance(value, str) else value or []
    words = [part.get("term", "") if isinstance(part, dict) else str(part) for part in parts]
    return [word for word in map(_cleaned, words) if word]


def _is_true(row: Mapping[str, Any], field: str) -> bool:
    return str(_first(row, field)).lower() in ("true", "1", "yes")


def search_met(visitor: Visitor, query: str, base: str = APIS["met"]) -> Iterator[Item | None]:
    """Yield the results of a search by the Met's API: items, and None for works without a picture."""
    parameters = urlencode({"hasImages": "true", "q": query})
    results = _fetched(visitor, f"{base}/search?{parameters}")
    for number in results.get("objectIDs") or []:
        try:
            row = _fetched(visitor, f"{base}/objects/{int(number)}")
        except FetchError:
            yield None
            continue
        yield make_item(row, vendor="met")


def search_rijksmuseum(visitor: Visitor, query: str, base: str = APIS["rijksmuseum"]) -> Iterator[Item | None]:
    """Yield the results of the Rijksmuseum's search, resolved from object to visual item to picture (Linked Art).

    ``query`` is text of the description, or fields of the search: ``type=painting&material=canvas``. Yields None for
    works that cannot be resolved.
    """
    fields = dict(parse_qsl(query)) if "=" in query else {"description": query}
    page = f"{base}/search/collection?{urlencode(fields | {'imageAvailable': 'true'})}"
    while page:
        results = _fetched(visitor, page)
        for entry in results.get("orderedItems") or []:
            try:
                yield _resolved(visitor, str(entry["id"]), base)
            except (FetchError, LookupError, TypeError, AttributeError):
                yield None
        page = str((results.get("next") or {}).get("id") or "")


def _resolved(visitor: Visitor, identity: str, base: str) -> Item | None:
    """Resolve a work's identifiers: the visual item, its digital version, the picture's address."""

    def at(reference: str) -> dict[str, Any]:
        return _fetched(visitor, f"{base}/{reference.rstrip('/').rpartition('/')[2]}")

    work = at(identity)
    visual = at(work["shows"][0]["id"])
    digital = at(visual["digitally_shown_by"][0]["id"])
    picture = str(digital["access_point"][0]["id"])
    if not PICTURE.search(picture):  # a IIIF image: request the size that is stored
        picture = f"{picture.rstrip('/')}/full/!2048,2048/0/default.jpg"
    rights = [
        kind["id"]
        for right in visual.get("subject_to", []) + digital.get("subject_to", [])
        for kind in right.get("classified_as", [])
    ]
    made = work.get("produced_by") or {}
    makers = [_name(part) for part in made.get("part", [made])]
    title, artist = _name(work), ", ".join(name for name in makers if name)
    date = _name(made.get("timespan") or {})
    return Item(
        source=picture,
        title=title,
        vendor="rijksmuseum",
        licence=str(rights[0]) if rights else "",
        artist=artist,
        date=date,
        materials=", ".join(filter(None, (_name(part) for part in work.get("made_of", [])))),
        group=next(filter(None, (_name(part) for part in work.get("classified_as", []))), ""),
        attribution=", ".join(part for part in (artist, title, date, NAMES["rijksmuseum"]) if part),
    )


def _name(part: Mapping[str, Any]) -> str:
    """Return a Linked Art entity's name: its own, its maker's, or its label, preferably in English."""
    if part.get("carried_out_by"):
        return ", ".join(filter(None, (_name(who) for who in part["carried_out_by"])))
    names = [each for each in part.get("identified_by", []) if each.get("type") == "Name" and each.get("content")]
    english = [each for each in names if any(ENGLISH in str(one.get("id")) for one in each.get("language", []))]
    chosen = (english or names or [{}])[0].get("content") or part.get("_label") or ""
    return _cleaned(chosen)


def _fetched(visitor: Visitor, url: str) -> dict[str, Any]:
    data = visitor.document(url)
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise FetchError(f"{url} returned no JSON: {error}") from error
    if not isinstance(value, dict):
        raise FetchError(f"{url} returned no JSON object")
    return value
