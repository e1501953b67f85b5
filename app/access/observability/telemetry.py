"""Errors to Sentry and traces by OTLP, if settings name them; otherwise neither library is imported.

Neither receives visitors' words or identities. An error is sent with its type and the places in the code, a request
with its endpoint, method, status and ID. Allowlists ensure that a new version of a library adds nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

from flask import Flask, Response, g, request

from app.access.observability import log_lines
from app.core.environment import variable
from app.core.errors import ConfigError
from app.core.version import __version__

EXTENSION = "moma_traces"
STANDARD = "OTEL_EXPORTER_OTLP_ENDPOINT"
STANDARD_TRACES = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
KEPT_OF_SPANS = (
    "moma.request_id", "moma.endpoint", "moma.walk_id", "moma.task_id", "moma.kind", "moma.outcome",
    "http.method", "http.status_code", "http.request.method", "http.response.status_code",
)  # fmt: skip
KEPT_OF_EVENTS = "event_id", "timestamp", "platform", "level", "logger", "release", "environment", "exception", "sdk"
KEPT_OF_FRAMES = "filename", "module", "function", "lineno", "in_app"
WAIT_MS = 2000  # how long an ending process waits for events that are still to be sent


def init_app(app: Flask, service: str = "moma-web") -> None:
    """Send errors and traces of this process to the addresses in the settings, if any.

    :raises ConfigError: when the library is not installed, or the address cannot be used.
    """
    if app.config["SENTRY_DSN"]:
        _send_errors(app.config["SENTRY_DSN"], service)
    if app.config["TRACES_URL"] or variable(STANDARD) or variable(STANDARD_TRACES):
        _send_traces(app, service)


@contextmanager
def trace_task(app: Flask, **attributes: str | None) -> Iterator[dict[str, str]]:
    """Trace a worker's task with these attributes; entries added to the yielded mapping become attributes too."""
    result: dict[str, str] = {}
    if (provider := app.extensions.get(EXTENSION)) is None:
        yield result
        return
    with provider.get_tracer("moma").start_as_current_span("piece") as span:
        try:
            yield result
        finally:
            for name, value in {**attributes, **result}.items():
                if value:
                    span.set_attribute(f"moma.{name}", value)
            span.update_name(f"piece {attributes.get('kind')}")


def _send_errors(dsn: str, service: str) -> None:
    with _require_extra("SENTRY_DSN"):
        import sentry_sdk
        from sentry_sdk.integrations.atexit import AtexitIntegration
        from sentry_sdk.integrations.dedupe import DedupeIntegration
        from sentry_sdk.integrations.excepthook import ExcepthookIntegration
        from sentry_sdk.integrations.logging import LoggingIntegration
        from sentry_sdk.integrations.threading import ThreadingIntegration
        from sentry_sdk.utils import BadDsn
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
            shutdown_timeout=WAIT_MS / 1000,
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


def _send_traces(app: Flask, service: str) -> None:
    with _require_extra("TRACES_URL"):
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.instrumentation.wsgi import OpenTelemetryMiddleware
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        from app.access.observability.span_list import FilteringExporter
    # Resource.create would add the command line, the machine and the user.
    resource = Resource({"service.name": service, "service.version": __version__})
    provider = TracerProvider(resource=resource)
    exporter = OTLPSpanExporter(endpoint=app.config["TRACES_URL"] or None)
    provider.add_span_processor(BatchSpanProcessor(FilteringExporter(exporter, KEPT_OF_SPANS)))
    app.extensions[EXTENSION] = provider
    if service == "moma-web":
        app.wsgi_app = OpenTelemetryMiddleware(app.wsgi_app, tracer_provider=provider)  # type: ignore[method-assign]
        app.after_request(_name_span)


def _name_span(response: Response) -> Response:
    from opentelemetry import trace

    span = trace.get_current_span()
    span.set_attribute("moma.endpoint", request.endpoint or "none")
    if request_id := g.get("request_id"):
        span.set_attribute("moma.request_id", request_id)
    return response


@contextmanager
def _require_extra(setting: str) -> Iterator[None]:
    """Translate an ImportError in the context to a ConfigError that says what to install for ``setting``."""
    try:
        yield
    except ImportError as error:
        raise ConfigError(
            f"MOMA_{setting} is set, but {error.name} is not installed. Install the extra telemetry:"
            " pip install -r requirements/telemetry.txt"
        ) from error
