"""Another device joins by a link or a code, once; what it then has, and how its sharing ends."""

from __future__ import annotations

import html
import re
import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote

import cv2
import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeSerializer
from sqlalchemy import select

from app.access.auth import browsers, transfers
from app.storage.browser_models import Browser, Transfer
from app.storage.database import db, now
from app.storage.house_models import Report
from app.storage.walk_models import Walk
from app.upkeep.maintenance import upkeep
from tests.conftest import SECRET
from tests.support.cookies import cookie_name
from tests.support.rows import Maker, change

LAPTOP = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1 Version/18.5 Mobile/15E Safari/604.1"
ASKED = {"prompt": ["a fox", "a kite"]}
REFUSED = "This code does not work."


class Device:
    """A visitor's browser, with a cookie jar of its own."""

    def __init__(self, app: Flask, agent: str, address: str = "192.0.2.1") -> None:
        self.client: FlaskClient = app.test_client()
        self.app = app
        self.client.environ_base |= {"HTTP_USER_AGENT": agent, "REMOTE_ADDR": address}

    def get(self, path: str) -> str:
        return html.unescape(self.client.get(path).text)

    def ask(self) -> str:
        """Ask for a walk; return its ID."""
        self.client.get("/")
        answer = self.client.post("/walks", data=ASKED | {"token": secrets.token_hex(16)})
        return re.findall(r"/walks/(\w{16})", answer.location)[0]

    def code(self) -> str:
        shown = self.client.post("/mine/devices/code")
        assert shown.status_code == 200, shown.text
        return re.findall(r'lang="zxx">(\w{3} \w{3} \w{3})</p>', shown.text)[0]

    def ticket(self, code: str) -> str:
        return self._ticket_in(self.client.post("/mine/join", data={"code": code}).text)

    def _ticket_in(self, page: str) -> str:
        found = re.search(r'name="ticket" value="([^"]+)"', page)
        assert found, page
        return found[1]

    def confirm(self, ticket: str) -> int:
        return self.client.post("/mine/join/confirm", data={"ticket": ticket}).status_code

    def join(self, other: Device) -> None:
        self.client.get("/mine/join")
        assert self.confirm(self.ticket(other.code())) == 303

    def listed(self) -> list[str]:
        """Return the names of the browsers that My walks lists."""
        return [" ".join(each.split()) for each in re.findall(r'id="browser-\d+">([^<]+), <', self.get("/mine"))]

    def end(self, name: str) -> int:
        found = re.findall(r'id="browser-(\d+)">([^<]+), <', self.get("/mine"))
        number = next(number for number, listed in found if name in listed)
        return self.client.post(f"/mine/devices/{number}/end").status_code

    def walks(self) -> set[str]:
        return set(re.findall(r'href="/walks/([a-z0-9]{16})', self.get("/mine")))

    def secret(self) -> str:
        """Return the secret in the cookie."""
        cookie = self.client.get_cookie(cookie_name(self.app, "visitor"))
        assert cookie is not None
        secret: str = URLSafeSerializer(SECRET, salt="visitor").loads(unquote(cookie.value))
        return secret


@pytest.fixture
def laptop(app: Flask) -> Device:
    device = Device(app, LAPTOP)
    device.client.get("/")
    return device


@pytest.fixture
def phone(app: Flask) -> Device:
    return Device(app, PHONE, "192.0.2.2")


def test_code_carries_walks_favourites_and_collections(laptop: Device, phone: Device, publish: Maker) -> None:
    starred, own = publish(), laptop.ask()
    laptop.client.post(f"/walks/{starred.id}/favourite")
    laptop.client.post("/mine/collections", data={"title": "Foxes"})
    phone.join(laptop)
    assert own in phone.walks()
    assert starred.id in phone.get("/mine/favourites")
    assert "Foxes" in phone.get("/mine")
    later = phone.ask()
    assert {own, later} <= laptop.walks()
    assert phone.client.post(f"/walks/{own}/cancel").status_code == 303
    assert laptop.listed() == ["Firefox, Linux, this one", "Safari, iPhone"]
    assert phone.listed() == ["Firefox, Linux", "Safari, iPhone, this one"]


