"""Buckets: against a real server that speaks S3, the store does what it does in a folder, and says what is wrong."""

import importlib
import json
import logging
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

import boto3
import fsspec
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from app.core.config import ROOT
from app.core.errors import ConfigError
from app.storage import buckets, media_store
from app.storage.media_store import MediaStore
from tests.conftest import make_app
from tests.support.buckets import BUCKET, REGION, S3Server, read_json, reset, running
from tests.support.live import free_port

pytestmark = pytest.mark.server
URL = f"s3://{BUCKET}/moma"


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """Run one server for these tests."""
    with running(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture
def store(s3: S3Server) -> MediaStore:
    """Open an empty store in a bucket."""
    reset(s3)
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    return MediaStore(URL)


def test_bucket_does_what_a_folder_does(store: MediaStore, s3: S3Server) -> None:
    large = b"x" * 6_000_000  # in parts, which a server puts together
    files = {"walks/a/film.gif": b"GIF", "walks/ab/film.gif": b"GIF8", "walks/a/frames/0.png": large}
    for path, data in files.items():
        store.write(path, data)
    assert s3.keys() == {f"moma/{path}": len(data) for path, data in files.items()}
    assert store.read_part("walks/ab/film.gif", 1, 3) == b"IF"
    assert {path: store.read_bytes(path) for path in files} == files
    assert (store.exists("walks/a/film.gif"), store.exists("walks/c")) == (True, False)
    assert (store.folders("walks"), store.folders("photos")) == (["a", "ab"], [])
    assert {path: file.bytes for path, file in store.files("walks/a").items()} == {
        path: len(data) for path, data in files.items() if path.startswith("walks/a/")
    }
    assert abs(store.files("walks/a")["walks/a/film.gif"].modified - time.time()) < 60
    with store.open("walks/a/frames/0.png") as file:
        file.seek(-2, os.SEEK_END)
        assert file.read() == b"xx"
    store.delete("walks/a")
    assert list(s3.keys()) == ["moma/walks/ab/film.gif"]
    store.delete("walks/nobody")
    assert store.check() == ""


@pytest.mark.parametrize("folder", ["moma[1]", "mom*"])
@pytest.mark.usefixtures("store")  # which empties the bucket
def test_delete_in_bucket_below_pattern_signs_deletes_those_files_only(s3: S3Server, folder: str) -> None:
    stores = [MediaStore(f"s3://{BUCKET}/{name}") for name in (folder, "moma1", "moma")]
    for store in stores:
        store.write("walks/a/film.gif", b"GIF")
    stores[0].delete("walks/a")
    assert list(s3.keys()) == ["moma/walks/a/film.gif", "moma1/walks/a/film.gif"]
    assert stores[0].check() == ""


def test_what_another_process_wrote_is_seen_at_once(store: MediaStore, s3: S3Server) -> None:
    assert (store.files("walks"), store.exists("walks/a/film.gif")) == ({}, False)
    s3.client().put_object(Bucket=BUCKET, Key="moma/walks/a/film.gif", Body=b"GIF")
    assert list(store.files("walks")) == ["walks/a/film.gif"]
    assert (store.folders("walks"), store.exists("walks/a/film.gif")) == (["a"], True)


def test_store_that_was_opened_before_a_fork_serves_both_sides_of_it(store: MediaStore) -> None:
    store.write("walks/a/film.gif", b"GIF")
    child = os.fork()
    if not child:
        status = 1
        try:
            status = 0 if store.read_bytes("walks/a/film.gif") == b"GIF" else 2
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    assert store.read_bytes("walks/a/film.gif") == b"GIF"


def test_signed_address_is_good_for_a_minute_and_for_that_file(store: MediaStore, s3: S3Server) -> None:
    store.write("walks/a/film.gif", b"GIF")
    address = store.sign_url("walks/a/film.gif")
    query = parse_qs(urlsplit(address).query)
    assert (query["X-Amz-Algorithm"], query["X-Amz-Expires"]) == (["AWS4-HMAC-SHA256"], ["60"])
    assert address.startswith(f"{s3.url}/{BUCKET}/moma/walks/a/film.gif?")
    with urlopen(address) as answer:
        assert answer.read() == b"GIF"


def refusal(instance: Path, url: str) -> str:
    with pytest.raises(ConfigError) as raised:
        make_app(instance, MEDIA_URL=url)
    return str(raised.value)


def test_bucket_that_does_not_exist_ends_the_start(store: MediaStore, instance: Path) -> None:
    message = refusal(instance, "s3://nobodys/moma")
    assert message.startswith("MOMA_MEDIA_URL cannot be used: There is no bucket nobodys there")
    assert message.endswith("Make it, or correct its name, the region or AWS_ENDPOINT_URL")


def test_bucket_that_refuses_access_ends_the_start(
    store: MediaStore, s3: S3Server, instance: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3.guard()
    try:
        message = refusal(instance, URL)
    finally:
        s3.guard(after=10**9)
    assert message.startswith(f"MOMA_MEDIA_URL cannot be used: The bucket {BUCKET} does not let us in (")
    assert "rights that docs/how-to/operators/object-storage.md lists" in message


def test_start_without_credentials_is_refused(
    store: MediaStore, instance: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    assert "No credentials for the bucket" in refusal(instance, URL)


@pytest.mark.parametrize("url", ["s3://", "s3:///moma", "gs://"])
def test_address_without_a_bucket_ends_the_start(instance: Path, url: str) -> None:
    assert "names no bucket" in refusal(instance, url)


def test_library_that_is_not_installed_is_named(instance: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    registry = importlib.import_module("fsspec.registry")  # fsspec.registry itself is a view of what is in it
    monkeypatch.setitem(registry.known_implementations, "s3", {"class": "no_s3fs.Store", "err": "Install s3fs"})
    monkeypatch.delitem(registry._registry, "s3", raising=False)
    assert refusal(instance, URL) == (
        "MOMA_MEDIA_URL cannot be used: The library for s3:// is not installed."
        " Install it: pip install -r requirements/s3.txt"
    )


def test_file_in_the_place_of_the_folder_ends_the_start(instance: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    assert "is a file. Name a folder, or a bucket" in refusal(instance, f"file://{tmp_path / 'file'}")


def test_site_starts_while_its_bucket_does_not_answer(
    store: MediaStore, instance: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    with caplog.at_level(logging.WARNING):
        app = make_app(instance, MEDIA_URL=URL)
    assert f"The media store at {URL} does not answer; pictures are unavailable" in caplog.text
    assert app.test_client().get("/about").status_code == 200


def test_silent_bucket_keeps_the_start_waiting_no_longer_than_it_may(
    store: MediaStore, instance: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(buckets, "PROBE_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        fsspec.get_filesystem_class("s3").clear_instance_cache()
        make_app(instance, MEDIA_URL=URL)
    assert "pictures are unavailable: no answer within 0.5 seconds" in caplog.text


def test_example_rights_end_at_the_folder(store: MediaStore, s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x", "region_name": REGION, "endpoint_url": s3.url}
    iam = boto3.client("iam", **keys)
    iam.create_user(UserName="moma")
    policy = json.dumps(read_json(ROOT / "deploy/storage/s3-policy.json"))
    iam.put_user_policy(UserName="moma", PolicyName="moma", PolicyDocument=policy)
    key = iam.create_access_key(UserName="moma")["AccessKey"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    s3.guard()
    try:
        allowed, away = media_store.open_store(URL, "it")
        assert (away, allowed.check(6_000_000)) == ("", "")
        allowed.write("walks/a/frames/0.png", b"PNG")
        assert (allowed.folders("walks"), list(allowed.files("walks/a"))) == (["a"], ["walks/a/frames/0.png"])
        assert not allowed.exists("walks/a/film.gif")
        allowed.delete("walks/a")
        elsewhere = MediaStore(f"s3://{BUCKET}/another")
        assert "does not work" in elsewhere.check()
    finally:
        s3.guard(after=10**9)


def test_life_cycle_in_the_example_is_taken_and_touches_no_walk(store: MediaStore, s3: S3Server) -> None:
    rules = read_json(ROOT / "deploy/storage/s3-lifecycle.json")
    s3.client().put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration=rules)
    kept = s3.client().get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"]
    assert [rule["ID"] for rule in kept] == [
        "broken-off-uploads",
        "probes",
        "brought-photos",
        "brought-sounds",
        "uploads",
    ]
    expiring = {rule["Filter"]["Prefix"]: rule["Expiration"]["Days"] for rule in kept if "Expiration" in rule}
    google = read_json(ROOT / "deploy/storage/gcs-lifecycle.json")["lifecycle"]["rule"]
    deleting = [rule["condition"] for rule in google if rule["action"]["type"] == "Delete"]
    assert expiring == {prefix: rule["age"] for rule in deleting for prefix in rule["matchesPrefix"]}
    assert expiring == {"moma/.probe-": 1, "moma/photos/": 2, "moma/sounds/": 2, "moma/uploads/": 2}
    assert [rule["ID"] for rule in kept if "AbortIncompleteMultipartUpload" in rule] == ["broken-off-uploads"]


def test_google_signs_by_its_fourth_version_without_asking_anybody(monkeypatch: pytest.MonkeyPatch) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    account = {
        "type": "service_account", "project_id": "moma", "private_key_id": "1", "private_key": key.decode(),
        "client_email": "site@moma.iam.gserviceaccount.com", "token_uri": "https://oauth2.googleapis.com/token",
    }  # fmt: skip
    monkeypatch.setitem(fsspec.config.conf, "gcs", {"token": account, "project": "moma"})
    place = urlsplit(MediaStore("gcs://moma-pictures/moma").sign_url("walks/a/film.gif"))
    query = parse_qs(place.query)
    assert place.path == "/moma-pictures/moma/walks/a/film.gif"
    assert (query["X-Goog-Algorithm"], query["X-Goog-Expires"]) == (["GOOG4-RSA-SHA256"], ["60"])


def test_store_that_cannot_sign_says_so_once(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setitem(fsspec.config.conf, "gcs", {"token": "anon", "project": "moma"})
    store = MediaStore("gcs://moma-pictures/moma")
    assert [store.sign_url("walks/a/film.gif") for _ in range(2)] == ["", ""]
    assert len([row for row in caplog.records if "signs no URLs" in row.message]) == 1
