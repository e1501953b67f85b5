"""The processes of a running site: embedded Redis, workers, and their supervisor. No web code."""

__all__ = ["console", "file_owners", "listening", "local_worker", "supervisor"]
