"""Which hosts the site answers, and which address of its own it names."""

import re
import subprocess
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.conftest import make_app
from tests.support.live import free_port
from tests.support.nginx import TEMPLATE, filled
from tests.support.rows import Maker

ORIGIN = "https://moma.example.org"


def status(client: FlaskClient, path: str, host: str) -> int:
    return client.get(path, headers={"Host": host}).status_code


@pytest.mark.parametrize(
    "host", ["moma.example.org", "MOMA.example.org:8000", "www.art.example", "art.example", "[::1]:8"]
)
def test_trusted_host_is_answered(instance: Path, host: str) -> None:
    client = make_app(instance, TRUSTED_HOSTS=["moma.example.org", ".art.example", "[::1]"]).test_client()
    assert status(client, "/gallery", host) == 200


@pytest.mark.parametrize("host", ["other.example", "moma.example.org.other.example", "xmoma.example.org", "127.0.0.1"])
def test_other_host_is_refused_but_for_health_checks(instance: Path, host: str) -> None:
    client = make_app(instance, TRUSTED_HOSTS=["moma.example.org"]).test_client()
    for path in ("/", "/gallery", "/feed.xml", "/api/v1/walks", "/static/site.css", "/nowhere"):
        answer = client.get(path, headers={"Host": host})
        assert answer.status_code == 400
        assert host not in answer.text
    assert status(client, "/healthz", host) == 200


def test_every_host_is_answered_without_the_setting(client: FlaskClient) -> None:
    assert status(client, "/gallery", "other.example") == 200


def test_canonical_address_is_named_whatever_the_host(publish: Maker, instance: Path) -> None:
    walk = publish("a fox", "an owl")
    client = make_app(instance, PUBLIC_ORIGIN=ORIGIN, URL_PREFIX="/moma").test_client()
    paths = ["/feed.xml", "/sitemap.xml", "/sitemap/rooms.xml", "/sitemap/1.xml", "/robots.txt", walk.url]
    paths += [f"/oembed?url={ORIGIN}/moma{walk.url}", f"/oembed?url=http://other.example/moma{walk.url}"]
    for path in paths:
        answer = client.get(path, headers={"Host": "other.example"})
        assert answer.status_code == 200, path
        assert "other.example" not in answer.text, path
        assert re.search(rf"{ORIGIN}/moma/", answer.text), path


def test_nginx_refuses_other_hosts(tmp_path: Path) -> None:
    port = free_port()
    server = filled(TEMPLATE.with_name("other-hosts.conf.template"), {"LISTEN": f"127.0.0.1:{port}"})
    configuration = tmp_path / "nginx.conf"
    temporary = "".join(
        f"{kind}_temp_path {tmp_path / kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    site = f"server {{ listen 127.0.0.1:{port}; server_name moma.example.org; return 204; }}"
    configuration.write_text(
        f"pid {tmp_path / 'pid'}; error_log {tmp_path / 'log'}; daemon off; events {{}}"
        f" http {{ access_log off; {temporary} {site}\n{server} }}"
    )
    done = subprocess.run(["nginx", "-t", "-c", configuration], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
