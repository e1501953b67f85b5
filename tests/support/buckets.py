"""A real server that speaks S3, as a process of its own: moto's. What arrived there is in its log."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.support.fronts import is_open
from tests.support.live import free_port, wait_until

BUCKET, REGION = "moma-pictures", "eu-central-1"
LINE = re.compile(r'"(?P<method>[A-Z]+) (?P<address>\S+) HTTP/1\.1" (?P<status>\d+)')
KEYS = {"AWS_ACCESS_KEY_ID": "AKIATESTS", "AWS_SECRET_ACCESS_KEY": "a key of the tests"}


class S3Server:
    """moto's server, with one empty bucket, and what a site's environment must say to find it."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "s3.log"
        self.environment = {**KEYS, "AWS_DEFAULT_REGION": REGION, "AWS_ENDPOINT_URL": self.url}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)],
                stdout=log, stderr=subprocess.STDOUT, env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )  # fmt: skip
        wait_until(self._answers, what="an S3 server")
        self.make(BUCKET)

    def _answers(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        return is_open(f"{self.url}/moto-api/data.json")

    def client(self) -> Any:
        """Return boto3's client, which asks past our code."""
        return boto3.client(
            "s3", endpoint_url=self.url, region_name=REGION,
            aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"], aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
        )  # fmt: skip

    def make(self, bucket: str) -> str:
        """Make a bucket; return its name."""
        self.client().create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        return bucket

    def keys(self, prefix: str = "", bucket: str = BUCKET) -> dict[str, int]:
        """List what the bucket holds: key and size."""
        pages = self.client().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return {each["Key"]: each["Size"] for page in pages for each in page.get("Contents", [])}

    def requests(self) -> list[tuple[str, str, int]]:
        """List what was asked so far: method, address with its query, status."""
        found = LINE.finditer(self.log.read_text("utf-8", "replace"))
        return [(each["method"], each["address"], int(each["status"])) for each in found]

    def written(self, bucket: str = BUCKET) -> Counter[str]:
        """Count how often each file was written, by its address."""
        return Counter(
            address for method, address, status in self.requests()
            if (method, status) == ("PUT", 200) and address.startswith(f"/{bucket}/")
        )  # fmt: skip

    def guard(self, after: int = 0) -> None:
        """Admit only those whom the server knows and has given the right, from so many requests on."""
        plain = {"Content-Type": "text/plain"}
        request = urllib.request.Request(f"{self.url}/moto-api/reset-auth", str(after).encode(), plain, method="POST")
        urllib.request.urlopen(request).close()

    def stop(self) -> None:
        """End the server."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


@contextmanager
def running(folder: Path) -> Iterator[S3Server]:
    """Run a server for a while, to which this process and those it starts are led."""
    server = S3Server(folder)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in server.environment.items():
            patch.setenv(name, value)
        try:
            yield server
        finally:
            server.stop()


def reset(server: S3Server) -> None:
    """Empty the server, and make its bucket again."""
    urllib.request.urlopen(urllib.request.Request(f"{server.url}/moto-api/reset", method="POST")).close()
    server.make(BUCKET)


def read_json(path: Path) -> Any:
    """Read a file of JSON."""
    return json.loads(path.read_text("utf-8"))
