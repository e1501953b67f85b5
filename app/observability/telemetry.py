"""Errors to Sentry, traces to what speaks OTLP: where a setting names them, else nothing of either is even imported.

Neither is told what visitors wrote, or who they are: of an error its kind and the places in the code, of a request its
endpoint, method, status and id. That is a list of what goes out, so that a new version of a library adds nothing to it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

from flask import Flask, Response, g, request

from app.errors import ConfigError
from app.observability import log_lines
from app.version import __version__

EXTENSION = "moma_traces"
STANDARD = "OTEL_EXPORTER_OTLP_ENDPOINT"
STANDARD_TRACES = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
KEPT_OF_SPANS = (
    "moma.request_id", "moma.endpoint", "moma.walk_id", "moma.task_id", "moma.kind", "moma.outcome",
    "http.method", "http.status_code", "http.request.method", "http.response.status_code",
)  # fmt: skip
KEPT_OF_EVENTS = "event_id", "timestamp", "platform", "level", "logger", "release", "environment", "exception", "sdk"
KEPT_OF_FRAMES = "filename", "module", "function", "lineno", "in_app"
WAIT_MS = 2000  # that an ending process waits for what is still to be sent


def init_app(app: Flask, service: str = "moma-web") -> None:
    """Have errors and traces of this process sent where the settings say.

    :raises ConfigError: when what sends them is not installed, or the address cannot be used.
    """
    if app.config["SENTRY_DSN"]:
        _send_errors(app.config["SENTRY_DSN"], service)
    if app.config["TRACES_URL"] or STANDARD in os.environ or STANDARD_TRACES in os.environ:
        _send_traces(app, service)


@contextmanager
def trace_task(app: Flask, **attributes: str | None) -> Iterator[dict[str, str]]:
    """Trace a worker's piece of work; what is put into the mapping that is yielded is told of it as well."""
    told: dict[str, str] = {}
    if (provider := app.extensions.get(EXTENSION)) is None:
        yield told
        return
    with provider.get_tracer("moma").start_as_current_span("piece") as span:
        try:
            yield told
        finally:
            for name, value in {**attributes, **told}.items():
                if value:
                    span.set_attribute(f"moma.{name}", value)
            span.update_name(f"piece {attributes.get('kind')}")


def _send_errors(dsn: str, service: str) -> None:
    with _installed("SENTRY_DSN"):
        import sentry_sdk
        from sentry_sdk.integrations.atexit import AtexitIntegration
        from sentry_sdk.integrations.dedupe import DedupeIntegration
        from sentry_sdk.integrations.excepthook import ExcepthookIntegration
        from sentry_sdk.integrations.logging import LoggingIntegration
        from sentry_sdk.integrations.threading import ThreadingIntegration
        from sentry_sdk.utils import BadDsn
    atexit = AtexitIntegration(callback=lambda _pending, _seconds: None)  # it would talk about it on the terminal
    try:
        sentry_sdk.init(
            dsn=dsn,
            release=__version__,
            default_integrations=False,  # they would tell of requests
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
            before_send=partial(_without_words, service=service),
        )  # fmt: skip
    except BadDsn as error:
        raise ConfigError(f"MOMA_SENTRY_DSN cannot be used: {error}.") from error


def _without_words(event: Any, _hint: Any, *, service: str) -> Any:
    """Leave of an event what is listed: nobody's words are in it, nor addresses, nor the name of this machine."""
    kept = {name: value for name, value in event.items() if name in KEPT_OF_EVENTS}
    kept["tags"] = {"service": service, **log_lines.ids()}
    if message := (event.get("logentry") or {}).get("message"):
        kept["logentry"] = {"message": message}  # the pattern, without what was filled in
    if "exception" in kept:
        kept["exception"] = {"values": [_place_of(each) for each in event["exception"].get("values", [])]}
    return kept


def _place_of(error: Mapping[str, Any]) -> dict[str, Any]:
    """Tell an exception's kind and where it was raised, without its words, which may be a visitor's."""
    frames = (error.get("stacktrace") or {}).get("frames", [])
    places = [{name: frame[name] for name in KEPT_OF_FRAMES if name in frame} for frame in frames]
    return {"type": error.get("type"), "module": error.get("module"), "stacktrace": {"frames": places}}


def _send_traces(app: Flask, service: str) -> None:
    with _installed("TRACES_URL"):
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.instrumentation.wsgi import OpenTelemetryMiddleware
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        from app.observability.span_list import FilteringExporter
    # Not Resource.create, which would add the command line, the machine and the user.
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
def _installed(setting: str) -> Iterator[None]:
    """Say what to install where it is missing."""
    try:
        yield
    except ImportError as error:
        raise ConfigError(
            f"MOMA_{setting} is set, but {error.name} is not installed. Install the extra telemetry:"
            " pip install -r requirements/telemetry.txt"
        ) from error
