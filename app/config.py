"""Settings: defaults, then ``instance/settings.toml``, then ``MOMA_…`` in the environment, then what a caller passes.

Every setting is listed in ``DEFAULTS`` and explained in ``docs/settings.md``; a test holds the two together. Only
``MOMA_INSTANCE``, which says where the instance folder is, is none of them: it is read before the file in it can be.
"""

from __future__ import annotations

import ipaddress
import math
import os
import re
import secrets
import tempfile
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from redis.connection import parse_url
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from app.errors import ConfigError
from app.instance import VARIABLE as INSTANCE_VARIABLE
from app.models import names

ROOT = Path(__file__).resolve().parent.parent

DEFAULTS: dict[str, Any] = {
    # Where things are. None means: inside the instance folder.
    "DATABASE_URL": None,
    "REDIS_URL": None,
    "MEDIA_URL": None,
    "MEDIA_PUBLIC_URL": "",
    "MODEL": "models/house",
    "MODELS": [],
    "MODELS_KEPT": 2,
    "MODEL_CACHE": "",
    "DEVICE": "auto",
    "TRANSFORMER": "",
    "VAE": "",
    "OFFLOAD": "auto",
    "LORAS": None,
    "EMBEDDINGS": None,
    "MEANING": "models/meaning",
    "EYE": "models/eye",
    "BLIP": "",
    "SAFETY_CHECKER": "",
    "LANGUAGE_MODEL": "",
    "LANGUAGE_MODEL_URL": "",
    "LANGUAGE_MODEL_KEY": "",
    "LANGUAGE_MODEL_SECONDS": 8.0,
    # Secrets and cookies
    "SECRET_KEY": None,
    "SECRET_KEY_FALLBACKS": [],
    "METRICS_TOKEN": "",
    "CURATOR_HASH": "",
    # Where it stands
    "PRODUCTION": False,
    "PROXIES": 0,
    "ACCEL_PREFIX": "",
    "HSTS_SECONDS": 31_536_000,
    "LOG_VISITORS": False,
    "LOG_FORMAT": "text",
    # Who is told how it does
    "WORKER_METRICS": "",
    "SENTRY_DSN": "",
    "TRACES_URL": "",
    # What may be asked for
    "STOPS_MAX": 8,
    "PROMPT_MAX": 300,
    "FRAMES_DEFAULT": 24,
    "FRAMES_MAX": 240,
    "STEPS_MAX": 100,
    "GUIDANCE_MAX": 20.0,
    "HOURLY_WALKS": 60,
    "HOURLY_WALKS_ADDRESS": 240,
    "SHARED_NETWORKS": [],
    "LINE_MAX": 10_000,
    "LINE_MAX_VISITOR": 60,
    "LINE_MAX_ADDRESS": 240,
    "DAILY_BYTES_ADDRESS": 5_000_000_000,
    "FREE_BYTES_MIN": 1_000_000_000,
    "BODY_MAX": 1_000_000,
    "UPLOAD_MAX": 20_000_000,
    "PHOTO_MAX": 12_000_000,
    "PHOTO_PIXELS_MAX": 40_000_000,
    "HOURLY_PHOTOS": 20,
    "HOURLY_PHOTOS_ADDRESS": 80,
    # How it is painted
    "FPS": 12.5,
    "CACHE": True,
    "STEPS": 0,
    "GUIDANCE": 0.0,
    # Reliability
    "QUEUE": "moma",
    "LEASE_SECONDS": 30.0,
    "STUCK_SECONDS": 600.0,
    "LOST_MAX": 3,
    "SWEEP_SECONDS": 2.0,
    "LINE_SECONDS": 1.0,
    # What is kept
    "KEEP_ENDED_DAYS": 14.0,
    "KEEP_PHOTOS_HOURS": 24.0,
    "KEEP_CANDIDATES_HOURS": 24.0,
    # What the site shows
    "PAGE_SIZE": 12,
    "EXHIBITION": True,
    "SOURCE_URL": "",
    "CONTACT": "",
    "TEAM": [],
}
NUMBERS = {name: type(value) for name, value in DEFAULTS.items() if type(value) in (int, float)}
TEXTS = (
    "DATABASE_URL", "REDIS_URL", "MEDIA_URL", "MEDIA_PUBLIC_URL", "MODEL", "MODEL_CACHE", "DEVICE", "VAE",
    "TRANSFORMER", "OFFLOAD", "LORAS", "EMBEDDINGS", "MEANING", "EYE", "BLIP", "SAFETY_CHECKER", "LANGUAGE_MODEL",
    "LANGUAGE_MODEL_URL", "LANGUAGE_MODEL_KEY", "SECRET_KEY", "METRICS_TOKEN", "CURATOR_HASH", "QUEUE", "SOURCE_URL",
    "CONTACT", "ACCEL_PREFIX", "LOG_FORMAT", "WORKER_METRICS", "SENTRY_DSN", "TRACES_URL",
)  # fmt: skip
PASSWORD_HASH = re.compile(r"(?:scrypt|pbkdf2):[a-z0-9:]+\$[A-Za-z0-9]+\$[0-9a-f]{32,}")  # as werkzeug writes it
PUBLIC = re.compile(r"https://[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?(?::[0-9]{1,5})?(?:/[a-zA-Z0-9._~-]+)*")
DEVICE = re.compile(r"auto|cpu|mps|cuda(:[0-9]+)?")
OFFLOADS = ("auto", "model", "sequential", "off")
SWITCHES = tuple(name for name, value in DEFAULTS.items() if isinstance(value, bool))
MAY_BE_ZERO = ("PROXIES", "HSTS_SECONDS", "STEPS", "GUIDANCE", "LINE_SECONDS", "FREE_BYTES_MIN")
SECRET_MIN, SECRET_MIN_PRODUCTION, SECRET_VARIETY = 16, 32, 10
SECRET_EXAMPLE = "at least 16 characters, better 64"  # as instance/settings.example.toml shows it  # noqa: S105
SECRET_COMMAND = "python -c 'import secrets; print(secrets.token_hex(32))'"  # noqa: S105


