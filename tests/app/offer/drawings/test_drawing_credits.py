"""Whose drawings: grouped, with the way to the licence, and never invented."""

import pytest
from flask import Flask

from app.collection.moderation import drawing_curation
from app.collection.moderation.drawing_request import DrawingRequest
from app.core.config import ROOT
from app.offer.drawings import drawing_credits
from app.offer.drawings.drawing_credits import Credit
from sketch.sketchbook import Drawing, Sketchbook, load
from tests.support import drawings
from tests.support.led import ROBOT, ROBOT_DIGEST

TWEMOJI = {"artist": "Twitter, Inc. and other contributors", "licence": "CC-BY-4.0"}
NOTO = {"artist": "Google LLC", "licence": "Apache-2.0"}
BOOK = Sketchbook(
    [
        Drawing("1", "fox", **TWEMOJI, source="npm:@iconify-json/twemoji@1.2.5#fox"),
        Drawing("2", "fox", **NOTO, source="npm:@iconify-json/noto@1.2.9#fox"),
        Drawing("3", "owl", **TWEMOJI, source="npm:@iconify-json/twemoji@1.2.5#owl"),
        Drawing("4", "yeti"),
        Drawing("5", "troll", artist="Ann Example", licence="own, ask me", source="https://example.org/troll"),
        Drawing("6", "elf", artist="Ann Example", licence="own, ask me", source="a drawer"),
    ],
    {},
    [Drawing("7", "gnome", artist="Ann Example", licence="cc by 4.0", source="npm:some-icons@1.0.0#gnome")],
)
CC_BY = "https://creativecommons.org/licenses/by/4.0/"


def scene(*digests: str) -> dict[str, object]:
    return {"things": [{"drawing": digest} for digest in digests]}


def test_drawings_of_a_walk_are_written_down_once_each_those_removed_too(app: Flask) -> None:
    records = drawing_credits.of_scenes(BOOK, [scene("3", "1"), None, scene("1", "7", "absent")])
    assert [each["name"] for each in records] == ["owl", "fox", "gnome"]
    assert records[1] == {"digest": "1", "name": "fox", **TWEMOJI, "source": "npm:@iconify-json/twemoji@1.2.5#fox"}


def test_those_of_one_artist_stand_together_with_licence_and_source_to_follow(app: Flask) -> None:
    records = drawing_credits.of_scenes(BOOK, [scene("1", "2", "3", "4", "7")])
    assert drawing_credits.of_walk(records) == [
        Credit(("fox", "owl"), TWEMOJI["artist"], "CC BY 4.0", CC_BY, "Twemoji", "https://github.com/twitter/twemoji"),
        Credit(("fox",), "Google LLC", "Apache 2.0", "https://www.apache.org/licenses/LICENSE-2.0", "Noto Emoji",
               "https://github.com/googlefonts/noto-emoji"),
        Credit(("yeti",), "", ""),
        Credit(("gnome",), "Ann Example", "CC BY 4.0", CC_BY, "some-icons", "https://www.npmjs.com/package/some-icons"),
    ]  # fmt: skip
    assert drawing_credits.of_walk(None) == []


def test_sketchbook_tells_all_whose_drawings_it_offers_those_of_most_first() -> None:
    found = [(len(each.names), each.artist, each.collection) for each in drawing_credits.of_sketchbook(BOOK)]
    assert found == [
        (2, "Ann Example", ""), (2, TWEMOJI["artist"], "Twemoji"), (1, "Google LLC", "Noto Emoji"), (1, "", ""),
    ]  # fmt: skip


@pytest.mark.parametrize("source", ["javascript:alert(1)", 'https://x"onclick="y', "data:text/html,x", "https://a b"])
def test_nothing_but_an_address_becomes_a_link(source: str) -> None:
    credit = drawing_credits.of_drawing(Drawing("1", "fox", licence=source, source=source))
    assert (credit.url, credit.licence_url, credit.licence) == ("", "", source)


def test_credit_in_words_says_what_is_missing() -> None:
    texts = [drawing_credits.of_drawing(BOOK.drawings[digest]).text for digest in ("1", "4")]
    assert texts == [
        f"fox (Twitter, Inc. and other contributors, Twemoji, CC BY 4.0, {CC_BY}, https://github.com/twitter/twemoji)",
        "yeti (artist not named, licence not named)",
    ]


def test_credit_that_is_given_later_stands_with_earlier_walks(app: Flask) -> None:
    drawing_curation.add(ROBOT.encode(), DrawingRequest("robot"))
    records = [{"digest": ROBOT_DIGEST, "name": "robot", "artist": "", "licence": "", "source": ""}]
    records.append(drawing_credits.as_record(drawings.DRAWINGS[0]))
    drawing_curation.add(ROBOT.encode(), DrawingRequest("robot", artist="Ann Example"))
    assert [each["artist"] for each in drawing_credits.current(records)] == ["Ann Example", "MoMA Lisa"]
    drawing_curation.remove("robot")
    assert [each["artist"] for each in drawing_credits.current(records)] == ["Ann Example", "MoMA Lisa"]


def test_collections_of_the_shipped_drawings_have_names() -> None:
    shipped = load(ROOT / "models/house/sketchbook.zip").drawings.values()
    packages = {found[1] for each in shipped if (found := drawing_credits.PACKAGE.fullmatch(each.source))}
    assert len(packages) > 3
    assert packages <= drawing_credits.COLLECTIONS.keys()
