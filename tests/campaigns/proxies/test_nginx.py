"""The site as strangers meet it: nginx, gunicorn as in production, the application, and a worker behind."""

import gzip
import http.client
import json
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import pytest

from app.site.web.security_headers import FOR_OTHER_SITES, HEADERS
from tests.support.fronts import Front, behind_nginx, serving
from tests.support.live import PATIENCE, ROOT, LiveSite, free_port, wait_until
from tests.support.nginx import command, configuration

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def front(shared_site: LiveSite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """Put gunicorn, set as in production, and nginx in front of the shared site."""
    folder = tmp_path_factory.mktemp("nginx")
    site, back = shared_site.start(), free_port()
    front = Front(site.instance)
    front.folder, front.web_log, front.back = folder, folder / "gunicorn.log", back
    configuration(folder, front.port, back, site.instance / "media")
    settings = {"MOMA_PROXIES": "1", "MOMA_ACCEL_PREFIX": "/_media/", "WEB_CONCURRENCY": "2"}
    settings |= {"MOMA_LOG_VISITORS": "true", "MOMA_CORS_ORIGINS": "*"}  # so that a test sees what arrived
    with behind_nginx(folder, back, {**site.environment, **settings}, is_ready=front.is_ready):
        yield front


@pytest.fixture(scope="module")
def terminated(front: Front, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """Put another nginx in front of gunicorn, which believes this machine about addresses and https."""
    folder = tmp_path_factory.mktemp("terminated")
    behind = Front(front.instance)
    behind.folder, behind.web_log, behind.back = folder, front.web_log, front.back
    media = front.instance / "media"
    configuration(folder, behind.port, front.back, media, TRUSTED_PROXY="127.0.0.1", LOG_VISITORS="true")
    with serving(command(folder), is_ready=behind.is_ready):
        yield behind


def ask_at_once(front: Front, requests: list[tuple[str, str]], **headers: str) -> list[tuple[int, str, str]]:
    """Send requests side by side, however slow this machine is; return each status, kind and Retry-After, sorted."""
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    answers = []
    with ExitStack() as open_ones:
        clients = [open_ones.enter_context(front.connect()) for _ in requests]
        for client, (method, path) in zip(clients, requests, strict=True):
            client.sendall(f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n{lines}\r\n".encode())
        for client in clients:
            answer = http.client.HTTPResponse(client)
            answer.begin()
            answers.append((answer.status, answer.headers["Content-Type"], answer.headers.get("Retry-After", "")))
    return sorted(answers)


def test_nginx_accepts_the_configuration_without_a_warning(tmp_path: Path) -> None:
    configuration(tmp_path, free_port(), free_port(), tmp_path)
    checked = subprocess.run(command(tmp_path, "-t"), capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    assert "warn" not in checked.stderr + (tmp_path / "error.log").read_text()


def test_walk_is_painted_through_nginx_and_its_film_is_sent_by_it(front: Front) -> None:
    walk = front.finished(front.request_walk("a copper kettle", "a pear", frames=4, seed=3)["id"])
    path = walk["media"]["mp4"]
    whole, film = front.ask("GET", path)
    assert (whole.status, whole.headers["Content-Type"], film[4:8]) == (200, "video/mp4", b"ftyp")
    assert whole.headers["Content-Disposition"] == "inline; filename=a-copper-kettle-a-pear.mp4"
    assert (whole.headers["Cache-Control"], whole.headers["Accept-Ranges"]) == ("no-cache", "bytes")
    assert whole.headers["Access-Control-Allow-Origin"] == "*"
    assert "X-Accel-Redirect" not in whole.headers
    assert "Last-Modified" not in whole.headers
    etag = whole.headers["ETag"]
    again, nothing = front.ask("GET", path, If_None_Match=etag)
    assert (again.status, again.headers["ETag"], nothing) == (304, etag, b"")
    part, middle = front.ask("GET", path, Range="bytes=4-7", If_Range=etag)
    assert (part.status, middle, part.headers["Content-Range"]) == (206, b"ftyp", f"bytes 4-7/{len(film)}")
    assert front.ask("GET", path, Range="bytes=4-7", If_Range='"another"')[0].status == 200
    assert front.ask("GET", path, Range=f"bytes={len(film)}-")[0].status == 416
    assert front.ask("GET", path, Range="words=4-7")[0].status == 200
    assert front.ask("GET", path, Range="bytes=0-1,4-7")[0].status == 206
    head, nothing = front.ask("HEAD", path)
    assert (head.status, head.headers["Content-Length"], nothing) == (200, str(len(film)), b"")


@pytest.mark.parametrize(
    "path", ["/", "/gallery", "/about", "/mine", "/api", "/api/v1/walks", "/feed.xml", "/robots.txt", "/readyz"]
)
def test_page_is_answered_at_its_own_address_and_a_slash_behind_it_leads_there(front: Front, path: str) -> None:
    answer, _ = front.ask("GET", path)
    assert (answer.status, answer.headers["Location"]) == (200, None)
    if path != "/":
        led, _ = front.ask("GET", path + "/")
        assert (led.status, led.headers["Location"]) == (308, path)


def test_prefix_is_believed_of_the_trusted_proxy_only(front: Front, terminated: Front) -> None:
    for site, prefix in ((front, ""), (terminated, "/moma")):
        _, page = site.ask("GET", "/about", X_Forwarded_Prefix="/moma")
        assert f'href="{prefix}/gallery"' in page.decode()


def test_media_cannot_be_had_past_the_application(front: Front) -> None:
    for path in ("/_media/", "/_media/walks/", "/_media/../moma.sqlite", "/static/../wsgi.py", "/static../wsgi.py"):
        assert front.ask("GET", path)[0].status in (400, 404)


@pytest.mark.parametrize("path", ["/", "/gallery", "/static/site.css?v=1", "/nothing", "/api/v1/walks"])
def test_security_headers_are_sent_once(front: Front, path: str) -> None:
    answer, _ = front.ask("GET", path)
    wanted = ["X-Content-Type-Options"] if path.startswith("/static/") else HEADERS
    for name in wanted:
        is_for_all = path.startswith("/api/") and name == FOR_OTHER_SITES[0]
        assert answer.headers.get_all(name) == [FOR_OTHER_SITES[1] if is_for_all else HEADERS[name]]
    assert answer.headers["Server"] == "nginx"


def test_text_is_compressed_and_pictures_are_not(front: Front) -> None:
    css, packed = front.ask("GET", "/static/site.css?v=1", Accept_Encoding="gzip")
    assert css.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in css.headers["Vary"]
    assert gzip.decompress(packed) == (ROOT / "static" / "site.css").read_bytes()
    page, packed = front.ask("GET", "/about", Accept_Encoding="gzip")
    assert page.headers["Content-Encoding"] == "gzip"
    assert b"<html" in gzip.decompress(packed)
    picture, _ = front.ask("GET", "/static/drawings/plane.webp", Accept_Encoding="gzip")
    assert "Content-Encoding" not in picture.headers


def test_static_files_are_kept_for_a_year_at_addresses_with_a_hash_only(front: Front) -> None:
    page = front.ask("GET", "/about")[1].decode()
    hashed = re.search(r"/static/site\.css\?v=\w+", page)
    assert hashed is not None
    assert front.ask("GET", hashed[0])[0].headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert front.ask("GET", "/static/site.css")[0].headers["Cache-Control"] == "public, max-age=3600"


def test_static_files_do_not_count_towards_the_rate_of_pages(terminated: Front) -> None:
    hashed = re.search(r"/static/favicon\.svg\?v=\w+", terminated.ask("GET", "/about")[1].decode())
    assert hashed is not None
    asks = f"GET {hashed[0]} HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 198.51.100.70\r\n".encode()
    said = terminated.exchange((asks + b"\r\n") * 499 + asks + b"Connection: close\r\n\r\n")
    assert said.count(b"HTTP/1.1 200 ") == 500


def test_new_stylesheet_is_not_kept_at_the_hash_of_an_old_one(front: Front) -> None:
    current = re.search(r"/static/site\.css\?v=\w+", front.ask("GET", "/about")[1].decode())
    assert current is not None
    for _ in range(2):  # nor by nginx
        answer, css = front.ask("GET", "/static/site.css?v=0123456789")
        assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-cache")
        assert css == front.ask("GET", current[0])[1]


def test_visitors_claims_about_their_address_are_not_passed_on(front: Front) -> None:
    front.ask("GET", "/healthz", X_Forwarded_For="203.0.113.9", User_Agent="liar")
    line = wait_until(lambda: [row for row in front.web_log.read_text().splitlines() if '"liar"' in row], what="a line")
    assert len(line) == 1
    assert "203.0.113.9" not in line[0]
    assert re.match(r'127\.0\.0\.1 127\.0\.0\.1 "GET /healthz HTTP/1\.1" 200 \d+ \d+ms "liar"', line[0])


def test_too_large_a_body_is_refused_by_the_application_in_its_words(front: Front) -> None:
    answer, body = front.ask("POST", "/api/v1/walks", body=b" " * 1_050_000, Content_Type="application/json")
    assert (answer.status, answer.headers["Content-Type"]) == (413, "application/problem+json")
    assert b"1,000,000 bytes" in body
    assert front.ask("POST", "/api/v1/walks", body=b" " * 1_300_000, Content_Type="application/json")[0].status == 413


def test_answer_made_before_the_body_is_read_is_lost_neither_to_its_visitor_nor_to_the_next(front: Front) -> None:
    body, kind = b" " * 1_050_000, "application/json"
    for _ in range(60):  # while the rest stayed unread, every other pair had a bad gateway in it
        assert front.ask("POST", "/api/v1/walks", body=body, Content_Type=kind)[0].status == 413
        assert front.ask("POST", "/api/v1/walks", body=b"{}", Content_Type=kind)[0].status == 422
    too_long, words = front.ask("POST", "/api/v1/recipe", body=b" " * 151_000_000)
    assert (too_long.status, b"150,000,000 bytes" in words) == (413, True)


def test_film_of_two_hundred_megabytes_is_refused_before_it_is_sent(front: Front) -> None:
    for path in ("/recipe", "/api/v1/recipe"):
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 200000000\r\n\r\n"
        assert front.send(head.encode())[0].status == 413


EARLY = {
    "too much": ("POST", "/api/v1/walks", 1_050_000, {"Content-Type": "application/json"}, 413),
    "too much of a film": ("POST", "/api/v1/recipe", 151_000_000, {}, 413),
    "too much of a picture": (
        "POST", "/api/v1/pictures", 13_000_000, {"Content-Type": "multipart/form-data; boundary=x"}, 413,
    ),
    "too much of a sound": (
        "POST", "/api/v1/sounds", 26_000_000, {"Content-Type": "multipart/form-data; boundary=x"}, 413,
    ),
    "too much of a form with pictures": (
        "POST", "/walks", 26_000_000, {"Content-Type": "multipart/form-data; boundary=x"}, 413,
    ),
    "a form of too much": ("POST", "/walks", 1_050_000, {"Content-Type": "application/x-www-form-urlencoded"}, 413),
    "no address": ("POST", "/nothing", 900_000, {}, 404),
    "no method": ("PUT", "/gallery", 900_000, {}, 405),
    "no kind that is read": ("POST", "/walks", 900_000, {"Content-Type": "text/plain"}, 415),
    "read all the same": ("GET", "/healthz", 900_000, {}, 200),
    "asked for its head": ("HEAD", "/healthz", 900_000, {}, 200),
    "announced": ("POST", "/nothing", 900_000, {"Expect": "100-continue"}, 404),
    "chunks": ("POST", "/api/v1/walks", 1_200_000, {"Transfer-Encoding": "chunked"}, 413),
}  # fmt: skip


@pytest.mark.parametrize(("method", "path", "length", "headers", "status"), EARLY.values(), ids=EARLY)
def test_connection_is_kept_after_an_answer_made_before_the_body_is_read(
    front: Front, site: LiveSite, method: str, path: str, length: int, headers: dict[str, str], status: int
) -> None:
    for port in (front.back, site.port):  # as in production, and as `make run` sets it
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as connection:
            chunked = "Transfer-Encoding" in headers
            body = (b" " * 10_000 for _ in range(length // 10_000)) if chunked else b" " * length
            connection.request(method, path, body, headers, encode_chunked=chunked)
            answer = connection.getresponse()
            answer.read()
            kept = connection.sock
            connection.request("GET", "/healthz")
            assert (answer.status, connection.getresponse().status) == (status, 200)
            assert connection.sock is kept is not None


def test_upload_that_is_cut_off_never_reaches_the_application(front: Front) -> None:
    with front.connect() as cut:
        cut.sendall(b"POST /api/v1/walks?cut=off HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n")
        cut.sendall(b'Content-Length: 500\r\n\r\n{"stops": [{"prompt": "a lem')
    for _ in range(4):  # each of the processes has answered something since
        assert front.ask("GET", "/healthz")[0].status == 200
    assert "cut=off" not in front.web_log.read_text()


def test_overlong_search_is_refused_by_the_application_in_its_words(front: Front) -> None:
    answer, page = front.ask("GET", f"/api/v1/walks?q={'a' * 7000}")
    assert (answer.status, answer.headers["Content-Type"]) == (422, "application/problem+json")
    assert b"at most 300 characters" in page
    assert front.ask("GET", f"/gallery?q={'a' * 9000}")[0].status == 414


def refused(front: Front, request: bytes) -> tuple[int, http.client.HTTPMessage, bytes]:
    """Send bytes that nginx itself refuses; return what it says."""
    answer, body = front.send(request)
    return answer.status, answer.headers, body


REFUSED = {
    "too large a body": ("POST {} HTTP/1.1\r\nHost: x\r\nContent-Length: 31000000\r\n\r\n", 413, "Too much at once"),
    "too long an address": ("GET {}?" + 9000 * "a" + " HTTP/1.1\r\nHost: x\r\n\r\n", 414, "That address is too long"),
    "too long a header": ("GET {} HTTP/1.1\r\nHost: x\r\nX: " + 9000 * "a" + "\r\n\r\n", 400, "That could not be read"),
    "no host": ("GET {} HTTP/1.1\r\n\r\n", 400, "That could not be read"),
    "an unknown coding": (
        "POST {} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n", 501, "Not a request we know",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("request_", "status", "title"), REFUSED.values(), ids=REFUSED)
def test_what_nginx_refuses_by_itself_is_a_problem_for_programs(
    front: Front, request_: str, status: int, title: str
) -> None:
    code, headers, body = refused(front, request_.format("/api/v1/walks").encode())
    assert (code, headers["Content-Type"]) == (status, "application/problem+json")
    problem = json.loads(body)
    assert (problem["type"], problem["title"], problem["status"]) == ("about:blank", title, status)
    assert problem["detail"].endswith(".")


@pytest.mark.parametrize(("request_", "status", "title"), REFUSED.values(), ids=REFUSED)
def test_what_nginx_refuses_by_itself_is_a_page_of_the_museum(
    front: Front, request_: str, status: int, title: str
) -> None:
    code, headers, body = refused(front, request_.format("/walks").encode())
    assert (code, headers["Content-Type"]) == (status, "text/html; charset=utf-8")
    assert headers.get_all("X-Content-Type-Options") == ["nosniff"]
    assert f'<h1 class="big">{title}.</h1>' in body.decode()
    for address in re.findall(r'(?:href|src)="([^"]+)"', body.decode()):
        assert front.ask("GET", address)[0].status == 200


@pytest.mark.parametrize(
    ("headers", "language"),
    [
        ("Accept-Language: de", "de"),
        ("Accept-Language: fr-FR, de-AT;q=0.8, en;q=0.5", "de"),
        ("Accept-Language: en-GB, de", "en"),
        ("Accept-Language: fr", "en"),
        ("Accept-Language: en\r\nCookie: a=b; moma_language=de", "de"),
        ("Accept-Language: en\r\nCookie: moma_language=en; moma_language_1f0c9a52=de", "de"),
        ("Accept-Language: de\r\nCookie: __Host-moma_language=en; a=b", "en"),
    ],
)
def test_page_of_nginx_itself_speaks_the_visitors_language(front: Front, headers: str, language: str) -> None:
    request = f"POST /walks HTTP/1.1\r\nHost: x\r\n{headers}\r\nContent-Length: 31000000\r\n\r\n"
    code, answered, body = refused(front, request.encode())
    title = {"de": "Zu viel auf einmal", "en": "Too much at once"}[language]
    assert (code, answered["Content-Language"]) == (413, {"de": "de", "en": "en-GB"}[language])
    assert f'<h1 class="big">{title}.</h1>' in body.decode()
    problem = refused(front, request.replace("/walks", "/api/v1/walks").encode())[2]
    assert json.loads(problem)["title"] == "Too much at once"


def test_garbage_is_answered_by_a_page(front: Front) -> None:
    code, _, body = refused(front, b"\x16\x03\x01 nonsense\r\n\r\n")
    assert (code, b"That could not be read" in body) == (400, True)


def test_refusals_have_no_address_of_their_own(front: Front) -> None:
    for path in ("/_refused/page", "/_refused/problem"):
        assert front.ask("GET", path)[0].status == 404


BODY = '{"stops": [{"prompt": "a pear"}, {"prompt": "a kite"}]}'
DOUBTFUL = {
    "length and chunks": "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n\n",
    "two lengths": f"Content-Length: {len(BODY)}\r\nContent-Length: 9\r\n\r\n{BODY}",
    "chunks twice": "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "something like chunks": "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "a space before the colon": "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "no number of bytes": f"Transfer-Encoding: chunked\r\n\r\nzz\r\n{BODY}\r\n0\r\n\r\n",
    "less than nothing": "Content-Length: -1\r\n\r\n",
    "a plus": f"Content-Length: +{len(BODY)}\r\n\r\n{BODY}",
}  # fmt: skip


@pytest.mark.parametrize("rest", DOUBTFUL.values(), ids=DOUBTFUL)
def test_body_of_doubtful_length_is_refused_and_nothing_is_smuggled_behind_it(front: Front, rest: str) -> None:
    before = front.web_log.read_text()
    head = "POST /api/v1/walks HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    said = front.exchange(f"{head}{rest}".encode())
    assert said.split(b" ")[1] in (b"400", b"501")
    assert said.count(b"HTTP/1.1 ") == 1
    assert front.ask("GET", "/healthz")[0].status == 200
    assert "smuggled" not in front.web_log.read_text().removeprefix(before)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "BREW"])
@pytest.mark.parametrize("path", ["/gallery", "/api/v1/walks", "/static/site.css"])
def test_method_that_an_address_does_not_know_is_refused(front: Front, method: str, path: str) -> None:
    answer, _ = front.ask(method, path)
    assert answer.status == 405
    if method in ("PUT", "BREW") and not path.startswith("/static/"):
        assert "GET" in answer.headers["Allow"]


def test_many_slow_clients_keep_no_one_waiting_and_are_sent_away(front: Front) -> None:
    with ExitStack() as open_ones:
        slow = [open_ones.enter_context(front.connect()) for _ in range(50)]  # more than gunicorn has threads
        for index, client in enumerate(slow):
            with suppress(ConnectionError):  # this machine was so slow that it was sent away already
                client.sendall(b"POST /walks HTTP/1.1\r\nHost: x\r\n")
                if index % 2:
                    client.sendall(b"Content-Length: 900\r\n\r\nstops")
        assert front.ask("GET", "/gallery")[0].status == 200
        for client in slow[:2]:
            with suppress(ConnectionError):
                assert client.recv(400) == b""  # they are given ten seconds
        assert front.ask("GET", "/gallery")[0].status == 200


PAGE, PROBLEM = "text/html; charset=utf-8", "application/problem+json"


@pytest.mark.parametrize(("path", "kind"), [("/reading", PAGE), ("/api/v1/reading", PROBLEM)])
def test_readings_have_a_rate_of_their_own_and_it_is_said_how_long_to_wait(
    terminated: Front, path: str, kind: str
) -> None:
    asks = [("GET", f"{path}?prompt=a")] * 50
    assert ask_at_once(terminated, asks, X_Forwarded_For=f"198.51.100.{len(path)}")[-1] == (429, kind, "1")
    assert terminated.ask("GET", "/about", X_Forwarded_For=f"198.51.100.{len(path)}")[0].headers["Retry-After"] is None


def test_searches_likenesses_sitemaps_and_archives_share_a_stricter_rate_than_pages(terminated: Front) -> None:
    dear = ["/gallery?q=fox", "/api/v1/walks?q=fox", "/feed.xml?q=fox", "/drawings?q=fox", "/sitemap.xml"]
    dear += ["/sitemap/1.xml", "/walks/x.zip", "/walks/x/alike", "/api/v1/walks/x/alike?limit=3"]
    answers = ask_at_once(terminated, [("GET", path) for path in dear * 5], X_Forwarded_For="198.51.100.30")
    assert (429, PAGE, "1") in answers
    assert {status for status, *_ in answers} <= {200, 404, 429}
    pages = ["/about", "/gallery", "/feed.xml", "/api/v1/walks", "/healthz"]
    answers = ask_at_once(terminated, [("GET", path) for path in pages * 9], X_Forwarded_For="198.51.100.30")
    assert {status for status, *_ in answers} == {200}


@pytest.mark.parametrize(("path", "kind"), [("/recipe", PAGE), ("/api/v1/recipe", PROBLEM)])
def test_films_that_are_brought_along_have_the_strictest_rate(terminated: Front, path: str, kind: str) -> None:
    address = f"198.51.100.{40 + len(path)}"
    answers = ask_at_once(terminated, [("POST", path)] * 20, X_Forwarded_For=address)
    assert answers[-1] == (429, kind, "6")
    assert terminated.ask("GET", "/api/v1/walks", X_Forwarded_For=address)[0].status == 200


@pytest.mark.parametrize(("path", "kind"), [("/recipe", PAGE), ("/api/v1/recipe", PROBLEM)])
def test_film_beyond_the_rate_is_refused_however_large_it_is(terminated: Front, path: str, kind: str) -> None:
    address = f"198.51.100.{140 + len(path)}"
    ask_at_once(terminated, [("POST", path)] * 20, X_Forwarded_For=address)
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 20000000\r\nX-Forwarded-For: {address}\r\n\r\n"
    answer, _ = terminated.send(head.encode())
    assert (answer.status, answer.headers["Content-Type"]) == (429, kind)


def test_pages_are_limited_too(terminated: Front) -> None:
    asks = b"GET /metrics HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 198.51.100.60\r\n\r\n"  # which nginx itself denies
    said = terminated.exchange(asks * 800 + asks.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    assert said.startswith(b"HTTP/1.1 403 ")
    assert b"HTTP/1.1 429 " in said
    assert terminated.ask("GET", "/static/site.css", X_Forwarded_For="198.51.100.60")[0].status == 200


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        ("198.51.100.80", "198.51.100.81", False),
        ("2001:db8:1:2::7", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:4::7", "2001:db8:1:5::7", False),
        ("::ffff:198.51.100.82", "198.51.100.82", True),
        ("::ffff:198.51.100.83", "::ffff:198.51.100.84", False),
    ],
)
def test_network_is_limited_and_its_neighbour_is_not(terminated: Front, one: str, other: str, shared: bool) -> None:
    asks = [("POST", "/api/v1/recipe")] * 20
    assert ask_at_once(terminated, asks, X_Forwarded_For=one)[-1][0] == 429
    first = ask_at_once(terminated, asks[:2], X_Forwarded_For=other)[0][0]
    assert (first == 429) is shared


def test_hundred_pictures_at_once_are_more_than_are_taken(terminated: Front) -> None:
    kind = {"Content_Type": "multipart/form-data; boundary=x", "X_Forwarded_For": "198.51.100.95"}
    found = ask_at_once(terminated, [("POST", "/api/v1/pictures")] * 100, **kind)
    assert found[-1][0] == 429
    other = kind | {"X_Forwarded_For": "198.51.100.96"}
    assert (
        ask_at_once(terminated, [("POST", "/api/v1/pictures")] * 2, **other)[0][0] == 400
    )  # taken, and found to be cut off


def arrived(front: Front, word: str) -> str:
    """Return the line in which gunicorn notes a request."""
    (line,) = wait_until(lambda: [row for row in front.web_log.read_text().splitlines() if word in row], what="a line")
    return line


def test_visitors_address_is_known_behind_something_that_ends_https(terminated: Front) -> None:
    claims = "203.0.113.9, 198.51.100.90, 127.0.0.1"
    answer, _ = terminated.ask("GET", "/about?who=behind", X_Forwarded_For=claims, X_Forwarded_Proto="https")
    assert answer.headers.get_all("Strict-Transport-Security") == ["max-age=31536000"]
    assert arrived(terminated, "who=behind").startswith("198.51.100.90 198.51.100.90 ")


def test_https_and_addresses_are_believed_of_no_other(front: Front) -> None:
    claims = {"X_Forwarded_For": "198.51.100.91", "X_Forwarded_Proto": "https"}
    answer, _ = front.ask("GET", "/about?who=claims", **claims)
    assert answer.headers["Strict-Transport-Security"] is None
    assert arrived(front, "who=claims").startswith("127.0.0.1 127.0.0.1 ")


def test_film_that_nginx_sends_carries_the_headers_of_https(terminated: Front) -> None:
    walk = terminated.finished(terminated.request_walk("a brass lamp", "a plum", frames=3, seed=5)["id"])
    answer, _ = terminated.ask("GET", walk["media"]["mp4"], X_Forwarded_For="198.51.100.92", X_Forwarded_Proto="https")
    assert answer.headers.get_all("Strict-Transport-Security") == ["max-age=31536000"]


def test_nginx_notes_which_page_but_not_who_asked_nor_for_what(front: Front) -> None:
    front.ask("GET", "/gallery?q=quinces", User_Agent="Nosegay/7")
    front.ask("GET", "/walks/aaaabbbbccccdddd-two-quinces/alike?q=quinces")
    front.ask("GET", "/no/such%0Apage?q=quinces")
    refused(front, b"GET /too-long?q=" + 9000 * b"quinces" + b" HTTP/1.1\r\nHost: x\r\n\r\n")
    wait_until(
        lambda: '"GET /no/such%0Apage HTTP/1.1" 404 ' in (front.folder / "access.log").read_text(), what="a line"
    )
    log = (front.folder / "access.log").read_text() + (front.folder / "error.log").read_text()
    assert '"GET /gallery HTTP/1.1" 200 ' in log
    assert '"GET /walks/aaaabbbbccccdddd-/alike HTTP/1.1" 404 ' in log
    for word in ("quinces", "127.0.0.1", "Nosegay"):
        assert word not in log


def test_nginx_notes_visitors_where_the_site_says_so(terminated: Front) -> None:
    terminated.ask("GET", "/gallery?q=quinces", User_Agent="Nosegay/7", X_Forwarded_For="198.51.100.93")
    log = terminated.folder / "access.log"
    line = wait_until(lambda: [row for row in log.read_text().splitlines() if "quinces" in row], what="a line")
    assert len(line) == 1
    assert line[0].startswith("198.51.100.93 ")
    assert re.search(r' "Nosegay/7" request_id=[0-9a-f]{32}$', line[0])


def test_one_id_leads_from_the_request_to_the_frame(front: Front) -> None:
    body = json.dumps({"stops": [{"prompt": "a brass bell"}, {"prompt": "a plum"}], "frames": 4}).encode()
    claimed = 32 * "f"
    answer, result = front.ask(
        "POST", "/api/v1/walks", body=body, Content_Type="application/json", X_Request_ID=claimed
    )
    (request_id,) = answer.headers.get_all("X-Request-ID")
    assert re.fullmatch("[0-9a-f]{32}", request_id)
    assert request_id != claimed
    walk_id = front.finished(json.loads(result)["id"])["id"]
    assert front.rows("SELECT request_id FROM walks WHERE id = ?", walk_id) == [(request_id,)]
    carried = f"request_id={request_id}"
    logs = ((front.folder / "access.log").read_text, front.web_log.read_text)
    assert all(wait_until(lambda read=read: carried in read(), what="a line") for read in logs)
    assert wait_until(
        lambda: kinds_done(front, carried, walk_id) >= {"stops", "frames", "film"}, what="a worker's line"
    )


def kinds_done(front: Front, *ids: str) -> set[str]:
    """Name the kinds of pieces that the worker's log says are done, in lines that carry these ids."""
    lines = [
        line for line in front.output().splitlines() if ": done after" in line and all(each in line for each in ids)
    ]
    return {line.partition(" INFO ")[2].split()[0] for line in lines}


@pytest.mark.parametrize("path", ["/gallery", "/about", "/static/site.css", "/no/such"])
def test_id_is_that_of_ones_own_request_in_every_answer(front: Front, path: str) -> None:
    ids = [front.ask("GET", path)[0].headers.get_all("X-Request-ID") for _ in range(3)]
    if path.startswith("/static"):  # which nginx answers alone, and does not note
        assert ids == [None] * 3
    else:
        assert [len(each) for each in ids] == [1, 1, 1]
        assert len({each[0] for each in ids}) == 3


def test_strangers_share_a_page_for_a_second_and_visitors_get_their_own(front: Front) -> None:
    def asked_of_gunicorn(word: str) -> int:
        return front.web_log.read_text().count(f"GET /gallery?q={word} ")

    began = time.monotonic()
    for _ in range(10):
        assert front.ask("GET", "/gallery?q=shared")[0].status == 200
    assert asked_of_gunicorn("shared") <= 2 + (time.monotonic() - began)
    for _ in range(3):
        front.ask("GET", "/gallery?q=own", Cookie="moma_visitor=x")
    wait_until(lambda: asked_of_gunicorn("own") == 3, what="one for each")


def test_site_whose_web_processes_are_away_answers_bad_gateway(tmp_path: Path) -> None:
    front = Front(tmp_path / "nowhere")
    configuration(tmp_path, front.port, free_port(), tmp_path)

    def answers() -> bool:
        with suppress(OSError):
            front.connect().close()
            return True
        return False

    with serving(command(tmp_path), is_ready=answers):
        assert front.ask("GET", "/")[0].status == 502