def init_app(app: Flask, overrides: Mapping[str, Any] | None) -> None:
    """Read the settings into ``app.config`` and refuse what cannot be meant.

    :raises ConfigError: for an unknown or unusable setting; the message names it.
    """
    app.config.from_mapping(DEFAULTS)
    _read_file(app)
    _read_environment(app)
    app.config.from_mapping(overrides or {})
    _check_texts(app.config)
    _check_lists(app.config)
    try:
        _fill_in(app)
    except OSError as error:
        raise ConfigError(f"The instance folder {app.instance_path} cannot be used: {error}") from error
    _check(app)
    _tell_flask(app)


def _read_file(app: Flask) -> None:
    path = Path(app.instance_path) / "settings.toml"
    if not path.exists():
        return
    try:
        settings = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from error
    for name in settings:
        if name.upper() not in DEFAULTS:
            raise ConfigError(f"{path} sets {name}, which is no setting. See docs/settings.md.")
    app.config.from_mapping({name.upper(): value for name, value in settings.items()})


def _read_environment(app: Flask) -> None:
    for variable in os.environ:
        name = variable.removeprefix("MOMA_")
        if variable.startswith("MOMA_") and name not in DEFAULTS and variable != INSTANCE_VARIABLE:
            raise ConfigError(f"{variable} is set, but there is no such setting. See docs/settings.md.")
    texts = {name: os.environ[f"MOMA_{name}"] for name in TEXTS if f"MOMA_{name}" in os.environ}
    app.config.from_prefixed_env("MOMA")
    app.config.from_mapping(texts)  # taken as they stand: a secret of digits is no number


def _fill_in(app: Flask) -> None:
    instance = Path(app.instance_path)
    instance.mkdir(parents=True, exist_ok=True)
    config = app.config
    config["DATABASE_URL"] = config["DATABASE_URL"] or f"sqlite:///{instance / 'moma.sqlite'}"
    config["MEDIA_URL"] = config["MEDIA_URL"] or f"file://{instance / 'media'}"
    config["LORAS"] = _from_root(config["LORAS"] or str(instance / "loras"))
    config["EMBEDDINGS"] = _from_root(config["EMBEDDINGS"] or str(instance / "embeddings"))
    for name in ("MODEL", "MODEL_CACHE", "VAE", "TRANSFORMER", "MEANING", "EYE", "BLIP", "SAFETY_CHECKER"):
        config[name] = config[name] and _from_root(config[name])
    config["MODELS"] = [_from_root(model) for model in config["MODELS"]]
    if config["PRODUCTION"] is True and not config["SECRET_KEY"]:
        raise ConfigError(f"MOMA_SECRET_KEY is missing, and MOMA_PRODUCTION is set. Make one: {SECRET_COMMAND}")
    config["SECRET_KEY"] = config["SECRET_KEY"] or _own_secret(instance / "secret_key")


def _from_root(model: str) -> str:
    """Expand ``~``, and complete a path that is given from the project's root."""
    model = names.expand(model)
    return str(ROOT / model) if model and (ROOT / model).exists() else model


def _own_secret(path: Path) -> str:
    """Return the secret kept in the instance folder; make it, readable by its owner only, on the first start."""
    if not path.exists():
        # Written aside and linked into place: of several processes that start at once, one wins, and none reads half.
        with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=".secret", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
            file.flush()
            with suppress(FileExistsError):
                path.hardlink_to(file.name)
    try:
        secret = path.read_text("utf-8").strip()
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is no text. Delete it, and a new secret is made at the next start.") from error
    if not secret:
        raise ConfigError(f"{path} is empty. Delete it, and a new secret is made at the next start.")
    return secret


