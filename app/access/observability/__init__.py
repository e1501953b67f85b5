"""Observability: health checks, metrics, logs, traces, ``flask doctor`` and ``walks top``."""

__all__ = ["doctor", "live_view", "log_lines", "metrics", "overview", "registration", "request_ids", "telemetry"]