def test_qr_code_holds_the_link(laptop: Device, phone: Device) -> None:
    own, shown = laptop.ask(), laptop.client.post("/mine/devices/code").text
    address = html.unescape(re.findall(r'src="data:image/svg\+xml;charset=utf-8,([^"]+)"', shown)[0])
    link = _read_qr(unquote(address))
    assert re.fullmatch(r"http://localhost/mine/join\?link=[\w-]{43}", link)
    path = link.removeprefix("http://localhost")
    assert "Firefox, Linux" in phone.get(path)
    assert phone.confirm(phone._ticket_in(phone.client.get(path).text)) == 303
    assert own in phone.walks()


def test_get_carries_nothing(laptop: Device, phone: Device) -> None:
    own = laptop.ask()
    link = _link_of(laptop)
    for method in (phone.client.get, phone.client.head):
        method(link)
    phone.client.post("/mine/join", data={"code": laptop.code()})
    assert own not in phone.walks()
    assert not db.session.scalars(select(Browser)).all()
    assert phone.client.get("/mine/join/confirm").status_code == 405


def test_used_late_guessed_and_replaced_codes_are_refused_alike(laptop: Device, phone: Device, app: Flask) -> None:
    used, third = laptop.code(), Device(app, PHONE, "192.0.2.3")
    phone.client.get("/mine/join")
    third.client.get("/mine/join")
    waiting = third.ticket(used)
    assert phone.confirm(phone.ticket(used)) == 303
    answers = [third.client.post("/mine/join", data={"code": used})]
    answers.append(third.client.post("/mine/join/confirm", data={"ticket": waiting}))
    late = _link_of(laptop)
    change(Transfer, expires_at=now() - timedelta(seconds=1))
    answers.append(third.client.get(late))
    replaced = laptop.code()
    laptop.code()
    answers.append(third.client.post("/mine/join", data={"code": replaced}))
    answers += [third.client.post("/mine/join", data={"code": code}) for code in ("", "ABC", "222 222 222", "\0🦊")]
    answers += [third.client.get("/mine/join", query_string={"link": link}) for link in ("", "A" * 43, "\0" * 999)]
    answers.append(third.client.post("/mine/join/confirm", data={"ticket": "forged"}))
    answers.append(third.client.post("/mine/join/confirm"))
    assert {answer.status_code for answer in answers} == {422}
    assert len({_without_tokens(answer.text) for answer in answers}) == 1
    assert REFUSED in answers[0].text
    assert third.walks() == set()


def test_refusals_are_counted(laptop: Device, phone: Device) -> None:
    before = _refusals(laptop)
    phone.client.post("/mine/join", data={"code": "222 222 222"})
    phone.client.get("/mine/join?link=none")
    phone.client.post("/mine/join/confirm", data={"ticket": ""})
    assert _refusals(laptop) == before + 3


def test_code_is_tried_a_few_times_from_wherever(laptop: Device, app: Flask) -> None:
    code = laptop.code()
    wrong = code[:4] + "222 222"
    for number in range(transfers.TRIES_MAX):
        answer = Device(app, PHONE, f"192.0.2.{10 + number}").client.post("/mine/join", data={"code": wrong})
        assert answer.status_code == 422
    phone = Device(app, PHONE, "192.0.2.99")
    assert phone.client.post("/mine/join", data={"code": code}).status_code == 422


def test_address_has_a_few_tries(phone: Device) -> None:
    answers = [phone.client.post("/mine/join", data={"code": "222 222 222"}) for _ in range(21)]
    assert [answer.status_code for answer in answers] == [422] * 20 + [429]
    assert int(answers[-1].headers["Retry-After"]) > 0


def test_code_is_read_in_any_case_and_spacing(laptop: Device, phone: Device) -> None:
    phone.client.get("/mine/join")
    assert phone.ticket(f" {laptop.code().lower().replace(' ', '-')} ")


def test_ticket_is_worth_nothing_in_another_browser(laptop: Device, phone: Device, app: Flask) -> None:
    phone.client.get("/mine/join")
    ticket, thief = phone.ticket(laptop.code()), Device(app, PHONE)
    assert thief.confirm(ticket) == 422
    thief.client.get("/mine/join")
    assert thief.confirm(ticket) == 422
    assert phone.confirm(ticket) == 303


def test_second_press_does_what_the_first_did(laptop: Device, phone: Device) -> None:
    own = laptop.ask()
    phone.client.get("/mine/join")
    ticket, name = phone.ticket(laptop.code()), cookie_name(phone.app, "visitor")
    before = phone.client.get_cookie(name).value
    assert phone.confirm(ticket) == 303
    after = phone.client.get_cookie(name).value
    phone.client.set_cookie(name, before)
    assert phone.confirm(ticket) == 303
    assert phone.client.get_cookie(name).value == after
    assert own in phone.walks()
    assert len(phone.listed()) == 2


