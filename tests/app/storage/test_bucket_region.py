"""A bucket of another region than is set ends the start. S3 is a server of ours here: moto's knows no regions."""

import os
import re
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import fsspec
import pytest

from app.core.config import ROOT
from app.core.errors import ConfigError
from app.storage import media_store
from tests.support import forks
from tests.support.buckets import BUCKET, KEYS, REGION
from tests.support.live import served

pytestmark = pytest.mark.server
URL, ELSEWHERE = f"s3://{BUCKET}/moma", "us-west-2"
REFUSALS = {
    "malformed": (400, "<Code>AuthorizationHeaderMalformed</Code><Message>The authorization header is malformed; the"
                       f" region '{ELSEWHERE}' is wrong; expecting '{REGION}'</Message><Region>{REGION}</Region>"),
    "redirect": (301, "<Code>PermanentRedirect</Code><Message>The bucket you are attempting to access must be addressed"
                      " using the specified endpoint. Please send all future requests to this endpoint.</Message>"
                      f"<Endpoint>{BUCKET}.s3.{REGION}.amazonaws.com</Endpoint><Bucket>{BUCKET}</Bucket>"),
}  # fmt: skip
LISTING = f"<ListBucketResult><Name>{BUCKET}</Name><KeyCount>0</KeyCount><MaxKeys>1</MaxKeys></ListBucketResult>"
SIGNED_FOR = re.compile(r"Credential=[^/]+/\d+/([\w-]+)/s3/")


class S3(BaseHTTPRequestHandler):
    """Lists an empty bucket to those who sign for its region, and refuses all others as S3 does."""

    refusal = ""
    names_region = True

    def do_GET(self) -> None:
        """Answer."""
        signed_for = SIGNED_FOR.search(self.headers["Authorization"])
        if signed_for[1] == REGION:
            self._send(200, LISTING)
        else:
            status, words = REFUSALS[self.refusal]
            self._send(status, f"<Error>{words}<RequestId>1</RequestId></Error>")

    def do_HEAD(self) -> None:
        """Omit the region here as well."""
        self._send(403, "")

    def _send(self, status: int, words: str) -> None:
        body = f'<?xml version="1.0" encoding="UTF-8"?>\n{words}'.encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        if status == 301 and self.names_region:
            self.send_header("x-amz-bucket-region", REGION)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[S3]]:
    """Run a server with a bucket, and lead this process and those it starts to it, in another region."""
    handler = type("Ours", (S3,), {})
    with served(ThreadingHTTPServer(("127.0.0.1", 0), handler)) as address:
        for name, value in {**KEYS, "AWS_ENDPOINT_URL": address}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("AWS_DEFAULT_REGION", ELSEWHERE)
        fsspec.get_filesystem_class("s3").clear_instance_cache()
        yield handler
        fsspec.get_filesystem_class("s3").clear_instance_cache()


@pytest.mark.parametrize("refusal", REFUSALS)
def test_refusal_names_bucket_region_and_the_cure(s3: type[S3], refusal: str, monkeypatch: pytest.MonkeyPatch) -> None:
    s3.refusal = refusal
    with pytest.raises(ConfigError) as refused:
        media_store.open_store(URL, "MOMA_MEDIA_URL")
    assert str(refused.value) == (
        f"MOMA_MEDIA_URL cannot be used: The bucket {BUCKET} is in the region {REGION} and is asked for in {ELSEWHERE}."
        f" Set AWS_DEFAULT_REGION={REGION}"
    )
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    assert media_store.open_store(URL, "MOMA_MEDIA_URL")[1] == ""


def test_refusal_that_names_no_region_still_says_which_setting_is_wrong(s3: type[S3]) -> None:
    s3.refusal, s3.names_region = "redirect", False
    with pytest.raises(ConfigError, match=rf"The bucket {BUCKET} .+ Set AWS_DEFAULT_REGION to its region"):
        media_store.open_store(URL, "MOMA_MEDIA_URL")


def test_doctor_says_the_same(s3: type[S3], instance: Path) -> None:
    s3.refusal = "malformed"
    done = forks.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", "doctor"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "MOMA_INSTANCE": str(instance), "MOMA_MEDIA_URL": URL},
    )
    assert done.returncode != 0
    assert f"The bucket {BUCKET} is in the region {REGION}" in done.stderr
    assert f"Set AWS_DEFAULT_REGION={REGION}" in done.stderr
