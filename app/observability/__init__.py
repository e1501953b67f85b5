"""Is the site well, and how fast? Health checks, metrics and ``flask doctor``."""

__all__ = ["doctor", "health", "log_lines", "metrics", "request_ids", "telemetry"]