def test_copy_of_the_cookie_from_before_joining_gets_nothing(laptop: Device, phone: Device, app: Flask) -> None:
    phone.client.get("/mine/join")
    copy, name = Device(app, PHONE), cookie_name(app, "visitor")
    copy.client.set_cookie(name, phone.client.get_cookie(name).value)
    own = laptop.ask()
    phone.join(laptop)
    assert own in phone.walks()
    assert own not in copy.walks()
    assert copy.client.post(f"/walks/{own}/delete").status_code == 403


def test_joining_browser_keeps_its_own_and_shows_it_to_no_one(laptop: Device, phone: Device, publish: Maker) -> None:
    both, only = publish(), publish("a boat", "an owl")
    mine, theirs = phone.ask(), laptop.ask()
    for device in (phone, laptop):
        device.client.get(f"/walks/{both.id}/favourite")
        device.client.post(f"/walks/{both.id}/favourite")
    phone.client.post(f"/walks/{only.id}/favourite")
    phone.join(laptop)
    assert {mine, theirs} <= phone.walks()
    assert mine not in laptop.walks()
    assert laptop.client.post(f"/walks/{mine}/delete").status_code == 403
    assert re.findall(r'class="picture" href="/walks/(\w{16})', phone.get("/mine/favourites")) == [only.id, both.id]
    assert only.id not in laptop.get("/mine/favourites")
    phone.client.post(f"/walks/{both.id}/favourite", data={"favourite": "0"})
    assert both.id not in phone.get("/mine/favourites") + laptop.get("/mine/favourites")
    assert phone.client.post(f"/walks/{mine}/delete").status_code == 303


def test_ended_browser_has_what_it_had_before(laptop: Device, phone: Device) -> None:
    mine, theirs = phone.ask(), laptop.ask()
    phone.join(laptop)
    shared = phone.ask()
    assert laptop.end("iPhone") == 303
    assert phone.walks() == {mine}
    assert laptop.walks() == {theirs, shared}
    assert laptop.listed() == phone.listed() == []
    assert phone.client.post(f"/walks/{shared}/delete").status_code == 403
    phone.join(laptop)
    assert phone.walks() == {mine, theirs, shared}


def test_giver_can_be_ended_too_and_its_cookie_is_worth_nothing(laptop: Device, phone: Device) -> None:
    theirs = laptop.ask()
    phone.join(laptop)
    secret = laptop.secret()
    assert phone.end("Firefox") == 303
    assert laptop.walks() == set()
    assert laptop.client.post(f"/walks/{theirs}/delete").status_code == 403
    assert phone.walks() == {theirs}
    bearer = {"Authorization": f"Bearer {secret}"}
    assert laptop.client.delete(f"/api/v1/walks/{theirs}", headers=bearer).status_code == 403
    body = {"stops": [{"prompt": "a fox"}, {"prompt": "a cat"}]}
    assert laptop.client.post("/api/v1/walks", json=body, headers=bearer).status_code == 401
    assert laptop.ask() in laptop.walks()  # as a new visitor


def test_browser_ends_its_own_sharing(laptop: Device, phone: Device) -> None:
    theirs = laptop.ask()
    phone.join(laptop)
    assert phone.end("this one") == 303
    assert phone.walks() == set()
    assert laptop.walks() == {theirs}


def test_only_browsers_that_share_end_others(laptop: Device, phone: Device, app: Flask) -> None:
    phone.join(laptop)
    stranger = Device(app, PHONE)
    stranger.client.get("/")
    numbers = db.session.scalars(select(Browser.number)).all()
    assert [stranger.client.post(f"/mine/devices/{number}/end").status_code for number in numbers] == [404, 404]
    assert Device(app, PHONE).client.post(f"/mine/devices/{numbers[0]}/end").status_code == 404
    assert laptop.end("iPhone") == 303
    assert phone.client.post(f"/mine/devices/{numbers[0]}/end").status_code == 404


