"""Spans that leave this machine, with what is listed alone: instrumentation notes paths and addresses, too."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import Status


class FilteringExporter(SpanExporter):
    """An exporter that has another send spans, without attributes that are not listed, events and words."""

    def __init__(self, exporter: SpanExporter, names: Collection[str]) -> None:
        self._exporter, self._names = exporter, frozenset(names)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send them."""
        return self._exporter.export([self._bare(span) for span in spans])

    def shutdown(self) -> None:
        """End the other."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Have the other send what it holds."""
        return self._exporter.force_flush(timeout_millis)

    def _bare(self, span: ReadableSpan) -> ReadableSpan:
        told = {name: value for name, value in (span.attributes or {}).items() if name in self._names}
        if endpoint := told.get("moma.endpoint"):
            name = f"{told.get('http.method') or told.get('http.request.method')} {endpoint}"
        else:
            name = span.name if "moma.kind" in told else "request"
        return ReadableSpan(
            name=name, context=span.context, parent=span.parent, resource=span.resource, attributes=told,
            kind=span.kind, instrumentation_scope=span.instrumentation_scope, status=Status(span.status.status_code),
            start_time=span.start_time, end_time=span.end_time,
        )  # fmt: skip
