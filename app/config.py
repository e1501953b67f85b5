"""Settings: defaults, then ``instance/settings.toml``, then ``MOMA_…`` in the environment, then what a caller passes.

Every setting is listed in ``DEFAULTS`` and explained in ``docs/settings.md``; a test holds the two together.
"""

from __future__ import annotations

import os
import secrets
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from app.errors import ConfigError

ROOT = Path(__file__).resolve().parent.parent

DEFAULTS: dict[str, Any] = {
    # Where things are. None means: inside the instance folder.
    "DATABASE_URL": None,
    "REDIS_URL": None,
    "MEDIA_URL": None,
    "MODEL": "models/house",
    "DEVICE": "auto",
    # Secrets and cookies
    "SECRET_KEY": None,
    "SECRET_KEY_FALLBACKS": [],
    # What may be asked for
    "STOPS_MAX": 8,
    "PROMPT_MAX": 300,
    "FRAMES_DEFAULT": 24,
    "FRAMES_MAX": 240,
    "BODY_MAX": 1_000_000,
    # How it is painted
    "FPS": 12.5,
    "STEPS": 20,
    "GUIDANCE": 3.5,
    # Reliability
    "QUEUE": "moma",
    "LEASE_SECONDS": 30.0,
    "LOST_MAX": 3,
    "SWEEP_SECONDS": 2.0,
    # What the site shows
    "PAGE_SIZE": 12,
    "SOURCE_URL": "",
    "CONTACT": "",
    "TEAM": [],
}
NUMBERS = {name: type(value) for name, value in DEFAULTS.items() if type(value) in (int, float)}
TEXTS = ("DATABASE_URL", "REDIS_URL", "MEDIA_URL", "MODEL", "DEVICE", "SECRET_KEY", "QUEUE", "SOURCE_URL", "CONTACT")


def init_app(app: Flask, overrides: Mapping[str, Any] | None) -> None:
    """Read the settings into ``app.config`` and refuse what cannot be meant.

    :raises ConfigError: for an unknown or unusable setting; the message names it.
    """
    app.config.from_mapping(DEFAULTS)
    _read_file(app)
    _read_environment(app)
    app.config.from_mapping(overrides or {})
    _fill_in(app)
    _check(app)
    _tell_flask(app)


def _read_file(app: Flask) -> None:
    path = Path(app.instance_path) / "settings.toml"
    if not path.exists():
        return
    try:
        settings = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from error
    for name in settings:
        if name.upper() not in DEFAULTS:
            raise ConfigError(f"{path} sets {name}, which is no setting. See docs/settings.md.")
    app.config.from_mapping({name.upper(): value for name, value in settings.items()})


def _read_environment(app: Flask) -> None:
    for variable in os.environ:
        if variable.startswith("MOMA_") and variable.removeprefix("MOMA_") not in DEFAULTS:
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
    folder = ROOT / config["MODEL"]
    config["MODEL"] = str(folder if folder.exists() else config["MODEL"])
    config["SECRET_KEY"] = config["SECRET_KEY"] or _own_secret(instance / "secret_key")


def _own_secret(path: Path) -> str:
    """Return the secret kept in the instance folder; make it, readable by its owner only, on the first start."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
    except FileExistsError:
        pass
    secret = path.read_text("ascii").strip()
    if not secret:
        raise ConfigError(f"{path} is empty. Delete it, and a new secret is made at the next start.")
    return secret


def _check(app: Flask) -> None:
    for name, kind in NUMBERS.items():
        value = app.config[name]
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or (kind is int and not isinstance(value, int))
        ):
            raise ConfigError(f"MOMA_{name} must be a {'whole ' if kind is int else ''}number, not {value!r}.")
        if value < 0:
            raise ConfigError(f"MOMA_{name} must not be negative.")
    try:
        make_url(app.config["DATABASE_URL"])
    except ArgumentError as error:
        raise ConfigError(f"MOMA_DATABASE_URL is not a database address: {app.config['DATABASE_URL']!r}") from error
    if app.config["STOPS_MAX"] < 2 or app.config["FRAMES_MAX"] < app.config["FRAMES_DEFAULT"]:
        raise ConfigError("MOMA_STOPS_MAX must be at least 2, and MOMA_FRAMES_MAX no less than MOMA_FRAMES_DEFAULT.")


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
