"""Object stores (S3, GCS): connecting with timeouts, explaining errors, and signing URLs.

No client library is imported here, because each is installed only where its store is used.
"""

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any

import fsspec
from fsspec.asyn import sync
from fsspec.exceptions import FSTimeoutError

from app.core.errors import ConfigError

PROBE_SECONDS = 5.0
"""Seconds that the start waits for a bucket's first answer; after them it goes on without one."""

SIGNED_SECONDS = 60
"""Seconds for which a signed URL is valid: nginx uses it at once, and clocks may differ a little."""

TIMEOUTS = {"connect_timeout": 5, "read_timeout": 15, "retries": {"max_attempts": 2}, "max_pool_connections": 32}
S3, GCS = ("s3", "s3a"), ("gs", "gcs")
LOCKS = {"s3": "requirements/s3.txt", "gcs": "requirements/gcs.txt"}
PAGE = "docs/how-to/operators/object-storage.md"
OF_ANOTHER_REGION = "AuthorizationHeaderMalformed", "PermanentRedirect", "TemporaryRedirect"
PATTERN_SIGNS = frozenset("*?[]{}#")
DELETING_THREADS = 8
PASSING = 408, 425, 429
BROKEN_LINES = {"ConnectionError", "HTTPClientError", "ClientConnectionError", "TransportError"}
"""Names of the base classes of what botocore, aiohttp and google-auth raise when nothing answers."""

log = logging.getLogger(__name__)


def connect(url: str) -> tuple[Any, str]:
    """Return the fsspec file system that a URL names, and the root path in it.

    :raises ConfigError: when the client library is not installed, or the URL names no bucket.
    """
    protocol, has_protocol, path = url.partition("://")
    kind = _kind(protocol) if has_protocol else ""
    if kind and not path.partition("/")[0]:
        raise ConfigError(f"{url} names no bucket. Write it behind the two slashes, such as {protocol}://bucket/moma")
    try:
        filesystem, root = fsspec.core.url_to_fs(url.rstrip("/") if kind else url, **_options(kind))
    except ImportError as error:
        lock = LOCKS.get(kind)
        cure = f"Install it: pip install -r {lock}" if lock else str(error)
        raise ConfigError(f"The library for {protocol}:// is not installed. {cure}") from error
    return filesystem, root


def examine(filesystem: Any, root: str) -> str:
    """Probe a bucket once, for `PROBE_SECONDS` at most; return ``""`` if it answers, else why it is unavailable.

    Folders are not probed: the answer for them is ``""``.

    :raises ConfigError: when the bucket does not exist or denies access, which will not pass by itself.
    """
    kind = _kind(_protocol(filesystem))
    if not kind:
        return ""
    bucket, _, prefix = root.partition("/")
    try:
        ask = _list_s3 if kind == "s3" else _list_gcs
        sync(filesystem.loop, ask, filesystem, bucket, f"{prefix}/" if prefix else "", timeout=PROBE_SECONDS)
    except ConfigError:
        raise
    except Exception as error:  # the libraries may not be installed, and their errors have no other common base
        if _is_away(error):
            return _reason(error)
        raise ConfigError(_refusal(error, bucket)) from error
    return ""


def pattern_signs(path: str) -> str:
    """Return the characters in ``path`` that client libraries may take for a pattern or a query; ``""`` if none."""
    return "".join(sorted(set(path) & PATTERN_SIGNS))


def delete_tree(filesystem: Any, path: str) -> None:
    """Delete the file at ``path``, or all files below it, one by one under the names that the store lists.

    fsspec's ``rm`` takes a path with ``[``, ``]``, ``*`` or ``?`` for a pattern in buckets and in memory: it would miss
    the files, or delete those of another folder.
    """
    listed = filesystem.find(path, withdirs=True, detail=True)
    folders = {name for name, about in listed.items() if about.get("type") == "directory"}
    with ThreadPoolExecutor(DELETING_THREADS) as pool:
        deletions = [pool.submit(_delete_file, filesystem, name) for name in listed if name not in folders]
    for deletion in deletions:
        deletion.result()
    if _kind(_protocol(filesystem)) == "s3":  # which has no folders
        return
    for name in sorted(folders, key=len, reverse=True):
        with suppress(OSError):  # it went with its last file
            filesystem.rmdir(name)


def _delete_file(filesystem: Any, name: str) -> None:
    with suppress(FileNotFoundError):  # another process deleted it
        filesystem.rm_file(name)


