"""Is the site well, and how fast? Health checks, metrics and ``flask doctor``."""

__all__ = ["doctor", "live_view", "log_lines", "metrics", "overview", "registration", "request_ids", "telemetry"]
