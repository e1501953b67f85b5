"""Music on the form: uploaded, shown to its owner with its beats, and part of the request."""

import io
import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from app.core.errors import FieldError, InvalidInput
from app.offer.generation.limits import Limits
from app.site.presentation import form_fields, sound_line
from app.site.presentation.make_form import MakeForm, from_fields
from app.storage.database import now
from app.storage.upload_models import FAILED, Upload
from app.storage.walk_models import Walk
from tests.conftest import make_app
from tests.support import heard, sounds
from tests.support.rows import Maker, change

NAMED = re.compile('name="sound" value="([a-z0-9]{16})"')
PROMPTS = ["a fox", "a kite", "the sea"]


def send(client: FlaskClient, data: bytes | None = None, **fields: Any) -> TestResponse:
    """Send the form with a sound."""
    file = io.BytesIO(sounds.track() if data is None else data), "song.wav"
    values = {"prompt": PROMPTS, "edit": "bring", "sound-file": file} | fields
    return client.post("/", data=values, content_type="multipart/form-data")


def added(client: FlaskClient) -> str:
    """Upload a sound; return its ID."""
    found = NAMED.search(send(client).text)
    assert found is not None
    return found[1]


def shown(client: FlaskClient, sound_id: str, **fields: Any) -> str:
    """Return the form with a sound that a worker has read."""
    heard.read(sound_id)
    return client.get("/", query_string={"prompt": PROMPTS, "sound": sound_id} | fields).text


def form_of(**fields: Any) -> MakeForm:
    return from_fields(MultiDict({"prompt": PROMPTS, "sound": "k7mz3vq9xw2hd8cf"} | fields), Limits.current())


def test_sound_that_comes_with_the_form_waits_on_it_and_what_was_typed_stays(client: FlaskClient) -> None:
    page = send(client, seed="77").text
    assert "We are listening to it." in page and 'value="77"' in page and "the sea" in page
    assert re.search(r'hx-get="/sounds/[a-z0-9]{16}/live" hx-trigger="again" data-again="\d+"', page)
    assert "I may publish this music" in page and "Keep this one unlisted" not in page


def test_part_with_its_beats_is_shown_once_the_sound_is_read(client: FlaskClient) -> None:
    page = shown(client, added(client), sound_start="4", sound_length="10", at=["", "4,5", ""])
    assert page.count('<svg class="waveform"') == 2
    assert "20 seconds, 20 beats, 60 a minute." in page
    assert 'data-seconds="10.0" data-beats="0.5 1.5 2.5' in page
    assert "<strong>0.5</strong> · 1.5" in page and '<option value="9.5">' in page
    assert re.findall(r'<svg x="([\d.]+)%" overflow', page) == ["0.0", "50.0", "100.0"]
    assert '<rect x="20.0%" width="50.0%"' in page


def test_length_that_is_proposed_is_what_follows_the_start(client: FlaskClient) -> None:
    page = shown(client, added(client), sound_start="12")
    assert re.search(r'name="sound_length" value="" [^>]*placeholder="8"', page)


def test_live_part_is_the_owners_alone(client: FlaskClient, app: Flask) -> None:
    sound_id = added(client)
    headers = {"HX-Request": "true", "Sec-Fetch-Dest": "empty"}
    address = f"/sounds/{sound_id}/live?sound_length=5"
    heard.read(sound_id)
    answer = client.get(address, headers=headers)
    assert answer.status_code == 200 and 'data-seconds="5.0"' in answer.text
    assert answer.headers["Cache-Control"] == "private, no-store"
    stranger = app.test_client()
    assert stranger.get(address, headers=headers).status_code == 404
    assert stranger.get("/sounds/no/live", headers=headers).status_code == 404
    assert NAMED.search(stranger.get(f"/?sound={sound_id}").text) is None


def test_refused_sound_is_an_error_of_the_form_with_the_limit(client: FlaskClient) -> None:
    page = send(client, b"This is a text.", seed="77").text
    assert '<a href="#music">Music</a>: The sound is no sound that we read' in page
    assert 'value="77"' in page and NAMED.search(page) is None


