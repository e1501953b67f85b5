"""Read the settings: defaults, then ``instance/settings.toml``, then ``MOMA_…`` variables, then the caller's overrides.

``app/core/settings/table.py`` defines each setting; ``docs/reference/settings.md`` is generated from it.
``MOMA_INSTANCE`` is not a setting: it names the instance folder, and is read before the settings file in that folder.
"""

import difflib
import json
import logging
import os
import re
import secrets
import tempfile
import tomllib
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, get_origin

from flask import Flask
from pydantic import ValidationError

from app.core.environment import time_zone_flaw
from app.core.errors import ConfigError
from app.core.instance import VARIABLE as INSTANCE_VARIABLE
from app.core.settings import kinds, table

log = logging.getLogger(__name__)

ROOT = kinds.ROOT
DEFAULTS = table.DEFAULTS
PREFIX = "MOMA_"
SECRET_MIN, SECRET_MIN_PRODUCTION, SECRET_VARIETY = 16, 32, 10
SECRET_COMMAND = "python -c 'import secrets; print(secrets.token_hex(32))'"  # noqa: S105


def init_app(app: Flask, overrides: Mapping[str, Any] | None) -> None:
    """Read and validate the settings into ``app.core.config``, and create the instance folder.

    :raises ConfigError: when a setting or ``TZ`` is unknown or invalid (the message names it), or the instance folder
        cannot be used.
    """
    if flaw := time_zone_flaw():
        raise ConfigError(flaw)
    app.config.from_mapping(overrides or {})
    passed = {name: value for name, value in (overrides or {}).items() if name in table.FIELDS}
    given = _from_file(Path(app.instance_path) / "settings.toml") | _from_environment() | passed
    try:
        app.config.from_mapping(dict(table.Settings(**given)))
    except ValidationError as error:
        raise ConfigError(" ".join(dict.fromkeys(_message(each, given) for each in error.errors()))) from error
    try:
        _fill_in(app)
    except OSError as error:
        raise ConfigError(f"The instance folder {app.instance_path} cannot be used: {error}") from error
    _check_secrets(app.config)
    _configure_flask(app)


def _from_file(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        settings = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from error
    for name in settings:
        if name.upper() not in table.FIELDS | table.REMOVED:
            raise ConfigError(f"{path} sets {name}, which is no setting.{_hint(name.upper(), str.lower)}")
    return {
        name.upper(): _bare(name.upper(), value)
        for name, value in settings.items()
        if not _is_removed(name.upper(), f"{name} in {path}")
    }


def _from_environment() -> dict[str, Any]:
    variables = {name: text for name, text in os.environ.items() if name.startswith(PREFIX)}
    variables.pop(INSTANCE_VARIABLE, None)
    settings = {}
    for variable, text in variables.items():
        name = variable.removeprefix(PREFIX)
        if _is_removed(name, variable):
            continue
        if name not in table.FIELDS:
            raise ConfigError(f"{variable} is set, but there is no such setting.{_hint(name, PREFIX.__add__)}")
        settings[name] = _bare(name, text)
        kind = table.FIELDS[name].annotation
        # Text settings stay as written: a secret of digits is not a number.
        if kind in (bool, int, float) or get_origin(kind) is list:
            with suppress(ValueError):
                settings[name] = json.loads(text)
    return settings


def _is_removed(name: str, source: str) -> bool:
    """Return whether a release removed the setting, and log a warning then: its file must not keep a site down."""
    if name in table.REMOVED:
        log.warning("%s has no effect: release %s removed the setting.", source, table.REMOVED[name])
    return name in table.REMOVED


def _bare(name: str, value: Any) -> Any:
    """Return a setting without spaces and line ends around it, such as the CR of an environment file from Windows.

    A secret key is left as it is written: without them it would be another one, and end all sessions.
    """
    return value.strip() if isinstance(value, str) and name != "SECRET_KEY" else value


def _hint(name: str, write: Callable[[str], str]) -> str:
    near = difflib.get_close_matches(name, table.FIELDS, n=1)
    return "".join(f" Did you mean {write(each)}?" for each in near) + " See docs/reference/settings.md."


def _message(error: Mapping[str, Any], given: Mapping[str, Any]) -> str:
    """Return a sentence on what is wrong with a setting; it never repeats the value of a secret."""
    reason = str(error.get("ctx", {}).get("error", ""))
    if not error["loc"]:
        return reason
    name = error["loc"][0]
    field = table.FIELDS[name]
    if reason:
        return f"MOMA_{name} {reason}"
    must = (*table.marks(name, kinds.Must), "be a text")[0]
    return f"MOMA_{name} must {must}, not {given[name]!r}." if field.repr else f"MOMA_{name} must {must}."


def _fill_in(app: Flask) -> None:
    instance = Path(app.instance_path)
    instance.mkdir(parents=True, exist_ok=True)
    config = app.config
    config["DATABASE_URL"] = config["DATABASE_URL"] or _sqlite_url(instance / "moma.sqlite")
    config["MEDIA_URL"] = config["MEDIA_URL"] or f"file://{instance / 'media'}"
    config["LORAS"] = config["LORAS"] or str(instance / "loras")
    config["EMBEDDINGS"] = config["EMBEDDINGS"] or str(instance / "embeddings")
    if config["PRODUCTION"] and not config["SECRET_KEY"]:
        raise ConfigError(f"MOMA_SECRET_KEY is missing, and MOMA_PRODUCTION is set. Make one: {SECRET_COMMAND}")
    config["SECRET_KEY"] = config["SECRET_KEY"] or _own_secret(instance / "secret_key")


def _sqlite_url(path: Path) -> str:
    """Return the URL of a SQLite file, whose path may contain any character."""
    if re.fullmatch(r"[A-Za-z0-9_./-]+", str(path)):
        return f"sqlite:///{path}"
    from sqlalchemy.engine import URL

    return URL.create("sqlite", database=str(path)).render_as_string(hide_password=False)


def _own_secret(path: Path) -> str:
    """Return the secret key stored at ``path``; create it on the first start, readable by its owner only.

    :raises ConfigError: when the file is empty or not text.
    """
    if not path.exists():
        # Write a temporary file and link it: if several processes start at once, one wins and none reads half a file.
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


def _check_secrets(config: Mapping[str, Any]) -> None:
    least = SECRET_MIN_PRODUCTION if config["PRODUCTION"] else SECRET_MIN
    for secret in (config["SECRET_KEY"], *config["SECRET_KEY_FALLBACKS"]):
        if secret == kinds.SECRET_EXAMPLE:
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


def _configure_flask(app: Flask) -> None:
    app.config.update(
        MAX_CONTENT_LENGTH=app.config["BODY_MAX"],
        MAX_FORM_MEMORY_SIZE=app.config["BODY_MAX"],
        MAX_FORM_PARTS=100,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,  # a form that stays open for hours still works; the token ends with the session
        SEND_FILE_MAX_AGE_DEFAULT=31_536_000,  # the URLs of static files contain a hash of the file
    )
