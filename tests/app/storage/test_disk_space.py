"""A database whose disk is full: its error says what to do."""

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from app.storage import disk_space
from app.storage.database import db

pytestmark = pytest.mark.databases
FILL = {
    "sqlite": ["PRAGMA max_page_count = 1", "CREATE TABLE more AS SELECT randomblob(999999)"],
    "postgresql": ["DO $$ BEGIN RAISE EXCEPTION E'no room\\nHINT: none' USING ERRCODE = '53100'; END $$"],
}
CURES = {"sqlite": disk_space.CURE, "postgresql": disk_space.OF_POSTGRES}


def test_error_for_want_of_room_names_the_cure_and_others_stay_as_they_are(app: Flask) -> None:
    kind = db.engine.dialect.name
    with pytest.raises(OperationalError) as raised, db.engine.connect() as connection:
        for statement in FILL[kind]:
            connection.execute(text(statement))
    assert disk_space.is_full(raised.value.orig)
    assert str(raised.value.orig).endswith(f". {CURES[kind]}")
    assert CURES[kind] in str(raised.value)
    with pytest.raises(Exception, match="nowhere") as other, db.engine.connect() as connection:
        connection.execute(text("SELECT * FROM nowhere"))
    assert not disk_space.is_full(other.value.orig)  # type: ignore[attr-defined]
    assert CURES[kind] not in str(other.value)
