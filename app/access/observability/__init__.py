"""Observability: health checks, metrics, logs, Sentry, ``flask doctor`` and ``walks top``."""

__all__ = ["doctor", "live_view", "log_lines", "metrics", "overview", "request_ids", "sentry"]
