"""Words that a hostile visitor writes wherever words are taken, and the columns in which words can stand."""

import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import JSON, String, Table, Text, select, update

from app.storage.database import db, writing

ELSEWHERE = "https://elsewhere.invalid"
RUN = "window.ran=1"

SCRIPTS = (
    f"<script>{RUN}</script>",
    f"\"><img src=x onerror={RUN}>'><svg/onload={RUN}>",
    f"</title></textarea></style></script></noscript><script>{RUN}</script>",
    f"<iframe srcdoc='<script>parent.{RUN}</script>'></iframe><object data={ELSEWHERE}/x></object>",
    f"<svg xmlns='http://www.w3.org/2000/svg'><script>{RUN}</script><image href={ELSEWHERE}/x.png></svg>",
    f"<details open ontoggle={RUN}><input autofocus onfocus={RUN}><video src=x onerror={RUN}>",
    f"\" autofocus onfocus={RUN} x=\"' autofocus onfocus={RUN} x='` onfocus={RUN}",
    f"<math><mtext><table><mglyph><style><!--</style><img src=x onerror={RUN}>",
)
LOADS = (
    f"<img src={ELSEWHERE}/x.png><link rel=stylesheet href={ELSEWHERE}/x.css>",
    f"<base href={ELSEWHERE}/><meta http-equiv=refresh content='0;url={ELSEWHERE}'>",
    f"<style>@import '{ELSEWHERE}/x.css';*{{background:url({ELSEWHERE}/y.png)}}</style>",
    f"javascript:{RUN}//https://x",
    f"data:text/html,<script>{RUN}</script>",
    f"<form action={ELSEWHERE}><button autofocus>",
    f"url({ELSEWHERE}/z.png);background:url({ELSEWHERE}/z.png)",
)
TEMPLATES = (
    "{{7919*104729}}${7919*104729}<%=7919*104729%>#{7919*104729}",
    "{% raw %}{%include '/etc/passwd'%}{{config}}%(count)s{0.__class__}",
    "';DROP TABLE walks;--\" OR 1=1; UNION SELECT secret",
    "]]>--><!--<![CDATA[<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>&e;",
    '=HYPERLINK("https://elsewhere.invalid","x")\t@SUM(1+1)*cmd|\' /C calc\'!A0',
    "../../../../etc/passwd%00.png\\..\\..\\x",
    "a\r\nSet-Cookie: moma_visitor=evil\r\n\r\n<script>window.ran=1</script>",
)
LETTERS = (
    "\u202eright to left override\u202c \u2066isolated\u2069\u200f",
    "zero\u200bwidth\u200c\u200d\ufeff\u2060\u00ad",
    "W" * 300,
    "Z" + "\u0301\u0323\u0330" * 60 + "algo",
    "ثعلب أحمر يركض في حديقة تحت المطر " * 6,
    "\x00null\x07bell\x1b[31m\u2028line\u2029paragraph\ud7ff\uffff",
    "👩🏽‍🚀🏳️‍🌈" * 40,
    "﷽" * 60 + "𒐫" * 30,
)
SETS = {"scripts": SCRIPTS, "what is loaded": LOADS, "templates": TEMPLATES, "letters": LETTERS}
MIXED = tuple(word for four in itertools.zip_longest(*SETS.values()) for word in four if word)
"""The words of all sets, taken from each in turn."""

NO_WORDS = {
    "walks": {
        "id", "visitor", "network", "owner_hash", "idempotency_key", "commission_hash", "preset", "ending", "continues",
        "remix_of", "precision", "memory_format", "cache_key", "repeat_of", "state", "colour", "words",
        "sampling", "levels", "positions", "strides",
    },
    "hung": {"words"},  # kept by triggers, as is the vocabulary
    "vocabulary": {"word"},
    "stops": {"note", "chosen_style", "found_hand", "scene", "photo"},
    "uploads": {"id", "kind", "digest", "owner_hash", "network", "path", "state", "preview_path", "details"},
    "frames": {"path"},
    "media": {"kind", "path", "etag"},
    "pieces": {"kind", "state", "lease_holder", "payload", "task", "model"},
    "candidate_sets": {"id", "owner_hash", "fingerprint", "asked", "model", "sampling", "pool", "state"},
    "looks": {"eye", "frames"},
    "exhibitions": {"slug"},
    "reports": {"reason", "reporter"},
    "deeds": {"who", "what"},
    "favourites": {"owner_hash"},
    "collections": {"id", "owner_hash"},
    "collection_reports": {"reason", "reporter"},
    "browsers": {"secret_hash", "owner_hash", "own_hash", "name"},
    "transfers": {"owner_hash", "giver_hash", "giver_name", "link_hash", "selector", "code_hash"},
    "drawings": {"digest", "svg", "words", "kind", "style"},
    "walls": {"name", "hand", "state", "evening"},
    "wall_words": {"picture", "owner_hash", "state"},
    "wall_legs": {"walk_id", "stretch"},
    "api_tokens": {"name", "secret_hash", "scopes"},  # a name is letters, digits and a few signs
}  # fmt: skip
"""Text that no visitor wrote: hashes, ids, files, one of a few values. A new column is taken for words."""


def word_columns(table: Table) -> list[str]:
    """Name the columns of a table in which words can stand."""
    kinds = (String, Text, JSON)
    return [
        column.name
        for column in table.columns
        if isinstance(column.type, kinds) and column.name not in NO_WORDS.get(table.name, set())
    ]


def overwrite(words: tuple[str, ...]) -> Counter[str]:
    """Put hostile words wherever words stand, past all that would refuse them; count the places of each."""
    places, cycle = Counter[str](), itertools.cycle(words)

    def draw() -> str:
        word = next(cycle)
        places[word] += 1
        return word

    with writing() as session:
        for table in db.metadata.sorted_tables:
            keys = list(table.primary_key.columns)
            for row in session.execute(select(table)).mappings().all():
                if values := dict(_hostile(table, row, draw)):
                    session.execute(update(table).where(*(key == row[key.name] for key in keys)).values(values))
    return places


def _hostile(table: Table, row: Any, draw: Callable[[], str]) -> Iterator[tuple[str, Any]]:
    for name in word_columns(table):
        column = table.columns[name]
        if row[name] is None and not column.nullable:
            continue
        if isinstance(column.type, JSON):
            if row[name]:
                yield name, json.loads(json.dumps(row[name]), object_hook=lambda each: _in_json(each, draw))
        elif column.primary_key:
            yield name, f"{draw()} {hash(row[name])}"  # each once
        else:
            yield name, draw()


def _in_json(document: dict[str, Any], draw: Callable[[], str]) -> dict[str, Any]:
    return {name: draw() if isinstance(value, str) and name != "digest" else value for name, value in document.items()}