def test_code_of_an_ended_browser_is_refused(laptop: Device, phone: Device, app: Flask) -> None:
    phone.join(laptop)
    third = Device(app, LAPTOP, "192.0.2.3")
    third.client.get("/mine/join")
    code = phone.code()
    ticket = third.ticket(code)
    laptop.end("iPhone")
    assert third.confirm(ticket) == 422
    assert third.client.post("/mine/join", data={"code": code}).status_code == 422


def test_browser_does_not_join_itself_or_two(laptop: Device, phone: Device, app: Flask) -> None:
    assert laptop.client.post("/mine/join", data={"code": laptop.code()}).status_code == 409
    phone.join(laptop)
    other = Device(app, LAPTOP, "192.0.2.3")
    other.client.get("/")
    code = other.code()
    assert phone.client.post("/mine/join", data={"code": code}).status_code == 409
    assert laptop.client.post("/mine/join", data={"code": code}).status_code == 409
    third = Device(app, PHONE, "192.0.2.4")
    third.client.get("/mine/join")
    assert third.confirm(third.ticket(code)) == 303, "the code was not used up"


@pytest.mark.databases
def test_one_of_several_confirmations_at_once_joins(laptop: Device, app: Flask) -> None:
    devices = [Device(app, PHONE, f"192.0.2.{number}") for number in range(2, 6)]
    code = laptop.code()
    for device in devices:
        device.client.get("/mine/join")
    tickets = [device.ticket(code) for device in devices]
    with ThreadPoolExecutor(len(devices)) as pool:
        answers = list(pool.map(lambda each: each[0].confirm(each[1]), zip(devices, tickets, strict=True)))
    assert sorted(answers) == [303, 422, 422, 422]
    assert len(laptop.listed()) == 2


@pytest.mark.databases
def test_guesses_at_once_are_all_counted(laptop: Device, app: Flask) -> None:
    devices = [Device(app, PHONE, f"192.0.2.{number}") for number in range(2, 10)]
    code = laptop.code()
    guesses = [code[:4] + f"222 22{number}" for number in range(2, 9)] + [code]
    with ThreadPoolExecutor(len(devices)) as pool:
        list(
            pool.map(
                lambda each: each[0].client.post("/mine/join", data={"code": each[1]}),
                zip(devices, guesses, strict=True),
            )
        )
    assert db.session.scalars(select(Transfer.tries)).one() == transfers.TRIES_MAX
    assert devices[0].client.post("/mine/join", data={"code": code}).status_code == 422


@pytest.mark.databases
def test_browsers_that_end_each_other_at_once_leave_one(laptop: Device, phone: Device) -> None:
    phone.join(laptop)
    first, second = db.session.scalars(select(Browser.number).order_by(Browser.number))
    with ThreadPoolExecutor(2) as pool:
        ends = pool.map(
            lambda each: each[0].client.post(f"/mine/devices/{each[1]}/end").status_code,
            ((laptop, second), (phone, first)),
        )
        assert sorted(ends) == [303, 404]
    db.session.rollback()
    rows = db.session.scalars(select(Browser).where(Browser.number == first)).one()
    left = [each.number for each in db.session.scalars(select(Browser)) if each.owner_hash == rows.own_hash]
    assert (rows.ended_at is None) is (left == [first]), "one of the two still has what was shared"


@pytest.mark.databases
def test_limit_of_browsers_holds(laptop: Device, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browsers, "BROWSERS_MAX", 3)
    for number in (2, 3):
        Device(app, PHONE, f"192.0.2.{number}").join(laptop)
    assert laptop.client.post("/mine/devices/code").status_code == 409
    assert len(laptop.listed()) == 3


def test_deletion_of_all_data_ends_the_sharing(laptop: Device, phone: Device, app: Flask, publish: Maker) -> None:
    third, starred = Device(app, LAPTOP, "192.0.2.3"), publish()
    kept = third.ask()
    phone.join(laptop)
    third.join(phone)
    theirs = laptop.ask()
    phone.client.post(f"/walks/{starred.id}/favourite")
    assert theirs in phone.walks()
    phone.client.post("/mine/delete", data={"sure": "1"})
    assert laptop.walks() == phone.walks() == set()
    assert third.walks() == {kept}
    assert starred.id not in laptop.get("/mine/favourites")
    assert laptop.listed() == phone.listed() == third.listed() == []
    assert len(db.session.scalars(select(Browser)).all()) == 1  # the third browser's, which knows what is its own


