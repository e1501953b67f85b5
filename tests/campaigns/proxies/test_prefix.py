"""The site below a path, behind the proxies of docs/how-to/operators/reverse-proxies.md: nginx and Caddy."""

import http.client
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support import nginx
from tests.support.crawl import Answer, Crawl
from tests.support.curator import HASH, PASSWORD
from tests.support.fronts import Answered, ask, behind_nginx, serving
from tests.support.live import ROOT, LiveSite, free_port
from tests.support.needs import require
from tests.support.pictures import two_halves, written
from tests.support.visits import Open, visiting

pytestmark = pytest.mark.server

PREFIX = "/moma"
PAGE = ROOT / "docs/how-to/operators/reverse-proxies.md"
WALK = re.compile(rf"{PREFIX}/walks/[a-z2-9]{{16}}")


@dataclass(frozen=True, slots=True)
class Below:
    """The shared site below ``/moma/`` of another host, behind its own nginx and another proxy."""

    site: LiveSite
    host: str

    def ask(self, path: str, body: bytes | None = None, **headers: str) -> Answered:
        """Send a GET request, or with a body a POST request; return the answer with its headers, and its bytes."""
        return ask(urlsplit(self.host).netloc, "GET" if body is None else "POST", path, body, headers)


def documented(language: str, port: int) -> str:
    """Return the example in this language, for what listens on ``port``."""
    (example,) = re.findall(rf"```{language}\n(.*?)```", PAGE.read_text("utf-8"), re.S)
    return str(example).replace("127.0.0.1:8080", f"127.0.0.1:{port}")


def nginx_below(folder: Path, front: int, back: int) -> list[str]:
    """Configure another nginx after the example; return its command."""
    server = f"server {{ listen 127.0.0.1:{front};\n{documented('nginx', back)} }}"
    (folder / "moma.conf").write_text(server, "utf-8")
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(nginx.MAIN.format(folder=folder, user=user, processes=1), "utf-8")
    return nginx.command(folder)


def caddy_below(folder: Path, front: int, back: int) -> list[str]:
    """Configure Caddy after the example; return its command."""
    text = f"{{\n admin off\n auto_https off\n}}\nhttp://127.0.0.1:{front} {{\n{documented('caddy', back)}}}\n"
    (folder / "Caddyfile").write_text(text, "utf-8")
    return [require("caddy"), "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]


@pytest.fixture(scope="module")
def own(shared_site: LiveSite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LiveSite, int]]:
    """Put gunicorn and the shipped nginx, which trusts this machine, in front of the shared site."""
    folder, site, middle, back = tmp_path_factory.mktemp("own"), shared_site.start(), free_port(), free_port()
    media = site.instance / "media"
    nginx.configuration(folder, middle, back, media, limited=False, TRUSTED_PROXY="127.0.0.1")
    settings = {"MOMA_PROXIES": "1", "MOMA_ACCEL_PREFIX": "/_media/", "WEB_CONCURRENCY": "2", "MOMA_CURATOR_HASH": HASH}
    with behind_nginx(folder, back, {**site.environment, **settings}):
        yield site, middle


@pytest.fixture(scope="module", params=[nginx_below, caddy_below], ids=["nginx", "Caddy"])
def below(
    request: pytest.FixtureRequest, own: tuple[LiveSite, int], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Below]:
    """Put a proxy in front, which has other things to serve as well."""
    folder, front = tmp_path_factory.mktemp("below"), free_port()
    site, middle = own
    there = Below(site, f"http://127.0.0.1:{front}")

    def is_ready() -> bool:
        with suppress(OSError, http.client.HTTPException):
            return there.ask(f"{PREFIX}/readyz")[0].status == 200
        return False

    environment = {**os.environ, "HOME": str(folder)}
    with (
        (folder / "proxy.log").open("wb") as log,
        serving(request.param(folder, front, middle), is_ready=is_ready, log=log, env=environment),
    ):
        yield there


@pytest.fixture
def visit(below: Below, browser: Browser) -> Iterator[Open]:
    """Return a function that opens a page of the site; at the end none may have complained or left the path."""
    address = f"{below.host}{PREFIX}/"
    with visiting(browser, base_url=address, within=address) as visits:
        yield visits.goto


def paint(page: Page) -> str:
    """Press the button, wait for the finished walk, and return its ID."""
    page.get_by_role("button", name="Paint this walk").click()
    page.wait_for_url(WALK)
    expect(page.get_by_role("heading", name="Download")).to_be_visible()
    return urlsplit(page.url).path.removeprefix(f"{PREFIX}/walks/").partition("-")[0]