def _check(app: Flask) -> None:
    config = app.config
    for name, kind in NUMBERS.items():
        _check_number(name, config[name], kind)
    _check_switches(config)
    _check_secrets(config)
    if config["STOPS_MAX"] < 2 or not 2 <= config["FRAMES_DEFAULT"] <= config["FRAMES_MAX"]:
        raise ConfigError("MOMA_STOPS_MAX and MOMA_FRAMES_DEFAULT must be at least 2, MOMA_FRAMES_MAX no less.")
    if config["FRAMES_MAX"] < config["STOPS_MAX"]:
        raise ConfigError("MOMA_FRAMES_MAX must be no less than MOMA_STOPS_MAX: each stop is a frame.")
    if not DEVICE.fullmatch(config["DEVICE"] or ""):
        raise ConfigError(f"MOMA_DEVICE must be auto, cpu, cuda or mps, not {config['DEVICE']!r}.")
    if config["OFFLOAD"] not in OFFLOADS:
        raise ConfigError(f"MOMA_OFFLOAD must be auto, model, sequential or off, not {config['OFFLOAD']!r}.")
    if config["STEPS"] > config["STEPS_MAX"] or config["GUIDANCE"] > config["GUIDANCE_MAX"]:
        raise ConfigError("MOMA_STEPS and MOMA_GUIDANCE must be no more than MOMA_STEPS_MAX and MOMA_GUIDANCE_MAX.")
    if not config["LINE_MAX_VISITOR"] <= config["LINE_MAX_ADDRESS"] <= config["LINE_MAX"]:
        raise ConfigError(
            "MOMA_LINE_MAX must be no less than MOMA_LINE_MAX_ADDRESS, nor that than MOMA_LINE_MAX_VISITOR."
        )
    if config["HOURLY_WALKS_ADDRESS"] < config["HOURLY_WALKS"]:
        raise ConfigError("MOMA_HOURLY_WALKS_ADDRESS must be no less than MOMA_HOURLY_WALKS: visitors share addresses.")
    if config["HOURLY_PHOTOS_ADDRESS"] < config["HOURLY_PHOTOS"]:
        raise ConfigError(
            "MOMA_HOURLY_PHOTOS_ADDRESS must be no less than MOMA_HOURLY_PHOTOS: visitors share addresses."
        )
    _check_addresses(config)
    _check_telling(config)


def _check_texts(config: Mapping[str, Any]) -> None:
    for name in TEXTS:
        if not isinstance(config[name], str | None):
            raise ConfigError(f"MOMA_{name} must be a text, not {config[name]!r}.")


def _check_switches(config: Mapping[str, Any]) -> None:
    for name in SWITCHES:
        if not isinstance(config[name], bool):
            raise ConfigError(f"MOMA_{name} must be true or false, not {config[name]!r}.")


def _check_secrets(config: Mapping[str, Any]) -> None:
    least = SECRET_MIN_PRODUCTION if config["PRODUCTION"] else SECRET_MIN
    for secret in (config["SECRET_KEY"], *config["SECRET_KEY_FALLBACKS"]):
        if secret == SECRET_EXAMPLE:
            raise ConfigError(
                f"MOMA_SECRET_KEY is that of the example, which everybody knows. Make one: {SECRET_COMMAND}"
            )
        if len(secret) < least:
            raise ConfigError(
                f"MOMA_SECRET_KEY and each of its fallbacks must have at least {least} characters."
                f" Make one: {SECRET_COMMAND}"
            )
        if config["PRODUCTION"] and len(set(secret)) < SECRET_VARIETY:
            raise ConfigError(
                f"MOMA_SECRET_KEY and each of its fallbacks must have at least {SECRET_VARIETY} different characters:"
                f" what repeats itself is guessed. Make one: {SECRET_COMMAND}"
            )
    if config["METRICS_TOKEN"] and len(config["METRICS_TOKEN"]) < SECRET_MIN:
        raise ConfigError(f"MOMA_METRICS_TOKEN must have at least {SECRET_MIN} characters, or be empty.")
    if config["CURATOR_HASH"] and not PASSWORD_HASH.fullmatch(config["CURATOR_HASH"]):
        raise ConfigError(
            "MOMA_CURATOR_HASH is no hash of a password. Make one: flask --app wsgi curator password. In a shell it"
            " stands in single quotes, in a compose file each $ of it is doubled."
        )


def _check_number(name: str, value: object, kind: type) -> None:
    if isinstance(value, bool) or not isinstance(value, int if kind is int else int | float):
        raise ConfigError(f"MOMA_{name} must be a {'whole ' if kind is int else ''}number, not {value!r}.")
    if name in MAY_BE_ZERO and value == 0:
        return
    if not math.isfinite(value) or value <= 0:
        raise ConfigError(f"MOMA_{name} must be greater than 0, not {value!r}.")