def sign_url(filesystem: Any, path: str) -> str:
    """Return a signed URL at which anybody may fetch a file for a minute; ``""`` from a store that signs none.

    A store that cannot sign (it has no key, for example) is logged once.
    """
    kind = _kind(_protocol(filesystem))
    if not kind:
        return ""
    try:
        version = {"version": "v4"} if kind == "gcs" else {}
        return str(filesystem.sign(path, expiration=SIGNED_SECONDS, **version))
    except Exception as error:  # noqa: BLE001 - without a signing key, the application sends the file itself
        if not getattr(filesystem, "moma_warned", False):
            filesystem.moma_warned = True
            log.warning("The media store signs no URLs, so the application sends the files itself: %s", error)
        return ""


def _kind(protocol: str) -> str:
    return "s3" if protocol in S3 else "gcs" if protocol in GCS else ""


def _protocol(filesystem: Any) -> str:
    protocol = filesystem.protocol
    return protocol if isinstance(protocol, str) else str(protocol[0])


def _options(kind: str) -> dict[str, Any]:
    """Return fsspec's options for a kind of store: timeouts, signature version 4, and no cached listings.

    Listings are not cached, because other processes write too. ``config_kwargs`` from the environment (``FSSPEC_S3``)
    override these options.
    """
    if not kind:
        return {}
    if kind == "gcs":
        return {"use_listings_cache": False}
    configured = fsspec.config.conf.get("s3", {}).get("config_kwargs", {})
    return {"use_listings_cache": False, "config_kwargs": {"signature_version": "s3v4", **TIMEOUTS, **configured}}


async def _list_s3(filesystem: Any, bucket: str, prefix: str) -> None:
    client = await filesystem.set_session()
    client.meta.events.register_first("needs-retry.s3", partial(_refuse_region, client.meta.region_name, bucket))
    await filesystem._call_s3("list_objects_v2", Bucket=bucket, Prefix=prefix, MaxKeys=1)


def _refuse_region(ours: str, bucket: str, response: Any, **_more: Any) -> None:
    """Refuse a bucket of another region: botocore follows the redirect, but URLs signed for nginx would be refused.

    :raises ConfigError: when S3's response names another region than ``ours``.
    """
    answer = response[1] if response else {}
    error = answer.get("Error", {})
    region = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("x-amz-bucket-region") or error.get("Region")
    if region not in (None, ours) and error.get("Code") in OF_ANOTHER_REGION:
        raise ConfigError(
            f"The bucket {bucket} is in the region {region} and is asked for in {ours}. Set AWS_DEFAULT_REGION={region}"
        )


async def _list_gcs(filesystem: Any, bucket: str, prefix: str) -> None:
    await filesystem._call("GET", "b/{}/o", bucket, prefix=prefix, maxResults=1, json_out=True)


def _is_away(error: BaseException) -> bool:
    """Return whether an error is temporary: no answer, a server error (5xx), or one of the statuses in `PASSING`."""
    for each in _chain(error):
        status = _status(each)
        if status:
            return status >= 500 or status in PASSING
    bases = {base.__name__ for base in type(error).__mro__}
    return isinstance(error, TimeoutError | FSTimeoutError) or bool(bases & BROKEN_LINES)


def _status(error: BaseException) -> int:
    """Return the HTTP status of a store's response, 0 if there was none."""
    response = getattr(error, "response", None)
    if isinstance(response, dict):  # botocore
        return int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    code = getattr(error, "code", None)  # gcsfs
    return code if isinstance(code, int) else 0


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _refusal(error: BaseException, bucket: str) -> str:
    why = _reason(error)
    cures: list[tuple[Callable[[BaseException], bool], str]] = [
        (
            lambda each: isinstance(each, FileNotFoundError) or _status(each) == 404,
            f"There is no bucket {bucket} there ({why}). Make it, or correct its name, the region or AWS_ENDPOINT_URL",
        ),
        (
            lambda each: isinstance(each, PermissionError) or _status(each) in (401, 403),
            f"The bucket {bucket} does not let us in ({why}). Give the credentials the rights that {PAGE} lists",
        ),
        (
            lambda each: "Credentials" in type(each).__name__,
            f"No credentials for the bucket {bucket} were found ({why}). {PAGE} says where they belong",
        ),
        (
            lambda each: _status(each) in (301, 307, 400),
            f"The bucket {bucket} is not asked as it wants to be ({why}). Set AWS_DEFAULT_REGION to its region",
        ),
    ]
    for fits, sentence in cures:
        if any(fits(each) for each in _chain(error)):
            return sentence
    return f"The bucket {bucket} cannot be used: {why}. See {PAGE}"


def _reason(error: BaseException) -> str:
    if isinstance(error, TimeoutError | FSTimeoutError):
        return f"no answer within {PROBE_SECONDS:g} seconds"
    return (str(error) or type(error).__name__).strip().rstrip(".")
