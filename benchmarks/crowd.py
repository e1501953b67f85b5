# ruff: noqa: S608 - all parts of these statements come from this file
"""Fill a gallery with plausible walks: stops from a catalogue's titles and tags, and from the model's vocabulary."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, text

from app.core.text import folding
from app.offer.generation import offers
from app.storage.database import db, is_sqlite
from app.storage.walk_models import ALPHABET, FINISHED, Medium, Stop, Walk
from app.walks.saved.colours import COLOURS

BATCH = 5_000
BEGINNING = datetime(2024, 1, 1, tzinfo=UTC)
LAST = datetime(2026, 11, 1, tzinfo=UTC)
COMMON = {"visitor": "crowd", "owner_hash": "", "commission_hash": "", "fps": 12.5, "sampler_steps": 20,
          "guidance": 3.5, "width": 128, "height": 128, "state": FINISHED, "paint_seconds": 3.0}  # fmt: skip
FILMS = ("gif", "mp4", "poster")


def read_texts(catalogue: Path) -> list[str]:
    """Return the sorted texts for stops: titles and tags of a gzipped catalogue, one JSON object per line."""
    found: set[str] = set()
    with gzip.open(catalogue, "rt", encoding="utf-8") as lines:
        for line in lines:
            work = json.loads(line)
            found.update(each.strip()[:200] for each in (work["title"], *work["subjects"]) if each and each.strip())
    return sorted(found)


def fill(count: int, catalogue: Path, *, seed: int = 1) -> None:
    """Insert ``count`` published walks; the triggers' statements write the index afterwards."""
    draw = random.Random(seed)
    titles, known = read_texts(catalogue), offers.first().facts.vocabulary or ["a fox", "a kite"]
    styles = [hand.words for hand in offers.first().styles] or [""]
    common = COMMON | {"model_name": offers.first().facts.name}
    _rest()
    numbers = iter(range(1, count + 1))
    while batch := [number for _, number in zip(range(BATCH), numbers, strict=False)]:
        rows = [_walk(number, count, draw, titles, known, styles, common) for number in batch]
        with db.engine.connect().execution_options(writes=True) as connection:
            connection.execute(insert(Walk), [walk for walk, _ in rows])
            connection.execute(insert(Stop), [stop for _, stops in rows for stop in stops])
            connection.execute(insert(Medium), list(_media(batch)))
            connection.commit()
    _work(count)


def _walk(
    number: int,
    count: int,
    draw: random.Random,
    titles: list[str],
    known: list[str],
    styles: list[str],
    common: dict[str, Any],
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    size = draw.choices((2, 3, 4, 6, 8), (70, 18, 7, 3, 2))[0]
    hand = draw.choice(styles) if draw.random() < 0.6 else ""
    prompts = [draw.choice(known if draw.random() < 0.5 else titles) for _ in range(size)]
    finished = BEGINNING + (LAST - BEGINNING) * (number / count)
    walk = common | {
        "number": number, "id": _walk_id(number), "seed": draw.randrange(2**32), "frames": 24, "painted_count": 24,
        "words": folding.index_text([word for prompt in prompts for word in (prompt, hand)]),
        "ending": draw.choices(("stop", "back", "round"), (80, 15, 5))[0], "colour": draw.choice(COLOURS),
        "evenness": round(min(1.0, draw.gauss(0.93, 0.03)), 4),
        "continues": _walk_id(draw.randrange(1, number)) if number > 1 and draw.random() < 0.1 else None,
        "finished_at": finished, "created_at": finished - timedelta(seconds=9),
    }  # fmt: skip
    stops = [
        {"walk_number": number, "position": at, "prompt": prompt, "hand": hand, "negative_prompt": "", "note": ""}
        for at, prompt in enumerate(prompts)
    ]
    return walk, stops


def _media(numbers: list[int]) -> Iterator[dict[str, Any]]:
    for number in numbers:
        for kind in FILMS:
            yield {
                "walk_number": number,
                "kind": kind,
                "path": f"w/{number}/{kind}",
                "bytes": 1,
                "etag": f"{number:032}",
            }


def _walk_id(number: int) -> str:
    """Return the ID of the walk with a number."""
    return "".join(ALPHABET[number // len(ALPHABET) ** place % len(ALPHABET)] for place in range(16))


def _rest() -> None:
    """Disable the triggers during the inserts."""
    if is_sqlite():
        with db.engine.connect().execution_options(writes=True) as connection:
            kept = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE name IN ('walks_inserted',"
                                           " 'stops_inserted')")).all()  # fmt: skip
            for name, _ in kept:
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
            connection.commit()
        db.session.info["triggers"] = [sql for _, sql in kept]
    else:
        _run("ALTER TABLE walks DISABLE TRIGGER USER", "ALTER TABLE stops DISABLE TRIGGER USER")


def _work(count: int) -> None:
    """Enable the triggers, and run their statements for all inserted rows."""
    if is_sqlite():
        _run(*db.session.info.pop("triggers"))
        steps = [
            f"UPDATE walks SET words = words WHERE number > {at} AND number <= {at + BATCH}"  # nosec B608
            for at in range(0, count, BATCH)
        ]
        for step in steps:
            _run(step)
        _run("ANALYZE")
    else:
        _run("ALTER TABLE walks ENABLE TRIGGER USER", "ALTER TABLE stops ENABLE TRIGGER USER")
        for at in range(0, count, BATCH):
            _run(f"SELECT hang(number) FROM walks WHERE number > {at} AND number <= {at + BATCH} ORDER BY number")  # nosec B608
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")


def _run(*statements: str) -> None:
    with db.engine.connect().execution_options(writes=True) as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
        connection.commit()
