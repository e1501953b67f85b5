"""Captions by a language model: a real server at a real address, which behaves or does not."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.collection.labels import language_model
from app.collection.labels.language_model import EXTENSION, UNFIT_MOST, _State
from app.collection.labels.pictures import Picture
from tests.app.collection.labels.test_captions import about
from tests.conftest import Maker

Answer = Callable[[BaseHTTPRequestHandler, dict[str, Any]], None]
FILM = about("a fox", "a kite")
TIMES = "dawn", "noon", "dusk", "night", "spring", "summer", "autumn", "winter"
GOOD = [f"At {time}, “a fox” takes to the air as “a kite”." for time in TIMES]
WISHES = {"tone": "breathless", "audience": "personal", "variants": 3, "language": "en"}


class Server(ThreadingHTTPServer):
    """Answers as ``answer`` says, and remembers what it was asked."""

    daemon_threads = True
    answer: Answer
    asked: list[tuple[str, str | None, dict[str, Any]]]


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.path, self.headers["Authorization"], body))
        with suppress(OSError):
            self.server.answer(self, body)

    def log_message(self, *_arguments: object) -> None:
        pass


def says(content: Any, status: int = 200) -> Answer:
    """Answer as such addresses do, with this content."""
    return sends(json.dumps({"choices": [{"message": {"content": content}}]}).encode(), status)


def sends(data: bytes, status: int = 200, **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler, _body: dict[str, Any]) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(data)

    return answer


def drips(handler: BaseHTTPRequestHandler, _body: dict[str, Any]) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(200):
        handler.wfile.write(b" ")
        time.sleep(0.05)


def stall(_handler: BaseHTTPRequestHandler, _body: dict[str, Any]) -> None:
    time.sleep(10)


@pytest.fixture
def server(app: Flask) -> Iterator[Server]:
    """Run a server, and set it as the site's language model."""
    made = Server(("127.0.0.1", 0), Handler)
    made.asked = []
    threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    app.config |= {
        "LANGUAGE_MODEL": "tiny",
        "LANGUAGE_MODEL_URL": f"http://127.0.0.1:{made.server_port}/v1/",
        "LANGUAGE_MODEL_KEY": "a-key",
        "LANGUAGE_MODEL_SECONDS": 0.4,
    }
    yield made
    made.shutdown()
    made.server_close()


def write(**other: Any) -> list[str] | None:
    return language_model.compose(FILM, **{**WISHES, **other})


def test_captions_are_those_of_the_model_which_gets_facts_alone(server: Server) -> None:
    server.answer = says(f"Here they are:\n```json\n{json.dumps(GOOD)}\n```")
    assert write() == GOOD[:3]
    ((path, key, body),) = server.asked
    assert (path, key, body["model"]) == ("/v1/chat/completions", "Bearer a-key", "tiny")
    document = json.loads(body["messages"][1]["content"])
    assert document["film"]["stops"] == ["a fox", "a kite"]
    assert (document["tone"], document["captions"], document["language"]) == ("breathless", 3, "English")


BAD: dict[str, Answer] = {
    "hangs": stall,
    "drips": drips,
    "broke": says(json.dumps(GOOD), 500),
    "leads elsewhere": sends(b"", 302, Location="http://127.0.0.1:9/"),
    "no JSON": sends(b"<html>"),
    "other JSON": sends(b'{"choices": []}'),
    "nothing": sends(b""),
    "too much": sends(b"[" * 70_000),
    "deep": says("[" * 30_000),
    "no list": says("As a language model I cannot."),
    "null": says(None),
    "too few": says(json.dumps(GOOD[:2])),
    "the same again": says(json.dumps(GOOD[:1] * 8)),
    "no texts": says(json.dumps([[line] for line in GOOD])),
    "markup": says(json.dumps([f"<b>{line}</b>" for line in GOOD])),
    "a link": says(json.dumps([f"{line} https://example.org" for line in GOOD])),
    "unseen signs": says(json.dumps([f"{line}\u202e" for line in GOOD])),
    "another film": says(json.dumps([f"“A whale” sings, for the {number}th time." for number in range(8)])),
    "another language": says(json.dumps([f"Der Wind und die Nacht: „a fox“ ist am Ziel ({t})." for t in TIMES])),
    "numbers of its own": says(json.dumps([f"{line} It took 9 years." for line in GOOD])),
    "unfit": says(json.dumps([f"{line} Fuck." for line in GOOD])),
    "too long": says(json.dumps([line * 20 for line in GOOD])),
}


