"""A real nginx with the template of ``deploy/``, for the tests and for the benchmark of the site under load."""

import os
import re
from pathlib import Path

from app.core.config import ROOT
from tests.support.live import PATIENCE
from tests.support.needs import require

TEMPLATE = ROOT / "deploy" / "nginx" / "moma.conf.template"
TLS, PLAIN = TEMPLATE.with_name("tls.conf.template"), TEMPLATE.with_name("plain.conf.template")
ACME = TEMPLATE.with_name("acme.conf")
BROTLI = TEMPLATE.with_name("brotli.conf")
BROTLI_MODULE = Path("/usr/lib/nginx/modules/ngx_http_brotli_filter_module.so")
BUCKET = ROOT / "deploy" / "nginx" / "moma-bucket.conf.template"
MAIN = """daemon off;
{user}
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
worker_processes {processes};
events {{ worker_connections 4096; }}
http {{
    types {{
        text/css css; application/javascript js; image/svg+xml svg; image/webp webp; font/woff2 woff2;
        image/gif gif; image/png png; video/mp4 mp4;
    }}
    default_type application/octet-stream;
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    # As Debian has them.
    ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3;
    ssl_prefer_server_ciphers on;
    include {folder}/moma.conf;
}}
"""


NO_PROXY = "255.255.255.255"
UPSTREAM_TIMEOUT = re.compile(r"(proxy_(?:connect|read|send)_timeout )\d+s")
LIMIT = re.compile(r"^ *limit_(?:req|conn) .*\n", re.MULTILINE)


def configuration(
    folder: Path, front: int, back: int, media: Path, *, processes: int = 1, limited: bool = True, brotli: bool = False,
    **settings: str,
) -> Path:  # fmt: skip
    """Fill in the template, and write nginx' main file around it; ``front`` and ``back`` are ports.

    ``settings`` are names of the template, such as ``TRUSTED_PROXY``; not ``limited``, one address may ask for all.
    ``brotli`` loads Debian's module, and with a ``CERTIFICATE`` plain http is led to https; ``ACME`` is the folder with
    the proof of whose the name is.
    """
    names = {
        "UPSTREAM": f"127.0.0.1:{back}", "LISTEN": f"127.0.0.1:{front}", "SERVER_NAME": "_",
        "STATIC": str(ROOT / "static"), "MEDIA": str(media), "CACHE": str(folder / "cache"), "LOGS": str(folder),
        "LOG_VISITORS": "false", "TRUSTED_PROXY": NO_PROXY, "REAL_IP_HEADER": "X-Forwarded-For", **settings,
    }  # fmt: skip
    text = filled(TEMPLATE, names)
    if "CERTIFICATE" in settings:
        text += filled(PLAIN, names)
        of_server = folder / "conf.d" / "moma.d"
        of_server.mkdir(parents=True, exist_ok=True)
        (of_server / "tls.conf").write_text(filled(TLS, names), "utf-8")
        proof = ACME.read_text("utf-8").replace("/var/lib/moma-acme", settings["ACME"])
        (of_server / "acme.conf").write_text(proof, "utf-8")
    text = (text if limited else LIMIT.sub("", text)) + (BROTLI.read_text("utf-8") if brotli else "")
    text = UPSTREAM_TIMEOUT.sub(rf"\g<1>{PATIENCE:g}s", text)
    (folder / "moma.conf").write_text(text, "utf-8")
    main = (f"load_module {BROTLI_MODULE};\n" if brotli else "") + MAIN
    user = "user root;" if os.geteuid() == 0 else ""  # the test's folders are its own user's only
    (folder / "nginx.conf").write_text(main.format(folder=folder, user=user, processes=processes), "utf-8")
    return folder / "nginx.conf"


def add_bucket(
    folder: Path, origin: str, *, resolver: str = "127.0.0.1", authorities: str = "/etc/ssl/certs/ca-certificates.crt"
) -> Path:
    """Fill in the part of the template that fetches from a bucket, beside the rest of it in ``folder``."""
    names = {"BUCKET": origin, "RESOLVER": resolver, "BUCKET_CA": authorities}
    path = folder / "conf.d" / "moma.d" / "bucket.conf"
    path.parent.mkdir(parents=True)
    path.write_text(filled(BUCKET, names), "utf-8")
    return path


def filled(template: Path, names: dict[str, str]) -> str:
    """Return a template with the names in it filled in."""
    return re.sub(r"\$\{MOMA_([A-Z_]+)\}", lambda found: names[found[1]], template.read_text("utf-8"))


def command(folder: Path, *arguments: str) -> list[str]:
    """Return the command that runs nginx with the files in ``folder``."""
    files = ["-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
    return [require("nginx"), *files, *arguments]
