"""A walk that is set to music: its page, its embedded film, its feed, and the reason to report it."""

import json
import re
from dataclasses import asdict
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.storage.walk_models import Walk
from app.walks.saved import lookup
from tests.support.heard import HEARD
from tests.support.html import Elements
from tests.support.rows import Maker, change

COLUMNS: dict[str, Any] = {
    "sound_digest": "5e" * 32,
    "sound_start": 4.0,
    "sound_length": 10.0,
    "sound_way": "energy",
    "music": {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(HEARD).items()},
    "positions": [0.0, 1.0],
    "holds": [100, 150],
}


@pytest.fixture
def sounded(publish: Maker) -> Maker:
    """Return a function that publishes a walk with a sound."""

    def make(**fields: object) -> Walk:
        walk = publish("a fox", "a kite", fps=25, **fields)
        change(walk, **COLUMNS)
        return walk

    return make


def test_page_says_which_part_and_how_the_film_follows_it(client: FlaskClient, sounded: Maker) -> None:
    page = client.get(sounded().url).text
    assert "Set to music, from 0:04 to 0:14. The film moves faster where the music is loud." in page
    assert "Film with music, from 0:04 to 0:14" in page and "Animated picture, silent" in page


def test_line_is_the_waveform_with_the_stops_at_their_times(client: FlaskClient, sounded: Maker) -> None:
    page = client.get(sounded().url).text
    ruler = page[page.index('<div class="ruler">') : page.index('<div class="under">')]
    assert 'aria-label="Waveform of the music of this film: 10 seconds, 10 beats, 60 a minute."' in ruler
    assert re.findall(r'<rect x="([\d.]+)%" width="2"', ruler) == ["0.0", "40.0"]


def test_player_gets_the_music_and_the_words_for_its_sound(client: FlaskClient, sounded: Maker) -> None:
    page = client.get(sounded().url).text
    reel = re.search(r"data-reel='([^']*)'", page)
    assert reel is not None
    music = json.loads(unescape(reel[1]))["music"]
    assert (music["seconds"], len(music["beats"])) == (10.0, 10)
    assert music["captions"] == [[0, "Loud music, 60 beats a minute"]]
    assert 'data-sound-on="Sound on" data-sound-off="Sound off" data-volume="Volume"' in page


def test_page_without_a_script_has_a_silent_player_that_loads_nothing(client: FlaskClient, sounded: Maker) -> None:
    walk = sounded()
    page = Elements(client.get(walk.url).text)
    (video,) = page.of("video")
    assert {"controls", "muted", "playsinline"} <= video.keys() and "autoplay" not in video
    assert video["preload"] == "none" and video["poster"].startswith(f"/media/{walk.id}/poster.")
    assert not any(f"/media/{walk.id}/gif" in image["src"] for image in page.of("img"))
    assert "What the music does" in client.get(walk.url).text


def test_embedded_film_is_silent_and_waits(client: FlaskClient, sounded: Maker) -> None:
    answer = client.get(f"/walks/{sounded().id}/embed")
    page = Elements(answer.text)
    (video,) = page.of("video")
    assert {"controls", "muted"} <= video.keys() and "autoplay" not in video and video["preload"] == "none"
    assert "media-src 'self'" in answer.headers["Content-Security-Policy"]
    assert not page.of("input")


def test_feed_says_that_a_film_is_set_to_music(client: FlaskClient, sounded: Maker) -> None:
    sounded()
    assert "set to music" in client.get("/feed.xml").text


def test_owner_reads_why_a_walk_to_music_is_unlisted(client: FlaskClient, sounded: Maker) -> None:
    words = "It is unlisted, because you have not said that you may publish its music."
    walk = sounded(unlisted=True)
    assert words not in client.get(walk.url).text, "others do not"
    own = client.post("/walks", data={"prompt": ["an owl", "a lamp"]}).headers["Location"]
    owner = lookup.walk_at_address(own.rpartition("/")[2]).owner_hash
    for columns, is_said in ({}, True), ({"publish_sound": True}, False):
        change(walk, owner_hash=owner, **columns)
        assert (words in client.get(walk.url).text) is is_said


def test_music_alone_can_be_reported_as_not_theirs(client: FlaskClient, sounded: Maker, publish: Maker) -> None:
    address = f"/walks/{sounded().id}/report"
    assert "Its music is not theirs to publish" in client.get(address).text
    assert client.post(address, data={"reason": "sound"}).status_code == 200
    assert "Its music" not in client.get(f"/walks/{publish().id}/report").text


def test_silent_film_has_no_music_on_its_page(client: FlaskClient, publish: Maker) -> None:
    page = client.get(publish().url).text
    assert "Set to music" not in page and "<video" not in page and "music.css" not in page and '"music": null' in page