BROKEN = "hangs", "drips", "broke", "leads elsewhere", "no JSON", "other JSON", "nothing", "too much"


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_used_is_none_in_good_time_and_the_model_is_left_alone(server: Server, name: str) -> None:
    server.answer, asked = BAD[name], 1 if name in BROKEN else UNFIT_MOST
    for _turn in range(asked):
        began = time.monotonic()
        assert write() is None
        assert time.monotonic() - began < 3
    server.answer = says(json.dumps(GOOD))
    assert write() is None
    assert len(server.asked) == asked


def test_one_answer_that_cannot_be_shown_leaves_the_model_to_others(server: Server) -> None:
    for _turn in range(UNFIT_MOST):
        server.answer = says("I was told to say nothing.")
        assert write() is None
        server.answer = says(json.dumps(GOOD))
        assert write() == GOOD[:3]


def test_address_that_drips_before_a_key_is_agreed_on_is_cut_off_in_time(app: Flask, server: Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip() -> None:
            wire, _address = listening.accept()
            with wire, suppress(OSError):
                wire.sendall(b"\x16\x03\x03\x40\x00")
                for _ in range(200):
                    wire.sendall(b"\x02")
                    time.sleep(0.05)

        threading.Thread(target=drip, daemon=True).start()
        app.config["LANGUAGE_MODEL_URL"] = f"https://127.0.0.1:{listening.getsockname()[1]}/v1"
        began = time.monotonic()
        assert write() is None
        assert time.monotonic() - began < 3


def test_key_is_never_in_the_log(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    server.answer = BAD["broke"]
    assert write() is None
    assert "it answered 500" in caplog.text
    assert "a-key" not in caplog.text


def test_picture_is_named_by_its_guess_and_said_to_be_one(server: Server) -> None:
    server.answer = says(json.dumps(GOOD))
    picture = Picture("a fox", True, 96, 64, "abcdefghjkmnpqrs")
    assert language_model.compose(picture, **WISHES) == GOOD[:3]
    document = json.loads(server.asked[0][2]["messages"][1]["content"])
    assert (document["names"], document["picture"]) == (["a fox"], {"shows": "a fox", "said by": "a model, as a guess"})


def test_model_is_asked_again_after_a_while(app: Flask, server: Server) -> None:
    server.answer = BAD["broke"]
    assert write() is None
    app.extensions[EXTENSION] = _State()
    server.answer = says(json.dumps(GOOD))
    assert write() == GOOD[:3]


def test_model_that_is_away_is_none(app: Flask, server: Server) -> None:
    server.shutdown()
    server.server_close()
    assert write() is None


def test_no_more_than_two_wait_for_it(app: Flask, server: Server) -> None:
    server.answer = says(json.dumps(GOOD))
    waiting = app.extensions[EXTENSION].waiting
    assert waiting.acquire(blocking=False)
    assert write() == GOOD[:3]
    assert waiting.acquire(blocking=False)
    assert write() is None
    assert len(server.asked) == 1


def test_programs_and_page_learn_who_wrote(server: Server, client: FlaskClient, publish: Maker) -> None:
    server.answer = says(json.dumps(GOOD))
    walk = publish("a fox", "a kite")
    answer = client.post(f"/api/v1/walks/{walk.id}/captions", json={"tone": "breathless"}).json
    assert (answer["captions"], answer["by"], answer["tone"]) == (GOOD[:3], "tiny", "breathless")
    page = client.get(f"/walks/{walk.id}/captions?own_tone=breathless").text
    assert "At noon" in page
    assert '<bdi lang="">tiny</bdi>' in page
    asked = len(server.asked)
    assert "At noon" not in client.get(f"/walks/{walk.id}/captions").text
    assert len(server.asked) == asked


def test_grammar_writes_when_the_model_does_not(server: Server, client: FlaskClient, publish: Maker) -> None:
    server.answer = says("no")
    answer = client.post(f"/api/v1/walks/{publish().id}/captions", json={"tone": "ironic"}).json
    assert (answer["by"], answer["tone"], answer["asked_tone"], len(answer["captions"])) == (
        "grammar",
        "funny",
        "ironic",
        3,
    )
