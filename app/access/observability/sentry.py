"""Send errors to Sentry, if a setting names it; otherwise its library is not imported.

Sentry receives no words or identities of visitors. An error is sent with its type and the places in the code. An
allowlist ensures that a new version of the library adds nothing.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from flask import Flask

from app.access.observability import log_lines
from app.core.errors import ConfigError
from app.core.version import __version__

KEPT_OF_EVENTS = "event_id", "timestamp", "platform", "level", "logger", "release", "environment", "exception", "sdk"
KEPT_OF_FRAMES = "filename", "module", "function", "lineno", "in_app"
WAIT_SECONDS = 2  # how long an ending process waits for events that are still to be sent


def init_app(app: Flask, service: str = "moma-web") -> None:
    """Send the errors of this process to ``SENTRY_DSN``, if it is set.

    :raises ConfigError: when the library is not installed, or the address cannot be used.
    """
    if not (dsn := app.config["SENTRY_DSN"]):
        return
    try:
        import sentry_sdk
        from sentry_sdk.integrations.atexit import AtexitIntegration
        from sentry_sdk.integrations.dedupe import DedupeIntegration
        from sentry_sdk.integrations.excepthook import ExcepthookIntegration
        from sentry_sdk.integrations.logging import LoggingIntegration
        from sentry_sdk.integrations.threading import ThreadingIntegration
        from sentry_sdk.utils import BadDsn
    except ImportError as error:
        raise ConfigError(
            f"MOMA_SENTRY_DSN is set, but {error.name} is not installed. Install the extra telemetry:"
            " pip install -r requirements/telemetry.txt"
        ) from error
    atexit = AtexitIntegration(callback=lambda _pending, _seconds: None)  # the default prints to the terminal
    try:
        sentry_sdk.init(
            dsn=dsn,
            release=__version__,
            default_integrations=False,  # they would send data of requests
            auto_enabling_integrations=False,
            integrations=[
                LoggingIntegration(level=None, event_level=40), ExcepthookIntegration(), ThreadingIntegration(),
                DedupeIntegration(), atexit,
            ],
            send_default_pii=False,
            include_local_variables=False,
            include_source_context=False,
            max_breadcrumbs=0,
            shutdown_timeout=WAIT_SECONDS,
            before_send=partial(_reduce_event, service=service),
        )  # fmt: skip
    except BadDsn as error:
        raise ConfigError(f"MOMA_SENTRY_DSN cannot be used: {error}.") from error


def _reduce_event(event: Any, _hint: Any, *, service: str) -> Any:
    """Return an event reduced to the listed fields: without visitors' words, addresses and the name of this machine."""
    kept = {name: value for name, value in event.items() if name in KEPT_OF_EVENTS}
    kept["tags"] = {"service": service, **log_lines.ids()}
    if message := (event.get("logentry") or {}).get("message"):
        kept["logentry"] = {"message": message}  # the pattern without its arguments
    if "exception" in kept:
        kept["exception"] = {"values": [_reduce_exception(each) for each in event["exception"].get("values", [])]}
    return kept


def _reduce_exception(error: Mapping[str, Any]) -> dict[str, Any]:
    """Return an exception's type and stack trace, without its message, which may contain a visitor's words."""
    frames = (error.get("stacktrace") or {}).get("frames", [])
    places = [{name: frame[name] for name in KEPT_OF_FRAMES if name in frame} for frame in frames]
    return {"type": error.get("type"), "module": error.get("module"), "stacktrace": {"frames": places}}