def write(page: Page, prompts: Sequence[str]) -> None:
    """Fill the form in."""
    for line, prompt in zip(("From", "To"), prompts, strict=True):
        page.get_by_label(line, exact=True).fill(prompt)


def test_walk_is_painted_found_and_downloaded(below: Below, visit: Open) -> None:
    page = visit("?frames=6")
    write(page, ("a tin fox", "a kite"))
    walk_id = paint(page)
    film = str(page.get_by_role("link", name="MP4").first.get_attribute("href"))
    answer, data = below.ask(film)
    assert (answer.status, answer.headers["Content-Type"], data[4:8]) == (200, "video/mp4", b"ftyp")
    page.get_by_role("navigation", name="Main navigation").get_by_role("link", name="Gallery").click()
    page.get_by_role("searchbox").fill(f"{below.host}{PREFIX}/walks/{walk_id}")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("status")).to_have_text("1 walk.")
    page.get_by_role("main").get_by_role("link", name=re.compile("tin fox", re.IGNORECASE)).first.click()
    page.wait_for_url(WALK)
    page.get_by_role("contentinfo").get_by_role("link", name="Deutsch").click()
    expect(page.get_by_role("heading", name="Herunterladen")).to_be_visible()
    page.goto("mine")
    expect(
        page.get_by_role("main").get_by_role("link", name=re.compile("tin fox", re.IGNORECASE)).first
    ).to_be_visible()


def test_photo_is_a_stop(visit: Open, tmp_path: Path) -> None:
    picture = tmp_path / "photo.png"
    picture.write_bytes(written(two_halves()))
    page = visit("?frames=6")
    write(page, ("", "a kite"))
    page.locator(".brought summary").first.click()
    page.get_by_label("A picture for this stop").first.set_input_files(picture)
    expect(page.locator(".brought img").first).to_be_visible()
    paint(page)


def test_curator_opens_a_wall_and_a_visitor_writes_for_it(below: Below, visit: Open) -> None:
    page = visit("curator")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.goto("curator/walls")
    name = f"hall-{token_hex(4)}"  # behind both proxies is one site, and a port may be given again
    page.locator("[name=name]").fill(name)
    page.locator("[name=title]").fill("The hall")
    page.get_by_role("button", name="Open it").click()
    expect(page.get_by_role("heading", name="The hall")).to_be_visible()
    address = page.locator("a[href*='?key=']").first.get_attribute("href") or ""
    screen = visit(f"wall/{name}?{urlsplit(address).query}")
    phone = visit(f"w/{name}")
    phone.get_by_label("Write the next stop").fill("a fox")
    phone.get_by_role("button", name="Send it to the wall").click()
    standing = phone.locator("#standing")
    expect(standing).to_contain_text(re.compile("First in line|Being painted|On the wall now"))
    expect(screen.locator("canvas")).to_be_visible()
    expect(standing).to_contain_text(re.compile("On the wall now|Walked"))
    page.goto(f"curator/walls/{name}")
    page.get_by_role("button", name="Close").first.click()


def test_no_page_names_an_address_outside_of_the_path(below: Below) -> None:
    def ask(path: str) -> Answer:
        answer, data = below.ask(path)
        location, kind = answer.headers.get("Location", ""), answer.headers.get_content_type()
        return Answer(answer.status, kind, location, data.decode(errors="replace"))

    walk = below.site.finished(below.site.request_walk("a brass key", "a kite", frames=4)["id"])
    start = ["", "/", "/gallery", "/feed.xml", "/sitemap.xml", "/robots.txt", "/api", "/api/v1/walks", "/nowhere"]
    start += [f"/walks/{walk['id']}", f"/walks/{walk['id']}/embed", "/gallery/", "/gallery?lang=de", "/about"]
    crawl = Crawl(ask, below.host, PREFIX).follow([PREFIX + path for path in start])
    assert crawl.outside == set()
    assert sum(status == 200 for status in crawl.seen.values()) >= 30
    assert max(crawl.seen.values()) < 500


def test_what_nginx_refuses_itself_leads_back_to_the_site(below: Below) -> None:
    answer, page = below.ask(f"{PREFIX}/gallery", bytes(2_000_000))
    assert answer.status == 413
    assert f'href="{PREFIX}/gallery"' in page.decode()


def test_prefix_of_a_visitor_is_not_believed(below: Below) -> None:
    _, page = below.ask(f"{PREFIX}/about", **{"X-Forwarded-Prefix": "/evil"})
    assert b"/evil" not in page