def test_ended_sharing_stays_ended_after_restore(laptop: Device, phone: Device, app: Flask, tmp_path: Path) -> None:
    third, theirs = Device(app, PHONE, "192.0.2.3"), laptop.ask()
    phone.join(laptop)
    third.join(laptop)
    runner, saved = app.test_cli_runner(), str(tmp_path / "saved.tar")
    assert runner.invoke(args=["backup", "create", saved]).exit_code == 0
    assert phone.end("Firefox") == 303
    assert third.client.post("/mine/devices/code").status_code == 200
    assert third.end("this one") == 303
    restored = runner.invoke(args=["backup", "restore", saved, "--force"])
    assert restored.exit_code == 0, restored.output
    assert phone.walks() == {theirs}
    assert laptop.walks() == third.walks() == set()


def test_late_codes_are_deleted_by_upkeep(laptop: Device) -> None:
    laptop.code()
    upkeep.run()
    assert len(db.session.scalars(select(Transfer)).all()) == 1
    change(Transfer, expires_at=now())
    upkeep.run()
    assert db.session.scalars(select(Transfer)).all() == []


def test_reports_stay_withdrawable(laptop: Device, phone: Device, walk: Walk) -> None:
    phone.client.get(f"/walks/{walk.id}/report")
    phone.client.post(f"/walks/{walk.id}/report", data={"reason": "other"})
    phone.join(laptop)
    phone.client.post("/mine/delete", data={"sure": "1"})
    assert db.session.scalars(select(Report)).all() == []


def test_walks_of_all_browsers_share_the_place_in_the_queue(laptop: Device, phone: Device) -> None:
    phone.join(laptop)
    one, two = laptop.ask(), phone.ask()
    rows = db.session.scalars(select(Walk).where(Walk.id.in_([one, two]))).all()
    assert len({row.owner_hash for row in rows} | {row.visitor for row in rows}) == 1


def test_no_secret_is_in_the_database(laptop: Device, phone: Device) -> None:
    code = laptop.code()
    link = _link_of(laptop)[-43:]
    phone.join(laptop)
    rows = [*db.session.execute(select(Transfer.__table__)), *db.session.execute(select(Browser.__table__))]
    text = repr(rows)
    assert not any(secret in text for secret in (code.replace(" ", ""), link, laptop.secret(), phone.secret()))


def test_pages_are_private(laptop: Device) -> None:
    for answer in (laptop.client.post("/mine/devices/code"), laptop.client.get("/mine/join")):
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert answer.headers["X-Robots-Tag"] == "noindex"
        assert answer.headers["Referrer-Policy"] == "same-origin"


def _link_of(device: Device) -> str:
    shown = device.client.post("/mine/devices/code").text
    address = html.unescape(re.findall(r'src="data:image/svg\+xml;charset=utf-8,([^"]+)"', shown)[0])
    return _read_qr(unquote(address)).removeprefix("http://localhost")


def _read_qr(svg: str) -> str:
    """Return what a QR code in an SVG of segno says: its path has a stroke of one module for each run of dark ones."""
    size = int(re.findall(r"viewBox='0 0 (\d+)", svg)[0])
    dark, x, y = np.full((size, size), 255, np.uint8), 0.0, 0.0
    for step, value in re.findall(r"([Mmh])([-\d. ]+)", re.findall(r" d='([^']+)'", svg)[-1]):
        numbers = [float(each) for each in value.split()]
        if step == "M":
            x, y = numbers
        elif step == "m":
            x, y = x + numbers[0], y + numbers[1]
        else:
            dark[int(y), int(x) : int(x + numbers[0])] = 0
            x += numbers[0]
    drawn = cv2.resize(dark, None, fx=8, fy=8, interpolation=cv2.INTER_NEAREST)
    # OpenCV 5.0.0's QRCodeDetector does not find 19 of 600 such codes; this one and zxing-cpp 3.1.1 read all of 6,000.
    return str(cv2.QRCodeDetectorAruco().detectAndDecode(drawn)[0])


def _without_tokens(page: str) -> str:
    return re.sub(r'name="csrf_token" value="[^"]+"|<a [^>]+>Deutsch</a>', "", page)


def _refusals(device: Device) -> float:
    text = device.client.get("/metrics", environ_base={"REMOTE_ADDR": "127.0.0.1"}).text
    found = re.findall(r'moma_refusals_total\{reason="transfer"\} (\S+)', text)
    return float(found[0]) if found else 0.0