def test_press_with_a_refused_sound_requests_no_walk(client: FlaskClient) -> None:
    answer = client.post(
        "/walks",
        data={"prompt": PROMPTS, "sound-file": (io.BytesIO(b"text"), "a.mp3")},
        content_type="multipart/form-data",
    )
    assert answer.status_code == 422 and "The sound is no sound that we read" in answer.text


CUT_OFF = "The sound is cut off or damaged: it cannot be read to its end."


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"state": FAILED, "error": CUT_OFF}, f"<strong>{CUT_OFF}</strong>"),
        ({"expires_at": now()}, "The sound is not here: it was kept for a day"),
    ],
    ids=["could not be read", "expired"],
)
def test_sound_that_cannot_be_used_says_why(client: FlaskClient, columns: dict[str, Any], said: str) -> None:
    sound_id = added(client)
    change(Upload, **columns)
    page = client.get(f"/?sound={sound_id}").text
    assert said in page and "data-again" not in page


def test_sound_of_anothers_walk_is_said_to_be_missing(client: FlaskClient) -> None:
    page = client.get("/", query_string={"prompt": PROMPTS, "sound": "5e" * 32, "sound_start": "4"}).text
    assert "The walk has a sound, which is not here." in page and 'id="sound-start"' not in page


def test_sound_that_went_while_the_form_was_open_is_an_error_and_no_silent_film(client: FlaskClient) -> None:
    for name in ("5e" * 32, "k7mz3vq9xw2hd8cf", "../x"):
        answer = client.post("/walks", data={"prompt": PROMPTS, "sound": name, "sound_start": "4", "seed": "77"})
        assert answer.status_code == 422 and "The sound is not here: it was kept for a day" in answer.text
        assert 'name="sound_start" value="4"' in answer.text and 'value="77"' in answer.text


def test_flaw_of_a_sound_is_said_once_beside_it(client: FlaskClient) -> None:
    sound_id, words = added(client), "The sound is silent: nothing in it is louder than -60 dB of full scale."
    change(Upload, state=FAILED, error=words)
    page = client.post("/walks", data={"prompt": PROMPTS, "sound": sound_id}).text
    assert page[page.index('id="music"') :].count(words) == 1


def test_part_and_times_wait_for_a_sound_that_is_missing(client: FlaskClient) -> None:
    walk = {"sound": "5e" * 32, "sound_start": "2", "sound_length": "3.5", "sound_way": "pulse", "frames": "50"}
    page = client.get("/", query_string={"prompt": PROMPTS, "at": ["", "1.5", ""], **walk}).text
    typed = dict(re.findall(r'<input type="hidden" name="(sound\w*)" value="([^"]*)"', page))
    times = re.findall(r'<input type="hidden" name="at" value="([^"]*)"', page)
    assert typed == {"sound_start": "2", "sound_length": "3.5", "sound_way": "pulse"} and times == ["", "1.5", ""]
    page = send(client, at=times, frames="50", **typed).text
    assert NAMED.search(page) is not None
    assert 'name="sound_start" value="2"' in page and 'name="sound_length" value="3.5"' in page
    assert 'value="pulse" checked' in page and 'name="at" value="1.5"' in page
    assert re.search('name="frames" value="50"[^>]* checked', page)


def test_sound_in_place_of_another_has_the_usual_part(client: FlaskClient) -> None:
    page = send(client, sound=added(client), sound_start="2", sound_way="pulse").text
    assert 'name="sound_start" value=""' in page and 'value="steady" checked' in page


@pytest.fixture
def remade(client: FlaskClient, publish: Maker) -> tuple[Walk, Upload]:
    """A finished walk of ann's to seconds 2 to 12 of a sound of hers, which she may publish."""
    sound = sounds.keep("secret of ann")
    part = {"id": sound.id, "start": 2.0, "length": 10.0, "way": "pulse"}
    stops = [{"prompt": "a fox"}, {"prompt": "a kite", "at": 4.5}, {"prompt": "the sea"}]
    return publish(stops=stops, sound=part, publish_sound=True, fps=25.0, frames=40), sound


