"""https by nginx itself, with HTTP/2, and what is compressed for whom: the files beside the template."""

import gzip
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.core.config import ROOT
from tests.support.fronts import serving
from tests.support.live import free_port
from tests.support.needs import require
from tests.support.nginx import command, configuration

pytestmark = pytest.mark.server

SHEET = (ROOT / "static/site.css").read_bytes()


@dataclass(frozen=True, slots=True)
class Front:
    """The ports of an nginx, and its folder."""

    folder: Path
    port: int
    plain: int

    def ask(self, url: str, *options: str) -> tuple[dict[str, str], bytes]:
        """Ask with curl; return the headers, the status line as ``status``, and the bytes as they came."""
        body, head = self.folder / "body-came", self.folder / "head-came"
        files = ["--output", str(body), "--dump-header", str(head)]
        subprocess.run([require("curl"), "--silent", "--insecure", *files, *options, url], check=True)
        status, *lines = head.read_text("latin-1").splitlines()
        headers = dict(line.lower().split(": ", 1) for line in lines if ": " in line)
        return {"status": status.strip(), **headers}, body.read_bytes() if body.exists() else b""


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """Run nginx with a certificate of our own and the module for Brotli."""
    require("brotli for nginx")
    folder = tmp_path_factory.mktemp("https")
    front = Front(folder, free_port(), free_port())
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    (folder / "acme/.well-known/acme-challenge").mkdir(parents=True)
    (folder / "acme/.well-known/acme-challenge/token").write_text("proof", "utf-8")
    make = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"]
    subprocess.run([require("openssl"), *make, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    configuration(
        folder, front.port, free_port(), folder, brotli=True, LISTEN=f"127.0.0.1:{front.port} ssl http2",
        PLAIN_LISTEN=f"127.0.0.1:{front.plain}", CERTIFICATE=str(certificate), CERTIFICATE_KEY=str(key),
        ACME=str(folder / "acme"),
    )  # fmt: skip
    checked = subprocess.run(command(folder, "-t"), capture_output=True, text=True, check=True)
    assert "warn" not in checked.stderr

    def is_open() -> bool:
        asked = [require("curl"), "-sko", "/dev/null", f"https://127.0.0.1:{front.port}/static/site.css"]
        return subprocess.run(asked, check=False).returncode == 0

    with serving(command(folder), is_ready=is_open):
        yield front


def test_page_comes_by_http_2_and_compressed_as_the_browser_reads_it(front: Front) -> None:
    sheet = f"https://127.0.0.1:{front.port}/static/site.css"
    headers, data = front.ask(sheet, "--http2", "--header", "Accept-Encoding: gzip, deflate, br")
    assert (headers["status"], headers["content-encoding"], headers["vary"]) == ("HTTP/2 200", "br", "accept-encoding")
    assert headers["cache-control"] == "public, max-age=3600"
    headers, packed = front.ask(sheet, "--http2", "--header", "Accept-Encoding: gzip")
    assert (headers["content-encoding"], gzip.decompress(packed)) == ("gzip", SHEET)
    print(f"the stylesheet: {len(SHEET):,} bytes, gzip {len(packed):,}, brotli {len(data):,}")
    assert len(data) < len(packed)
    headers, plain = front.ask(sheet, "--http2")
    assert ("content-encoding" in headers, plain) == (False, SHEET)


def test_old_protocols_are_refused(front: Front) -> None:
    asked = [require("curl"), "-sk", "--tls-max", "1.1", f"https://127.0.0.1:{front.port}/static/site.css"]
    assert subprocess.run(asked, capture_output=True, check=False).returncode != 0


def test_plain_http_is_led_to_https_but_for_the_proof_of_whose_the_name_is(front: Front) -> None:
    headers, _ = front.ask(f"http://127.0.0.1:{front.plain}/gallery?q=fox")
    assert (headers["status"].split()[1], headers["location"]) == ("308", "https://127.0.0.1/gallery?q=fox")
    _, proof = front.ask(f"http://127.0.0.1:{front.plain}/.well-known/acme-challenge/token")
    assert proof == b"proof"
