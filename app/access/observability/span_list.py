"""An exporter of spans with an allowlist of attributes, because instrumentation also records paths and addresses."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import Status


class FilteringExporter(SpanExporter):
    """Passes spans to another exporter without events, status messages and attributes that are not in ``names``."""

    def __init__(self, exporter: SpanExporter, names: Collection[str]) -> None:
        self._exporter, self._names = exporter, frozenset(names)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Export the reduced spans; return the other exporter's result."""
        return self._exporter.export([self._reduced(span) for span in spans])

    def shutdown(self) -> None:
        """Shut the other exporter down."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Flush the other exporter; return whether it succeeded in time."""
        return self._exporter.force_flush(timeout_millis)

    def _reduced(self, span: ReadableSpan) -> ReadableSpan:
        attributes = {name: value for name, value in (span.attributes or {}).items() if name in self._names}
        if endpoint := attributes.get("moma.endpoint"):
            name = f"{attributes.get('http.method') or attributes.get('http.request.method')} {endpoint}"
        else:
            name = span.name if "moma.kind" in attributes else "request"
        return ReadableSpan(
            name=name, context=span.context, parent=span.parent, resource=span.resource, attributes=attributes,
            kind=span.kind, instrumentation_scope=span.instrumentation_scope, status=Status(span.status.status_code),
            start_time=span.start_time, end_time=span.end_time,
        )  # fmt: skip