def test_form_of_anothers_walk_has_its_part_of_the_sound(client: FlaskClient, remade: tuple[Walk, Upload]) -> None:
    walk, sound = remade
    page = client.get("/", query_string=form_fields.fields(walk)).text
    assert f'name="sound" value="{sound.digest}"' in page and page.count('<svg class="waveform"') == 1
    assert "10 seconds, 20 beats, 120 a minute. It is the part that the walk kept." in page
    assert 'name="sound_start" value="2"' in page and 'name="sound_length" value="10"' in page
    assert 'value="pulse" checked' in page and 'name="at" value="4.5"' in page
    assert 'data-seconds="10.0" data-beats="0.0 0.5 1.0' in page
    change(Walk, publish_sound=False)
    page = client.get("/", query_string=form_fields.fields(walk)).text
    assert "The walk has a sound, which is not here." in page and 'class="waveform"' not in page


def test_repaint_page_says_that_music_is_private(client: FlaskClient, remade: tuple[Walk, Upload]) -> None:
    walk, _sound = remade
    words = "The owner of this walk did not say that its music may be published"
    assert words not in client.get(f"/walks/{walk.id}/repaint").text
    change(Walk, publish_sound=False)
    page = client.get(f"/walks/{walk.id}/repaint").text
    assert page.count(words) == 2 and 'name="style"' not in page and 'name="size"' not in page


def test_sound_is_removed_by_its_button(client: FlaskClient) -> None:
    page = client.post("/", data={"prompt": PROMPTS, "sound": added(client), "edit": "drop-sound"}).text
    assert NAMED.search(page) is None and 'name="sound-file"' in page


def test_allowance_counts_sounds_from_the_form(instance: Path) -> None:
    client = make_app(instance, HOURLY_SOUNDS=1, HOURLY_SOUNDS_ADDRESS=1).test_client()
    assert [send(client, data).status_code for data in (b"text", None)] == [200, 429]
    assert "1 sounds within an hour" in send(client).text


def test_form_takes_a_sound_of_the_largest_size(instance: Path) -> None:
    client = make_app(instance, PHOTO_MAX=1000, SOUND_MAX=150_000, BODY_MAX=100_000).test_client()
    assert send(client, bytes(150_000)).status_code == 200
    assert send(client, bytes(300_000)).status_code == 413


def test_request_has_the_part_the_way_and_the_times(app: Flask) -> None:
    with app.test_request_context():
        form = form_of(sound_start="4,5", sound_length="12", sound_way="pulse", publish_sound="1", at=["", "3.5", "x"])
        body = form.as_body()
    assert body["sound"] == {"id": "k7mz3vq9xw2hd8cf", "way": "pulse", "start": "4,5", "length": 12.0}
    assert body["publish_sound"] is True
    assert [stop.get("at") for stop in body["stops"]] == [None, 3.5, "x"]


def test_form_without_a_sound_requests_no_times(app: Flask) -> None:
    with app.test_request_context():
        body = form_of(sound="", at=["0", "3.5", ""], sound_way="pulse").as_body()
    assert "sound" not in body and "publish_sound" not in body and not any("at" in stop for stop in body["stops"])


def test_errors_are_shown_at_their_fields(app: Flask) -> None:
    with app.test_request_context():
        form = form_of()
        paths = ("stops", 1, "at"), ("sound", "start"), ("sound", "id"), ("publish_sound",)
        form.explain(InvalidInput([FieldError(path, f"flaw of {path[-1]}") for path in paths]))
    assert form.errors == {"at": "flaw of at", "sound_start": "flaw of start", "sound": "flaw of publish_sound"}
    assert [stop.at_error for stop in form.stops] == ["", "flaw of at", ""]


@pytest.mark.parametrize(
    ("typed", "part"),
    [
        (("", ""), (0.0, 15.0)),
        (("8", ""), (8.0, 12.0)),
        (("8", "4"), (8.0, 4.0)),
        (("x", "0"), (0.0, 15.0)),
        (("40", "30"), (0.0, 20.0)),
    ],
)
def test_part_lies_within_the_sound(typed: tuple[str, str], part: tuple[float, float]) -> None:
    line = sound_line.SoundLine("id", *typed, view=sound_line.SoundView("id", heard=heard.HEARD))
    assert line.part == part


def test_stops_without_a_time_are_placed_between_their_neighbours() -> None:
    line = sound_line.SoundLine("id", length="10", view=sound_line.SoundView("id", heard=heard.HEARD))
    assert line.places(["", "", "", "8", "99"]) == [0.0, 26.67, 53.33, 80.0, 100.0]