def _check_lists(config: Mapping[str, Any]) -> None:
    for name in ("MODELS", "SECRET_KEY_FALLBACKS", "SHARED_NETWORKS"):
        if not isinstance(config[name], list) or not all(isinstance(text, str) and text for text in config[name]):
            raise ConfigError(f'MOMA_{name} must be a list of texts, such as ["one", "two"].')
    for network in config["SHARED_NETWORKS"]:
        try:
            ipaddress.ip_network(network)
        except ValueError as error:
            raise ConfigError(f"MOMA_SHARED_NETWORKS names networks such as 198.51.100.0/24: {error}.") from error
    team = config["TEAM"]
    if not isinstance(team, list) or not all(_is_member(member) for member in team):
        raise ConfigError('MOMA_TEAM must be a list such as [{"name": "…", "role": "…", "url": "https://…"}].')


def _is_member(member: object) -> bool:
    """Tell whether this names somebody: role and address may be left out, nothing else may stand there."""
    if not isinstance(member, dict) or not member.get("name") or not set(member) <= {"name", "role", "url"}:
        return False
    return all(isinstance(text, str) for text in member.values()) and member.get("url", "https:").startswith("https:")


def _check_addresses(config: Mapping[str, Any]) -> None:
    try:
        make_url(config["DATABASE_URL"]).get_dialect().import_dbapi()
    except (ArgumentError, ImportError) as error:
        raise ConfigError(f"MOMA_DATABASE_URL cannot be used: {error}") from error
    try:
        parse_url(config["REDIS_URL"] or "redis://")  # type: ignore[no-untyped-call]
    except ValueError as error:
        raise ConfigError(f"MOMA_REDIS_URL cannot be used: {error}") from error
    _check_language_model(config["LANGUAGE_MODEL"], config["LANGUAGE_MODEL_URL"])

    if (public := config["MEDIA_PUBLIC_URL"]) and not PUBLIC.fullmatch(public):
        raise ConfigError(
            "MOMA_MEDIA_PUBLIC_URL must be an address such as https://pictures.example.org/moma, without a user,"
            f" a query or a slash at the end, not {public!r}."
        )
    prefix = config["ACCEL_PREFIX"]
    if prefix and not (len(prefix) > 2 and prefix.startswith("/") and prefix.endswith("/")):
        raise ConfigError(f"MOMA_ACCEL_PREFIX must begin and end with a slash, such as /_media/, not {prefix!r}.")


def _tell_flask(app: Flask) -> None:
    app.config.update(
        MAX_CONTENT_LENGTH=app.config["BODY_MAX"],
        MAX_FORM_MEMORY_SIZE=app.config["BODY_MAX"],
        MAX_FORM_PARTS=100,
        SESSION_COOKIE_NAME="moma_session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,  # a form left open over lunch still works; the token dies with the session
        SEND_FILE_MAX_AGE_DEFAULT=31_536_000,  # static addresses carry a hash of the file
    )


def _check_telling(config: Mapping[str, Any]) -> None:
    """Refuse what cannot be meant of what is told of the site: its logs' form, where figures and traces go."""
    if config["LOG_FORMAT"] not in ("text", "json"):
        raise ConfigError(f"MOMA_LOG_FORMAT must be text or json, not {config['LOG_FORMAT']!r}.")
    host, _, port = config["WORKER_METRICS"].rpartition(":")
    if config["WORKER_METRICS"] and not (host and port.isascii() and port.isdigit() and int(port) < 65_536):
        raise ConfigError(
            "MOMA_WORKER_METRICS must be an address such as 127.0.0.1:9109, or 0.0.0.0:9109 for all that reach this"
            f" machine, not {config['WORKER_METRICS']!r}."
        )
    if config["TRACES_URL"] and not _is_web_address(config["TRACES_URL"]):
        raise ConfigError(
            f"MOMA_TRACES_URL must be an address such as http://127.0.0.1:4318/v1/traces, not {config['TRACES_URL']!r}."
        )


def _is_web_address(url: str) -> bool:
    try:
        place = urlsplit(url)
        return place.scheme in ("http", "https") and bool(place.hostname) and place.port != 0
    except ValueError:
        return False


def _check_language_model(model: str, url: str) -> None:
    if url and not _is_web_address(url):
        raise ConfigError(f"MOMA_LANGUAGE_MODEL_URL must be an address such as http://127.0.0.1:8080/v1, not {url!r}.")
    if bool(url) != bool(model):
        raise ConfigError("MOMA_LANGUAGE_MODEL and MOMA_LANGUAGE_MODEL_URL must be set together, or neither.")
